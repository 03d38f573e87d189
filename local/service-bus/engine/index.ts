import type { BrokerOptions } from './api.ts';
import { ServiceBusBroker } from './broker.ts';
import { ruleCompiler } from './filters/index.ts';

export type * from './api.ts';
export type { ServiceBusBroker } from './broker.ts';
export { toRecord } from './records.ts';

/**
 * A broker, restored from `options.restore`. Let the journal listen, then call `catchUp()`: what came due while the broker
 * was down (expired locks, due schedules) happens then.
 */
export function createBroker(options: BrokerOptions): ServiceBusBroker {
  return new ServiceBusBroker({ ...options, compileRule: ruleCompiler(options.newId) });
}
