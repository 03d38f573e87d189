import type { Broker } from './engine/api.ts';
import { newQueue, newSubscription, newTopic } from './engine/defaults.ts';
import { parsePath } from './engine/paths.ts';

/**
 * For a local cloud without a declaration: an entity that a client asks for and that is not there is created with ARM's defaults.
 * What a path does not say is guessed: a path without a subscription names a queue.
 */
export function createMissingEntity(broker: Broker, path: string): void {
  if (broker.describe(path).ok) return;
  const { root, subscription } = parsePath(path);
  if (subscription === undefined) {
    broker.createQueue(newQueue(root));
    return;
  }
  if (!broker.getTopic(root).ok) broker.createTopic(newTopic(root));
  broker.createSubscription(root, newSubscription(subscription));
}
