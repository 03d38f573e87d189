/** A mail as it was caught. */
export interface CaughtMail {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** The envelope's addresses. */
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** The first plain-text part, decoded; empty if there is none. */
  readonly text: string;
  /** The message as it came (RFC 5322). */
  readonly raw: string;
}

export interface MailParts {
  readonly subject: string;
  readonly text: string;
}

type Headers = ReadonlyMap<string, string>;

/** Reads the subject and the plain text out of a message (RFC 5322, MIME of RFC 2045 to 2047). */
export function readMail(raw: string): MailParts {
  const { headers, body } = splitEntity(raw);
  return { subject: decodeWords(headers.get('subject') ?? ''), text: findText(headers, body) ?? '' };
}

function splitEntity(raw: string): { headers: Headers; body: string } {
  const end = /\r?\n\r?\n/.exec(raw);
  const head = end ? raw.slice(0, end.index) : raw;
  const headers = new Map<string, string>();
  for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0) headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { headers, body: end ? raw.slice(end.index + end[0].length) : '' };
}

function findText(headers: Headers, body: string): string | undefined {
  const type = headers.get('content-type') ?? 'text/plain';
  if (/^multipart\//i.test(type)) {
    const boundary = /boundary="?([^";]+)"?/i.exec(type)?.[1];
    if (boundary === undefined) return undefined;
    for (const part of body.split(`--${boundary}`).slice(1)) {
      if (part.startsWith('--')) return undefined;
      const entity = splitEntity(part.replace(/^\r?\n/, ''));
      const text = findText(entity.headers, entity.body);
      if (text !== undefined) return text;
    }
    return undefined;
  }
  if (!/^text\/plain/i.test(type)) return undefined;
  return decodeBody(body, headers.get('content-transfer-encoding')?.toLowerCase() ?? '7bit')
    .replace(/\r\n/g, '\n')
    .trimEnd();
}

function decodeBody(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding === 'quoted-printable') return decodeQuoted(body.replace(/=\r?\n/g, ''));
  return body;
}

function decodeQuoted(text: string): string {
  const bytes = text.replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** `=?UTF-8?Q?Gr=C3=BC=C3=9Fe?=` (RFC 2047); blanks between two such words are not part of the text. */
function decodeWords(text: string): string {
  return text
    .replace(/(\?=)\s+(?==\?)/g, '$1')
    .replace(/=\?[^?]+\?([BQ])\?([^?]*)\?=/gi, (_, encoding: string, word: string) =>
      encoding.toUpperCase() === 'B'
        ? Buffer.from(word, 'base64').toString('utf8')
        : decodeQuoted(word.replaceAll('_', ' ')),
    );
}
