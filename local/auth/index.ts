export type { AuthenticationMode, AuthorizerOptions, NamespaceAuthorizer } from './authorizer.ts';
export { createAuthorizer, DEVELOPMENT_RULE, lacksRight, rightsOf } from './authorizer.ts';
export { type DevelopmentCertificate, developmentCertificate } from './certificate.ts';
export { covers, toScope } from './scope.ts';
export { createSharedAccessSignature } from './shared-access-signature.ts';
