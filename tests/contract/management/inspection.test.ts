import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ManagementForTest, startManagementForTest } from './support.ts';

let cloud: ManagementForTest;
beforeAll(async () => {
  cloud = await startManagementForTest();
});
afterAll(async () => {
  expect(cloud.problems).toEqual([]);
  await cloud.close();
});

async function inspect(method: string, path: string, body?: object) {
  const response = await fetch(`${cloud.management.url}/inspect${path}`, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the test is about
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as any };
}

const send = (entity: string, body: string, headers: Record<string, string> = {}) =>
  cloud.http('POST', `${entity}/messages`, { body, headers });

describe('looking', () => {
  it('shows entities with their counts, and one with its definition and rules', async () => {
    const admin = cloud.admin();
    await admin.createQueue('looked-at');
    await admin.createTopic('topic');
    await admin.createSubscription('topic', 'all');
    await send('looked-at', '{"a":1}');
    await send('topic', 'x');
    const { entities } = (await inspect('GET', '/entities')).body;
    expect(entities).toEqual([
      expect.objectContaining({ path: 'looked-at', kind: 'queue', counts: expect.objectContaining({ active: 1 }) }),
      expect.objectContaining({ path: 'topic', kind: 'topic' }),
      expect.objectContaining({
        path: 'topic/Subscriptions/all',
        kind: 'subscription',
        counts: expect.objectContaining({ active: 1 }),
      }),
    ]);
    const one = (await inspect('GET', '/entities/topic/subscriptions/ALL')).body;
    expect(one).toMatchObject({ path: 'topic/Subscriptions/all', rules: [{ rule: { name: '$Default' } }] });
    expect((await inspect('GET', '/entities/missing')).status).toBe(404);
    expect((await inspect('GET', '')).body).toMatchObject({ namespaceName: 'crossover', entities: 3, messages: 2 });
  });

  it('shows messages with body, properties and state, and locks none', async () => {
    await cloud.admin().createQueue('peeked');
    await send('peeked', '{"a":1}', { BrokerProperties: '{"MessageId":"json","Label":"l"}', colour: '"red"' });
    await send('peeked', 'plain text');
    await cloud.http('POST', 'peeked/messages', { body: new Uint8Array([0xff, 0xfe]) });
    await cloud.http('POST', 'peeked/messages/head?timeout=0');
    const { messages } = (await inspect('GET', '/messages?entity=peeked')).body;
    expect(messages).toEqual([
      expect.objectContaining({
        messageId: 'json',
        subject: 'l',
        state: 'locked',
        lockToken: expect.any(String),
        body: { a: 1 },
        applicationProperties: expect.objectContaining({ colour: 'red' }),
      }),
      expect.objectContaining({ state: 'active', body: 'plain text', bodyKind: 'data' }),
      expect.objectContaining({ body: { base64: '//4=' } }),
    ]);
    expect((await inspect('GET', '/messages?entity=peeked&from=2&top=1')).body.messages).toHaveLength(1);
    expect((await inspect('GET', '/messages')).status).toBe(400);
  });
});

describe('clearing', () => {
  it('purges what is not locked, dead letters too', async () => {
    await cloud.admin().createQueue('purged', { maxDeliveryCount: 1 });
    for (const body of ['1', '2', '3']) await send('purged', body);
    const locked = await cloud.http('POST', 'purged/messages/head?timeout=0');
    await cloud.http('PUT', (locked.headers.get('location') ?? '').slice(cloud.management.url.length + 1));
    await cloud.http('POST', 'purged/messages/head?timeout=0');
    expect((await inspect('POST', '/purge', { entity: 'purged' })).body).toEqual({ count: 2 });
    expect(await cloud.admin().getQueueRuntimeProperties('purged')).toMatchObject({ totalMessageCount: 1 });
    expect((await inspect('POST', '/purge', { entity: 'missing' })).status).toBe(404);
  });

  it('resets an entity: same definition, same rules, nothing in it', async () => {
    const admin = cloud.admin();
    await admin.createTopic('reset', { userMetadata: 'kept' });
    await admin.createSubscription('reset', 's', {
      maxDeliveryCount: 4,
      defaultRuleOptions: { name: 'mine', filter: { sqlExpression: '1=1' } },
    });
    await send('reset', 'x');
    await cloud.http('POST', 'reset/subscriptions/s/messages/head?timeout=0');
    expect((await inspect('POST', '/reset', { entity: 'reset' })).body).toEqual({ entities: ['reset'] });
    expect(await admin.getTopic('reset')).toMatchObject({ userMetadata: 'kept' });
    expect(await admin.getSubscription('reset', 's')).toMatchObject({ maxDeliveryCount: 4 });
    expect((await admin.getRule('reset', 's', 'mine')).name).toBe('mine');
    expect(await admin.getSubscriptionRuntimeProperties('reset', 's')).toMatchObject({ totalMessageCount: 0 });
  });
});

describe('faults', () => {
  it('stand until they are used up or removed, and HTTP feels them', async () => {
    await cloud.admin().createQueue('busy');
    const added = await inspect('POST', '/faults', {
      kind: 'server-busy',
      entity: 'busy',
      operations: ['send'],
      times: 1,
    });
    expect([added.status, added.body]).toEqual([
      201,
      { id: '1', fault: expect.objectContaining({ kind: 'server-busy' }) },
    ]);
    expect((await send('busy', 'x')).status).toBe(503);
    expect((await send('busy', 'x')).status).toBe(201);
    expect((await inspect('GET', '/faults')).body).toEqual({ faults: [] });
    const managed = await inspect('POST', '/faults', { kind: 'server-busy', operations: ['manage'] });
    await expect(cloud.admin().getQueue('busy')).rejects.toMatchObject({ code: 'ServerBusyError' });
    expect((await inspect('DELETE', `/faults/${managed.body.id}`)).status).toBe(204);
    expect((await cloud.admin().getQueue('busy')).name).toBe('busy');
    expect((await inspect('DELETE', '/faults/99')).status).toBe(404);
  });

  it('delay by the clock', async () => {
    await cloud.admin().createQueue('slow');
    await inspect('POST', '/faults', { kind: 'delay', entity: 'slow', delayMs: 5000, times: 1 });
    const waiting = send('slow', 'x');
    await expect.poll(() => cloud.faults.list().length).toBe(0);
    expect((await cloud.admin().getQueueRuntimeProperties('slow')).totalMessageCount).toBe(0);
    cloud.clock.advanceBy(5000);
    expect((await waiting).status).toBe(201);
  });

  it('lose a lock', async () => {
    await cloud.admin().createQueue('lost');
    await send('lost', 'x');
    const locked = await cloud.http('POST', 'lost/messages/head?timeout=0');
    expect((await inspect('POST', '/lose-lock', { entity: 'lost', sequenceNumber: 1 })).status).toBe(204);
    const location = (locked.headers.get('location') ?? '').slice(cloud.management.url.length + 1);
    expect((await cloud.http('DELETE', location)).status).toBe(404);
    expect((await inspect('POST', '/lose-lock', { entity: 'lost', sequenceNumber: 1 })).status).toBe(404);
  });

  it('ask whoever holds links to detach them', async () => {
    const seen: unknown[] = [];
    const stop = cloud.faults.onDisruption((disruption) => seen.push(disruption));
    await inspect('POST', '/detach', { entity: 'orders' });
    await inspect('POST', '/detach', { condition: 'amqp:connection:forced' });
    stop();
    expect(seen).toEqual([
      { kind: 'detach', entity: 'orders', error: expect.objectContaining({ condition: 'amqp:link:detach-forced' }) },
      { kind: 'detach', entity: undefined, error: expect.objectContaining({ condition: 'amqp:connection:forced' }) },
    ]);
  });

  it('that make no sense are refused', async () => {
    for (const fault of [
      {},
      { kind: 'delay' },
      { kind: 'server-busy', times: 0 },
      { kind: 'server-busy', operations: ['x'] },
    ])
      expect((await inspect('POST', '/faults', fault)).status).toBe(400);
    expect((await inspect('GET', '/nonsense')).status).toBe(404);
  });
});

describe('the clock', () => {
  it('is stepped, and what is due happens', async () => {
    await cloud.admin().createQueue('expiring', { deadLetteringOnMessageExpiration: true });
    const now = Date.parse((await inspect('GET', '/clock')).body.now);
    await send('expiring', 'x', {
      BrokerProperties: JSON.stringify({ ScheduledEnqueueTimeUtc: new Date(now + 3_600_000).toUTCString() }),
    });
    expect((await cloud.http('POST', 'expiring/messages/head?timeout=0')).status).toBe(204);
    const stepped = (await inspect('POST', '/clock', { advanceMs: 3_600_000 })).body;
    expect(stepped).toMatchObject({ isVirtual: true, now: new Date(now + 3_600_000).toISOString() });
    expect((await cloud.http('POST', 'expiring/messages/head?timeout=0')).status).toBe(201);
    expect((await inspect('POST', '/clock', { toNextTimer: true })).status).toBe(200);
    expect((await inspect('POST', '/clock', { advanceMs: -1 })).status).toBe(400);
    expect((await inspect('POST', '/clock', {})).status).toBe(400);
  });
});
