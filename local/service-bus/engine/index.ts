import type { Broker, BrokerOptions } from './api.ts';
import { ServiceBusBroker } from './broker.ts';
import { ruleCompiler } from './filters/index.ts';

export type * from './api.ts';
export { type Availability, watchAvailability } from './availability.ts';
export { newQueue, newSubscription, newTopic } from './defaults.ts';

/**
 * A broker, restored from `options.restore`. Let the journal listen, then call `catchUp()`: what came due while the broker
 * was down (expired locks, due schedules) happens then.
 */
export function createBroker(options: BrokerOptions): Broker {
  return new ServiceBusBroker({ ...options, compileRule: ruleCompiler(options.newId) });
}
