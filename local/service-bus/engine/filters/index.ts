import type { CompiledRule, CompileRule, MessageChanges, MessageView, RuleAction, RuleDefinition } from '../api.ts';
import { ACTION_FAULT_REASON, FILTER_FAULT_REASON, LONGEST_EXPRESSION, LONGEST_RULE_NAME } from './choices.ts';
import { type Action, compileAction } from './compile-action.ts';
import type { CompileScope } from './compile-expression.ts';
import { compilePredicate, type Test } from './compile-predicate.ts';
import { compileCorrelation } from './correlation.ts';
import { attempt, CompileProblem } from './errors.ts';
import { parseAction, parsePredicate } from './parser.ts';
import { isFault } from './values.ts';

const NO_CHANGES: { readonly changes: MessageChanges } = { changes: { system: new Map(), application: new Map() } };

/**
 * Compiles a rule once, to closures; matching a message then allocates next to nothing.
 *
 * @param newId makes the UUID of `newid()`; without it a rule that calls `newid()` is refused
 * @returns the compiled rule, or why it is refused: the service's text, without the tracking line
 */
export function compileRule(rule: RuleDefinition, newId?: () => string): ReturnType<CompileRule> {
  const compiled = attempt(() => compile(rule, newId));
  return compiled.ok ? { ok: true, rule: compiled.value } : compiled;
}

/** {@link compileRule} with its source of identifiers bound. */
export function ruleCompiler(newId: () => string): CompileRule {
  return (rule) => compileRule(rule, newId);
}

function compile(definition: RuleDefinition, newId: (() => string) | undefined): CompiledRule {
  if (definition.name === '' || definition.name.length > LONGEST_RULE_NAME)
    throw new CompileProblem(`A rule's name has 1 to ${LONGEST_RULE_NAME} characters.`);
  const { filter } = definition;
  const parameters = filter.filterType === 'SqlFilter' ? (filter.parameters ?? {}) : {};
  const test = compileFilter(definition, { parameters, newId });
  const action = definition.action && compileActionOf(definition.action, { parameters, newId });
  return {
    definition,
    hasAction: action !== undefined,
    matches(view: MessageView) {
      const truth = test(view);
      if (truth === true) return 'match';
      return isFault(truth) ? { error: { reason: FILTER_FAULT_REASON, description: truth.description } } : 'no-match';
    },
    applyAction(view: MessageView) {
      if (!action) return NO_CHANGES;
      const changes = action(view);
      return 'type' in changes
        ? { error: { reason: ACTION_FAULT_REASON, description: changes.description } }
        : { changes };
    },
  };
}

function compileFilter({ filter }: RuleDefinition, scope: CompileScope): Test {
  switch (filter.filterType) {
    case 'TrueFilter':
      return () => true;
    case 'FalseFilter':
      return () => false;
    case 'CorrelationFilter':
      return compileCorrelation(filter);
    case 'SqlFilter':
      return compilePredicate(parsePredicate(checked(filter.sqlExpression, 'filter')), scope);
  }
}

/** Its own parameters go before the filter's. */
function compileActionOf(action: RuleAction, scope: CompileScope): Action | undefined {
  const { sqlExpression, parameters } = action;
  // The management interface writes an absent action as an empty one.
  if (sqlExpression.trim() === '') return undefined;
  return compileAction(parseAction(checked(sqlExpression, 'action')), {
    ...scope,
    parameters: { ...scope.parameters, ...parameters },
  });
}

function checked(text: string, what: 'filter' | 'action'): string {
  if (text.length > LONGEST_EXPRESSION)
    throw new CompileProblem(
      `The ${what}'s expression has ${text.length} characters; at most ${LONGEST_EXPRESSION} are allowed.`,
    );
  return text;
}
