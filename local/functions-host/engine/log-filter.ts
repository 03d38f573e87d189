/** The levels of host.json's `logging.logLevel`, least first. */
export const logLevelNames = ['Trace', 'Debug', 'Information', 'Warning', 'Error', 'Critical', 'None'] as const;
export type LogLevelName = (typeof logLevelNames)[number];

export type LogFilter = (category: string, level: LogLevelName) => boolean;

/**
 * Decides as Microsoft.Extensions.Logging does: the rule with the longest category prefix wins, `default` is the shortest.
 * Categories of the host: `Host.…`, `Function.<name>` (start and end), `Function.<name>.User` (context.log).
 */
export function logFilter(levels: Readonly<Record<string, LogLevelName>>): LogFilter {
  const rules = Object.entries(levels)
    .map(([category, level]) => ({ prefix: category.toLowerCase() === 'default' ? '' : category.toLowerCase(), level }))
    .sort((a, b) => b.prefix.length - a.prefix.length);
  const known = new Map<string, number>();
  const minimum = (category: string): number => {
    const found = known.get(category);
    if (found !== undefined) return found;
    const lower = category.toLowerCase();
    const rule = rules.find(({ prefix }) => prefix === '' || lower === prefix || lower.startsWith(`${prefix}.`));
    const level = logLevelNames.indexOf(rule?.level ?? 'Information');
    known.set(category, level);
    return level;
  };
  return (category, level) => level !== 'None' && logLevelNames.indexOf(level) >= minimum(category);
}
