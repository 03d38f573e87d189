import type { AmqpError, Authorizer, Right, TokenVerdict } from '../amqp/api.ts';
import type { Clock } from '../clock/index.ts';
import type { AuthorizationRule } from '../topology/types.ts';
import { isServiceBusAudience, parseJsonWebToken } from './json-web-token.ts';
import { covers, pathsUpwards, toScope } from './scope.ts';
import {
  isSameSecret,
  isSignedWith,
  parseSharedAccessSignature,
  type SharedAccessSignature,
} from './shared-access-signature.ts';

export type AuthenticationMode = 'sas' | 'none';

/** The documented development key: always there, beside what is declared, as in the official emulators' connection strings. */
export const DEVELOPMENT_RULE: AuthorizationRule = {
  name: 'RootManageSharedAccessKey',
  rights: ['Listen', 'Send', 'Manage'],
  primaryKey: 'SAS_KEY_VALUE',
};

const ALL_RIGHTS: readonly Right[] = ['Listen', 'Send', 'Manage'];

export interface AuthorizerOptions {
  /** Rules of the namespace, beside {@link DEVELOPMENT_RULE}. */
  readonly namespaceRules: readonly AuthorizationRule[];
  /** Rules of a queue, topic or event hub, by its path in lower case; asked at each token, so that entities may come and go. */
  readonly entityRules: (entityPath: string) => readonly AuthorizationRule[] | undefined;
  readonly clock: Clock;
  /** `none`: everybody may do everything, and no token is looked at. */
  readonly mode: AuthenticationMode;
}

/** {@link Authorizer} for AMQP, and the same decision for HTTP. */
export interface NamespaceAuthorizer extends Authorizer {
  /**
   * Decides on an `Authorization` header.
   * @param header the header's value, or `undefined` when the request has none
   * @param resourceUri what is asked for: a URI or a path; the token must cover it
   */
  authorizeHttp(header: string | undefined, resourceUri: string): TokenVerdict;
}

/**
 * Checks tokens against the rules. `scope` of an accepted verdict is the audience's path (lower case, no slashes at its ends;
 * empty: the whole namespace): the token covers that path and all below it, such as `orders/$management` for `orders`.
 */
export function createAuthorizer(o: AuthorizerOptions): NamespaceAuthorizer {
  const namespaceRules = [DEVELOPMENT_RULE, ...o.namespaceRules];

  /** The token's type is not looked at: azure-servicebus for Python sends shared access signatures as `jwt`, and Azure takes them. */
  function verifyToken(audience: string, _tokenType: string, token: string): TokenVerdict {
    const scope = toScope(audience);
    if (o.mode === 'none') return { accepted: true, rights: ALL_RIGHTS, scope, expiresAt: Number.POSITIVE_INFINITY };
    const parsed = parseSharedAccessSignature(token);
    return parsed ? verifySharedAccess(parsed, scope) : verifyJsonWebToken(token, scope);
  }

  function verifySharedAccess(token: SharedAccessSignature, scope: string): TokenVerdict {
    const granted = toScope(token.resource);
    const rule = rulesFor(granted).find(
      (candidate) => candidate.name === token.keyName && isSignedBy(token, candidate),
    );
    // The service does not say which of the two was wrong, the name or the key.
    if (!rule) return refuse('InvalidSignature: The token has an invalid signature.');
    if (token.expiresAt <= o.clock.now()) return refuse(expired(token.expiresAt));
    if (!covers(granted, scope)) return refuse(`InvalidAudience: The authorization token is for '${token.resource}'.`);
    return { accepted: true, rights: rightsOf(rule), scope, expiresAt: token.expiresAt };
  }

  function verifyJsonWebToken(text: string, scope: string): TokenVerdict {
    const token = parseJsonWebToken(text);
    if (!token) return refuse('MalformedToken: The token is malformed.');
    if (!isServiceBusAudience(token.audience))
      return refuse(`InvalidAudience: The token's audience is '${token.audience}'.`);
    if (token.notBeforeAt > o.clock.now()) return refuse('InvalidToken: The token is not valid yet.');
    if (token.expiresAt <= o.clock.now()) return refuse(expired(token.expiresAt));
    return { accepted: true, rights: ALL_RIGHTS, scope, expiresAt: token.expiresAt };
  }

  /** The rules that may have signed a token for `path`: those of the entity it lies in, and the namespace's. */
  function rulesFor(path: string): readonly AuthorizationRule[] {
    return [...pathsUpwards(path).flatMap((entityPath) => o.entityRules(entityPath) ?? []), ...namespaceRules];
  }

  return {
    acceptsAnyone: o.mode === 'none',
    verifyToken,
    verifyKey(keyName, key) {
      const whole = { accepted: true, scope: '', expiresAt: Number.POSITIVE_INFINITY } as const;
      if (o.mode === 'none') return { ...whole, rights: ALL_RIGHTS };
      // SASL PLAIN comes before any address, so only the namespace's rules can be meant.
      const rule = namespaceRules.find((candidate) => candidate.name === keyName && holdsKey(candidate, key));
      return rule
        ? { ...whole, rights: rightsOf(rule) }
        : refuse('InvalidSignature: The key name or the key is wrong.');
    },
    authorizeHttp(header, resourceUri) {
      if (o.mode === 'none') return verifyToken(resourceUri, '', '');
      if (!header) return refuse('MissingToken: The Authorization header is missing.');
      const bearer = /^\s*Bearer\s+(\S+)\s*$/i.exec(header)?.[1];
      return verifyToken(resourceUri, bearer ? 'jwt' : 'servicebus.windows.net:sastoken', bearer ?? header);
    },
  };
}

/** The error for an operation whose token lacks a right, in the service's words. */
export function lacksRight(right: Right, resourceUri: string): AmqpError {
  return unauthorized(
    `Unauthorized access. '${right}' claim(s) are required to perform this operation. Resource: '${resourceUri}'.`,
  );
}

/** Manage implies the other two (service-bus-sas, "Rights required for Service Bus operations"). */
export function rightsOf(rule: AuthorizationRule): readonly Right[] {
  return rule.rights.includes('Manage') ? ALL_RIGHTS : rule.rights;
}

function keysOf(rule: AuthorizationRule): string[] {
  return rule.secondaryKey === undefined ? [rule.primaryKey] : [rule.primaryKey, rule.secondaryKey];
}

function isSignedBy(token: SharedAccessSignature, rule: AuthorizationRule): boolean {
  return keysOf(rule).some((key) => isSignedWith(token, key));
}

function holdsKey(rule: AuthorizationRule, key: string): boolean {
  return keysOf(rule).some((candidate) => isSameSecret(candidate, key));
}

function expired(expiresAt: number): string {
  return `ExpiredToken: The token is expired. Expiration time: '${new Date(expiresAt).toISOString()}'.`;
}

function refuse(description: string): TokenVerdict {
  return { accepted: false, error: unauthorized(description) };
}

function unauthorized(description: string): AmqpError {
  return { condition: 'amqp:unauthorized-access', description };
}
