import { describe, expect, test } from 'vitest';
import { mergeTopologies, parseTopology, TopologyError } from '../../local/topology/index.ts';

const properties = {
  DeadLetteringOnMessageExpiration: false,
  DefaultMessageTimeToLive: 'PT1H',
  DuplicateDetectionHistoryTimeWindow: 'PT20S',
  ForwardDeadLetteredMessagesTo: '',
  ForwardTo: '',
  LockDuration: 'PT1M',
  MaxDeliveryCount: 3,
  RequiresDuplicateDetection: false,
  RequiresSession: false,
};

/** In the words of the file that the official Service Bus emulator is published with. */
function serviceBusConfig(queue: Record<string, unknown> = properties, rules: unknown[] = []) {
  return {
    UserConfig: {
      Namespaces: [
        {
          Name: 'sbemulatorns',
          Queues: [{ Name: 'queue.1', Properties: queue }],
          Topics: [
            {
              Name: 'topic.1',
              Properties: { RequiresDuplicateDetection: true },
              Subscriptions: [{ Name: 'subscription.1', Properties: { MaxDeliveryCount: 5 }, Rules: rules }],
            },
          ],
        },
      ],
      Logging: { Type: 'File' },
    },
  };
}

describe("the official emulators' Config.json", () => {
  test('a queue, a topic and a subscription keep what the file says of them', () => {
    const { serviceBus } = parseTopology(JSON.stringify(serviceBusConfig()), 'Config.json');

    expect(serviceBus.queues[0]).toMatchObject({
      name: 'queue.1',
      lockDurationMs: 60_000,
      maxDeliveryCount: 3,
      defaultMessageTimeToLiveMs: 3_600_000,
      duplicateDetectionHistoryTimeWindowMs: 20_000,
      forwardTo: undefined,
    });
    expect(serviceBus.topics[0]).toMatchObject({ name: 'topic.1', requiresDuplicateDetection: true });
    expect(serviceBus.topics[0]?.subscriptions[0]).toMatchObject({ name: 'subscription.1', maxDeliveryCount: 5 });
  });

  test("what the file leaves out has the emulator's defaults, not Azure's", () => {
    const { serviceBus } = parseTopology(JSON.stringify(serviceBusConfig({})), 'Config.json');

    expect(serviceBus.queues[0]).toMatchObject({ maxDeliveryCount: 3, defaultMessageTimeToLiveMs: 3_600_000 });
  });

  test('SQL and correlation rules; names of application properties keep their letters', () => {
    const rules = [
      {
        Name: 'sql',
        Properties: {
          FilterType: 'Sql',
          SqlFilter: { SqlExpression: "sys.MessageId = '1'" },
          Action: { SqlExpression: "SET sys.To = 'Entity'" },
        },
      },
      {
        Name: 'correlation',
        Properties: { FilterType: 'Correlation', CorrelationFilter: { Label: 'x', Properties: { Prop1: 'value1' } } },
      },
    ];
    const { serviceBus } = parseTopology(JSON.stringify(serviceBusConfig(properties, rules)), 'Config.json');

    expect(serviceBus.topics[0]?.subscriptions[0]?.rules).toEqual([
      {
        name: 'sql',
        filter: { filterType: 'SqlFilter', sqlExpression: "sys.MessageId = '1'" },
        action: { sqlExpression: "SET sys.To = 'Entity'" },
      },
      {
        name: 'correlation',
        filter: { filterType: 'CorrelationFilter', label: 'x', properties: { Prop1: 'value1' } },
        action: undefined,
      },
    ]);
  });

  test('event hubs, with one hour of retention', () => {
    const config = {
      UserConfig: {
        NamespaceConfig: [
          {
            Type: 'EventHub',
            Name: 'emulatorNs1',
            Entities: [{ Name: 'eh1', PartitionCount: 2, ConsumerGroups: [{ Name: 'cg1' }] }],
          },
        ],
        LoggingConfig: { Type: 'File' },
      },
    };

    expect(parseTopology(JSON.stringify(config), 'Config.json').eventHubs.hubs).toMatchObject([
      { name: 'eh1', partitionCount: 2, consumerGroups: ['$Default', 'cg1'], retentionMs: 3_600_000 },
    ]);
  });

  test("errors speak the file's own words and paths", () => {
    const config = serviceBusConfig({ LockDuratoin: 'PT1M', MaxDeliveryCount: 'three', ForwardTo: 'topc.1' });

    expect(() => parseTopology(JSON.stringify(config, null, 1), 'Config.json')).toThrow(
      [
        'Config.json:10: UserConfig.Namespaces[0].Queues[0].Properties.LockDuratoin: unknown key "LockDuratoin"; did you mean "LockDuration"?',
        'Config.json:11: UserConfig.Namespaces[0].Queues[0].Properties.MaxDeliveryCount: is the string "three"; write a number',
        'Config.json:12: UserConfig.Namespaces[0].Queues[0].Properties.ForwardTo: there is no queue or topic "topc.1"; did you mean "topic.1"?',
      ].join('\n'),
    );
  });

  test('a file for Service Bus and one for Event Hubs become one cloud', () => {
    const hubs = {
      UserConfig: { NamespaceConfig: [{ Entities: [{ Name: 'eh1', PartitionCount: 1 }] }] },
    };
    const merged = mergeTopologies([
      { source: 'a.json', topology: parseTopology(JSON.stringify(serviceBusConfig()), 'a.json') },
      { source: 'b.json', topology: parseTopology(JSON.stringify(hubs), 'b.json') },
    ]);

    expect(merged?.serviceBus.queues.map((queue) => queue.name)).toEqual(['queue.1']);
    expect(merged?.eventHubs.hubs.map((hub) => hub.name)).toEqual(['eh1']);
  });

  test('an entity that two files declare is an error', () => {
    const part = (source: string) => ({ source, topology: parseTopology(JSON.stringify(serviceBusConfig()), source) });

    expect(() => mergeTopologies([part('a.json'), part('b.json')])).toThrow(TopologyError);
    expect(() => mergeTopologies([part('a.json'), part('b.json')])).toThrow(
      /b\.json: the queue "queue\.1": stands in a\.json too/,
    );
  });

  test('numbers and flags in quotation marks, and $default, are read as the emulators read them', () => {
    const config = {
      UserConfig: {
        ...serviceBusConfig({ MaxDeliveryCount: '7', RequiresSession: 'true' }).UserConfig,
        NamespaceConfig: [
          {
            Type: 'EventHub',
            Name: 'emulatorNs1',
            Entities: [{ Name: 'eh1', PartitionCount: '2', ConsumerGroups: [{ Name: '$default' }, { Name: 'cg1' }] }],
          },
        ],
      },
    };

    const { serviceBus, eventHubs } = parseTopology(JSON.stringify(config), 'Config.json');

    expect(serviceBus.queues[0]).toMatchObject({ maxDeliveryCount: 7, requiresSession: true });
    expect(eventHubs.hubs[0]).toMatchObject({ name: 'eh1', partitionCount: 2, consumerGroups: ['$Default', 'cg1'] });
  });
});
