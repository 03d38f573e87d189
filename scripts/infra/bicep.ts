/**
 * Bicep as a syntax tree, for checks that look at one narrow thing. This is tree-sitter's grammar and no compiler: types,
 * references and API versions are the business of `bicep build`, which the workflow runs.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Language, type Node, Parser } from 'web-tree-sitter';

export interface BicepFile {
  /** From the folder that was read, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly root: Node;
}

const resolve = createRequire(import.meta.url).resolve;
let loading: Promise<Language> | undefined;

async function language(): Promise<Language> {
  await Parser.init();
  return Language.load(resolve('tree-sitter-bicep/tree-sitter-bicep.wasm'));
}

/** Every .bicep and .bicepparam under a folder. */
export async function readBicep(folder: string): Promise<BicepFile[]> {
  loading ??= language();
  const bicep = await loading;
  const parser = new Parser().setLanguage(bicep);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.split('\\').join('/'))
    .filter((path) => /\.bicep(param)?$/.test(path))
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(folder, path), 'utf8');
      const tree = parser.parse(path.endsWith('.bicepparam') ? knownGap(text) : text);
      if (!tree) throw new Error(`${path}: the parser gave nothing.`);
      return { path, text, root: tree.rootNode };
    });
}

/**
 * A known gap of the grammar: an assignment in a parameter file, `param name = value`, has no type, which it wants. To it we
 * say `var   name = value`, which is the same number of characters, so that every position stays what it is.
 */
function knownGap(text: string): string {
  return text.replaceAll(/^param(?=\s+\w+\s*=)/gm, 'var  ');
}

export function lineOf(node: Node): number {
  return node.startPosition.row + 1;
}

/** Every node of a type, in the order of the text. */
export function nodesOf(root: Node, ...types: readonly string[]): Node[] {
  return root.descendantsOfType([...types]).filter((node) => node !== null);
}

/** A string without interpolation; undefined for anything else. */
export function literalOf(node: Node | null | undefined): string | undefined {
  if (node?.type !== 'string' || node.namedChildren.some((child) => child?.type === 'interpolation')) return undefined;
  const quotes = node.text.startsWith("'''") ? 3 : 1;
  return node.text.slice(quotes, -quotes).replaceAll("\\'", "'");
}

export interface Property {
  readonly name: string;
  readonly node: Node;
  readonly value: Node;
}

/** The properties of an object that have a name (nested resources and computed keys have none). */
export function propertiesOf(object: Node): Property[] {
  return object.namedChildren.flatMap((node) => {
    if (node?.type !== 'object_property') return [];
    const [key, value] = node.namedChildren;
    const name = key?.type === 'string' ? literalOf(key) : key?.text;
    return key && value && name !== undefined && key.type !== 'resource_declaration' ? [{ name, node, value }] : [];
  });
}

export function propertyOf(object: Node | undefined, name: string): Node | undefined {
  return object && propertiesOf(object).find((property) => property.name === name)?.value;
}

export interface Declaration {
  readonly name: string;
  readonly node: Node;
  /** Of a resource its type without the version, of a module its path. */
  readonly what: string;
  readonly version: string;
  readonly isExisting: boolean;
  /** What a loop runs over, as it is written. */
  readonly loopOver: string | undefined;
  readonly body: Node | undefined;
}

/** The resources (with those nested in others) or the modules that a file declares. */
export function declarationsOf(root: Node, kind: 'resource' | 'module'): Declaration[] {
  return nodesOf(root, `${kind}_declaration`).map((node) => {
    const [what = '', version = ''] = (
      literalOf(node.namedChildren.find((child) => child?.type === 'string')) ?? ''
    ).split('@');
    let body = node.namedChildren.at(-1) ?? undefined;
    let loopOver: string | undefined;
    if (body?.type === 'for_statement') {
      loopOver = body.namedChildren.at(-2)?.text;
      body = body.childForFieldName('body') ?? undefined;
    }
    if (body?.type === 'if_statement') body = body.namedChildren.find((child) => child?.type === 'object') ?? undefined;
    const isExisting = node.children.some((child) => child?.type === 'existing');
    return { name: nameOf(node), node, what: fullType(node, what), version, isExisting, loopOver, body };
  });
}

/** A nested resource's type goes on from that of the resource around it. */
function fullType(node: Node, type: string): string {
  if (type.includes('.')) return type;
  for (let around = node.parent; around; around = around.parent) {
    if (around.type !== 'resource_declaration') continue;
    const outer = literalOf(around.namedChildren.find((child) => child?.type === 'string')) ?? '';
    return `${fullType(around, outer.split('@')[0] ?? '')}/${type}`;
  }
  return type;
}

/** The name that a declaration gives to what it declares. */
export function nameOf(declaration: Node): string {
  return declaration.namedChildren.find((child) => child?.type === 'identifier')?.text ?? '';
}

/** The declarations of a kind at the top of a file. */
export function topLevel(root: Node | undefined, type: string): Node[] {
  return (root?.namedChildren ?? []).filter((node) => node?.type === type).filter((node) => node !== null);
}
