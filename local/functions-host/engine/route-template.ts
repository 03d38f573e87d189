/**
 * Route templates of HTTP triggers: ASP.NET Core's attribute routing as the Functions host uses it.
 *
 *   template  = segment *("/" segment)
 *   segment   = *(literal / "{" ["*" / "**"] name *(":" constraint) ["=" default] ["?"] "}")
 *
 * (learn.microsoft.com, ASP.NET Core routing: route templates, route constraint reference)
 */

interface Parameter {
  readonly name: string;
  readonly constraints: readonly Constraint[];
  readonly defaultValue: string | undefined;
  readonly isOptional: boolean;
  readonly isCatchAll: boolean;
}

type Part = { readonly literal: string } | { readonly parameter: Parameter };
type Constraint = (value: string) => boolean;

export interface RouteTemplate {
  readonly text: string;
  /** Ordered so that the smaller array is tried first: a literal beats a constrained parameter beats a free one. */
  readonly precedence: readonly number[];
  /** Returns the values of the parameters if the path (percent-decoded per segment) fits. */
  match(segments: readonly string[]): Record<string, string> | undefined;
}

export class RouteTemplateError extends Error {}

/** @throws {@link RouteTemplateError} with what is wrong and where */
export function parseRouteTemplate(text: string): RouteTemplate {
  const segments = splitSegments(text.replace(/^\/+|\/+$/g, '')).map((segment) => parseSegment(segment, text));
  segments.forEach((segment, index) => {
    const isLast = index === segments.length - 1;
    if (segment.some((part) => 'parameter' in part && part.parameter.isCatchAll) && (!isLast || segment.length > 1)) {
      throw new RouteTemplateError(`In the route "${text}" a catch-all parameter must be the whole last segment.`);
    }
  });
  return {
    text,
    precedence: segments.map(segmentPrecedence),
    match: (path) => matchSegments(segments, path),
  };
}

/** Splits at slashes outside braces: a regex constraint may hold one. */
function splitSegments(text: string): string[] {
  if (text === '') return [];
  const segments: string[] = [];
  let depth = 0;
  let current = '';
  for (const character of text) {
    if (character === '{') depth += 1;
    else if (character === '}') depth -= 1;
    if (character === '/' && depth === 0) {
      segments.push(current);
      current = '';
    } else current += character;
  }
  segments.push(current);
  return segments;
}

function parseSegment(segment: string, template: string): Part[] {
  const parts: Part[] = [];
  let rest = segment;
  while (rest !== '') {
    const open = rest.indexOf('{');
    if (open !== 0) {
      parts.push({ literal: open < 0 ? rest : rest.slice(0, open) });
      rest = open < 0 ? '' : rest.slice(open);
      continue;
    }
    const close = closingBrace(rest);
    if (close < 0) throw new RouteTemplateError(`In the route "${template}" a "{" has no "}".`);
    parts.push({ parameter: parseParameter(rest.slice(1, close), template) });
    rest = rest.slice(close + 1);
  }
  return parts;
}

function closingBrace(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '{') depth += 1;
    else if (text[index] === '}' && --depth === 0) return index;
  }
  return -1;
}

function parseParameter(text: string, template: string): Parameter {
  const shape = /^(\*{0,2})([^:=?*]+)((?::[^:=(?]+(?:\((?:.*?)\))?(?=[:=?]|$))*)(?:=([^?]*))?(\?)?$/s.exec(text);
  if (!shape) throw new RouteTemplateError(`In the route "${template}" the parameter "{${text}}" cannot be read.`);
  const [, stars = '', name = '', constraints = '', defaultValue, optional] = shape;
  return {
    name: name.trim(),
    constraints: [...constraints.matchAll(/:([^:=(?]+)(?:\((.*?)\))?(?=[:=?]|$)/gs)].map(([, kind = '', argument]) =>
      toConstraint(kind, argument, template),
    ),
    defaultValue,
    isOptional: optional === '?',
    isCatchAll: stars !== '',
  };
}

const patterns: Record<string, RegExp> = {
  int: /^[+-]?\d+$/,
  long: /^[+-]?\d+$/,
  bool: /^(true|false)$/i,
  guid: /^\{?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}\}?$/i,
  decimal: /^[+-]?(\d+\.?\d*|\.\d+)$/,
  double: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  float: /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  alpha: /^[a-z]*$/i,
  required: /./s,
  file: /\.[^./]+$/,
  nonfile: /^(?!.*\.[^./]+$)/,
};

function toConstraint(kind: string, argument: string | undefined, template: string): Constraint {
  const numbers = (argument ?? '').split(',').map((text) => Number(text));
  const [first = Number.NaN, second = Number.NaN] = numbers;
  switch (kind.toLowerCase()) {
    case 'int':
      return (value) => patterns.int!.test(value) && Number(value) >= -(2 ** 31) && Number(value) < 2 ** 31;
    case 'datetime':
      return (value) => !Number.isNaN(Date.parse(value));
    case 'minlength':
      return (value) => value.length >= first;
    case 'maxlength':
      return (value) => value.length <= first;
    case 'length':
      return (value) => (numbers.length > 1 ? value.length >= first && value.length <= second : value.length === first);
    case 'min':
      return (value) => patterns.long!.test(value) && Number(value) >= first;
    case 'max':
      return (value) => patterns.long!.test(value) && Number(value) <= first;
    case 'range':
      return (value) => patterns.long!.test(value) && Number(value) >= first && Number(value) <= second;
    case 'regex': {
      // Braces and backslashes of the expression are doubled in a route template.
      const expression = new RegExp((argument ?? '').replaceAll('{{', '{').replaceAll('}}', '}'), 'i');
      return (value) => expression.test(value);
    }
    default: {
      const pattern = patterns[kind.toLowerCase()];
      if (!pattern) throw new RouteTemplateError(`In the route "${template}" there is no constraint named "${kind}".`);
      return (value) => pattern.test(value);
    }
  }
}

/** ASP.NET's inbound precedence, one digit a segment (RoutePrecedence.ComputeInbound). */
function segmentPrecedence(parts: readonly Part[]): number {
  if (parts.length > 1) return 2;
  const part = parts[0];
  if (!part || 'literal' in part) return 1;
  const { isCatchAll, constraints } = part.parameter;
  const isConstrained = constraints.length > 0;
  if (isCatchAll) return isConstrained ? 4 : 5;
  return isConstrained ? 2 : 3;
}

/** Compares as {@link RouteTemplate.precedence} says. */
export function compareRoutes(left: RouteTemplate, right: RouteTemplate): number {
  const length = Math.max(left.precedence.length, right.precedence.length);
  for (let index = 0; index < length; index += 1) {
    const difference = (left.precedence[index] ?? 0) - (right.precedence[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function matchSegments(
  template: readonly (readonly Part[])[],
  path: readonly string[],
): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  for (const [index, parts] of template.entries()) {
    const only = parts.length === 1 ? parts[0] : undefined;
    if (only && 'parameter' in only) {
      const { parameter } = only;
      const found = parameter.isCatchAll ? path.slice(index).join('/') || undefined : path[index];
      const value = found === undefined || found === '' ? parameter.defaultValue : found;
      if (value === undefined) {
        if (parameter.isOptional || parameter.isCatchAll) continue;
        return undefined;
      }
      if (!parameter.constraints.every((holds) => holds(value))) return undefined;
      values[parameter.name] = value;
      if (parameter.isCatchAll) return values;
    } else {
      const segment = path[index];
      if (segment === undefined || !matchParts(parts, segment, values)) return undefined;
    }
  }
  return path.length > template.length ? undefined : values;
}

/** A segment of several parts, such as `{name}.{extension}`; literals compare without case. */
function matchParts(parts: readonly Part[], segment: string, values: Record<string, string>): boolean {
  const source = parts.map((part) => ('literal' in part ? escapeExpression(part.literal) : '(.+)')).join('');
  const found = new RegExp(`^${source}$`, 'is').exec(segment);
  if (!found) return false;
  const parameters = parts.flatMap((part) => ('parameter' in part ? [part.parameter] : []));
  return parameters.every((parameter, index) => {
    const value = found[index + 1]!;
    values[parameter.name] = value;
    return parameter.constraints.every((holds) => holds(value));
  });
}

function escapeExpression(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
