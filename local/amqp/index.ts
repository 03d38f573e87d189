export { normalizeAddress } from './address.ts';
export type * from './api.ts';
export { type AmqpServerOptions, startAmqpServer } from './server.ts';
