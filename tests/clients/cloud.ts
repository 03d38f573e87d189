import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startLocalCloud } from '../../local/start.ts';
import { parseTopology } from '../../local/topology/index.ts';

/** A local cloud as the programs see it: everything they know comes by the environment. */
export interface Cloud {
  readonly environment: Record<string, string>;
  close(): Promise<void>;
}

const EVENT_HUB = 'client-readings';
const WITH_KEY = ';SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;';

/** Starts a cloud for the programs: in memory, on free ports, with the one hub that they share. */
export async function startOwnCloud(folder: string): Promise<Cloud> {
  const topology = parseTopology(JSON.stringify({ eventHubs: { hubs: [{ name: EVENT_HUB, partitionCount: 4 }] } }));
  const cloud = await startLocalCloud({
    topology,
    log: (level, source, text) => {
      if (level === 'error' || level === 'warning') console.error(`[${source}] ${level}: ${text}`);
    },
  });
  const { serviceBus, eventHubs } = cloud.ready;
  return {
    environment: await environmentFor({
      folder,
      serviceBus: serviceBus.connectionString,
      eventHubs: eventHubs.connectionString,
      administrationPort: cloud.management.port,
      certificate: await cloud.certificate(),
    }),
    close: () => cloud.close(),
  };
}

/** Uses a cloud that runs already. It has to have the hub `client-readings` and a data folder, where its certificate lies. */
export async function cloudFromReadyFile(file: string, folder: string): Promise<Cloud> {
  const ready = JSON.parse(await readFile(file, 'utf8')) as {
    serviceBus: { connectionString: string; managementUrl: string; certificateFile?: string };
    eventHubs: { connectionString: string };
  };
  const { certificateFile, connectionString, managementUrl } = ready.serviceBus;
  if (!certificateFile) throw new Error(`The cloud of ${file} runs in memory: start it without --in-memory.`);
  return {
    environment: await environmentFor({
      folder,
      serviceBus: connectionString,
      eventHubs: ready.eventHubs.connectionString,
      administrationPort: Number(new URL(managementUrl).port),
      certificate: await readFile(certificateFile, 'utf8'),
    }),
    close: async () => {},
  };
}

async function environmentFor(o: {
  readonly folder: string;
  readonly serviceBus: string;
  readonly eventHubs: string;
  readonly administrationPort: number;
  readonly certificate: string;
}): Promise<Record<string, string>> {
  const certificateFile = join(o.folder, 'localhost.pem');
  await writeFile(certificateFile, o.certificate);
  return {
    SERVICE_BUS_CONNECTION: o.serviceBus,
    ADMINISTRATION_CONNECTION: `Endpoint=sb://localhost:${o.administrationPort}${WITH_KEY}`,
    CERTIFICATE_FILE: certificateFile,
    EVENT_HUBS_CONNECTION: o.eventHubs,
    EVENT_HUB,
  };
}
