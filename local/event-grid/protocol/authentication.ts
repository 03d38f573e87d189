import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Instant } from '../../clock/index.ts';
import { RequestRefused, unauthorized } from './errors.ts';

/**
 * Checks who publishes: a key (`aeg-sas-key`, header or query) or a shared access signature (`aeg-sas-token`, or
 * `Authorization: SharedAccessSignature …`), for one topic.
 *
 * @throws RequestRefused as the service refuses: 401, or 400 for a token that is no token
 */
export function authenticate(
  request: { readonly headers: IncomingHttpHeaders; readonly url: URL },
  topic: { readonly name: string; readonly key: string },
  now: Instant,
): void {
  const { headers, url } = request;
  const key = single(headers['aeg-sas-key']) ?? url.searchParams.get('aeg-sas-key') ?? undefined;
  if (key !== undefined) {
    if (isSame(key, topic.key)) return;
    throw notAuthorized(topic.name, 'The key does not match either of the keys of the topic.');
  }
  const authorization = /^(\S+)\s+(.*)$/.exec(headers.authorization ?? '');
  const token =
    single(headers['aeg-sas-token']) ??
    url.searchParams.get('aeg-sas-token') ??
    (authorization?.[1]?.toLowerCase() === 'sharedaccesssignature' ? authorization[2] : undefined);
  if (token !== undefined) {
    checkSignature(token, topic, url.pathname, now);
    return;
  }
  if (authorization?.[1]?.toLowerCase() === 'bearer')
    throw unauthorized(
      'Microsoft Entra tokens are not implemented by the local Event Grid: publish with a key or a SAS token.',
    );
  throw unauthorized('Request must contain one of the following authorization signature: aeg-sas-token, aeg-sas-key.');
}

/** `r={resource}&e={expiration}&s={signature}`, each URL-encoded; signed is all that stands before `&s=`, as it stands. */
function checkSignature(
  token: string,
  topic: { readonly name: string; readonly key: string },
  path: string,
  now: Instant,
): void {
  const match = /^(r=([^&]*)&e=([^&]*))&s=([^&]*)$/.exec(token);
  const [resource, expiration, signature] = [match?.[2], match?.[3], match?.[4]].map(decode);
  if (!match || resource === undefined || expiration === undefined || signature === undefined)
    throw new RequestRefused(
      400,
      'BadRequest',
      'Invalid key in aeg-sas-token. Valid format :r=UrlEncodedResource&e=UrlEncodedUtcExpiration&s=UrlEncodedSignature.',
    );
  const expected = createHmac('sha256', Buffer.from(topic.key, 'base64')).update(match[1]!).digest('base64');
  if (!isSame(signature, expected)) throw notAuthorized(topic.name, 'The signature does not match.');
  const signedPath = pathOf(resource);
  if (signedPath === undefined || !path.toLowerCase().startsWith(signedPath.toLowerCase()))
    throw notAuthorized(topic.name, 'The signature is for another resource.');
  const expiresAt = instantOf(expiration);
  if (expiresAt === undefined) throw notAuthorized(topic.name, `The expiration '${expiration}' is not a UTC time.`);
  if (expiresAt <= now) throw notAuthorized(topic.name, 'The signature has expired.');
}

function notAuthorized(topicName: string, reason: string): RequestRefused {
  return unauthorized(
    `The request authorization key is not authorized for ${topicName.toUpperCase()}. This is due to the reason: ${reason}`,
  );
}

function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [given, expected].map((text) => createHmac('sha256', 'length').update(text).digest());
  return timingSafeEqual(a!, b!);
}

function decode(text: string | undefined): string | undefined {
  try {
    // .NET's UrlEncode writes a blank as '+'.
    return text === undefined ? undefined : decodeURIComponent(text.replaceAll('+', '%20'));
  } catch {
    return undefined;
  }
}

/** A signature may be for the whole endpoint or for a path of it; host names are not compared (127.0.0.1, localhost). */
function pathOf(resource: string): string | undefined {
  return URL.canParse(resource) ? new URL(resource).pathname : undefined;
}

/** `6/15/2017 6:20:15 PM`, as .NET's en-US culture writes it, or ISO 8601. Always UTC. */
function instantOf(text: string): Instant | undefined {
  const match = /^(\d{1,2})\/(\d{1,2})\/(\d{4}) (\d{1,2}):(\d{2}):(\d{2}) (AM|PM)$/i.exec(
    text.replaceAll('\u202f', ' '),
  );
  if (match) {
    const [month, day, year, hour, minute, second] = match.slice(1, 7).map(Number);
    const hours = (hour! % 12) + (match[7]!.toUpperCase() === 'PM' ? 12 : 0);
    return Date.UTC(year!, month! - 1, day, hours, minute, second);
  }
  const instant = Date.parse(/(Z|[+-]\d{2}:\d{2})$/.test(text) ? text : `${text}Z`);
  return Number.isNaN(instant) ? undefined : instant;
}
