export { normalizeAddress } from './address.ts';
export type * from './api.ts';
export { type Certificate, type CertificateSource, eitherTls } from './either-tls.ts';
export { type AmqpServerOptions, startAmqpServer } from './server.ts';
