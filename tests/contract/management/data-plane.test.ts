import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ManagementForTest, startManagementForTest } from './support.ts';

let cloud: ManagementForTest;
let queue: string;
let count = 0;
beforeAll(async () => {
  cloud = await startManagementForTest();
});
beforeEach(async () => {
  count += 1;
  queue = `queue-${count}`;
  await cloud.admin().createQueue(queue, { maxDeliveryCount: 3 });
});
afterAll(async () => {
  expect(cloud.problems).toEqual([]);
  await cloud.close();
});

const properties = (response: Response) =>
  JSON.parse(response.headers.get('brokerproperties') ?? '{}') as Record<string, unknown>;
const lock = () => cloud.http('POST', `${queue}/messages/head?timeout=0`);
const locationOf = (response: Response) =>
  (response.headers.get('location') ?? '').slice(cloud.management.url.length + 1);

describe('sending', () => {
  it('one message with broker and custom properties, received and deleted with all of them', async () => {
    const sent = await cloud.http('POST', `${queue}/messages`, {
      body: 'Grüße',
      headers: {
        'content-type': 'text/plain;charset=utf-8',
        BrokerProperties: JSON.stringify({
          MessageId: 'm',
          Label: 'l',
          CorrelationId: 'c',
          To: 't',
          ReplyTo: 'r',
          TimeToLive: 60,
        }),
        Priority: '"high"',
        Amount: '12',
        Price: '1.5',
        Rush: 'true',
        Customer: '12345,ABC',
      },
    });
    expect(sent.status).toBe(201);
    const taken = await cloud.http('DELETE', `${queue}/messages/head?timeout=0`);
    expect([taken.status, await taken.text(), taken.headers.get('content-type')]).toEqual([
      200,
      'Grüße',
      'text/plain;charset=utf-8',
    ]);
    expect(properties(taken)).toMatchObject({
      MessageId: 'm',
      Label: 'l',
      CorrelationId: 'c',
      To: 't',
      ReplyTo: 'r',
      TimeToLive: 60,
      DeliveryCount: 1,
      SequenceNumber: 1,
      State: 'Active',
    });
    const custom = ['priority', 'amount', 'price', 'rush', 'customer'].map((name) => taken.headers.get(name));
    expect(custom).toEqual(['"high"', '12', '1.5', 'true', '"12345,ABC"']);
    expect((await cloud.http('DELETE', `${queue}/messages/head?timeout=0`)).status).toBe(204);
  });

  it('a batch as JSON', async () => {
    const sent = await cloud.http('POST', `${queue}/messages`, {
      headers: { 'content-type': 'application/vnd.microsoft.servicebus.json' },
      body: JSON.stringify([
        {
          Body: 'one',
          BrokerProperties: { Label: 'M1', TimeToLiveTimeSpan: '0.00:00:40' },
          UserProperties: { Priority: 'high' },
        },
        { Body: 'two' },
      ]),
    });
    expect(sent.status).toBe(201);
    const first = await cloud.http('DELETE', `${queue}/messages/head?timeout=0`);
    expect([await first.text(), properties(first).Label, properties(first).TimeToLive]).toEqual(['one', 'M1', 40]);
    expect(first.headers.get('priority')).toBe('"high"');
    expect(await (await cloud.http('DELETE', `${queue}/messages/head?timeout=0`)).text()).toBe('two');
  });

  it('what is malformed or has nowhere to go is refused', async () => {
    const post = (path: string, headers: Record<string, string>, body = 'x') =>
      cloud.http('POST', path, { headers, body });
    expect((await post(`${queue}/messages`, { BrokerProperties: 'nonsense' })).status).toBe(400);
    expect((await post(`${queue}/messages`, { BrokerProperties: '{"TimeToLive":"soon"}' })).status).toBe(400);
    expect(
      (await post(`${queue}/messages`, { 'content-type': 'application/vnd.microsoft.servicebus.json' }, '{}')).status,
    ).toBe(400);
    const missing = await post('missing/messages', {});
    expect([missing.status, await missing.text()]).toEqual([
      404,
      expect.stringContaining('40400: Endpoint not found.'),
    ]);
    expect((await cloud.http('POST', `${queue}/messages/head?timeout=soon`)).status).toBe(400);
    expect((await cloud.http('POST', 'missing/messages/head?timeout=0')).status).toBe(404);
  });
});

describe('a locked message', () => {
  beforeEach(async () => {
    await cloud.http('POST', `${queue}/messages`, { body: 'work' });
  });

  it('is given with the place where it can be deleted, once', async () => {
    const locked = await lock();
    expect([locked.status, await locked.text()]).toEqual([201, 'work']);
    expect(locationOf(locked)).toBe(`${queue}/messages/1/${String(properties(locked).LockToken)}`);
    expect((await lock()).status).toBe(204);
    expect((await cloud.http('DELETE', locationOf(locked))).status).toBe(200);
    const again = await cloud.http('DELETE', locationOf(locked));
    expect([again.status, await again.text()]).toEqual([
      404,
      expect.stringContaining('No message was found with the specified MessageId or LockToken.'),
    ]);
  });

  it('is unlocked, which counts, until it is dead-lettered', async () => {
    for (const delivery of [1, 2, 3]) {
      const locked = await lock();
      expect(properties(locked).DeliveryCount).toBe(delivery);
      expect((await cloud.http('PUT', locationOf(locked))).status).toBe(200);
    }
    expect((await lock()).status).toBe(204);
    const dead = await cloud.http('DELETE', `${queue}/$DeadLetterQueue/messages/head?timeout=0`);
    expect([await dead.text(), dead.headers.get('deadletterreason')]).toEqual(['work', '"MaxDeliveryCountExceeded"']);
  });

  it('keeps its lock when it is renewed, and loses it when it is not', async () => {
    const locked = await lock();
    cloud.clock.advanceBy(50_000);
    expect((await cloud.http('POST', locationOf(locked))).status).toBe(200);
    cloud.clock.advanceBy(50_000);
    expect((await lock()).status).toBe(204);
    cloud.clock.advanceBy(20_000);
    expect((await cloud.http('POST', locationOf(locked))).status).toBe(404);
    expect((await lock()).status).toBe(201);
  });
});

describe('waiting', () => {
  it('ends with the message that comes', async () => {
    const waiting = cloud.http('DELETE', `${queue}/messages/head?timeout=60`);
    await expect.poll(() => cloud.broker.receivers(queue).length).toBe(1);
    await cloud.http('POST', `${queue}/messages`, { body: 'at last' });
    expect(await (await waiting).text()).toBe('at last');
    expect(cloud.broker.receivers(queue)).toEqual([]);
  });

  it('ends with 204 when the time is over', async () => {
    const waiting = cloud.http('DELETE', `${queue}/messages/head?timeout=30`);
    await expect.poll(() => cloud.broker.receivers(queue).length).toBe(1);
    cloud.clock.advanceBy(30_000);
    expect((await waiting).status).toBe(204);
  });

  it('ends when the client goes away', async () => {
    const leaving = new AbortController();
    const waiting = fetch(`${cloud.management.url}/${queue}/messages/head`, {
      method: 'DELETE',
      headers: { authorization: cloud.token() },
      signal: leaving.signal,
    }).catch(() => 'gone');
    await expect.poll(() => cloud.broker.receivers(queue).length).toBe(1);
    leaving.abort();
    expect(await waiting).toBe('gone');
    await expect.poll(() => cloud.broker.receivers(queue).length).toBe(0);
  });
});
