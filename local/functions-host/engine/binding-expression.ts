/**
 * Binding expressions: `%AppSetting%`, `{name}`, `{data.url}`, `{datetime:yyyy-MM-dd}`, `{rand-guid}`.
 * (learn.microsoft.com, "Azure Functions binding expression patterns"; `{{` and `}}` stand for the braces themselves)
 */

export class BindingExpressionError extends Error {}

/** Replaces every `%NAME%`. @throws {@link BindingExpressionError} when the setting is not there */
export function resolveSettingsIn(text: string, setting: (name: string) => string | undefined): string {
  return text.replace(/%([^%\s]+)%/g, (_, name: string) => {
    const value = setting(name);
    if (value === undefined) {
      throw new BindingExpressionError(`"${text}" names the app setting "${name}", and there is no such setting.`);
    }
    return value;
  });
}

export interface ExpressionSources {
  /** What the trigger knows: its metadata, its payload's fields, a path's parts. Looked up without case. */
  readonly bindingData: Readonly<Record<string, unknown>>;
  readonly now: number;
  readonly newId: () => string;
}

/** Replaces every `{expression}`. @throws {@link BindingExpressionError} when nothing has that name */
export function resolveBindingData(text: string, sources: ExpressionSources): string {
  return text.replace(/\{\{|\}\}|\{([^{}]+)\}/g, (whole, expression?: string) => {
    if (expression === undefined) return whole[0]!;
    const value = evaluate(expression.trim(), sources);
    if (value === undefined || value === null) {
      throw new BindingExpressionError(`"${text}" names "{${expression}}", and the trigger has no such value.`);
    }
    return typeof value === 'object' ? JSON.stringify(value) : String(value);
  });
}

function evaluate(expression: string, { bindingData, now, newId }: ExpressionSources): unknown {
  const [, name = expression, format] = /^([^:]+)(?::(.*))?$/s.exec(expression) ?? [];
  switch (name.toLowerCase()) {
    case 'rand-guid':
    case 'sys.randguid':
      return formatGuid(newId(), format);
    case 'datetime':
    case 'sys.utcnow':
      return formatDateTime(now, format);
    default:
      return lookUp(bindingData, name.split('.'));
  }
}

function lookUp(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    const record = current as Record<string, unknown>;
    const key = step in record ? step : Object.keys(record).find((name) => name.toLowerCase() === step.toLowerCase());
    current = key === undefined ? undefined : record[key];
  }
  return current;
}

/** .NET's guid formats: D (default) with hyphens, N without, B in braces, P in parentheses. */
function formatGuid(id: string, format: string | undefined): string {
  switch (format?.toUpperCase()) {
    case 'N':
      return id.replaceAll('-', '');
    case 'B':
      return `{${id}}`;
    case 'P':
      return `(${id})`;
    default:
      return id;
  }
}

/** The custom .NET date formats that file names are made of; without one, ISO 8601 with a `Z`. */
function formatDateTime(now: number, format: string | undefined): string {
  const iso = new Date(now).toISOString();
  if (!format) return `${iso.slice(0, 19)}Z`;
  const [year, month, day, hour, minute, second, fraction] = iso.split(/[-T:.Z]/) as [string, ...string[]];
  const parts: Record<string, string> = {
    yyyy: year!,
    yy: year!.slice(2),
    MM: month!,
    M: String(Number(month)),
    dd: day!,
    d: String(Number(day)),
    HH: hour!,
    H: String(Number(hour)),
    hh: String(Number(hour) % 12 || 12).padStart(2, '0'),
    h: String(Number(hour) % 12 || 12),
    mm: minute!,
    m: String(Number(minute)),
    ss: second!,
    s: String(Number(second)),
    fff: fraction!,
  };
  return format.replace(/yyyy|yy|MM|M|dd|d|HH|H|hh|h|mm|m|ss|s|fff/g, (token) => parts[token]!);
}

/** A blob path with parameters, such as `photos/{album}/{name}.jpg`, to be matched against real names. */
export interface BlobPathPattern {
  readonly container: string;
  /** Everything before the first parameter: where a listing can start. */
  readonly prefix: string;
  /** The values of the parameters, or `undefined` if the blob is not meant. */
  match(container: string, blobName: string): Record<string, string> | undefined;
}

/** @param path `container` or `container/pattern`; a bare container means every blob in it */
export function parseBlobPath(path: string): BlobPathPattern {
  const trimmed = path.replace(/^\/+/, '');
  const slash = trimmed.indexOf('/');
  const container = slash < 0 ? trimmed : trimmed.slice(0, slash);
  const pattern = slash < 0 ? '' : trimmed.slice(slash + 1);
  const names: string[] = [];
  const source = pattern.replace(/\{\{|\}\}|\{([^{}]+)\}|[.*+?^$()|[\]\\]/g, (whole, name?: string) => {
    if (whole === '{{' || whole === '}}') return `\\${whole[0]}`;
    if (name === undefined) return `\\${whole}`;
    names.push(name);
    return '(.+)';
  });
  const expression = new RegExp(pattern === '' ? '^.*$' : `^${source}$`, 's');
  return {
    container,
    prefix: /^[^{]*/.exec(pattern)![0],
    match(foundContainer, blobName) {
      if (foundContainer !== container) return undefined;
      const found = expression.exec(blobName);
      if (!found) return undefined;
      return Object.fromEntries(names.map((name, index) => [name, found[index + 1]!]));
    },
  };
}
