import { readFile, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { developmentCertificate } from '../../local/auth/index.ts';
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
    managementTlsPort: 0,
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
      administrationPort: cloud.management.tlsPort!,
      certificate: cloud.management.certificate!,
    }),
    close: () => cloud.close(),
  };
}

/**
 * Uses a cloud that runs already. It has to have the hub `client-readings`. The administration clients of these languages speak
 * only HTTPS, so a door with a certificate is put before its management port.
 */
export async function cloudFromReadyFile(file: string, folder: string): Promise<Cloud> {
  const ready = JSON.parse(await readFile(file, 'utf8')) as {
    serviceBus: { connectionString: string; managementUrl: string };
    eventHubs: { connectionString: string };
  };
  const { key, cert } = await developmentCertificate({ folder: null });
  const target = new URL(ready.serviceBus.managementUrl);
  const door = createServer({ key, cert }, (incoming, answer) => {
    const { method, url: path, headers } = incoming;
    const outgoing = httpRequest({ host: target.hostname, port: target.port, method, path, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((listening) => door.listen(0, '127.0.0.1', listening));
  return {
    environment: await environmentFor({
      folder,
      serviceBus: ready.serviceBus.connectionString,
      eventHubs: ready.eventHubs.connectionString,
      administrationPort: (door.address() as AddressInfo).port,
      certificate: cert,
    }),
    close: () =>
      new Promise((closed) => {
        door.close(() => closed());
        door.closeAllConnections();
      }),
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
