import type { SqlRuleFilter } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ManagementForTest, startManagementForTest } from './support.ts';

let cloud: ManagementForTest;
beforeAll(async () => {
  cloud = await startManagementForTest();
  await cloud.admin().createTopic('events');
  await cloud.admin().createSubscription('events', 'all');
});
afterAll(async () => {
  expect(cloud.problems).toEqual([]);
  await cloud.close();
});

const noFields = {
  contentType: undefined,
  correlationId: undefined,
  messageId: undefined,
  replyTo: undefined,
  replyToSessionId: undefined,
  sessionId: undefined,
  subject: undefined,
  to: undefined,
};

describe('rules through the administration client', () => {
  it('a subscription starts with the true filter', async () => {
    expect(await cloud.admin().getRule('events', 'all', '$Default')).toEqual({
      name: '$Default',
      filter: { sqlExpression: '1=1', sqlParameters: undefined },
      action: { sqlExpression: undefined, sqlParameters: undefined },
    });
  });

  it('a SQL filter with parameters and an action is read as it was written', async () => {
    const filter = {
      sqlExpression: "a < @n AND b = @text OR c > 'x & y' AND d = @flag AND e = @when",
      sqlParameters: { '@n': 1.5, '@text': 'x <y>', '@flag': true, '@when': new Date('2026-01-02T03:04:05.678Z') },
    } as unknown as SqlRuleFilter; // its type knows no dates; its serializer does
    const action = { sqlExpression: "SET sys.label = 'RED'; REMOVE b" };
    const created = await cloud.admin().createRule('events', 'all', 'sql', filter, action);
    expect(created).toEqual({ name: 'sql', filter, action: { ...action, sqlParameters: undefined } });
    expect(await cloud.admin().getRule('events', 'all', 'sql')).toEqual(created);
  });

  it('a correlation filter with every field and properties is read as it was written', async () => {
    const filter = {
      contentType: 'application/json',
      correlationId: 'c',
      messageId: 'm',
      replyTo: 'r',
      replyToSessionId: 'rs',
      sessionId: 's',
      subject: 'l',
      to: 't',
      applicationProperties: { text: 'a', flag: false, whole: 3, part: 2.5, when: new Date('2026-05-06T07:08:09Z') },
    };
    await cloud.admin().createRule('events', 'all', 'correlation', filter);
    expect((await cloud.admin().getRule('events', 'all', 'correlation')).filter).toEqual(filter);
  });

  it('an update replaces filter and action', async () => {
    const admin = cloud.admin();
    const rule = await admin.createRule(
      'events',
      'all',
      'changing',
      { sqlExpression: '1=1' },
      { sqlExpression: 'SET a = 1' },
    );
    await admin.updateRule('events', 'all', {
      ...rule,
      filter: { correlationId: 'only' },
      action: {} as typeof rule.action,
    });
    expect(await admin.getRule('events', 'all', 'changing')).toMatchObject({
      filter: { ...noFields, correlationId: 'only' },
      action: { sqlExpression: undefined },
    });
  });

  it('come with the subscription when it is made with a default rule', async () => {
    const admin = cloud.admin();
    await admin.createSubscription('events', 'filtered', {
      defaultRuleOptions: { name: 'mine', filter: { sqlExpression: 'a = 1' }, action: { sqlExpression: 'SET b = 2' } },
    });
    const names: string[] = [];
    for await (const rule of admin.listRules('events', 'filtered')) names.push(rule.name);
    expect(names).toEqual(['mine']);
  });

  it('that exist, do not exist, or do not parse are refused', async () => {
    const admin = cloud.admin();
    await expect(admin.createRule('events', 'all', 'sql', { sqlExpression: '1=1' })).rejects.toMatchObject({
      statusCode: 409,
      code: 'MessageEntityAlreadyExistsError',
      message: expect.stringMatching(/^SubCode=40900/),
    });
    const missing = { code: 'MessageEntityNotFoundError', message: expect.stringMatching(/^Entity/) };
    await expect(admin.deleteRule('events', 'all', 'missing')).rejects.toMatchObject(missing);
    await expect(admin.getRule('events', 'all', 'missing')).rejects.toMatchObject(missing);
    await expect(
      admin.updateRule('events', 'all', { ...(await admin.getRule('events', 'all', 'sql')), name: 'missing' }),
    ).rejects.toMatchObject(missing);
    await expect(admin.createRule('events', 'all', 'broken', { sqlExpression: 'a = = 1' })).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  it('an action has parameters of its own, which its copies get', async () => {
    const admin = cloud.admin();
    const action = { sqlExpression: 'SET a = @p; SET b = @q', sqlParameters: { '@p': 1.5, '@q': 'x' } };
    await admin.createTopic('acted');
    await admin.createSubscription('acted', 'on', {
      defaultRuleOptions: { name: 'acting', filter: { sqlExpression: '1=1' }, action },
    });
    expect((await admin.getRule('acted', 'on', 'acting')).action).toEqual(action);
    await cloud.http('POST', 'acted/messages', { body: '' });
    const taken = await cloud.http('DELETE', 'acted/subscriptions/on/messages/head?timeout=0');
    expect([taken.headers.get('a'), taken.headers.get('b')]).toEqual(['1.5', '"x"']);
  });

  it('decide what a subscription gets', async () => {
    const admin = cloud.admin();
    await admin.createTopic('decided');
    await admin.createSubscription('decided', 'red', {
      defaultRuleOptions: { name: 'red', filter: { applicationProperties: { colour: 'red' } } },
    });
    for (const colour of ['red', 'blue'])
      await cloud.http('POST', 'decided/messages', { body: colour, headers: { colour: `"${colour}"` } });
    const taken = await cloud.http('DELETE', 'decided/subscriptions/red/messages/head?timeout=0');
    expect([taken.status, await taken.text()]).toEqual([200, 'red']);
    expect((await cloud.http('DELETE', 'decided/subscriptions/red/messages/head?timeout=0')).status).toBe(204);
  });
});
