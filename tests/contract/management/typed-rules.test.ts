/** Values with types, as Azure.Messaging.ServiceBus.Administration 7.20.1 writes them: whole doubles, durations, times without an offset. */
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

const RULE = 'http://schemas.microsoft.com/netservices/2010/10/servicebus/connect';

/** Puts a rule whose parameters have the given types and texts; returns the texts and types that are answered. */
async function put(name: string, parameters: Readonly<Record<string, readonly [string, string]>>) {
  const values = Object.entries(parameters)
    .map(
      ([key, [type, text]]) =>
        `<KeyValueOfstringanyType><Key>${key}</Key><Value xmlns:l28="http://www.w3.org/2001/XMLSchema" ` +
        `i:type="l28:${type}">${text}</Value></KeyValueOfstringanyType>`,
    )
    .join('');
  const body =
    '<entry xmlns="http://www.w3.org/2005/Atom"><content type="application/xml">' +
    `<RuleDescription xmlns="${RULE}" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">` +
    `<Filter i:type="SqlFilter"><SqlExpression>1=1</SqlExpression><Parameters>${values}</Parameters></Filter>` +
    `<Action i:type="SqlRuleAction"><SqlExpression>SET a = 1</SqlExpression><Parameters>${values}</Parameters></Action>` +
    `<Name>${name}</Name></RuleDescription></content></entry>`;
  const reply = await cloud.http('PUT', `events/subscriptions/all/rules/${name}?api-version=2021-05`, { body });
  const text = await reply.text();
  return { status: reply.status, text, values: text.match(/i:type="d6p1:[^>]*>[^<]*/g) ?? [] };
}

describe('values of filters and actions', () => {
  it.for([
    ['double', '2'],
    ['double', '2.5'],
    ['int', '2'],
    ['long', '9007199254740993'],
    ['unsignedLong', '18446744073709551615'],
    ['decimal', '12.50'],
    ['duration', 'PT1M30.5S'],
    ['duration', '-P1DT2H3M4.0000001S'],
    ['duration', 'PT0S'],
    ['dateTime', '2026-11-29T01:01:02.4344465Z'],
    // As Azure answered azure-servicebus' test_mgmt_rule_create.
    ['dateTime', '2020-07-05T11:12:13'],
  ] as const)('%s %s is answered as it came', async ([type, text]) => {
    const { status, values } = await put(`${type}-${text.replaceAll(/\W/g, '_')}`, { '@p': [type, text] });
    expect(status).toBe(201);
    expect(values).toHaveLength(2);
    for (const value of values)
      expect(value).toMatch(new RegExp(`^i:type="d6p1:${type}" .*>${text.replace('.', '\\.')}$`));
  });

  // As Azure answered azure-servicebus' test_mgmt_rule_create; .NET's client knows both.
  it('the type of a duration is one of .NET, that of a number of XML Schema', async () => {
    const { values } = await put('types', { '@p': ['duration', 'PT5S'], '@q': ['int', '5'] });
    expect(values.slice(0, 2)).toEqual([
      'i:type="d6p1:duration" xmlns:d6p1="http://schemas.microsoft.com/2003/10/Serialization/">PT5S',
      'i:type="d6p1:int" xmlns:d6p1="http://www.w3.org/2001/XMLSchema">5',
    ]);
  });

  it('a time without an offset is UTC', async () => {
    await put('time', { '@p': ['dateTime', '2026-01-02T00:00:00'] });
    const listed = cloud.broker.listRules('events/subscriptions/all');
    const filter = listed.ok ? listed.rules.find(({ rule }) => rule.name === 'time')?.rule.filter : undefined;
    expect(filter).toMatchObject({ parameters: { '@p': { type: 'timestamp', value: Date.UTC(2026, 0, 2) } } });
  });

  it.for([
    ['int', '2.5'],
    ['double', 'many'],
    ['decimal', '1E2'],
    ['duration', 'P'],
    ['dateTime', 'today'],
  ] as const)('%s %s is refused', async ([type, text]) => {
    const { status, text: refusal } = await put('refused', { '@p': [type, text] });
    expect([status, refusal]).toEqual([400, expect.stringContaining(` is no ${type}.`)]);
  });
});
