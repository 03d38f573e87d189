import type { IncomingMessage } from 'node:http';

/** The service's limit of a request (learn.microsoft.com, "Azure Functions HTTP triggers: limits": 210 MB). */
const largestBodyBytes = 210 * 1024 * 1024;

export class BodyTooLarge extends Error {}

/** @throws {@link BodyTooLarge} past the service's limit, or the socket's error */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestBodyBytes) throw new BodyTooLarge(`A request may have ${largestBodyBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
