import { existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from '../start-error.ts';
import type { Topology } from '../topology/types.ts';
import { readTopologyFiles } from '../topology-files.ts';
import type { CommandLine } from './arguments.ts';

/** The folder that a command is about. */
export interface Project {
  readonly folder: string;
  /** True: it has a host.json, so it is a Functions app. */
  readonly hasApp: boolean;
}

/** @throws StartError when the folder that was named is not there */
export function findProject(line: CommandLine): Project {
  const folder = resolve(line.folder ?? '.');
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new StartError(`${folder} is not a folder. Name the folder of your Functions app, the one with host.json.`);
  return { folder, hasApp: existsSync(join(folder, 'host.json')) };
}

/** Where an app keeps its entities, in the order in which they are looked for: beside its Bicep, or beside its host.json. */
const OWN_FILES = [join('infra', 'topology.json'), 'topology.json'];

/** `--topology`, or the app's own file; and every `--config`. */
export function topologyFiles(line: CommandLine, project: Project): string[] {
  const named = line.values.get('topology');
  const configs = line.values.get('config') ?? [];
  // Whoever names the emulators' file alone means that file alone.
  const own = configs.length === 0 ? OWN_FILES.map((name) => join(project.folder, name)).find(existsSync) : undefined;
  return [...(named ?? (own === undefined ? [] : [own])), ...configs];
}

export function readTopology(line: CommandLine, project: Project): Topology | undefined {
  return readTopologyFiles(topologyFiles(line, project));
}

export function dataFolderOf(line: CommandLine, project: Project): string {
  const named = line.values.get('data')?.[0];
  return named === undefined ? join(project.folder, '.crossover') : resolve(named);
}
