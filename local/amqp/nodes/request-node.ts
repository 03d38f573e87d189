import type { ManagementResponse } from '../api.ts';
import {
  decodeBody,
  decodeMap,
  decodeProperties,
  decodeTypedMap,
  encodeApplicationProperties,
  encodeProperties,
  encodeValueBody,
  int,
  type MessageIdValue,
  readSections,
  symbol,
} from '../codec/index.ts';
import { IncomingLinkEnd } from '../links/incoming-link.ts';
import type { Link } from '../links/link.ts';
import type { OutgoingLinkEnd } from '../links/outgoing-link.ts';

const REQUEST_CREDIT = 100;
const MAX_REQUEST_BYTES = 100 * 1024 * 1024;

/** A request as it came in, decoded. */
export interface NodeRequest {
  readonly applicationProperties: ReadonlyMap<string, unknown>;
  readonly body: unknown;
  /** See {@link ManagementRequest.typedMap}. */
  typedMap(...path: readonly string[]): ReadonlyMap<string, unknown> | undefined;
  readonly transactionId: Buffer | undefined;
}

/**
 * One connection's links to a request and response node. The answer goes to the link whose target the request names in
 * `reply-to`, to the link of that name (JavaScript's `$cbs` link has no target), or to the other link of the session.
 */
export class RequestNode {
  private readonly handle: (request: NodeRequest) => ManagementResponse | Promise<ManagementResponse>;
  private readonly requestLinks = new Set<IncomingLinkEnd>();
  private readonly replyLinks = new Set<OutgoingLinkEnd>();
  private readonly waiting = new Map<OutgoingLinkEnd, Buffer[]>();
  private lastTag = 0;

  constructor(handle: (request: NodeRequest) => ManagementResponse | Promise<ManagementResponse>) {
    this.handle = handle;
  }

  /** True while a link of the same role is open. */
  hasLinkLike(link: Link): boolean {
    return (link instanceof IncomingLinkEnd ? this.requestLinks : this.replyLinks).size > 0;
  }

  openIncoming(link: IncomingLinkEnd): void {
    this.requestLinks.add(link);
    link.onClose(() => this.requestLinks.delete(link));
    link.accept({ credit: REQUEST_CREDIT, maxMessageSize: MAX_REQUEST_BYTES });
    link.onTransfer(async (delivery) => {
      const { payload } = delivery;
      const sections = readSections(payload);
      const properties = decodeProperties(payload, sections.properties);
      const request = {
        applicationProperties: decodeMap(payload, sections.applicationProperties),
        body: decodeBody(payload, sections),
        typedMap: (...path: readonly string[]) => decodeTypedMap(payload, sections, path),
        transactionId: delivery.transactionId,
      };
      delivery.accept();
      const response = await this.answer(request);
      const replyLink = this.findReplyLink(properties.replyTo, link);
      if (replyLink) this.reply(replyLink, encodeResponse(response, properties.messageId));
    });
  }

  openOutgoing(link: OutgoingLinkEnd): void {
    link.accept();
    this.replyLinks.add(link);
    link.onClose(() => {
      this.replyLinks.delete(link);
      this.waiting.delete(link);
    });
    link.onDisposition((delivery, _state, settledByPeer) => {
      if (!settledByPeer) delivery.settle();
    });
    link.onCredit((_credit, drain) => {
      for (const payload of this.waiting.get(link)?.splice(0, link.credit) ?? []) link.send(payload, this.nextTag());
      if (drain) link.drained();
    });
  }

  private async answer(request: NodeRequest): Promise<ManagementResponse> {
    try {
      return await this.handle(request);
    } catch (error) {
      const description = error instanceof Error ? error.message : String(error);
      return { statusCode: 500, statusDescription: description, errorCondition: 'amqp:internal-error' };
    }
  }

  private findReplyLink(replyTo: string | undefined, request: IncomingLinkEnd): OutgoingLinkEnd | undefined {
    const links = [...this.replyLinks];
    return (
      links.find((link) => link.targetAddress === replyTo && replyTo !== undefined) ??
      links.find((link) => link.name === replyTo) ??
      links.findLast((link) => link.session === request.session) ??
      links.at(-1)
    );
  }

  private reply(link: OutgoingLinkEnd, payload: Buffer): void {
    if (link.credit > 0 && link.isOpen) link.send(payload, this.nextTag());
    else this.waiting.set(link, [...(this.waiting.get(link) ?? []), payload]);
  }

  private nextTag(): Buffer {
    const tag = Buffer.alloc(4);
    this.lastTag = (this.lastTag + 1) >>> 0;
    tag.writeUInt32BE(this.lastTag);
    return tag;
  }
}

/** Both spellings of every status property: JavaScript reads either, .NET one here and the other there, always as an int. */
function encodeResponse(response: ManagementResponse, correlationId: MessageIdValue | undefined): Buffer {
  const description = response.statusDescription ?? (response.statusCode < 300 ? 'OK' : '');
  const properties: [string, unknown][] = [
    ['statusCode', int(response.statusCode)],
    ['status-code', int(response.statusCode)],
    ['statusDescription', description],
    ['status-description', description],
  ];
  if (response.errorCondition !== undefined) {
    properties.push(['errorCondition', symbol(response.errorCondition)]);
    properties.push(['error-condition', symbol(response.errorCondition)]);
  }
  return Buffer.concat([
    encodeProperties({ correlationId }),
    encodeApplicationProperties(properties),
    encodeValueBody(response.body ?? null),
  ]);
}
