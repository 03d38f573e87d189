import type { SqlValue } from './values.ts';

/**
 * The tree of a SQL expression, as the parser builds it.
 *
 * ```
 * or   = and {OR and} ;  and = not {AND not} ;  not = NOT not | test ;
 * test = "(" or ")" | EXISTS "(" property ")" | property IS [NOT] NULL
 *      | expr ("="|"<>"|"!="|">"|">="|"<"|"<=") expr
 *      | expr [NOT] IN "(" expr {"," expr} ")" | expr [NOT] LIKE expr [ESCAPE expr] ;
 * expr = term {("+"|"-") term} ;  term = unary {("*"|"/"|"%") unary} ;  unary = ("+"|"-") unary | atom ;
 * atom = constant | function | parameter | property | "(" expr ")" ;
 * ```
 * Source: service-bus-messaging-sql-filter (operators, functions); layering and associativity as in T-SQL.
 */
export type Expression =
  | { readonly kind: 'literal'; readonly value: SqlValue }
  | PropertyReference
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'property-of'; readonly name: Expression }
  | { readonly kind: 'newid' }
  | {
      readonly kind: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: 'sign'; readonly operator: '+' | '-'; readonly operand: Expression };

export interface PropertyReference {
  readonly kind: 'property';
  readonly scope: 'user' | 'sys';
  readonly name: string;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

export type ComparisonOperator = '=' | '<>' | '>' | '>=' | '<' | '<=';

export type Predicate =
  | { readonly kind: 'or' | 'and'; readonly left: Predicate; readonly right: Predicate }
  | { readonly kind: 'not'; readonly operand: Predicate }
  | { readonly kind: 'exists'; readonly property: PropertyReference }
  | { readonly kind: 'is-null'; readonly property: PropertyReference; readonly negated: boolean }
  | {
      readonly kind: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: 'in';
      readonly left: Expression;
      readonly list: readonly Expression[];
      readonly negated: boolean;
    }
  | {
      readonly kind: 'like';
      readonly left: Expression;
      readonly pattern: Expression;
      readonly escapedBy: Expression | undefined;
      readonly negated: boolean;
    };

/** `action = stmt {[";"] stmt} [";"] ; stmt = SET property "=" expr | REMOVE property` (sql-rule-action). */
export type Statement =
  | { readonly kind: 'set'; readonly target: PropertyReference; readonly value: Expression }
  | { readonly kind: 'remove'; readonly target: PropertyReference };

const PREDICATES: ReadonlySet<string> = new Set(['or', 'and', 'not', 'exists', 'is-null', 'comparison', 'in', 'like']);

export function isPredicate(node: Predicate | Expression): node is Predicate {
  return PREDICATES.has(node.kind);
}
