/**
 * Resource bodies of Bicep as ARM JSON, for tools that read that: literals as they are, every expression as `[its text]`. What
 * an expression is worth is not known here, and a check of its value has to be answered by a suppression with a reason.
 */
import type { Node } from 'web-tree-sitter';
import { type BicepFile, declarationsOf, lineOf, literalOf, nodesOf, propertiesOf } from './bicep.ts';

export interface Suppression {
  readonly id: string;
  readonly reason: string;
}

export interface ResourceBody {
  readonly symbol: string;
  readonly line: number;
  readonly suppressions: readonly Suppression[];
  readonly json: Readonly<Record<string, unknown>>;
}

/** The resources that a file makes. `#checkov:skip=<id>: <reason>` in a comment of a resource's body is its suppression. */
export function resourceBodies({ root }: BicepFile): ResourceBody[] {
  return declarationsOf(root, 'resource')
    .filter(({ isExisting, body }) => !isExisting && body?.type === 'object')
    .map(({ name, node, what, version, body }) => {
      const suppressions = suppressionsOf(body as Node, node);
      const { parent: _, scope: __, dependsOn: ___, ...rest } = objectOf(body as Node) as Record<string, unknown>;
      const json = { type: what, apiVersion: version, ...rest };
      return { symbol: name, line: lineOf(node), suppressions, json };
    });
}

const suppression = /#checkov:skip=(?<id>\w+):\s*(?<reason>\S.*)/;

/** Those of a resource that is nested in this one are its own. */
function suppressionsOf(body: Node, declaration: Node): Suppression[] {
  return nodesOf(body, 'comment').flatMap((comment) => {
    if (resourceAround(comment)?.id !== declaration.id) return [];
    const { text } = comment;
    const { id, reason } = suppression.exec(text)?.groups ?? {};
    return id && reason ? [{ id, reason }] : [];
  });
}

function resourceAround(node: Node): Node | null {
  let around = node.parent;
  while (around && around.type !== 'resource_declaration') around = around.parent;
  return around;
}

function objectOf(node: Node): Record<string, unknown> {
  return Object.fromEntries(propertiesOf(node).map(({ name, value }) => [name, toValue(value)]));
}

function toValue(node: Node): unknown {
  switch (node.type) {
    case 'object':
      return objectOf(node);
    case 'array':
      return node.namedChildren.flatMap((child) => (child && child.type !== 'comment' ? [toValue(child)] : []));
    case 'boolean':
      return node.text === 'true';
    case 'number':
      return Number(node.text);
    case 'null':
      return null;
    default:
      return literalOf(node) ?? `[${node.text}]`;
  }
}
