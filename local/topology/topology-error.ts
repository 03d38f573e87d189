/** One problem of a file of entities, as a person is told of it. */
export interface TopologyProblem {
  /** `serviceBus.queues[0].lockDuration` */
  readonly path: string;
  /** 1-based. */
  readonly line: number | undefined;
  readonly problem: string;
  readonly remedy: string;
}

/** Everything that is wrong with a file of entities, at once. `message` holds all of it, a line for each problem. */
export class TopologyError extends Error {
  readonly source: string;
  readonly problems: readonly TopologyProblem[];

  constructor(source: string, problems: readonly TopologyProblem[]) {
    const lines = problems.map(({ path, line, problem, remedy }) => {
      const place = line === undefined ? source : `${source}:${line}`;
      return `${place}: ${path}: ${problem}; ${remedy}`;
    });
    super(lines.join('\n'));
    this.name = 'TopologyError';
    this.source = source;
    this.problems = problems;
  }
}
