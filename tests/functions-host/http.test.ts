import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningApp, runApp } from './support.ts';

describe('HTTP functions of a CommonJS app', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await runApp('http-cjs', { settings: { PRINTER: 'press 4' } });
  });
  afterAll(() => app.close());

  it('a request reaches the function with method, query, headers and body, and its answer comes back', async () => {
    const response = await fetch(`${app.url}/api/echo?a=1&b=x%20y&a=2`, {
      method: 'POST',
      body: 'four sheets',
      headers: { 'x-in': 'in', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-echo')).toBe('in');
    expect(response.headers.get('x-shop')).toBe('print');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toEqual({
      method: 'POST',
      url: `${app.url}/api/echo?a=1&b=x%20y&a=2`,
      query: { a: '1,2', b: 'x y' },
      body: 'four sheets',
      functionName: 'echo',
      traceParent: expect.stringMatching(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/),
    });
  });

  it('the log names function, invocation and result', async () => {
    await fetch(`${app.url}/api/echo`);
    const executing = await app.line(/Executing 'Functions\.echo' \(Reason='.*', Id=[0-9a-f-]{36}\)/);
    const id = /Id=([0-9a-f-]{36})/.exec(executing)![1]!;
    await app.line(new RegExp(`\\[echo ${id.slice(0, 8)}\\] echo got `));
    await app.line(new RegExp(`Executed 'Functions\\.echo' \\(Succeeded, Id=${id}, Duration=\\d+ms\\)`));
  });

  it.each([
    ['/api/orders/17', { by: 'id', id: '17' }],
    ['/api/ORDERS/17/lines', { by: 'id', id: '17', part: 'lines' }],
    ['/api/orders/seventeen', { by: 'name', name: 'seventeen' }],
    ['/api/files/a/b%2Fc%20d.txt', { path: 'a/b%2Fc d.txt' }],
  ])('the path %s gives the parameters %j', async (path, params) => {
    expect(await (await fetch(app.url + path)).json()).toEqual(params);
  });

  it('a literal route wins over a parameter', async () => {
    expect(await (await fetch(`${app.url}/api/orders/latest`)).text()).toBe('the latest');
  });

  it.each([
    ['GET', '/api/unknown'],
    ['GET', '/echo'],
    ['DELETE', '/api/echo'],
    ['POST', '/api/orders/17'],
  ])('%s %s is not found', async (method, path) => {
    expect((await fetch(app.url + path, { method })).status).toBe(404);
  });

  it('a target that is no path is refused', async () => {
    const { port, hostname: host } = new URL(app.url);
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest({ host, port, path: '//' }, (response) => resolve(response.resume().statusCode));
      request.on('error', reject).end();
    });
    expect(status).toBe(400);
  });

  it('bytes arrive and leave unchanged', async () => {
    const body = Uint8Array.from([0, 255, 128, 10]);
    const response = await fetch(`${app.url}/api/bytes`, { method: 'POST', body });
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(Uint8Array.from([10, 128, 255, 0]));
  });

  it('cookies are set', async () => {
    const response = await fetch(`${app.url}/api/cookies`);
    expect(response.headers.getSetCookie()).toEqual([
      'plain=a%20b; path=/',
      'strict=1; max-age=60; path=/api; secure; samesite=strict; httponly',
    ]);
  });

  it('a function that returns nothing answers 204, one that throws 500', async () => {
    expect((await fetch(`${app.url}/api/nothing`)).status).toBe(204);
    expect((await fetch(`${app.url}/api/fails`)).status).toBe(500);
    await app.line(/Executed 'Functions\.fails' \(Failed, .*no paper/s);
  });

  it('the app sees its settings, in its own folder', async () => {
    expect(await (await fetch(`${app.url}/api/setting`)).text()).toBe('press 4 in http-cjs');
  });

  it('a process that dies answers 503, is started again, and the next request is served by the new one', async () => {
    const before = await (await fetch(`${app.url}/api/pid`)).text();
    expect((await fetch(`${app.url}/api/crash`)).status).toBe(503);
    const after = await fetch(`${app.url}/api/pid`);
    expect(after.status).toBe(200);
    expect(await after.text()).not.toBe(before);
    await app.line(/The app's process ended with code 3\. It starts again in \d+ ms\./);
  });

  it('lists its functions, says its status, answers a ping', async () => {
    const list = (await (await fetch(`${app.url}/admin/functions`)).json()) as { name: string; config: unknown }[];
    expect(list.map(({ name }) => name)).toContain('order-by-name');
    expect(await (await fetch(`${app.url}/admin/host/status`)).json()).toMatchObject({ state: 'Running' });
    expect((await fetch(`${app.url}/admin/host/ping`, { method: 'POST' })).status).toBe(200);
    await app.line(/order: \[GET\] http:\/\/127\.0\.0\.1:\d+\/api\/orders\/\{id:int\}\/\{part\?\}/);
  });
});

describe('HTTP functions of an ES module app', () => {
  let app: RunningApp;
  beforeAll(async () => {
    app = await runApp('http-esm');
  });
  afterAll(() => app.close());

  it('every file that main matches is loaded, by its kind', async () => {
    expect(app.host.functions.map(({ name }) => name)).toEqual(['hello', 'from-mjs', 'from-cjs']);
    expect(await (await fetch(`${app.url}/from-mjs`)).text()).toBe('mjs');
    expect(await (await fetch(`${app.url}/from-cjs`)).text()).toBe('cjs');
  });

  it('an own import of @azure/functions-core works too', async () => {
    expect(await (await fetch(`${app.url}/hello?name=press`)).json()).toEqual({
      hello: 'press',
      hostVersion: expect.stringMatching(/^4\./),
      version: expect.stringMatching(/^3\./),
    });
  });
});

describe('HTTP streaming', () => {
  let app: RunningApp;
  let topicStatus = 200;
  const topic = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(topicStatus).end());
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => topic.listen(0, '127.0.0.1', resolve));
    const TopicUri = `http://127.0.0.1:${(topic.address() as AddressInfo).port}/api/events`;
    app = await runApp('http-stream', { settings: { TopicUri, TopicKey: 'a2V5' } });
  });
  afterAll(async () => {
    await app.close();
    topic.close();
  });

  it('the answer begins before the request has ended', async () => {
    const received: string[] = [];
    await new Promise<void>((resolve, reject) => {
      const request = httpRequest(`${app.url}/api/upper/one?x=1`, { method: 'POST', headers: { 'x-in': 'in' } });
      request.on('response', (response) => {
        expect(response.headers['x-which']).toBe('one');
        expect(response.headers['x-in']).toBe('in');
        response.setEncoding('utf8').on('data', (text: string) => {
          received.push(text);
          if (received.length === 1) request.end('second');
        });
        response.on('end', resolve);
      });
      request.on('error', reject);
      request.write('first');
    });
    expect(received).toEqual(['FIRST', 'SECOND']);
  });

  it('nothing returned is 204, an error 500', async () => {
    expect((await fetch(`${app.url}/api/stream-nothing`)).status).toBe(204);
    expect((await fetch(`${app.url}/api/stream-fails`)).status).toBe(500);
  });

  it('the answer of a function with other outputs waits for them', async () => {
    const publish = () => fetch(`${app.url}/api/stream-and-publish`, { method: 'POST' });
    const published = await publish();
    expect([published.status, await published.text()]).toEqual([201, 'published']);

    topicStatus = 400;
    expect((await publish()).status).toBe(500);
  });
});

describe('hooks', () => {
  it('run around invocations, may replace function and result, and see start and end of the app', async () => {
    const app = await runApp('hooks');
    expect(await app.next('appStart')).toEqual({ hookData: { started: true } });

    expect(await (await fetch(`${app.url}/api/replaced`)).text()).toBe('replaced GET');
    expect(await app.next('pre')).toEqual({ name: 'replaced', isReadOnly: true });
    expect(await app.next('post')).toEqual({ before: 1, error: null });

    expect(await (await fetch(`${app.url}/api/healed`)).text()).toBe('healed');
    expect(await app.next('post')).toEqual({ before: 1, error: 'ill' });

    await fetch(`${app.url}/api/quiet`);
    await app.line(/warning: \[quiet [0-9a-f]{8}\] to be seen \(hooked\)/);
    expect(app.lines.filter((line) => line.includes('not to be seen'))).toEqual([]);

    await app.close();
    expect(app.recorded('appTerminate')).toEqual([{ hookData: { started: true } }]);
  });
});
