import type { DequeuedMessageItem } from '@azure/storage-queue';
import { payloadData } from '../engine/typed-data.ts';
import type { QueueHostOptions } from '../host-json.ts';
import { connectionName } from '../settings.ts';
import { QueueListener } from './queue-listener.ts';
import type { Trigger, TriggerContext } from './trigger.ts';

/** The Storage queue trigger. */
export async function startStorageQueueTrigger(context: TriggerContext): Promise<Trigger> {
  const { info, clients, hostJson, invoker, log, queueSignals, random } = context;
  const options = hostJson.extensions.queues;
  const service = await clients.queues(context.optionalOption('connection') ?? connectionName(undefined, 'storage'));
  const name = context.option('queueName').toLowerCase();
  const listener = new QueueListener({
    queue: service.getQueueClient(name),
    poisonQueue: service.getQueueClient(poisonQueueName(name)),
    ...listenerOptions(options),
    log,
    signals: queueSignals,
    random,
    async work(message) {
      const body = decodeMessage(message.messageText, options.messageEncoding);
      if (!body) return 'unreadable';
      const outcome = await invoker.invoke({
        function: info,
        reason: `New queue message detected on '${name}'.`,
        data: payloadData(body, info.trigger.dataType),
        triggerMetadata: queueMetadata(message, body),
      });
      return outcome.kind === 'succeeded' ? 'done' : outcome.kind;
    },
  });
  return { stop: () => listener.stop(), close: () => listener.drained() };
}

/** A poison queue has no poison queue of its own: a message there is dropped to it again. */
export function poisonQueueName(name: string): string {
  return name.endsWith('-poison') ? name : `${name}-poison`;
}

export function listenerOptions(options: QueueHostOptions) {
  const { batchSize, newBatchThreshold, maxPollingInterval, maxDequeueCount, visibilityTimeout } = options;
  return {
    batchSize,
    newBatchThreshold: newBatchThreshold ?? Math.floor(batchSize / 2),
    maxPollingIntervalMs: maxPollingInterval,
    maxDequeueCount,
    visibilityTimeoutMs: visibilityTimeout,
  };
}

/** @returns `undefined` if base64 was agreed and this is something else */
export function decodeMessage(text: string, encoding: string): Buffer | undefined {
  if (encoding.toLowerCase() === 'none') return Buffer.from(text);
  const compact = text.replace(/\s/g, '');
  const isBase64 = compact.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(compact);
  return isBase64 ? Buffer.from(compact, 'base64') : undefined;
}

function queueMetadata(message: DequeuedMessageItem, body: Buffer): Record<string, unknown> {
  return {
    QueueTrigger: body.toString('utf8'),
    DequeueCount: message.dequeueCount,
    Id: message.messageId,
    InsertionTime: message.insertedOn.toISOString(),
    ExpirationTime: message.expiresOn.toISOString(),
    NextVisibleTime: message.nextVisibleOn.toISOString(),
    PopReceipt: message.popReceipt,
  };
}
