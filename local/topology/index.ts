import { formatPath, type JsonDocument, type JsonPath, JsonSyntaxError, parseJson } from '../json-document.ts';
import { type ConvertedConfig, capitalised, convertConfig, isConfigJson } from './config-json.ts';
import { toTopology } from './defaults.ts';
import { fromIssues } from './problems.ts';
import { findReferenceProblems } from './references.ts';
import { topologyFileSchema } from './schema/index.ts';
import { TopologyError, type TopologyProblem } from './topology-error.ts';
import type { Topology } from './types.ts';

export { mergeTopologies } from './merge.ts';
export { type TopologyFile, topologyJsonSchema } from './schema/index.ts';
export { TopologyError, type TopologyProblem } from './topology-error.ts';
export type * from './types.ts';

/** No entities at all. */
export const emptyTopology: Topology = toTopology({});

/**
 * Reads entities from the text of a `topology.json`, or of the official emulators' `Config.json`; which of the two it is
 * shows by its `UserConfig`.
 * @param source the file's name as it is to stand in errors
 * @returns the entities with every default filled in and durations in milliseconds
 * @throws TopologyError with all problems at once
 */
export function parseTopology(text: string, source = 'topology.json'): Topology {
  const document = readDocument(text, source);
  if (isConfigJson(document.value)) return check(source, document, { ...convertConfig(document), spell: capitalised });
  const plain = { value: document.value, problems: [], sourcePath: (path: JsonPath) => path };
  return check(source, document, { ...plain, spell: (key: string) => key });
}

function readDocument(text: string, source: string): JsonDocument {
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const place = `line ${error.line}, column ${error.column}`;
    throw new TopologyError(source, [
      { path: place, line: error.line, problem: error.message, remedy: 'put the JSON right there' },
    ]);
  }
}

interface Checked extends Omit<ConvertedConfig, 'value'> {
  readonly value: unknown;
  readonly spell: (key: string) => string;
}

function check(source: string, document: JsonDocument, checked: Checked): Topology {
  const { value, spell, sourcePath } = checked;
  const parsed = topologyFileSchema.safeParse(value);
  const found = [
    ...(parsed.success ? [] : fromIssues(topologyFileSchema, value, parsed.error.issues, spell)),
    ...findReferenceProblems(value),
  ].map((problem) => ({ ...problem, path: sourcePath(problem.path) }));
  const problems = [...checked.problems, ...found].map(({ path, problem, remedy }): TopologyProblem => {
    return { path: formatPath(path), line: document.lineOf(path), problem, remedy };
  });
  if (!parsed.success || problems.length > 0)
    throw new TopologyError(
      source,
      problems.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    );
  return toTopology(parsed.data);
}
