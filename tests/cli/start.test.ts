import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EventHubConsumerClient, EventHubProducerClient } from '@azure/event-hubs';
import { ServiceBusClient } from '@azure/service-bus';
import { QueueServiceClient } from '@azure/storage-queue';
import { afterEach, describe, expect, test } from 'vitest';
import { freePorts, holdPort, outcomeOf, runCli, spawnCli, startCli, stopAll, withFolder } from './support.ts';

afterEach(stopAll);

const free = ['--no-app', '--dynamic-ports'];
const topology = JSON.stringify({
  storage: { queues: [{ name: 'jobs' }] },
  serviceBus: { queues: [{ name: 'orders' }] },
  eventHubs: { hubs: [{ name: 'telemetry', partitionCount: 1 }] },
  eventGrid: { topics: [{ name: 'operations', inputSchema: 'CloudEventSchemaV1_0' }] },
});

describe('crossover start', () => {
  test('writes the ready file when all is ready, with addresses that the official clients take', async () => {
    await withFolder(async (cwd) => {
      await writeFile(join(cwd, 'entities.json'), topology);
      const args = [...free, '--in-memory', '--topology', 'entities.json', '--ready-file', 'out/ready.json'];
      const { ready } = await startCli(args, { cwd });

      const file = JSON.parse(await readFile(join(cwd, 'out', 'ready.json'), 'utf8'));
      expect(ready).toMatchObject(file);
      expect(file).toMatchObject({
        version: 1,
        storage: { blobUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/devstoreaccount1$/) },
        serviceBus: {
          connectionString: expect.stringMatching(/^Endpoint=sb:\/\/localhost:\d+;SharedAccessKeyName=/),
          administrationConnectionString: expect.stringMatching(/^Endpoint=sb:\/\/localhost:\d+;/),
          managementUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
        },
        eventHubs: { connectionString: expect.stringMatching(/^Endpoint=sb:\/\/localhost:\d+;/) },
        eventGrid: {
          url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
          topics: {
            operations: {
              endpoint: expect.stringMatching(/\/operations\/api\/events$/),
              key: expect.any(String),
              inputSchema: 'CloudEventSchemaV1_0',
            },
          },
        },
        functions: null,
        settings: {},
      });
      expect(file.settings).not.toHaveProperty('PATH');

      const queue = QueueServiceClient.fromConnectionString(file.storage.connectionString).getQueueClient('jobs');
      expect(await queue.exists()).toBe(true);
      const bus = new ServiceBusClient(file.serviceBus.connectionString);
      await bus.createSender('orders').sendMessages({ body: 'a' });
      const [message] = await bus.createReceiver('orders').receiveMessages(1);
      expect(message?.body).toBe('a');
      await bus.close();
      expect(await (await fetch(`${file.serviceBus.managementUrl}/health`)).json()).toEqual({ status: 'healthy' });
    });
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s: everything stops, the files go, code 0', async (signal) => {
    await withFolder(async (cwd) => {
      const { child, ready, ended } = await startCli([...free, '--data', 'd', '--ready-file', 'ready.json'], { cwd });
      expect(existsSync(join(cwd, 'd', 'ready.json'))).toBe(true);

      child.kill(signal);

      expect(await ended).toMatchObject({ code: 0, stderr: '' });
      expect(existsSync(join(cwd, 'ready.json'))).toBe(false);
      expect(existsSync(join(cwd, 'd', 'ready.json'))).toBe(false);
      expect(existsSync(join(cwd, 'd', 'lock.json'))).toBe(false);
      await expect(fetch(`${ready.serviceBus.managementUrl}/health`)).rejects.toThrow();
    });
  });

  test('a parent with a channel asks by message, or by going away', async () => {
    await withFolder(async (cwd) => {
      const first = await startCli([...free, '--in-memory'], { cwd, ipc: true });
      first.child.send('stop');
      expect(await first.ended).toMatchObject({ code: 0 });

      const second = await startCli([...free, '--in-memory'], { cwd, ipc: true });
      second.child.disconnect();
      expect(await second.ended).toMatchObject({ code: 0 });
    });
  });

  test('asked to stop while it starts, it stops, and never says that it is ready', async () => {
    await withFolder(async (cwd) => {
      const child = spawnCli(['start', '--dynamic-ports', '--data', 'd', '--ready-file', 'ready.json'], { cwd });
      const ended = outcomeOf(child);
      // Its first line, that there is no app, comes before anything listens.
      child.stdout?.once('data', () => child.kill('SIGINT'));

      const { code, stdout, stderr } = await ended;

      expect(stdout).toMatch(/has no host\.json: no functions run\.\n$/);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      expect(existsSync(join(cwd, 'ready.json'))).toBe(false);
      expect(existsSync(join(cwd, 'd', 'lock.json'))).toBe(false);
    });
  });

  test('asked to stop while a part of it never starts, it is cut short, code 0', async () => {
    await withFolder(async (cwd) => {
      const neverListens = "import net from 'node:net'; net.Server.prototype.listen = function () { return this; };";
      const child = spawnCli(['start', '--dynamic-ports', '--data', 'd'], {
        cwd,
        nodeArgs: ['--import', `data:text/javascript,${encodeURIComponent(neverListens)}`],
      });
      const ended = outcomeOf(child);
      child.stdout?.once('data', () => child.kill('SIGINT'));

      expect(await ended).toMatchObject({ code: 0, stderr: '' });
      expect(existsSync(join(cwd, 'd', 'lock.json'))).toBe(false);
    });
  });

  test('keeps messages, events and rows from one run to the next', async () => {
    await withFolder(async (cwd) => {
      await writeFile(join(cwd, 'entities.json'), topology);
      const args = [...free, '--data', 'd', '--topology', 'entities.json'];
      const first = await startCli(args, { cwd });
      const sender = new ServiceBusClient(first.ready.serviceBus.connectionString);
      await sender.createSender('orders').sendMessages({ body: 'kept' });
      await sender.close();
      first.child.kill('SIGTERM');
      await first.ended;

      const second = await startCli(args, { cwd });

      const receiver = new ServiceBusClient(second.ready.serviceBus.connectionString);
      const [message] = await receiver.createReceiver('orders').receiveMessages(1, { maxWaitTimeInMs: 5_000 });
      expect(message?.body).toBe('kept');
      await receiver.close();
    });
  });

  test('Service Bus and Event Hubs share a port, routed by entity', async () => {
    await withFolder(async (cwd) => {
      await writeFile(join(cwd, 'entities.json'), topology);
      const [port] = await freePorts(1);
      const shared = ['--service-bus-port', `${port}`, '--event-hubs-port', `${port}`];
      const { ready } = await startCli([...free, '--in-memory', '--topology', 'entities.json', ...shared], { cwd });
      expect(ready.serviceBus.connectionString).toBe(ready.eventHubs.connectionString);

      const bus = new ServiceBusClient(ready.serviceBus.connectionString);
      await bus.createSender('orders').sendMessages({ body: 'a' });
      const [message] = await bus.createReceiver('orders').receiveMessages(1);
      expect(message?.body).toBe('a');
      await bus.close();

      const producer = new EventHubProducerClient(ready.eventHubs.connectionString, 'telemetry');
      await producer.sendBatch([{ body: 'b' }]);
      expect(await producer.getPartitionProperties('0')).toMatchObject({ lastEnqueuedSequenceNumber: 0 });
      await producer.close();
    });
  });

  test("two of the emulators' files make one cloud", async () => {
    await withFolder(async (cwd) => {
      const bus = { UserConfig: { Namespaces: [{ Name: 'sbemulatorns', Queues: [{ Name: 'queue.1' }] }] } };
      const hubs = { UserConfig: { NamespaceConfig: [{ Entities: [{ Name: 'eh1', PartitionCount: 2 }] }] } };
      await writeFile(join(cwd, 'bus.json'), JSON.stringify(bus));
      await writeFile(join(cwd, 'hubs.json'), JSON.stringify(hubs));
      const { ready } = await startCli([...free, '--in-memory', '--config', 'bus.json', '--config', 'hubs.json'], {
        cwd,
      });

      const client = new ServiceBusClient(ready.serviceBus.connectionString);
      await client.createSender('queue.1').sendMessages({ body: 'a' });
      await client.close();
      const consumer = new EventHubConsumerClient('$Default', ready.eventHubs.connectionString, 'eh1');
      expect(await consumer.getPartitionIds()).toEqual(['0', '1']);
      await consumer.close();
    });
  });

  test('with --clock virtual time stands until it is stepped', async () => {
    await withFolder(async (cwd) => {
      const { ready } = await startCli([...free, '--in-memory', '--clock', 'virtual'], { cwd });
      const clock = `${ready.serviceBus.managementUrl}/inspect/clock`;
      const before = (await (await fetch(clock)).json()) as { now: string; isVirtual: boolean };

      await fetch(clock, { method: 'POST', body: JSON.stringify({ advanceMs: 3_600_000 }) });

      const after = (await (await fetch(clock)).json()) as { now: string };
      expect(before.isVirtual).toBe(true);
      expect(Date.parse(after.now) - Date.parse(before.now)).toBe(3_600_000);
    });
  });

  test('with --create-missing a queue comes to be when a client names it, without it not', async () => {
    await withFolder(async (cwd) => {
      const made = await startCli([...free, '--in-memory', '--create-missing'], { cwd });
      const client = new ServiceBusClient(made.ready.serviceBus.connectionString);
      await client.createSender('new').sendMessages({ body: 'a' });
      await client.close();

      const strict = await startCli([...free, '--in-memory'], { cwd });
      const refused = new ServiceBusClient(strict.ready.serviceBus.connectionString, {
        retryOptions: { maxRetries: 0 },
      });
      await expect(refused.createSender('new').sendMessages({ body: 'a' })).rejects.toMatchObject({
        code: 'MessagingEntityNotFound',
      });
      await refused.close();
    });
  });
});

describe('a start that fails says why in its last line, and leaves nothing', () => {
  test('a taken port: which, and what to do; the other ports are free again', async () => {
    await withFolder(async (cwd) => {
      const ports = await freePorts(3);
      const held = await holdPort();
      const args = ['--event-grid-port', `${held.port}`, '--blob-port', `${ports[0]}`];
      const more = ['--service-bus-port', `${ports[1]}`, '--management-port', `${ports[2]}`];

      const { code, stderr } = await runCli(['start', ...free, '--data', 'd', ...args, ...more], { cwd });

      expect(stderr).toBe(
        `Event Grid cannot listen on port ${held.port}: another program uses it. Stop that program, or choose another port with --event-grid-port (0: a free one).\n`,
      );
      expect(code).toBe(1);
      for (const port of ports) await (await holdPort(port)).release();
      expect(existsSync(join(cwd, 'd', 'lock.json'))).toBe(false);
      await held.release();
    });
  });

  test.each([
    [undefined, /^no\.json is not there\. Name a file that is, with --topology or --config\.\n$/],
    ['{"serviceBus": ', /^no\.json:1: line 1, column 16: expected a value, found the end of the file; /],
    [
      '{"serviceBus": {"queues": [{"name": "a", "lockDuratoin": "PT1M"}]}}',
      /^no\.json:1: serviceBus\.queues\[0\]\.lockDuratoin: unknown key "lockDuratoin"; did you mean "lockDuration"\?\n$/,
    ],
  ])('entities that cannot be read: %j', async (text, expected) => {
    await withFolder(async (cwd) => {
      if (text !== undefined) await writeFile(join(cwd, 'no.json'), text);

      const { code, stderr } = await runCli(['start', ...free, '--topology', 'no.json'], { cwd });

      expect(stderr).toMatch(expected);
      expect(code).toBe(1);
      expect(existsSync(join(cwd, '.crossover'))).toBe(false);
    });
  });

  test('a folder that is not there', async () => {
    await withFolder(async (cwd) => {
      const { code, stderr } = await runCli(['start', 'nowhere'], { cwd });

      expect(stderr).toMatch(/nowhere is not a folder\. Name the folder of your Functions app/);
      expect(code).toBe(1);
    });
  });

  test('a ready file that cannot be written', async () => {
    await withFolder(async (cwd) => {
      await writeFile(join(cwd, 'file'), '');

      const { code, stderr } = await runCli(['start', ...free, '--in-memory', '--ready-file', 'file/ready.json'], {
        cwd,
      });

      expect(stderr).toMatch(
        /^The ready file file\/ready\.json cannot be written: .* Name another with --ready-file\.\n$/,
      );
      expect(code).toBe(1);
    });
  });
});

describe('the data folder', () => {
  test('a second instance is refused, with the process id of the first', async () => {
    await withFolder(async (cwd) => {
      const first = await startCli([...free, '--data', 'd'], { cwd });

      const { code, stderr } = await runCli(['start', ...free, '--data', 'd'], { cwd });

      expect(stderr).toContain(`is in use by another instance, process ${first.ready.pid}.`);
      expect(code).toBe(1);
    });
  });

  test('a lock that a killed process left does not count', async () => {
    await withFolder(async (cwd) => {
      const first = await startCli([...free, '--data', 'd', '--ready-file', 'ready.json'], { cwd });
      first.child.kill('SIGKILL');
      await first.ended;
      expect(existsSync(join(cwd, 'd', 'lock.json'))).toBe(true);

      const second = await startCli([...free, '--data', 'd', '--ready-file', 'ready.json'], { cwd });

      expect(JSON.parse(await readFile(join(cwd, 'ready.json'), 'utf8'))).toMatchObject({ pid: second.ready.pid });
    });
  });

  test('a process that has got the id of the killed one does not hold it', async () => {
    await withFolder(async (cwd) => {
      const first = await startCli([...free, '--data', 'd'], { cwd });
      first.child.kill('SIGKILL');
      await first.ended;
      const lock = join(cwd, 'd', 'lock.json');
      const claim = JSON.parse(await readFile(lock, 'utf8'));
      await writeFile(lock, JSON.stringify({ ...claim, pid: process.pid }));

      // Where the system does not tell when a process started, the id alone decides.
      if (claim.processStart !== undefined) await startCli([...free, '--data', 'd'], { cwd });
    });
  });

  test('a killed process that nobody has buried does not hold it', async () => {
    await withFolder(async (cwd) => {
      // The child of a shell that has become a program which knows of no child: on Linux a zombie while that runs.
      const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
      const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
      await mkdir(join(cwd, 'd'));
      await writeFile(join(cwd, 'd', 'lock.json'), JSON.stringify({ id: 'killed', pid: Number(pid.toString()) }));

      // Elsewhere the system does not tell.
      if (process.platform === 'linux') await startCli([...free, '--data', 'd'], { cwd });
      parent.kill();
    });
  });

  test.each(['storage/__azurite_db_queue__.json', 'event-hubs/readings/hub.json'])(
    'a damaged %s: which file, and what to do',
    async (name) => {
      await withFolder(async (cwd) => {
        await writeFile(
          join(cwd, 'entities.json'),
          '{"eventHubs": {"hubs": [{"name": "readings", "partitionCount": 1}]}}',
        );
        const args = [...free, '--data', 'd', '--topology', 'entities.json'];
        const first = await startCli(args, { cwd });
        first.child.kill('SIGTERM');
        await first.ended;
        await writeFile(join(cwd, 'd', name), '{"half');

        const { code, stderr } = await runCli(['start', ...args], { cwd });

        expect(stderr).toContain(`${name} is damaged: `);
        expect(stderr).toMatch(/ or, if what is kept in .* is damaged, .* delete that folder\.\n$/);
        expect(code).toBe(1);
      });
    },
  );

  test('entities that no longer fit what is kept: which, and what to do', async () => {
    await withFolder(async (cwd) => {
      const queues = (requiresSession: boolean) => ({ serviceBus: { queues: [{ name: 'refunds', requiresSession }] } });
      await writeFile(join(cwd, 'entities.json'), JSON.stringify(queues(true)));
      const args = [...free, '--data', 'd', '--topology', 'entities.json'];
      const first = await startCli(args, { cwd });
      first.child.kill('SIGTERM');
      await first.ended;
      await writeFile(join(cwd, 'entities.json'), JSON.stringify(queues(false)));

      const { code, stderr } = await runCli(['start', ...args], { cwd });

      expect(stderr).toMatch(/^Service Bus: refunds: .*requiresSession.* delete that folder\.\n$/);
      expect(code).toBe(1);
    });
  });

  test('written by a newer program: refused', async () => {
    await withFolder(async (cwd) => {
      const first = await startCli([...free, '--data', 'd'], { cwd });
      first.child.kill('SIGTERM');
      await first.ended;
      await writeFile(join(cwd, 'd', 'format.json'), '{"version": 99}');

      const { code, stderr } = await runCli(['start', ...free, '--data', 'd'], { cwd });

      expect(stderr).toMatch(/was written in format 99; this program reads format 1\. Use the program that wrote it/);
      expect(code).toBe(1);
    });
  });
});
