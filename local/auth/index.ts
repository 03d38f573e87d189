export type { AuthenticationMode, AuthorizerOptions, NamespaceAuthorizer } from './authorizer.ts';
export { createAuthorizer, DEVELOPMENT_RULE, lacksRight, rightsOf } from './authorizer.ts';
export { covers, toScope } from './scope.ts';
export { createSharedAccessSignature } from './shared-access-signature.ts';
