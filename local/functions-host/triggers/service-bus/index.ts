import { connectionName } from '../../settings.ts';
import { FunctionsHostError } from '../../types.ts';
import type { Trigger, TriggerContext } from '../trigger.ts';
import { dispatchMessages } from './dispatch.ts';
import { startBatchReceiver, startSingleReceiver } from './plain.ts';
import { startSessionReceivers } from './sessions.ts';

/** The Service Bus trigger: queue or subscription, with or without sessions, one message or a batch at a time. */
export async function startServiceBusTrigger(context: TriggerContext): Promise<Trigger> {
  const { info, clients, clock, log } = context;
  const host = context.hostJson.extensions.serviceBus;
  const queueName = context.optionalOption('queueName');
  const topicName = context.optionalOption('topicName');
  const subscriptionName = context.optionalOption('subscriptionName');
  if (queueName === undefined && (topicName === undefined || subscriptionName === undefined)) {
    throw new FunctionsHostError('the trigger needs a queueName, or a topicName and a subscriptionName.');
  }
  const entity = queueName ?? `${topicName}/Subscriptions/${subscriptionName}`;
  const isBatch = String(info.trigger.cardinality).toLowerCase() === 'many';
  const ownChoice = info.trigger.autoCompleteMessages;
  const autoComplete = typeof ownChoice === 'boolean' ? ownChoice : host.autoCompleteMessages;
  const dispatch = dispatchMessages(context, entity, autoComplete);
  const connection = context.optionalOption('connection') ?? connectionName(undefined, 'serviceBus');
  const common = { entity, functionName: info.name, dispatch, host, clock, log };
  if (info.trigger.isSessionsEnabled === true) {
    const client = await clients.newServiceBus(connection);
    return startSessionReceivers({ ...common, client, queueName, topicName, subscriptionName, isBatch });
  }
  const client = await clients.serviceBus(connection);
  // Single messages renew by themselves (lock-renewal.ts), batches never (host.json reference: maxAutoLockRenewalDuration).
  const settings = { maxAutoLockRenewalDurationInMs: 0, skipParsingBodyAsJson: true };
  const receiver =
    queueName === undefined
      ? client.createReceiver(topicName!, subscriptionName!, settings)
      : client.createReceiver(queueName, settings);
  return isBatch ? startBatchReceiver({ ...common, receiver }) : startSingleReceiver({ ...common, receiver });
}
