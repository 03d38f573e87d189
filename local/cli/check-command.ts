import { createServer } from 'node:net';
import { type LocalSettings, readLocalSettings, redirectEventGridUrls, withEnvironment } from '../app-settings.ts';
import { findHolder } from '../data-folder.ts';
import { notImplemented } from '../functions-host/functions.ts';
import { resolveConnections, resolveSettings } from '../functions-host/settings.ts';
import type { Ports } from '../ports.ts';
import { emptyTopology, type Topology } from '../topology/index.ts';
import { loadApp } from './app-functions.ts';
import { type CommandLine, portsOf } from './arguments.ts';
import { defaultEndpoints } from './default-endpoints.ts';
import { isExpected } from './expected.ts';
import { type Finding, findAppProblems } from './findings.ts';
import { dataFolderOf, findProject, type Project, readTopology } from './project.ts';

/** `crossover check`: 0 when nothing was found, 1 when something was. */
export async function check(line: CommandLine): Promise<number> {
  const project = findProject(line);
  const findings: Finding[] = [];

  const topology = attempt(findings, 'the entities', () => readTopology(line, project) ?? emptyTopology);
  const local = attempt(findings, 'the settings', () => readLocalSettings(project.folder, () => undefined));
  const ports = portsOf(line, local?.httpPort);
  if (project.hasApp && local) findings.push(...(await checkApp(project, topology, ports, local)));
  if (!project.hasApp)
    findings.push({
      place: project.folder,
      problem: 'there is no host.json, so this is no Functions app',
      remedy: 'name the folder of one, or start with --no-app',
    });
  findings.push(...(await checkPorts(ports, findHolder(dataFolderOf(line, project)))));

  print(findings, line.switches.has('json'));
  return findings.length === 0 ? 0 : 1;
}

async function checkApp(
  project: Project,
  topology: Topology | undefined,
  ports: Ports,
  local: LocalSettings,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const given = withEnvironment(local.values);
  const { endpoints, eventGridUrl } = defaultEndpoints(ports, topology ?? emptyTopology);
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const mail = { SMTP_HOST: '127.0.0.1', SMTP_PORT: '25' };
  const merged = redirectEventGridUrls({ ...mail, ...Object.fromEntries(inherited), ...given }, eventGridUrl);
  const { settings } = resolveSettings(merged, endpoints);
  try {
    const app = await loadApp(project.folder, settings);
    for (const warning of app.warnings)
      findings.push({ place: 'host.json', problem: warning.replace(/\.$/, ''), remedy: 'see the host.json reference' });
    if (app.functions.length === 0)
      findings.push({
        place: 'package.json',
        problem: 'the app registers no function',
        remedy: 'let "main" match the built files that register them',
      });
    for (const info of app.functions)
      for (const what of notImplemented(info))
        findings.push({
          place: `function ${info.name}`,
          problem: `${what} is not implemented`,
          remedy: 'the function does not run here',
        });
    const resolved = resolveConnections(app.functions, settings, endpoints);
    findings.push(...findAppProblems(app.functions, topology, resolved.settings));
  } catch (error) {
    if (!isExpected(error)) throw error;
    findings.push({
      place: 'the app',
      problem: error.message.replace(/\.$/, ''),
      remedy: 'the app must load to be checked further',
    });
  }
  return findings;
}

function attempt<T>(findings: Finding[], place: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isExpected(error)) throw error;
    // Its lines say place and remedy already.
    for (const text of error.message.split('\n')) findings.push({ place, problem: text, remedy: '' });
    return undefined;
  }
}

const portTexts: Readonly<Record<keyof Ports, string>> = {
  blob: 'Blob storage (--blob-port)',
  queue: 'Queue storage (--queue-port)',
  table: 'Table storage (--table-port)',
  serviceBus: 'Service Bus (--service-bus-port)',
  eventHubs: 'Event Hubs (--event-hubs-port)',
  management: 'Service Bus management (--management-port)',
  eventGrid: 'Event Grid (--event-grid-port)',
  functions: 'the Functions host (--functions-port)',
  smtp: 'the mail server (--smtp-port)',
};

async function checkPorts(ports: Ports, runningPid: number | undefined): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [name, port] of Object.entries(ports)) {
    if (port === 0 || (await isFree(port))) continue;
    findings.push({
      place: `port ${port}`,
      problem: `${portTexts[name as keyof Ports]} cannot have it: it is in use`,
      remedy:
        runningPid === undefined
          ? 'stop the program that uses it, or choose another port'
          : `it may be this project's own cloud that runs as process ${runningPid}`,
    });
  }
  return findings;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function print(findings: readonly Finding[], isJson: boolean): void {
  if (isJson) {
    console.log(JSON.stringify({ findings }));
    return;
  }
  for (const { place, problem, remedy } of findings) console.log(`${place}: ${problem}${remedy ? `; ${remedy}` : ''}`);
  if (findings.length === 0) console.log('Nothing found: what the app binds to is declared, and the ports are free.');
  else
    console.error(
      `${findings.length} ${findings.length === 1 ? 'thing' : 'things'} would not work; each line says what and where.`,
    );
}
