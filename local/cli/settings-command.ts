import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type LocalSettings, readLocalSettings, redirectEventGridUrls, withEnvironment } from '../app-settings.ts';
import { findHolder } from '../data-folder.ts';
import { type CloudEndpoints, resolveConnections, resolveSettings } from '../functions-host/settings.ts';
import type { ReadyDocument } from '../ready-document.ts';
import { StartError } from '../start-error.ts';
import { emptyTopology } from '../topology/index.ts';
import { loadApp } from './app-functions.ts';
import { type CommandLine, portsOf } from './arguments.ts';
import { defaultEndpoints } from './default-endpoints.ts';
import { isExpected } from './expected.ts';
import { dataFolderOf, findProject, type Project, readTopology } from './project.ts';
import { readReadyFile } from './ready-file.ts';

interface Where {
  readonly endpoints: CloudEndpoints;
  readonly eventGridUrl: string;
  readonly mail: { readonly host: string; readonly port: number } | undefined;
}

/** `crossover settings`: a local.settings.json on standard output; what is to be said about it goes to standard error. */
export async function settings(line: CommandLine): Promise<number> {
  const project = findProject(line);
  const local = readLocalSettings(project.folder, (text) => console.error(text));
  const where = whereIsTheCloud(line, project, local.httpPort);
  const values = withEnvironment(local.values);
  const given: Record<string, string> = {
    FUNCTIONS_WORKER_RUNTIME: 'node',
    ...(where.mail && { SMTP_HOST: where.mail.host, SMTP_PORT: String(where.mail.port) }),
    ...values,
    AzureWebJobsStorage: values.AzureWebJobsStorage || 'UseDevelopmentStorage=true',
  };
  const resolved = resolveSettings(redirectEventGridUrls(given, where.eventGridUrl), where.endpoints);
  const functions = await functionsOf(project, resolved.settings);
  const connected = resolveConnections(functions ?? [], resolved.settings, where.endpoints);
  // Without the app nobody knows which names its connections have: the usual ones then.
  const usual = functions
    ? {}
    : { AzureWebJobsServiceBus: where.endpoints.serviceBus, AzureWebJobsEventHub: where.endpoints.eventHubs };
  for (const text of [...resolved.lines, ...connected.lines]) console.error(text);
  const document = { IsEncrypted: false, Values: { ...usual, ...connected.settings }, Host: hostSection(local) };
  console.log(JSON.stringify(document, null, 2));
  return 0;
}

/** As the app has it; undefined without one. */
function hostSection({ httpPort, cors }: LocalSettings): Record<string, unknown> | undefined {
  if (httpPort === undefined && !cors) return undefined;
  return {
    LocalHttpPort: httpPort,
    ...(cors && { CORS: cors.origins.join(','), CORSCredentials: cors.allowsCredentials }),
  };
}

function whereIsTheCloud(line: CommandLine, project: Project, appsHttpPort: number | undefined): Where {
  const named = line.values.get('ready-file')?.[0];
  if (named !== undefined && !existsSync(named))
    throw new StartError(`The ready file ${named} is not there. Start the cloud with --ready-file ${named} first.`);
  const dataFolder = dataFolderOf(line, project);
  const isRunning = named !== undefined || findHolder(dataFolder) !== undefined;
  const ready = isRunning ? readReadyFile(named ?? join(dataFolder, 'ready.json')) : undefined;
  if (ready) return fromReady(ready);
  console.error(
    'No running cloud was found for this folder: these are the settings for one on the ports named or default.',
  );
  const topology = readTopology(line, project) ?? emptyTopology;
  return { ...defaultEndpoints(portsOf(line, appsHttpPort), topology), mail: undefined };
}

function fromReady({ storage, serviceBus, eventHubs, eventGrid, mail }: ReadyDocument): Where {
  return {
    endpoints: {
      storage: storage.connectionString,
      serviceBus: serviceBus.connectionString,
      serviceBusAdministration: serviceBus.administrationConnectionString,
      eventHubs: eventHubs.connectionString,
      eventGridTopics: Object.entries(eventGrid.topics).map(([name, { endpoint, key }]) => ({ name, endpoint, key })),
    },
    eventGridUrl: eventGrid.url,
    mail,
  };
}

async function functionsOf(project: Project, values: Readonly<Record<string, string>>) {
  if (!project.hasApp) return undefined;
  try {
    return (await loadApp(project.folder, values)).functions;
  } catch (error) {
    if (!isExpected(error)) throw error;
    console.error(`The app was not asked for the names of its connections: ${error.message}`);
    return undefined;
  }
}
