import { createMailer, type SendMail } from '../shared/mail.ts';
import { type Backlog, createBacklog } from '../shared/messaging/backlog.ts';
import { type ClaimChecks, createClaimChecks } from '../shared/messaging/claim-check.ts';
import { createClients } from '../shared/messaging/clients.ts';
import { createDeadLetters, type DeadLetters } from '../shared/messaging/dead-letters.ts';
import { createIdleQueue } from '../shared/messaging/idle-queue.ts';
import { createMessaging, type Messaging } from '../shared/messaging/messaging.ts';
import { exportTelemetry } from '../shared/observability/export-telemetry.ts';
import { createOnce, type Once } from '../shared/reliability/once.ts';
import { sleep } from '../shared/reliability/retry.ts';
import { readSettings, readTelemetrySettings, type Settings } from '../shared/settings.ts';
import type { Rows } from '../shared/storage/rows.ts';
import { tableRows } from '../shared/storage/table-rows.ts';
import type { Table } from '../shared/topology/storage.ts';
import { topology } from '../shared/topology.ts';

/** Everything that a handler can be given. */
export interface Services {
  readonly messaging: Messaging;
  readonly claimChecks: ClaimChecks;
  readonly once: Once;
  readonly rows: (table: Table) => Rows;
  readonly refunds: ReturnType<typeof createIdleQueue<typeof topology.refunds>>;
  readonly deadLetters: DeadLetters;
  readonly backlog: Backlog;
  readonly idleQueueWakeUp: Settings['idleQueueWakeUp'];
  readonly sendMail: SendMail;
  readonly now: () => number;
}

let made: Services | undefined;

/**
 * The composition root: made once, at the first invocation, for loading the app must cost nothing. Handlers never come
 * here; their registrations do, and hand over the parts that a handler names.
 *
 * @throws SettingsError when app settings are missing; every invocation says so until they are there
 */
export function services(): Services {
  made ??= create();
  return made;
}

/**
 * Starts sending telemetry, where an app setting says where to. Ends when it is on its way; it rejects with nothing, for an
 * app without telemetry is better than no app.
 */
export async function startTelemetry(): Promise<void> {
  const settings = readTelemetrySettings(process.env);
  if (!settings) return;
  await exportTelemetry(settings).catch((error: unknown) => console.error(`There is no telemetry: ${String(error)}`));
}

function create(): Services {
  const settings = readSettings(process.env);
  const clients = createClients(settings);
  const rows = (table: Table) => tableRows(() => clients.table(table.name));
  return {
    messaging: createMessaging(clients),
    claimChecks: createClaimChecks((name) => clients.container(name)),
    once: createOnce({ rows: rows(topology.idempotency), now: Date.now, sleep, every }),
    rows,
    refunds: createIdleQueue(topology.refunds, () => clients.drain()),
    deadLetters: createDeadLetters(() => clients.serviceBus()),
    backlog: createBacklog(() => clients.serviceBus()),
    idleQueueWakeUp: settings.idleQueueWakeUp,
    sendMail: createMailer(settings.mail),
    now: Date.now,
  };
}

/** A timer that keeps no process alive. */
function every(ms: number, call: () => void): () => void {
  const timer = setInterval(call, ms).unref();
  return () => clearInterval(timer);
}
