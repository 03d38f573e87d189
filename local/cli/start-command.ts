import { join } from 'node:path';
import { readLocalSettings, withEnvironment } from '../app-settings.ts';
import { type RealClock, VirtualClock } from '../clock/index.ts';
import type { LogLevel } from '../log.ts';
import { startLocalCloud } from '../start.ts';
import { emptyTopology } from '../topology/index.ts';
import { type CommandLine, portsOf } from './arguments.ts';
import { createPrinter } from './printer.ts';
import { dataFolderOf, findProject, readTopology } from './project.ts';
import { type ReadyFile, removeStaleReadyFile, writeReadyFile } from './ready-file.ts';
import type { StopRequests } from './stop-signals.ts';

/** How long closing may take before it is cut short. */
const CLOSE_WITHIN_MS = 5_000;

/**
 * The same for a cloud that has not started yet. It has promised nothing to anybody: cut short, it leaves no more behind than
 * `kill -9` would, and less: the claim on the data folder and the app's process go with this one.
 */
const ABANDON_WITHIN_MS = 400;

/** `crossover start`: resolves with the exit code once it was asked to stop and has stopped. */
export async function start(line: CommandLine, stop: StopRequests, real: RealClock): Promise<number> {
  const startedAt = real.now();
  portsOf(line); // a wrong command line is said before anything else is
  const level = (line.values.get('log')?.[0] ?? 'information') as LogLevel;
  const printer = createPrinter({ level, isJson: line.switches.has('json') });
  const project = findProject(line);
  const topology = readTopology(line, project);
  const readyFileName = line.values.get('ready-file')?.[0];
  if (readyFileName !== undefined) removeStaleReadyFile(readyFileName);
  const withApp = project.hasApp && !line.switches.has('no-app');
  if (!project.hasApp && !line.switches.has('no-app'))
    printer.log('information', 'crossover', `${project.folder} has no host.json: no functions run.`);
  const say = (text: string) => printer.log('information', 'crossover', text);
  if (withApp && topology === undefined)
    say('No topology.json, here or in infra/, and no --config: Service Bus, Event Hubs and Event Grid start empty.');
  const local = withApp ? readLocalSettings(project.folder, say) : undefined;
  const ports = portsOf(line, local?.httpPort);
  const dataFolder = line.switches.has('in-memory') ? null : dataFolderOf(line, project);

  let files: ReadyFile[] = [];
  const removeFiles = () => {
    for (const file of files) file.remove();
    files = [];
  };
  // However it ends, short of being killed.
  process.once('exit', removeFiles);
  stop.onAgain(() => process.exit(1));

  const abort = new AbortController();
  void stop.first.then(() => abort.abort());
  const starting = startLocalCloud({
    appFolder: withApp ? project.folder : null,
    settings: withEnvironment(local?.values ?? {}),
    cors: local?.cors,
    topology: topology ?? emptyTopology,
    dataFolder,
    ports,
    authentication: line.switches.has('no-auth') ? 'none' : 'sas',
    clock: line.values.get('clock')?.[0] === 'virtual' ? new VirtualClock(real.now()) : real,
    createMissing: line.switches.has('create-missing'),
    log: printer.log,
    signal: abort.signal,
  });
  const isStopped = await Promise.race([starting.then(() => false), stop.first.then(() => true)]);
  if (isStopped) {
    // What rejects has closed itself; nobody asks any more what it was.
    const abandoned = starting.then((started) => started.close()).catch(() => undefined);
    await inTime(abandoned, ABANDON_WITHIN_MS, real);
    return 0;
  }
  const cloud = await starting;
  const document = cloud.ready;
  try {
    if (dataFolder !== null) files.push(writeReadyFile(join(dataFolder, 'ready.json'), document));
    if (readyFileName !== undefined) files.push(writeReadyFile(readyFileName, document));
  } catch (error) {
    removeFiles();
    await cloud.close();
    throw error;
  }
  printer.ready(document, topology ?? emptyTopology, real.now() - startedAt);
  await stop.first;
  removeFiles();
  return (await inTime(cloud.close(), CLOSE_WITHIN_MS, real)) ? 0 : 1;
}

/** Whatever hangs must not keep the user waiting: the end of the process ends it. Resolves with whether it was in time. */
async function inTime(closing: Promise<void>, limitMs: number, clock: RealClock): Promise<boolean> {
  let timer: ReturnType<RealClock['setTimer']> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = clock.setTimer(clock.now() + limitMs, () => resolve(false));
  });
  const isInTime = await Promise.race([closing.then(() => true), late]);
  if (timer !== undefined) clock.clearTimer(timer);
  return isInTime;
}
