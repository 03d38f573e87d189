import type { HttpReply, HttpRequest } from '../exchange.ts';

export function json(status: number, value: unknown): HttpReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: `${JSON.stringify(value, finite, 2)}\n`,
  };
}

/** `{ "error": { "code": "entity-not-found", "message": "…" } }` */
export function problem(status: number, code: string, message: string): HttpReply {
  return json(status, { error: { code, message } });
}

/** The body as a JSON object; an empty one counts as `{}`. */
export function readJson(request: HttpRequest): Record<string, unknown> | undefined {
  if (request.body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(request.body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** JSON has no infinity: "no limit" is null. */
function finite(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' && !Number.isFinite(value) ? null : value;
}
