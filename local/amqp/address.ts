/**
 * Addresses as clients write them: .NET's start with a slash and are percent-encoded, some are whole URIs. Letter case is kept,
 * for the service's messages to repeat; comparing is without it.
 */
export function normalizeAddress(address: string): string {
  const path = address
    .replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '')
    .replace(/^\/+/, '')
    .replace(/\/+$/, '');
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** True when `scope` is `address` or above it; the empty scope is above everything. */
export function covers(scope: string, address: string): boolean {
  if (scope === '') return true;
  const above = scope.toLowerCase();
  const below = address.toLowerCase();
  return below === above || below.startsWith(`${above}/`);
}
