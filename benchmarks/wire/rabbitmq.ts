import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Where Debian and Ubuntu put the server's own scripts; those in /usr/sbin change to the user `rabbitmq` first. */
const SCRIPTS = '/usr/lib/rabbitmq/bin';
const START_WITHIN_MS = 60_000;

/** What an empty RabbitMQ comes up with: a user, and a queue of either kind. */
const DEFINITIONS = {
  vhosts: [{ name: '/' }],
  users: [{ name: 'guest', password: 'guest', tags: ['administrator'] }],
  permissions: [{ user: 'guest', vhost: '/', configure: '.*', write: '.*', read: '.*' }],
  queues: [
    { name: 'transient', vhost: '/', durable: false, auto_delete: false, arguments: {} },
    { name: 'durable', vhost: '/', durable: true, auto_delete: false, arguments: {} },
  ],
};

/**
 * RabbitMQ with its AMQP 1.0 plugin (`apt-get install rabbitmq-server`), on the loopback address, in a folder, with ports and
 * under a node name of its own. Answers with the reason where it is not installed.
 */
export async function startRabbitMq(): Promise<{ readonly port: number; close(): Promise<void> } | string> {
  if (!existsSync(join(SCRIPTS, 'rabbitmq-server'))) return `RabbitMQ is not installed (no ${SCRIPTS}/rabbitmq-server)`;
  const folder = await mkdtemp(join(tmpdir(), 'crossover-rabbitmq-'));
  const [port, distributionPort, epmdPort] = await freePorts(3);
  const file = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const definitions = await file('definitions.json', JSON.stringify(DEFINITIONS));
  const environment = {
    ...process.env,
    HOME: folder,
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
    RABBITMQ_NODENAME: `crossover-benchmark-${process.pid}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_PID_FILE: join(folder, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: await file('enabled_plugins', '[rabbitmq_amqp1_0].'),
    RABBITMQ_CONFIG_FILE: await file(
      'rabbitmq.conf',
      `listeners.tcp.1 = 127.0.0.1:${port}\nload_definitions = ${definitions}\n`,
    ),
  };
  const server = spawn(join(SCRIPTS, 'rabbitmq-server'), { env: environment, stdio: 'ignore', cwd: folder });
  const close = async () => {
    await stop(server);
    // The port mapper that the node has started outlives it, but is of no use to anybody else: its port is ours alone.
    await promisify(execFile)('epmd', ['-port', String(epmdPort), '-kill'], { env: environment }).catch(
      () => undefined,
    );
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  if (await answers(port!, server)) return { port: port!, close };
  await close();
  return `RabbitMQ did not start within ${START_WITHIN_MS / 1000} s`;
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = new Promise((resolve) => server.once('exit', resolve));
  server.kill('SIGTERM');
  await gone;
}

/** False when the server ends, or does not listen in time. */
async function answers(port: number, server: ChildProcess): Promise<boolean> {
  const giveUpAt = Date.now() + START_WITHIN_MS;
  while (Date.now() < giveUpAt && server.exitCode === null) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end(() => resolve(true)));
      socket.on('error', () => resolve(false));
    });
    if (isOpen) return true;
    await new Promise((wake) => setTimeout(wake, 250));
  }
  return false;
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
