import { describe, expect, test } from 'vitest';
import { codeOf, givenServiceBus, SHORT_WAIT_MS } from './client.ts';

const given = givenServiceBus({ topology: { topics: [{ name: 'prices', subscriptions: [{ name: 'all' }] }] } });

async function listed() {
  const rules = [];
  // The SDK makes one undefined rule of an empty list.
  for await (const rule of given().client.createRuleManager('prices', 'all').listRules()) if (rule) rules.push(rule);
  return rules;
}

async function receivedAfter(...messages: object[]) {
  const { client } = given();
  await client.createSender('prices').sendMessages(messages.map((message) => ({ body: 'x', ...message })));
  const receiver = client.createReceiver('prices', 'all', { receiveMode: 'receiveAndDelete' });
  return receiver.receiveMessages(10, { maxWaitTimeInMs: SHORT_WAIT_MS });
}

describe('rules over AMQP', () => {
  test('a new subscription has the default rule, which takes everything', async () => {
    expect((await listed()).map((rule) => rule.name)).toEqual(['$Default']);
    expect(await receivedAfter({})).toHaveLength(1);
  });

  test('an SQL rule with an action selects and changes', async () => {
    const rules = given().client.createRuleManager('prices', 'all');
    await rules.deleteRule('$Default');
    await rules.createRule(
      'red',
      { sqlExpression: "color = 'red' AND price > 5" },
      { sqlExpression: 'SET dear = TRUE' },
    );
    const got = await receivedAfter(
      { applicationProperties: { color: 'red', price: 9 } },
      { applicationProperties: { color: 'blue', price: 9 } },
      { applicationProperties: { color: 'red', price: 1 } },
    );
    expect(got.map((message) => message.applicationProperties)).toEqual([
      { color: 'red', price: 9, dear: true, RuleName: 'red' },
    ]);
    const [rule] = await listed();
    expect(rule).toMatchObject({
      name: 'red',
      filter: { sqlExpression: "color = 'red' AND price > 5" },
      action: { sqlExpression: 'SET dear = TRUE' },
    });
  });

  test('a correlation rule compares what it names', async () => {
    const rules = given().client.createRuleManager('prices', 'all');
    await rules.deleteRule('$Default');
    await rules.createRule('mine', { correlationId: '7', subject: 's', applicationProperties: { tier: 'gold' } });
    const got = await receivedAfter(
      { correlationId: '7', subject: 's', applicationProperties: { tier: 'gold' } },
      { correlationId: '7', subject: 's', applicationProperties: { tier: 'tin' } },
      { correlationId: '8', subject: 's', applicationProperties: { tier: 'gold' } },
    );
    expect(got).toHaveLength(1);
    const [rule] = await listed();
    expect(rule!.filter).toMatchObject({ correlationId: '7', subject: 's', applicationProperties: { tier: 'gold' } });
  });

  test('without a rule nothing comes, and there is nothing to list', async () => {
    await given().client.createRuleManager('prices', 'all').deleteRule('$Default');
    expect(await listed()).toEqual([]);
    expect(await receivedAfter({})).toEqual([]);
  });

  test('a name that is taken, one that is unknown and an expression that does not parse are refused', async () => {
    const rules = given().client.createRuleManager('prices', 'all');
    expect(await codeOf(rules.createRule('$Default', { sqlExpression: '1=1' }))).toBe('MessagingEntityAlreadyExists');
    expect(await codeOf(rules.deleteRule('none'))).toBe('MessagingEntityNotFound');
    expect(await codeOf(rules.createRule('bad', { sqlExpression: 'price >' }))).toBe('GeneralError');
  });
});
