import type { Invoker } from '../invoker.ts';
import type { FunctionInfo } from '../types.ts';
import { eventGridWebhook } from './event-grid.ts';

export interface WebhookRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly json?: unknown;
}

/** The way in for `Host.Functions.<name>` blob triggers with `source: 'EventGrid'`. */
export type BlobWebhook = (request: WebhookRequest, functionName: string) => Promise<WebhookAnswer>;

/**
 * `/runtime/webhooks/<extension>?functionName=<name>`: extension and name in any case.
 *
 * @returns `undefined` for an extension that has no webhook here
 */
export async function answerWebhook(
  extension: string,
  request: WebhookRequest,
  app: { functions: readonly FunctionInfo[]; invoker: Invoker; blobWebhook: BlobWebhook },
): Promise<WebhookAnswer | undefined> {
  const asked = request.query.get('functionName') ?? '';
  const byName = (name: string) => app.functions.find((info) => info.name.toLowerCase() === name.toLowerCase());
  switch (extension.toLowerCase()) {
    case 'eventgrid': {
      const info = byName(asked.replace(/^Host\.Functions\./i, ''));
      if (info?.trigger.type.toLowerCase() !== 'eventgridtrigger') {
        return { status: 404, text: `There is no Event Grid function "${asked}".` };
      }
      if (info.isDisabled) return { status: 404, text: `Function "${asked}" is disabled.` };
      return eventGridWebhook(request, info, app.invoker);
    }
    case 'blobs':
      return app.blobWebhook(request, asked.replace(/^Host\.Functions\./i, ''));
    default:
      return undefined;
  }
}
