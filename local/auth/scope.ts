/**
 * What a token is about: a path under the namespace. Scheme, host and port do not take part, because one local cloud answers to
 * several (`localhost`, `127.0.0.1`, a container's name, `sb:`, `amqp:`, `https:`); Azure compares them.
 */

const SCHEME_AND_HOST = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i;
/** Some of the service's own samples sign `<namespace>.servicebus.windows.net/<path>`, without a scheme. */
const BARE_HOST = /^(localhost|\d+\.\d+\.\d+\.\d+|[\w-]+\.servicebus\.[\w.]+|[\w.-]+(?=:\d))(:\d+)?(?=\/|$)/i;

/**
 * The path that a URI or an AMQP address names: without scheme, host and query, percent-decoded, in lower case, without slashes at
 * its ends. Empty: the whole namespace.
 */
export function toScope(audience: string): string {
  const withoutQuery = audience.replace(/[?#].*$/s, '');
  const path = withoutQuery.replace(SCHEME_AND_HOST, '').replace(BARE_HOST, '');
  return decode(path)
    .replace(/^\/+|\/+$/g, '')
    .toLowerCase();
}

/** True when `scope` is `path` or lies above it: `orders` covers `orders/$management`, and not `orders-archive`. */
export function covers(scope: string, path: string): boolean {
  return scope === '' || path === scope || path.startsWith(`${scope}/`);
}

/** The path itself and everything above it, nearest first, without the namespace. */
export function pathsUpwards(path: string): string[] {
  const paths: string[] = [];
  for (let rest = path; rest !== ''; rest = rest.slice(0, Math.max(rest.lastIndexOf('/'), 0))) paths.push(rest);
  return paths;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
