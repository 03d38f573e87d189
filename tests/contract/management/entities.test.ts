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

const UNLIMITED = 'P10675199DT2H48M5.4775807S';
const rules = [
  {
    claimType: 'SharedAccessKey',
    accessRights: ['Send' as const],
    keyName: 'sender',
    primaryKey: 'cHJpbWFyeQ==',
    secondaryKey: 'c2Vjb25kYXJ5',
  },
];

describe.each(['2021-05', '2017-04'] as const)('the administration client with api-version %s', (serviceVersion) => {
  const name = (kind: string) => `${kind}-${serviceVersion}`;

  it('creates a queue with the defaults of the service', async () => {
    const queue = await cloud.admin({ serviceVersion }).createQueue(name('defaults'));
    expect(queue).toMatchObject({
      name: name('defaults'),
      lockDuration: 'PT1M',
      maxSizeInMegabytes: 1024,
      requiresDuplicateDetection: false,
      requiresSession: false,
      defaultMessageTimeToLive: UNLIMITED,
      deadLetteringOnMessageExpiration: false,
      duplicateDetectionHistoryTimeWindow: 'PT10M',
      maxDeliveryCount: 10,
      enableBatchedOperations: true,
      autoDeleteOnIdle: UNLIMITED,
      enablePartitioning: false,
      enableExpress: false,
      status: 'Active',
      availabilityStatus: 'Available',
    });
    expect([queue.forwardTo, queue.userMetadata, queue.authorizationRules]).toEqual([undefined, undefined, undefined]);
  });

  it('creates a queue with every property, gets it, and updates it', async () => {
    const admin = cloud.admin({ serviceVersion });
    const options = {
      lockDuration: 'PT50S',
      requiresDuplicateDetection: true,
      requiresSession: true,
      defaultMessageTimeToLive: 'P1DT2H',
      deadLetteringOnMessageExpiration: true,
      duplicateDetectionHistoryTimeWindow: 'PT2M',
      maxDeliveryCount: 5,
      enableBatchedOperations: false,
      autoDeleteOnIdle: 'PT2H',
      authorizationRules: rules,
      userMetadata: 'a <b> & "c"',
      status: 'ReceiveDisabled' as const,
    };
    await admin.createQueue(name('full'), options);
    const queue = await admin.getQueue(name('full'));
    expect(queue).toMatchObject(options);
    const updated = await admin.updateQueue({ ...queue, lockDuration: 'PT30S', maxDeliveryCount: 7, status: 'Active' });
    expect(updated).toMatchObject({ ...options, lockDuration: 'PT30S', maxDeliveryCount: 7, status: 'Active' });
  });

  it('refuses to change what is fixed at creation', async () => {
    const admin = cloud.admin({ serviceVersion });
    const queue = await admin.createQueue(name('fixed'));
    await expect(admin.updateQueue({ ...queue, requiresSession: true })).rejects.toMatchObject({
      statusCode: 400,
      code: 'ServiceError',
      message: expect.stringMatching(
        /^SubCode=40000\. The value for the RequiresSession property of an existing Queue cannot be changed\. To know more/,
      ),
    });
    const topic = await admin.createTopic(name('fixed-topic'));
    await expect(admin.updateTopic({ ...topic, enablePartitioning: true })).rejects.toMatchObject({
      message: expect.stringContaining('SubCode=40000. Partitioning cannot be changed for Topic. TrackingId:'),
    });
    const subscription = await admin.createSubscription(name('fixed-topic'), 'all');
    await expect(admin.updateSubscription({ ...subscription, requiresSession: true })).rejects.toMatchObject({
      message: expect.stringContaining(
        'The value for the RequiresSession property of an existing Subscription cannot be changed.',
      ),
    });
    await expect(admin.updateQueue({ ...queue, name: name('not-there') })).rejects.toMatchObject({
      statusCode: 404,
      message: expect.stringMatching(/^SubCode=40400\. Not Found\. The Operation doesn't exist\. To know more/),
    });
  });

  it('forwards to an entity of the namespace, and shows it as a URI', async () => {
    const admin = cloud.admin({ serviceVersion });
    await admin.createQueue(name('target'));
    const queue = await admin.createQueue(name('source'), {
      forwardTo: name('target'),
      forwardDeadLetteredMessagesTo: `sb://localhost:${cloud.management.port}/${name('target').toUpperCase()}`,
    });
    const host = `sb://localhost:${cloud.management.port}`;
    const overHttps = await admin.createQueue(name('over-https'), {
      forwardTo: `https://localhost:${cloud.management.port}/${name('target')}`,
    });
    expect(overHttps.forwardTo).toBe(`https://localhost:${cloud.management.port}/${name('target')}`);
    expect((await admin.updateQueue({ ...overHttps, forwardTo: name('target') })).forwardTo).toBe(
      `${host}/${name('target')}`,
    );
    expect(queue.forwardTo).toBe(`${host}/${name('target')}`);
    expect(queue.forwardDeadLetteredMessagesTo).toBe(`${host}/${name('target').toUpperCase()}`);
    const { forwardTo: _forwardTo, ...without } = await admin.getQueue(name('source'));
    expect((await admin.updateQueue({ ...without } as typeof queue)).forwardTo).toBeUndefined();
    await expect(admin.createQueue(name('astray'), { forwardTo: 'not-there' })).rejects.toMatchObject({
      code: expect.any(String),
    });
  });

  it('creates, gets and updates topics and subscriptions', async () => {
    const admin = cloud.admin({ serviceVersion });
    const topic = await admin.createTopic(name('topic'), { defaultMessageTimeToLive: 'P2D', supportOrdering: false });
    expect(topic).toMatchObject({ name: name('topic'), defaultMessageTimeToLive: 'P2D', supportOrdering: false });
    expect(await admin.updateTopic({ ...topic, maxSizeInMegabytes: 3072, status: 'SendDisabled' })).toMatchObject({
      maxSizeInMegabytes: 3072,
      status: 'SendDisabled',
    });
    const subscription = await admin.createSubscription(name('topic'), 'printing', { lockDuration: 'PT5M' });
    expect(subscription).toEqual(
      expect.objectContaining({
        topicName: name('topic'),
        subscriptionName: 'printing',
        lockDuration: 'PT5M',
        maxDeliveryCount: 10,
        requiresSession: false,
        deadLetteringOnFilterEvaluationExceptions: true,
        autoDeleteOnIdle: UNLIMITED,
        availabilityStatus: 'Available',
      }),
    );
    const updated = await admin.updateSubscription({ ...subscription, userMetadata: 'changed' });
    expect(updated).toMatchObject({ userMetadata: 'changed', lockDuration: 'PT5M' });
    expect(await admin.getSubscription(name('topic'), 'printing')).toMatchObject({ userMetadata: 'changed' });
    await admin.deleteSubscription(name('topic'), 'printing');
    expect(await admin.subscriptionExists(name('topic'), 'printing')).toBe(false);
  });

  it('says what exists, and refuses to create it again or to touch what is not there', async () => {
    const admin = cloud.admin({ serviceVersion });
    await admin.createQueue(name('once'));
    await admin.createTopic(name('once-topic'));
    expect([await admin.queueExists(name('once')), await admin.queueExists('missing')]).toEqual([true, false]);
    expect([await admin.topicExists(name('once-topic')), await admin.topicExists('missing')]).toEqual([true, false]);
    const exists = {
      statusCode: 409,
      code: 'MessageEntityAlreadyExistsError',
      message: expect.stringMatching(/^SubCode/),
    };
    await expect(admin.createQueue(name('once'))).rejects.toMatchObject(exists);
    await expect(admin.createTopic(name('once'))).rejects.toMatchObject(exists);
    const missing = {
      code: 'MessageEntityNotFoundError',
      message: expect.stringMatching(/^(Entity|The messaging entity)/),
    };
    await expect(admin.getQueue('missing')).rejects.toMatchObject(missing);
    await expect(admin.getTopic('missing')).rejects.toMatchObject(missing);
    await expect(admin.getSubscription(name('once-topic'), 'missing')).rejects.toMatchObject(missing);
    await expect(admin.getRule(name('once-topic'), 'missing', 'missing')).rejects.toMatchObject(missing);
    await expect(admin.deleteQueue('missing')).rejects.toMatchObject(missing);
    await expect(admin.deleteTopic('missing')).rejects.toMatchObject(missing);
    await expect(admin.deleteSubscription('missing', 'missing')).rejects.toMatchObject(missing);
  });

  it('refuses values out of range and names that are none', async () => {
    const admin = cloud.admin({ serviceVersion });
    await expect(admin.createQueue(name('long'), { lockDuration: 'PT6M' })).rejects.toMatchObject({ statusCode: 400 });
    await expect(admin.createQueue(name('odd'), { lockDuration: 'a minute' })).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('LockDuration expects an ISO 8601 duration'),
    });
    await expect(admin.createQueue('with space?')).rejects.toMatchObject({ statusCode: 400 });
  });
});

describe('names', () => {
  it('may hold slashes', async () => {
    const admin = cloud.admin();
    expect((await admin.createQueue('press/orders/urgent')).name).toBe('press/orders/urgent');
    await admin.createTopic('press/events');
    expect(await admin.createSubscription('press/events', 'all')).toMatchObject({ topicName: 'press/events' });
    expect((await admin.getRule('press/events', 'all', '$Default')).name).toBe('$Default');
  });

  it('are found in any letter case and kept as they were created', async () => {
    const admin = cloud.admin();
    await admin.createQueue('Mixed-Case');
    expect((await admin.getQueue('mixed-case')).name).toBe('Mixed-Case');
  });
});

describe('the namespace', () => {
  it('says its name and tier', async () => {
    expect(await cloud.admin().getNamespaceProperties()).toMatchObject({
      name: 'crossover',
      messagingSku: 'Premium',
      messagingUnits: 1,
    });
  });

  it('of the Standard tier has no messaging units, and sixteen times the size for a partitioned queue', async () => {
    const standard = await startManagementForTest({ tier: 'Standard' });
    const admin = standard.admin();
    expect(await admin.getNamespaceProperties()).toMatchObject({ messagingSku: 'Standard', messagingUnits: undefined });
    const queue = await admin.createQueue('partitioned', { enablePartitioning: true });
    expect(queue.maxSizeInMegabytes).toBe(16384);
    expect((await admin.updateQueue(queue)).maxSizeInMegabytes).toBe(16384);
    await standard.close();
  });
});

describe('the time of the last access', () => {
  it('is the first of all times until a queue or a topic is used', async () => {
    const admin = cloud.admin();
    await admin.createQueue('untouched');
    await admin.createTopic('untouched-topic');
    await admin.createSubscription('untouched-topic', 'all');
    const accessed = async () => [
      (await admin.getQueueRuntimeProperties('untouched')).accessedAt?.toISOString(),
      (await admin.getTopicRuntimeProperties('untouched-topic')).accessedAt?.toISOString(),
    ];
    expect(await accessed()).toEqual(['0001-01-01T00:00:00.000Z', '0001-01-01T00:00:00.000Z']);
    const now = new Date(cloud.clock.now());
    expect((await admin.getSubscriptionRuntimeProperties('untouched-topic', 'all')).accessedAt).toEqual(now);
    cloud.clock.advanceBy(1000);
    const later = new Date(cloud.clock.now()).toISOString();
    for (const entity of ['untouched', 'untouched-topic'])
      await cloud.http('POST', `${entity}/messages`, { body: '1' });
    expect(await accessed()).toEqual([later, later]);
  });
});

describe('runtime counts', () => {
  it('follow the messages', async () => {
    const admin = cloud.admin();
    await admin.createQueue('counted');
    for (const body of ['1', '2']) await cloud.http('POST', 'counted/messages', { body });
    const scheduled = { ScheduledEnqueueTimeUtc: new Date(cloud.clock.now() + 60_000).toUTCString() };
    await cloud.http('POST', 'counted/messages', {
      body: '3',
      headers: { BrokerProperties: JSON.stringify(scheduled) },
    });
    const runtime = await admin.getQueueRuntimeProperties('counted');
    expect(runtime).toMatchObject({
      totalMessageCount: 3,
      activeMessageCount: 2,
      scheduledMessageCount: 1,
      deadLetterMessageCount: 0,
      transferMessageCount: 0,
      transferDeadLetterMessageCount: 0,
    });
    expect(runtime.sizeInBytes).toBeGreaterThan(0);
    expect(runtime.createdAt).toBeInstanceOf(Date);
    await admin.createTopic('counted-topic');
    await admin.createSubscription('counted-topic', 'all');
    await cloud.http('POST', 'counted-topic/messages', { body: '1' });
    expect(await admin.getTopicRuntimeProperties('counted-topic')).toMatchObject({ subscriptionCount: 1 });
    expect(await admin.getSubscriptionRuntimeProperties('counted-topic', 'all')).toMatchObject({
      totalMessageCount: 1,
      activeMessageCount: 1,
    });
  });
});

describe('lists', () => {
  it('come in pages, each entity once', async () => {
    const lists = await startManagementForTest();
    const admin = lists.admin();
    const names = Array.from({ length: 7 }, (_, index) => `queue-${index}`);
    for (const name of names) await admin.createQueue(name);
    for (const name of ['t1', 't2', 't3']) await admin.createTopic(name);
    for (const name of ['s1', 's2', 's3']) await admin.createSubscription('t1', name);
    const sizes: number[] = [];
    const listed: string[] = [];
    for await (const page of admin.listQueues().byPage({ maxPageSize: 3 })) {
      sizes.push(page.length);
      listed.push(...page.map((queue) => queue.name));
    }
    expect({ sizes, listed }).toEqual({ sizes: [3, 3, 1], listed: names });
    const all = async (iterable: AsyncIterable<{ name?: string; subscriptionName?: string }>) => {
      const found: (string | undefined)[] = [];
      for await (const item of iterable) found.push(item.name ?? item.subscriptionName);
      return found;
    };
    expect(await all(admin.listTopics())).toEqual(['t1', 't2', 't3']);
    expect(await all(admin.listQueuesRuntimeProperties())).toEqual(names);
    expect(await all(admin.listTopicsRuntimeProperties())).toEqual(['t1', 't2', 't3']);
    expect(await all(admin.listSubscriptions('t1'))).toEqual(['s1', 's2', 's3']);
    expect(await all(admin.listSubscriptionsRuntimeProperties('t1'))).toEqual(['s1', 's2', 's3']);
    expect(await all(admin.listRules('t1', 's1'))).toEqual(['$Default']);
    expect(await all(admin.listSubscriptions('t2'))).toEqual([]);
    await lists.close();
  });
});

describe('an element that is newer than the api-version', () => {
  it('is refused', async () => {
    const body = `<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml"><TopicDescription
      xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"><MaxMessageSizeInKilobytes>1024</MaxMessageSizeInKilobytes>
      </TopicDescription></content></entry>`;
    const old = await cloud.http('PUT', 'large?api-version=2017-04', { body });
    expect([old.status, await old.text()]).toEqual([
      400,
      expect.stringContaining(
        'type &apos;TopicDescription&apos; has unsupported properties for api-version &apos;2017-04&apos;',
      ),
    ]);
    expect((await cloud.http('PUT', 'large?api-version=2021-05', { body })).status).toBe(201);
  });
});
