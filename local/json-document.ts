/** One step into a JSON value: a key, or an index. */
export type JsonPath = readonly (string | number)[];

/** A JSON value that remembers on which line each of its parts begins. */
export interface JsonDocument {
  readonly value: unknown;
  /** 1-based; the line of the nearest part around `path` that is there. */
  lineOf(path: JsonPath): number | undefined;
}

/** Text that is not JSON. `line` and `column` are 1-based. */
export class JsonSyntaxError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(problem: string, line: number, column: number) {
    super(problem);
    this.name = 'JsonSyntaxError';
    this.line = line;
    this.column = column;
  }
}

const keyOf = (path: JsonPath): string => path.join('\u0000');

/**
 * Reads JSON (RFC 8259) and, as the published samples of the official emulators hold them, comments and trailing commas.
 * A key that stands twice in one object is an error: with `JSON.parse` the first of two queues would vanish in silence.
 */
export function parseJson(text: string): JsonDocument {
  const lines = new Map<string, number>();
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  let lineStart = 0;

  const fail = (problem: string): never => {
    throw new JsonSyntaxError(problem, line, at - lineStart + 1);
  };
  const found = (): string => (at >= text.length ? 'the end of the file' : `'${text[at]}'`);

  function newLineAt(index: number): void {
    line += 1;
    lineStart = index + 1;
  }

  function skipBlanks(): void {
    for (;;) {
      const char = text[at];
      if (char === '\n') newLineAt(at);
      if (char === ' ' || char === '\t' || char === '\r' || char === '\n') at += 1;
      else if (char === '/' && text[at + 1] === '/') {
        while (at < text.length && text[at] !== '\n') at += 1;
      } else if (char === '/' && text[at + 1] === '*') skipBlockComment();
      else return;
    }
  }

  function skipBlockComment(): void {
    const end = text.indexOf('*/', at + 2);
    if (end < 0) fail('a comment that begins here is not closed');
    for (; at < end + 2; at += 1) if (text[at] === '\n') newLineAt(at);
  }

  function parseString(): string {
    const start = at;
    for (at += 1; text[at] !== '"'; at += 1) {
      if (at >= text.length || text[at] === '\n') fail('a string is not closed');
      if (text[at] === '\\') at += 1;
    }
    at += 1;
    try {
      return JSON.parse(text.slice(start, at)) as string;
    } catch {
      at = start;
      return fail('a string holds a control character or an unknown escape');
    }
  }

  function parseLiteral(): unknown {
    const word = /^[-+.\w]+/.exec(text.slice(at, at + 64))?.[0];
    if (word === undefined) return fail(`expected a value, found ${found()}`);
    try {
      const value: unknown = JSON.parse(word);
      at += word.length;
      return value;
    } catch {
      return fail(`expected a value, found '${word}'`);
    }
  }

  function parseList<T>(close: string, parseItem: (index: number) => T): void {
    at += 1;
    for (let index = 0; ; index += 1) {
      skipBlanks();
      if (text[at] === close) break;
      parseItem(index);
      skipBlanks();
      if (text[at] === ',') at += 1;
      else if (text[at] !== close) fail(`expected ',' or '${close}', found ${found()}`);
    }
    at += 1;
  }

  function parseObject(path: JsonPath): Record<string, unknown> {
    const result: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    parseList('}', () => {
      if (text[at] !== '"') fail(`expected a key in double quotes, found ${found()}`);
      const keyLine = line;
      const key = parseString();
      if (key in result) fail(`the key "${key}" stands twice in one object`);
      lines.set(keyOf([...path, key]), keyLine);
      skipBlanks();
      if (text[at] !== ':') fail(`expected ':', found ${found()}`);
      at += 1;
      result[key] = parseValue([...path, key]);
    });
    return result;
  }

  function parseArray(path: JsonPath): unknown[] {
    const result: unknown[] = [];
    parseList(']', (index) => {
      lines.set(keyOf([...path, index]), line);
      result.push(parseValue([...path, index]));
    });
    return result;
  }

  function parseValue(path: JsonPath): unknown {
    skipBlanks();
    if (text[at] === '{') return parseObject(path);
    if (text[at] === '[') return parseArray(path);
    if (text[at] === '"') return parseString();
    return parseLiteral();
  }

  skipBlanks();
  const firstLine = line;
  const value = parseValue([]);
  skipBlanks();
  if (at < text.length) fail(`expected the end of the file, found ${found()}`);
  return {
    value,
    lineOf: (path) => {
      for (let length = path.length; length > 0; length -= 1) {
        const known = lines.get(keyOf(path.slice(0, length)));
        if (known !== undefined) return known;
      }
      return firstLine;
    },
  };
}

/** `serviceBus.queues[0].lockDuration`; a key that is no plain word stands in brackets; the whole document is `$`. */
export function formatPath(path: JsonPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[$A-Za-z_][$\w]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text === '' ? '$' : text;
}
