/**
 * An Entra access token, as far as it can be read without Entra: nobody can check its signature on a machine that is offline, so
 * the local cloud looks at its form, its times and its audience, and takes the bearer for an owner of the namespace (fidelity:
 * differs). A token that Azure would refuse for these three reasons is refused here too.
 */
export interface JsonWebToken {
  readonly audience: string;
  readonly expiresAt: number;
  readonly notBeforeAt: number;
}

const SERVICE_BUS_AUDIENCES =
  /^https:\/\/(servicebus|eventhubs)\.azure\.net\/?$|^https:\/\/[^/]+\.servicebus\.[a-z.]+\/?$/i;

/** Takes a token apart; `undefined` when it is none. */
export function parseJsonWebToken(token: string): JsonWebToken | undefined {
  const parts = token.trim().split('.');
  if (parts.length !== 3 || parts.some((part) => !/^[\w-]+$/.test(part))) return undefined;
  const header = parseObject(parts[0]!);
  const claims = parseObject(parts[1]!);
  if (typeof header?.alg !== 'string' || !claims) return undefined;
  const { aud, exp, nbf } = claims;
  if (typeof aud !== 'string' || typeof exp !== 'number') return undefined;
  return { audience: aud, expiresAt: exp * 1000, notBeforeAt: typeof nbf === 'number' ? nbf * 1000 : 0 };
}

/** True for the resources that Entra issues tokens for Service Bus and Event Hubs under. */
export function isServiceBusAudience(audience: string): boolean {
  return SERVICE_BUS_AUDIENCES.test(audience);
}

function parseObject(base64url: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
