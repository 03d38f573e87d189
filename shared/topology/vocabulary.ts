/** The words of the declaration, in one place: what `shared/topology.ts` is written in. */
export { customTopic, eventSubscription, systemTopic } from './event-grid.ts';
export { hub } from './event-hubs.ts';
export { endpoint } from './http.ts';
export { message } from './message.ts';
export { queue, topic } from './service-bus.ts';
export { container, storageQueue, table } from './storage.ts';
export { timer } from './timer.ts';
