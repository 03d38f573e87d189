import { readFileSync } from 'node:fs';
import { StartError } from './start-error.ts';
import { mergeTopologies, parseTopology, type Topology, TopologyError } from './topology/index.ts';

/**
 * Reads entities from files, each a `topology.json` or an emulators' `Config.json`, and joins them.
 * @returns `undefined` without files
 * @throws StartError with everything that is wrong, a line for each problem
 */
export function readTopologyFiles(files: readonly string[]): Topology | undefined {
  try {
    return mergeTopologies(files.map((file) => ({ source: file, topology: parseTopology(readText(file), file) })));
  } catch (error) {
    if (error instanceof TopologyError) throw new StartError(error.message, { cause: error });
    throw error;
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new StartError(`${file} is not there. Name a file that is, with --topology or --config.`);
    throw new StartError(`${file} cannot be read: ${message}.`, { cause: error });
  }
}
