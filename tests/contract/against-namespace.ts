/**
 * `npm run test:namespace`: the Service Bus suite by connection string alone, as it runs against Azure.
 *
 * With `SERVICEBUS_CONNECTION_STRING` (right Manage) that namespace is taken. It must hold nothing else: entities of the names that the
 * tests use are deleted. Without it a local cloud is started and treated as if it were elsewhere, so that the suite itself is tried.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startVitest } from 'vitest/node';
import { startLocalCloud } from '../../local/start.ts';
import { parseTopology } from '../../local/topology/index.ts';

const suites = ['sending', 'receiving', 'sessions', 'rules'].map(
  (name) => `tests/contract/service-bus/${name}.test.ts`,
);
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** The tests run in processes of their own, which inherit the environment. */
async function run(environment: Readonly<Record<string, string>>): Promise<void> {
  Object.assign(process.env, environment);
  // One file after the other: they use the same names. It sets the exit code when a test fails.
  const vitest = await startVitest('test', suites, {
    root,
    watch: false,
    fileParallelism: false,
    testTimeout: 120_000,
  });
  await vitest.close();
}

async function runAgainstOwnCloud(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'crossover-namespace-'));
  const cloud = await startLocalCloud({
    topology: parseTopology(JSON.stringify({ serviceBus: { tier: 'Standard' } })),
  });
  try {
    // The administration client speaks HTTPS only.
    const certificate = join(folder, 'localhost.pem');
    await writeFile(certificate, await cloud.certificate());
    const { connectionString, administrationConnectionString } = cloud.ready.serviceBus;
    await run({
      SERVICEBUS_CONNECTION_STRING: connectionString,
      SERVICEBUS_ADMINISTRATION_CONNECTION_STRING: administrationConnectionString,
      NODE_EXTRA_CA_CERTS: certificate,
    });
  } finally {
    await cloud.close();
    await rm(folder, { recursive: true, force: true });
  }
}

if (process.env.SERVICEBUS_CONNECTION_STRING) await run({});
else await runAgainstOwnCloud();
