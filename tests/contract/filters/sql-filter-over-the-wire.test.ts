import { ServiceBusClient, type ServiceBusMessage, type SqlRuleAction, type SqlRuleFilter } from '@azure/service-bus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServiceBus, type TestServiceBus } from '../../support/service-bus.ts';

type Properties = NonNullable<ServiceBusMessage['applicationProperties']>;

/**
 * The forty cases of the contract as far as JavaScript can send them (it has no decimal and no long beyond 2^53):
 * expression, application properties, result (T, F, U, E: evaluation error, S: refused), other properties of the message.
 */
const CASES: readonly (readonly [string, Properties, 'T' | 'F' | 'U' | 'E' | 'S', Partial<ServiceBusMessage>?])[] = [
  ["Color = 'blue'", { color: 'blue' }, 'T'],
  ["color = 'blue'", { color: 'Blue' }, 'F'],
  ["color = 'blue'", {}, 'U'],
  ["color <> 'blue'", {}, 'U'],
  ["NOT color = 'blue'", {}, 'U'],
  ["color <> 'x' OR 1=1", {}, 'T'],
  ["color = 'x' AND 1=0", {}, 'F'],
  ['color IS NULL', {}, 'T'],
  ['color IS NULL', { color: null }, 'T'],
  ['EXISTS(color)', { color: null }, 'T'],
  ['EXISTS(color)', {}, 'F'],
  ["color <> 'x'", { color: null }, 'T'],
  ["c IN ('a','b')", { c: 'b' }, 'T'],
  ["c NOT IN ('a')", {}, 'U'],
  ["c NOT IN ('a')", { c: 'A' }, 'T'],
  ['q = 10', { q: 10 }, 'T'],
  ['q = 10', { q: '10' }, 'E'],
  ["q = '10'", { q: 10 }, 'E'],
  ['q > 2.08', { q: 3 }, 'T'],
  ['q / 2 = 2', { q: 5 }, 'T'],
  ['q / 2.0 = 2.5', { q: 5 }, 'T'],
  ['q / 0 = 1', { q: 5 }, 'E'],
  ['q / 0.0 > 1', { q: 5 }, 'T'],
  ['q % 3 = -1', { q: -7 }, 'T'],
  ['-q = -5', { q: 5 }, 'T'],
  ['q + r = 3', { q: 1 }, 'U'],
  ['flag = TRUE', { flag: true }, 'T'],
  ['flag', { flag: true }, 'S'],
  ["s LIKE 'a_c%'", { s: 'abcd' }, 'T'],
  ["s LIKE 'b'", { s: 'abc' }, 'F'],
  ["s LIKE '10\\%' ESCAPE '\\'", { s: '10x' }, 'F'],
  ["s = 'it''s'", { s: "it's" }, 'T'],
  ['s = "x"', { s: 'x' }, 'U'],
  ['[my-x] = 1', { 'my-x': 1 }, 'T'],
  ['my-x = 1', { 'my-x': 1 }, 'U'],
  ["sys.Label = 'y'", {}, 'T', { subject: 'y' }],
  ['sys.Nope = 1', {}, 'E'],
  ["p('col'+'or') = 'x'", { color: 'x' }, 'T'],
  ['ts > 1700000000000', { ts: 1700000000001 }, 'T'],
  ["sys.MessageId = 'm' AND sys.SessionId IS NULL", {}, 'T', { messageId: 'm' }],
];

let bus: TestServiceBus;
let client: ServiceBusClient;

beforeAll(async () => {
  const subscriptions = [{ name: 's', deadLetteringOnFilterEvaluationExceptions: true }];
  const topics = ['actions', ...CASES.map((_case, index) => `case-${index + 1}`)].map((name) => ({
    name,
    subscriptions,
  }));
  bus = await startTestServiceBus({ topology: { topics } });
  client = new ServiceBusClient(bus.connectionString);
});
afterAll(async () => {
  await client.close();
  await bus.close();
});

/** Gives the subscription the one rule, in place of the one it was made with. */
async function setRule(topic: string, sqlExpression: string, sqlAction?: string): Promise<void> {
  const rules = client.createRuleManager(topic, 's');
  const filter: SqlRuleFilter = { sqlExpression };
  const action: SqlRuleAction | undefined = sqlAction === undefined ? undefined : { sqlExpression: sqlAction };
  await rules.createRule('r', filter, action);
  await rules.deleteRule('$Default');
}

/** Sends, and says what the subscription and its dead letters hold then: the answer to a send comes after its routing. */
async function sent(topic: string, message: ServiceBusMessage) {
  const sender = client.createSender(topic);
  await sender.sendMessages(message);
  await sender.close();
  const look = async (subQueueType?: 'deadLetter') => {
    const receiver = client.createReceiver(topic, 's', { subQueueType });
    const found = await receiver.peekMessages(10);
    await receiver.close();
    return found;
  };
  return { arrived: await look(), dead: await look('deadLetter') };
}

describe('a SQL filter, asked through the SDK', () => {
  it.each(
    CASES.map((row, index) => ({
      row,
      topic: `case-${index + 1}`,
      story: `${row[0]} of ${JSON.stringify(row[1])} is ${row[2]}`,
    })),
  )('$story', async ({ row, topic }) => {
    const [expression, applicationProperties, expected, more] = row;
    if (expected === 'S') {
      await expect(setRule(topic, expression)).rejects.toThrow('There was an error parsing the SQL expression.');
      return;
    }
    await setRule(topic, expression);

    const { arrived, dead } = await sent(topic, { body: 'b', applicationProperties, ...more });

    expect(arrived).toHaveLength(expected === 'T' ? 1 : 0);
    expect(dead.map((message) => message.deadLetterReason)).toEqual(expected === 'E' ? ['FilterException'] : []);
  });

  it('with an action changes the copy and names the rule', async () => {
    await setRule(
      'actions',
      "color = 'red'",
      "SET Color = 'blue'; SET pages = q * 2; SET sys.Label = 'changed'; REMOVE gone",
    );

    const applicationProperties = { color: 'red', q: 2, gone: true };
    const { arrived } = await sent('actions', { body: 'b', subject: 'was', applicationProperties });

    expect(arrived).toHaveLength(1);
    expect(arrived[0]).toMatchObject({
      body: 'b',
      subject: 'changed',
      applicationProperties: { color: 'blue', q: 2, pages: 4, RuleName: 'r' },
    });
    expect(arrived[0]!.applicationProperties).not.toHaveProperty('gone');
  });
});
