import type { XmlContent, XmlElement } from '../xml.ts';
import type { ValueFormat } from './value-formats.ts';

/**
 * A description (`QueueDescription` and its like) as a table of its elements: one row says how a property is called in XML, how
 * its value is written, whether it can change after creation. Reading, writing and comparing follow from the table.
 */
export interface Field<Definition> {
  readonly element: string;
  readonly isFixed: boolean;
  /** The api-version that the element came with; absent: it was always there. */
  readonly since?: string;
  /** Puts the element's value into `target`; says what is wrong with it otherwise. */
  read(element: XmlElement, target: Partial<Definition>): string | undefined;
  write(definition: Definition, context: WriteContext): string | XmlContent | undefined;
  /** Copies the property. */
  copy(from: Definition, target: Partial<Definition>): void;
  isSame(a: Definition, b: Definition): boolean;
}

/** An element that only answers have, such as a count. */
export interface ReadOnlyElement<Info> {
  readonly element: string;
  writeInfo(info: Info, context: WriteContext): string | XmlContent | undefined;
}

export interface WriteContext {
  readonly host: string;
  /** `2021-05`; what a client of an older version does not know is left out. */
  readonly apiVersion: string;
  /** What a queue or topic takes that says nothing about it. */
  readonly defaultMessageKilobytes: number;
}

export interface FieldOptions {
  /** Cannot change once the entity exists. */
  readonly fixed?: true;
}

export function field<Definition, K extends keyof Definition>(
  element: string,
  property: K,
  format: ValueFormat<Definition[K]>,
  options: FieldOptions = {},
): Field<Definition> {
  return {
    element,
    isFixed: options.fixed === true,
    read(xml, target) {
      const value = format.read(xml);
      if (value === undefined && (xml.text.trim() !== '' || xml.childNames.length > 0))
        return `${element} expects ${format.expects}.`;
      // An empty element is an empty value where the format knows one, and otherwise as good as absent.
      if (value !== undefined) target[property] = value;
      return undefined;
    },
    write: (definition, context) => format.write(definition[property], context.host),
    copy(from, target) {
      target[property] = from[property];
    },
    isSame: (a, b) => a[property] === b[property],
  };
}

/** The elements of a description that name fields, read over `initial`; every problem in one text. */
export function readFields<Definition extends object>(
  fields: readonly (Field<Definition> | ReadOnlyElement<never>)[],
  description: XmlElement,
  initial: Definition,
): { readonly ok: true; readonly definition: Definition } | { readonly ok: false; readonly problem: string } {
  const definition: Partial<Definition> = { ...initial };
  const problems = fields.flatMap((row) => {
    const element = 'read' in row ? description.child(row.element) : undefined;
    return (element && 'read' in row && row.read(element, definition)) || [];
  });
  if (problems.length > 0) return { ok: false, problem: problems.join(' ') };
  return { ok: true, definition: definition as Definition };
}

/** The description as XML, elements in the table's order (the service's own, which some clients rely on). */
export function writeElements<Definition, Info extends { readonly definition: Definition }>(
  rows: readonly (Field<Definition> | ReadOnlyElement<Info>)[],
  info: Info,
  context: WriteContext,
): XmlContent {
  const content: Record<string, string | XmlContent | undefined> = {};
  for (const row of rows) {
    const value = 'writeInfo' in row ? row.writeInfo(info, context) : row.write(info.definition, context);
    if (value !== undefined) content[row.element] = value;
  }
  return content;
}
