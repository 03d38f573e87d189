import type { ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { payloadCollection, payloadData } from '../../engine/typed-data.ts';
import type { TriggerContext } from '../trigger.ts';
import { batchMetadata, messageBody, messageMetadata, traceParentOf } from './message.ts';

/** Runs the function and settles what it was given. */
export interface Dispatch {
  one(receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage): Promise<void>;
  many(receiver: ServiceBusReceiver, messages: readonly ServiceBusReceivedMessage[]): Promise<void>;
  /** Resolves when all that was given to it has been settled: only then may a receiver be closed. */
  settled(): Promise<void>;
}

/**
 * Settlement: success completes, failure abandons, and the broker's max delivery count does the rest. With
 * `autoCompleteMessages: false` neither happens: the lock stays until it expires, except when the app's process was lost.
 */
export function dispatchMessages(context: TriggerContext, entity: string, autoComplete: boolean): Dispatch {
  const { info, invoker, log } = context;
  const { dataType } = info.trigger;

  async function settle(
    receiver: ServiceBusReceiver,
    messages: readonly ServiceBusReceivedMessage[],
    kind: 'succeeded' | 'failed' | 'lost',
  ): Promise<void> {
    if (!autoComplete && kind !== 'lost') return;
    const settled = await Promise.allSettled(
      messages.map((message) =>
        kind === 'succeeded' ? receiver.completeMessage(message) : receiver.abandonMessage(message),
      ),
    );
    for (const result of settled) {
      if (result.status === 'fulfilled') continue;
      // The lock is gone: the broker delivers the message again, which is all that can be said.
      const { code, message } = result.reason as { code?: string; message: string };
      log.host(
        'warning',
        `A message of ${entity} could not be settled for ${info.name} (${code ?? 'error'}): ${message}`,
      );
    }
  }

  const running = new Set<Promise<void>>();
  async function track(work: Promise<void>): Promise<void> {
    running.add(work);
    await work.finally(() => running.delete(work));
  }

  return {
    one: (receiver, message) => track(one(receiver, message)),
    many: (receiver, messages) => track(many(receiver, messages)),
    async settled() {
      await Promise.allSettled([...running]);
    },
  };

  async function one(receiver: ServiceBusReceiver, message: ServiceBusReceivedMessage): Promise<void> {
    const outcome = await invoker.invoke({
      function: info,
      reason: `New ServiceBus message detected on '${entity}'.`,
      data: payloadData(messageBody(message), dataType),
      triggerMetadata: messageMetadata(message),
      traceParent: traceParentOf(message),
    });
    await settle(receiver, [message], outcome.kind);
  }

  async function many(receiver: ServiceBusReceiver, messages: readonly ServiceBusReceivedMessage[]): Promise<void> {
    const outcome = await invoker.invoke({
      function: info,
      reason: `New ServiceBus message detected on '${entity}'.`,
      data: payloadCollection(messages.map(messageBody), dataType),
      triggerMetadata: batchMetadata(messages),
    });
    await settle(receiver, messages, outcome.kind);
  }
}
