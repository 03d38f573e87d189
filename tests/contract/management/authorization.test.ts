import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSharedAccessSignature } from '../../../local/auth/index.ts';
import { type ManagementForTest, startManagementForTest } from './support.ts';

let cloud: ManagementForTest;
beforeAll(async () => {
  cloud = await startManagementForTest({
    rules: [
      { name: 'listener', rights: ['Listen'], primaryKey: 'listen-key' },
      { name: 'sender', rights: ['Send'], primaryKey: 'send-key' },
    ],
  });
  await cloud.admin().createQueue('orders', {
    authorizationRules: [
      {
        claimType: 'SharedAccessKey',
        accessRights: ['Send'],
        keyName: 'own',
        primaryKey: 'own-1',
        secondaryKey: 'own-2',
      },
    ],
  });
  await cloud.admin().createTopic('events');
  await cloud.admin().createSubscription('events', 'all');
});
afterAll(() => cloud.close());

const token = (keyName: string, key: string, resource = cloud.management.url) =>
  createSharedAccessSignature({ resource, keyName, key, expiresAt: cloud.clock.now() + 60_000 });

describe('management', () => {
  it('refuses a wrong key as the service does', async () => {
    await expect(cloud.admin({ key: 'wrong' }).getQueue('orders')).rejects.toMatchObject({
      statusCode: 401,
      code: 'UnauthorizedRequestError',
      message: expect.stringContaining('InvalidSignature: The token has an invalid signature.'),
    });
  });

  it('refuses a request without a token, and one whose token is expired', async () => {
    const bare = await fetch(`${cloud.management.url}/orders`);
    expect([bare.status, await bare.text()]).toEqual([
      401,
      expect.stringContaining('<Code>401</Code><Detail>MissingToken'),
    ]);
    const old = createSharedAccessSignature({
      resource: cloud.management.url,
      keyName: 'RootManageSharedAccessKey',
      key: 'SAS_KEY_VALUE',
      expiresAt: cloud.clock.now() - 1000,
    });
    const answer = await cloud.http('GET', 'orders', { token: old });
    expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining('ExpiredToken')]);
  });

  it('asks for the Manage right, and for rules Listen is enough to read', async () => {
    const listener = { token: token('listener', 'listen-key') };
    for (const [method, path, text] of [
      ['GET', 'orders', '<Detail>Manage,EntityRead claims required for this operation.'],
      ['GET', '$Resources/Queues', '<Detail>Manage,EntityRead claims required for this operation.'],
      ['PUT', 'more', '<Detail>Authorization failed for specified action: Manage,EntityWrite.'],
      ['DELETE', 'orders', '<Detail>Authorization failed for specified action: Manage,EntityDelete.'],
    ] as const) {
      const answer = await cloud.http(method, path, listener);
      expect([answer.status, await answer.text()]).toEqual([401, expect.stringContaining(text)]);
    }
    expect((await cloud.http('GET', 'events/Subscriptions/all/Rules', listener)).status).toBe(200);
    expect((await cloud.http('DELETE', 'events/Subscriptions/all/Rules/$Default', listener)).status).toBe(401);
  });
});

describe('without the Manage right', () => {
  it('one learns that a queue or topic is not there', async () => {
    const answer = await cloud.http('GET', 'missing', { token: token('listener', 'listen-key') });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('Publicly Listed Services')]);
  });

  it.each([
    ['GET', 'events/Subscriptions/all?api-version=2021-05', 'GetSubscription'],
    ['GET', 'events/Subscriptions', 'EnumerateSubscriptions'],
    ['PUT', 'events/Subscriptions/more', 'CreateOrUpdateSubscription'],
    ['DELETE', 'events/Subscriptions/all', 'DeleteSubscription'],
    ['DELETE', 'events/Subscriptions/all/Rules/$Default', 'DeleteRule'],
  ])('%s %s is refused in the status line', async (method, path, operation) => {
    const answer = await cloud.http(method, path, { token: token('listener', 'listen-key') });
    expect([answer.status, await answer.text()]).toEqual([401, '']);
    expect(answer.statusText).toMatch(
      new RegExp(
        `^SubCode=40100: Unauthorized : Unauthorized access for '${operation}' operation on endpoint 'sb://.*/${path.replace(/[?$]/g, '\\$&')}'\\. Tracking Id: `,
      ),
    );
  });
});

describe('messages', () => {
  it('ask for Send and Listen', async () => {
    const [listener, sender] = [token('listener', 'listen-key'), token('sender', 'send-key')];
    expect((await cloud.http('POST', 'orders/messages', { token: listener, body: 'x' })).status).toBe(401);
    expect((await cloud.http('POST', 'orders/messages', { token: sender, body: 'x' })).status).toBe(201);
    expect((await cloud.http('DELETE', 'orders/messages/head?timeout=0', { token: sender })).status).toBe(401);
    expect((await cloud.http('DELETE', 'orders/messages/head?timeout=0', { token: listener })).status).toBe(200);
  });

  it('take the keys of their queue, both of them, for that queue alone', async () => {
    await cloud.admin().createQueue('other');
    const own = (key: string, entity: string) => token('own', key, `${cloud.management.url}/${entity}`);
    expect((await cloud.http('POST', 'orders/messages', { token: own('own-1', 'orders'), body: 'x' })).status).toBe(
      201,
    );
    expect((await cloud.http('POST', 'orders/messages', { token: own('own-2', 'orders'), body: 'x' })).status).toBe(
      201,
    );
    expect((await cloud.http('POST', 'other/messages', { token: own('own-1', 'other'), body: 'x' })).status).toBe(401);
    expect((await cloud.http('POST', 'other/messages', { token: own('own-1', 'orders'), body: 'x' })).status).toBe(401);
  });
});

describe('health and inspection', () => {
  it('ask for no token', async () => {
    expect((await fetch(`${cloud.management.url}/health`)).status).toBe(200);
    expect((await fetch(`${cloud.management.url}/inspect`)).status).toBe(200);
  });

  it('inspection serves pages of this machine only', async () => {
    const from = (origin: string) => fetch(`${cloud.management.url}/inspect`, { headers: { origin } });
    const local = await from('http://localhost:4000');
    expect([local.status, local.headers.get('access-control-allow-origin')]).toEqual([200, 'http://localhost:4000']);
    expect((await from('https://example.com')).status).toBe(403);
    expect((await from('http://localhost.example.com')).status).toBe(403);
  });

  it('health is 503 until all is ready', async () => {
    let isReady = false;
    const starting = await startManagementForTest({ health: () => isReady });
    expect((await fetch(`${starting.management.url}/health`)).status).toBe(503);
    isReady = true;
    const ready = await fetch(`${starting.management.url}/health`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'healthy' }]);
    await starting.close();
  });
});
