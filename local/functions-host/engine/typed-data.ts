/** How values become the worker protocol's typed data: ScriptHost's ToRpc rules, as far as Node apps can see them. */

interface Data {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  collectionString?: { string: string[] };
  collectionBytes?: { bytes: Uint8Array[] };
}

/** One message or event: its text, or its bytes where the binding says `dataType: 'binary'`. */
export function payloadData(body: Uint8Array | string, dataType: unknown): Data {
  if (isBinary(dataType)) return { bytes: typeof body === 'string' ? new TextEncoder().encode(body) : body };
  return { string: typeof body === 'string' ? body : decodeText(body) };
}

/** A batch: one collection. An empty collection must still arrive as an array, which only JSON keeps apart from nothing. */
export function payloadCollection(bodies: readonly (Uint8Array | string)[], dataType: unknown): Data {
  if (isBinary(dataType)) {
    return { collectionBytes: { bytes: bodies.map((body) => payloadData(body, dataType).bytes!) } };
  }
  return { collectionString: { string: bodies.map((body) => payloadData(body, undefined).string!) } };
}

/** A value of the trigger's metadata: text as it is, everything else as JSON. */
export function metadataValue(value: unknown): Data {
  if (typeof value === 'string') return { string: value };
  if (value instanceof Uint8Array) return { bytes: value };
  return { json: JSON.stringify(value) };
}

export function metadata(values: Readonly<Record<string, unknown>>): Record<string, Data> {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, metadataValue(value)]),
  );
}

/** What the app gave to an output binding, one entry a message: JSON arrays are fanned out. */
export function outputItems(data: Data): (string | Uint8Array)[] {
  if (data.bytes !== undefined) return [data.bytes];
  if (data.string !== undefined) return [data.string];
  if (data.int !== undefined) return [String(data.int)];
  if (data.double !== undefined) return [String(data.double)];
  if (data.json === undefined) return [];
  const parsed: unknown = JSON.parse(data.json);
  if (!Array.isArray(parsed)) return [data.json];
  return parsed.filter((item) => item !== null && item !== undefined).map(toItem);
}

function toItem(item: unknown): string | Uint8Array {
  if (typeof item === 'string') return item;
  if (isJsonBuffer(item)) return Uint8Array.from(item.data);
  return JSON.stringify(item);
}

/** A Buffer inside a JSON array has become `{ "type": "Buffer", "data": […] }` on its way here. */
function isJsonBuffer(item: unknown): item is { type: 'Buffer'; data: number[] } {
  const candidate = item as { type?: unknown; data?: unknown } | null;
  return typeof candidate === 'object' && candidate?.type === 'Buffer' && Array.isArray(candidate.data);
}

export function isBinary(dataType: unknown): boolean {
  return typeof dataType === 'string' && /^(binary|stream)$/i.test(dataType);
}

export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
