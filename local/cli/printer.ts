import type { Log, LogLevel } from '../log.ts';
import type { ReadyDocument } from '../ready-document.ts';
import type { Topology } from '../topology/types.ts';

const order: readonly LogLevel[] = ['debug', 'information', 'warning', 'error'];

export interface Printer {
  readonly log: Log;
  ready(document: ReadyDocument, topology: Topology, tookMs: number): void;
  say(text: string): void;
}

/** Prints for people, or one JSON object a line for programs; all of it to standard output. */
export function createPrinter(options: { readonly level: LogLevel; readonly isJson: boolean }): Printer {
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const printJson = (entry: Record<string, unknown>) =>
    print(JSON.stringify({ time: new Date().toISOString(), ...entry }));
  const log: Log = (level, source, text) => {
    if (order.indexOf(level) < order.indexOf(options.level)) return;
    if (options.isJson) return printJson({ event: 'log', level, source, text });
    print(
      `${new Date().toISOString().slice(11, 23)} ${level === 'information' ? '' : `${level}: `}[${source}] ${text}`,
    );
  };
  return {
    log,
    say: (text) => (options.isJson ? printJson({ event: 'say', text }) : print(text)),
    ready: (document, topology, tookMs) =>
      options.isJson
        ? printJson({ event: 'ready', tookMs: Math.round(tookMs), ...document })
        : print(readyText(document, topology, tookMs)),
  };
}

function readyText(document: ReadyDocument, topology: Topology, tookMs: number): string {
  const { storage, serviceBus, eventHubs, eventGrid, functions, mail } = document;
  const count = (number: number, one: string, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;
  const list = (...parts: readonly string[]) => parts.filter((part) => !part.startsWith('0 ')).join(', ') || 'empty';
  const address = (url: string) => url.replace(/^https?:\/\//, '').replace(/\/devstoreaccount1$/, '');
  const host = (connectionString: string) => /sb:\/\/([^;/]+)/.exec(connectionString)?.[1] ?? '';
  const { storage: s, serviceBus: b, eventHubs: h, eventGrid: g } = topology;
  const lines = [
    '',
    `Ready after ${(tookMs / 1000).toFixed(1)} s. Ctrl-C stops everything.`,
    '',
    `Storage      blobs ${address(storage.blobUrl)}, queues ${address(storage.queueUrl)}, tables ${address(storage.tableUrl)}   ${list(
      count(s.containers.length, 'container'),
      count(s.queues.length, 'queue'),
      count(s.tables.length, 'table'),
    )}`,
    `             ${storage.connectionString}`,
    `Service Bus  ${host(serviceBus.connectionString)}   ${list(count(b.queues.length, 'queue'), count(b.topics.length, 'topic'))}`,
    `             ${serviceBus.connectionString}`,
    `  management ${[serviceBus.managementUrl, serviceBus.managementTlsUrl].filter(Boolean).join(', ')}`,
    `             ${serviceBus.administrationConnectionString}`,
    ...(serviceBus.certificateFile
      ? [`             a client that insists on HTTPS trusts ${serviceBus.certificateFile} (Node: NODE_EXTRA_CA_CERTS)`]
      : []),
    `Event Hubs   ${host(eventHubs.connectionString)}   ${list(count(h.hubs.length, 'hub'))}`,
    `             ${eventHubs.connectionString}`,
    `Event Grid   ${eventGrid.url}   ${list(count(g.topics.length, 'topic'), count(g.systemTopics.length, 'system topic'))}`,
    ...Object.entries(eventGrid.topics).map(([name, topic]) => `  ${name}: ${topic.endpoint}   key ${topic.key}`),
    `Mail         smtp://${mail.host}:${mail.port}   keeps what the app sends`,
    functions ? `Functions    ${functions.url}` : 'Functions    not started',
    '',
  ];
  return lines.join('\n');
}
