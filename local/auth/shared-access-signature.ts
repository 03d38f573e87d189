import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * ```
 * SharedAccessSignature sr=<encoded URI>&sig=<encoded base64>&se=<seconds since 1970>&skn=<key name>
 * ```
 * The pairs come in any order. Signed is the URI as it stands in the token (encoded), a line feed and the expiry, with
 * HMAC-SHA256 under the key's UTF-8 bytes (the key is not base64-decoded).
 * Source: learn.microsoft.com/azure/service-bus-messaging/service-bus-sas, "Generate a Shared Access Signature token".
 */
export interface SharedAccessSignature {
  /** Percent-encoded, as it was signed. */
  readonly encodedResource: string;
  readonly resource: string;
  readonly signature: string;
  /** As text, because it was signed as text. */
  readonly expiry: string;
  readonly expiresAt: number;
  readonly keyName: string;
}

const PREFIX = /^\s*SharedAccessSignature\s+/i;

/** Takes a token apart; `undefined` when it is none. */
export function parseSharedAccessSignature(token: string): SharedAccessSignature | undefined {
  if (!PREFIX.test(token)) return undefined;
  const parts = new Map<string, string>();
  for (const pair of token.replace(PREFIX, '').trim().split('&')) {
    const equals = pair.indexOf('=');
    if (equals > 0) parts.set(pair.slice(0, equals).trim().toLowerCase(), pair.slice(equals + 1));
  }
  const [encodedResource, sig, expiry, skn] = ['sr', 'sig', 'se', 'skn'].map((name) => parts.get(name));
  if (!encodedResource || !sig || !expiry || !skn || !/^\d+$/.test(expiry)) return undefined;
  try {
    return {
      encodedResource,
      resource: decodeURIComponent(encodedResource),
      signature: decodeURIComponent(sig),
      expiry,
      expiresAt: Number(expiry) * 1000,
      keyName: decodeURIComponent(skn),
    };
  } catch {
    return undefined;
  }
}

/** True when `key` made the token's signature. */
export function isSignedWith(token: SharedAccessSignature, key: string): boolean {
  return isSameSecret(sign(token.encodedResource, token.expiry, key), token.signature);
}

/** Compares without telling by its duration how much of the two is alike. */
export function isSameSecret(expected: string, given: string): boolean {
  const a = Buffer.from(expected, 'utf8');
  const b = Buffer.from(given, 'utf8');
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Makes a token.
 * @param resource the URI it is for, such as `sb://localhost/orders`
 * @example createSharedAccessSignature({ resource: 'http://localhost:5300/', keyName: 'RootManageSharedAccessKey', key: 'SAS_KEY_VALUE', expiresAt })
 */
export function createSharedAccessSignature(o: {
  readonly resource: string;
  readonly keyName: string;
  readonly key: string;
  readonly expiresAt: number;
}): string {
  const encodedResource = encodeURIComponent(o.resource);
  const expiry = String(Math.ceil(o.expiresAt / 1000));
  const signature = encodeURIComponent(sign(encodedResource, expiry, o.key));
  return `SharedAccessSignature sr=${encodedResource}&sig=${signature}&se=${expiry}&skn=${encodeURIComponent(o.keyName)}`;
}

function sign(encodedResource: string, expiry: string, key: string): string {
  return createHmac('sha256', key).update(`${encodedResource}\n${expiry}`, 'utf8').digest('base64');
}
