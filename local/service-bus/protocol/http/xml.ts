import { XMLBuilder, XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element to be written: attributes are keys that start with `@_`, text beside attributes is `#text`. */
export interface XmlContent {
  readonly [name: string]: XmlContent | readonly XmlContent[] | string | undefined;
}

/** An element that was read. Namespace prefixes are gone: clients choose them as they like. */
export class XmlElement {
  readonly name: string;
  private readonly content: unknown;

  constructor(name: string, content: unknown) {
    this.name = name;
    this.content = content;
  }

  /** The element's own text; empty when it has none. */
  get text(): string {
    if (typeof this.content === 'string') return this.content;
    const text = this.member('#text');
    return typeof text === 'string' ? text : '';
  }

  /** By its name without prefix. */
  attribute(name: string): string | undefined {
    const value = this.member(`@_${name}`);
    return typeof value === 'string' ? value : undefined;
  }

  child(name: string): XmlElement | undefined {
    return this.all(name)[0];
  }

  /** Every child of that name, in order. */
  all(name: string): XmlElement[] {
    const value = this.member(name);
    if (value === undefined) return [];
    return (Array.isArray(value) ? value : [value]).map((content: unknown) => new XmlElement(name, content));
  }

  /** The names of the children, in order, each once. */
  get childNames(): string[] {
    if (typeof this.content !== 'object' || this.content === null) return [];
    return Object.keys(this.content).filter((name) => !name.startsWith('@_') && name !== '#text');
  }

  private member(name: string): unknown {
    if (typeof this.content !== 'object' || this.content === null) return undefined;
    return (this.content as Record<string, unknown>)[name];
  }
}

const parser = new XMLParser({
  ignoreAttributes: false,
  removeNSPrefix: true,
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // Without it `&#10;` in a SQL expression would stay as it is.
  htmlEntities: true,
});

const builder = new XMLBuilder({ ignoreAttributes: false, suppressBooleanAttributes: false, suppressEmptyNode: false });

/** The root element, or why the text is not XML. */
export function parseXml(text: string): XmlElement | { readonly problem: string } {
  // A document type could define entities; no client of Service Bus sends one.
  if (/<!DOCTYPE/i.test(text)) return { problem: 'A document type declaration is not allowed.' };
  const validity = XMLValidator.validate(text);
  if (validity !== true)
    return { problem: `${validity.err.msg} (line ${validity.err.line}, column ${validity.err.col})` };
  const root = Object.entries(parser.parse(text) as Record<string, unknown>)[0];
  return root ? new XmlElement(root[0], root[1]) : { problem: 'There is no root element.' };
}

export function toXml(content: XmlContent): string {
  return builder.build(content) as string;
}
