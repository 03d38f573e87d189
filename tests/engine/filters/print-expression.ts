import type { Expression, Predicate, PropertyReference } from '../../../local/service-bus/engine/filters/syntax.ts';

/** Writes a tree as text with a parenthesis around everything, so that the text says exactly what the tree says. */
export function printPredicate(node: Predicate): string {
  switch (node.kind) {
    case 'or':
    case 'and':
      return `(${printPredicate(node.left)} ${node.kind.toUpperCase()} ${printPredicate(node.right)})`;
    case 'not':
      return `(NOT ${printPredicate(node.operand)})`;
    case 'exists':
      return `EXISTS(${printProperty(node.property)})`;
    case 'is-null':
      return `(${printProperty(node.property)} IS ${node.negated ? 'NOT ' : ''}NULL)`;
    case 'comparison':
      return `(${printExpression(node.left)} ${node.operator} ${printExpression(node.right)})`;
    case 'in':
      return `(${printExpression(node.left)} ${node.negated ? 'NOT ' : ''}IN (${node.list.map(printExpression).join(', ')}))`;
    case 'like': {
      const mark = node.escapedBy ? ` ESCAPE ${printExpression(node.escapedBy)}` : '';
      const verb = node.negated ? 'NOT LIKE' : 'LIKE';
      return `(${printExpression(node.left)} ${verb} ${printExpression(node.pattern)}${mark})`;
    }
  }
}

export function printExpression(node: Expression): string {
  switch (node.kind) {
    case 'literal':
      return printLiteral(node.value);
    case 'property':
      return printProperty(node);
    case 'parameter':
      return node.name;
    case 'property-of':
      return `property(${printExpression(node.name)})`;
    case 'newid':
      return 'newid()';
    case 'sign':
      return `(${node.operator} ${printExpression(node.operand)})`;
    case 'arithmetic':
      return `(${printExpression(node.left)} ${node.operator} ${printExpression(node.right)})`;
  }
}

function printProperty({ scope, name }: PropertyReference): string {
  return `${scope}.[${name.replaceAll(']', ']]')}]`;
}

function printLiteral(value: Extract<Expression, { kind: 'literal' }>['value']): string {
  switch (value.type) {
    case 'null':
      return 'NULL';
    case 'boolean':
      return value.value ? 'TRUE' : 'FALSE';
    case 'string':
      return `'${value.value.replaceAll("'", "''")}'`;
    case 'long':
      return String(value.value);
    case 'double':
      return value.value.toExponential();
    default:
      throw new Error(`There is no constant of type ${value.type}.`);
  }
}
