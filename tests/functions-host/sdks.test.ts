import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

test('all SDKs asked for at once, in a fresh process, load one after the other', async () => {
  const module = new URL('../../local/functions-host/sdks.ts', import.meta.url).href;
  const script = `
    const { loadSdk } = await import(${JSON.stringify(module)});
    const names = ['service-bus', 'event-hubs', 'eventhubs-checkpointstore-blob', 'storage-queue', 'storage-blob', 'data-tables'];
    const sdks = await Promise.all(names.map((name) => loadSdk('@azure/' + name)));
    const again = await loadSdk('@azure/service-bus');
    console.log(sdks.length, again === sdks[0], typeof sdks[5].TableClient);
  `;

  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);

  expect(stdout.trim()).toBe('6 true function');
});
