import { parseBlobPath } from '../../engine/binding-expression.ts';
import { readEventGridRequest } from '../../engine/event-grid-request.ts';
import type { FunctionInfo } from '../../types.ts';
import type { TriggerContext } from '../trigger.ts';
import type { BlobWebhook } from '../webhooks.ts';
import { enqueueBlobs } from './enqueue.ts';

/**
 * `POST /runtime/webhooks/blobs?functionName=Host.Functions.<name>`: the blobs of a request that fit the function's path go
 * into the host's own queue, then 202. Working on them comes after.
 */
export function blobWebhook(
  functions: readonly FunctionInfo[],
  contextOf: (info: FunctionInfo) => TriggerContext,
): BlobWebhook {
  return async (request, functionName) => {
    const info = functions.find(({ name }) => name.toLowerCase() === functionName.toLowerCase());
    if (!info || info.isDisabled || !isEventGridBlobTrigger(info)) {
      return { status: 404, text: `There is no blob function "${functionName}" with source EventGrid.` };
    }
    if (request.method === 'OPTIONS') {
      const origin = request.headers['webhook-request-origin'];
      return { status: 200, headers: { 'webhook-allowed-origin': origin ?? '*', 'webhook-allowed-rate': '*' } };
    }
    let body: unknown;
    try {
      body = JSON.parse(request.body.toString('utf8'));
    } catch {
      return { status: 400, text: 'The body is no JSON.' };
    }
    const asked = readEventGridRequest(request.headers['aeg-event-type'], body);
    if (asked.kind === 'validation') return { status: 200, json: { validationResponse: asked.validationCode } };
    if (asked.kind === 'subscription-deletion') return { status: 202 };
    if (asked.kind === 'refused') return { status: 400, text: asked.reason };

    const context = contextOf(info);
    const pattern = parseBlobPath(context.option('path'));
    const blobs = asked.events.flatMap((event) => {
      const blob = createdBlob(event as SystemEvent);
      return blob && pattern.match(blob.ContainerName, blob.BlobName) ? [blob] : [];
    });
    await enqueueBlobs(
      context,
      blobs.map((blob) => ({ FunctionId: `Host.Functions.${info.name}`, ...blob })),
    );
    return { status: 202 };
  };
}

export function isEventGridBlobTrigger({ trigger }: FunctionInfo): boolean {
  return trigger.type.toLowerCase() === 'blobtrigger' && String(trigger.source).toLowerCase() === 'eventgrid';
}

interface SystemEvent {
  readonly eventType?: string;
  readonly type?: string;
  readonly subject?: string;
  readonly data?: { readonly eTag?: string; readonly blobType?: string };
}

const subjectPattern = /^\/blobServices\/default\/containers\/([^/]+)\/blobs\/(.+)$/s;

function createdBlob(event: SystemEvent) {
  if ((event.eventType ?? event.type) !== 'Microsoft.Storage.BlobCreated') return undefined;
  const [, container, blobName] = subjectPattern.exec(event.subject ?? '') ?? [];
  if (!container || !blobName) return undefined;
  return {
    BlobType: event.data?.blobType ?? 'BlockBlob',
    ContainerName: container,
    BlobName: blobName,
    ETag: event.data?.eTag ?? '',
  };
}
