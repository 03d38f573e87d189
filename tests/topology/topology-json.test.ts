import { describe, expect, test } from 'vitest';
import { parseTopology } from '../../local/topology/index.ts';

const MINUTE_MS = 60_000;

describe('topology.json', () => {
  test('an empty file declares nothing', () => {
    const topology = parseTopology('{}');

    expect(topology.storage).toEqual({ containers: [], queues: [], tables: [] });
    expect(topology.serviceBus.queues).toEqual([]);
    expect(topology.eventGrid.topics).toEqual([]);
  });

  test("a queue that says only its name gets Azure's defaults", () => {
    const [queue] = parseTopology('{"serviceBus":{"queues":[{"name":"refunds"}]}}').serviceBus.queues;

    expect(queue).toMatchObject({
      name: 'refunds',
      lockDurationMs: MINUTE_MS,
      maxDeliveryCount: 10,
      requiresSession: false,
      requiresDuplicateDetection: false,
      duplicateDetectionHistoryTimeWindowMs: 10 * MINUTE_MS,
      defaultMessageTimeToLiveMs: Number.POSITIVE_INFINITY,
      autoDeleteOnIdleMs: Number.POSITIVE_INFINITY,
      deadLetteringOnMessageExpiration: false,
      maxSizeInMegabytes: 1024,
      forwardTo: undefined,
      status: 'Active',
    });
  });

  test("durations become milliseconds, and ARM's longest one no limit", () => {
    const queue = {
      name: 'a',
      lockDuration: 'PT1M30S',
      defaultMessageTimeToLive: 'P14D',
      autoDeleteOnIdle: 'P10675199DT2H48M5.4775807S',
    };
    const [parsed] = parseTopology(JSON.stringify({ serviceBus: { queues: [queue] } })).serviceBus.queues;

    expect(parsed?.lockDurationMs).toBe(90_000);
    expect(parsed?.defaultMessageTimeToLiveMs).toBe(14 * 24 * 60 * MINUTE_MS);
    expect(parsed?.autoDeleteOnIdleMs).toBe(Number.POSITIVE_INFINITY);
  });

  test('a subscription without rules has the true filter', () => {
    const file = { serviceBus: { topics: [{ name: 't', subscriptions: [{ name: 's' }] }] } };
    const [topic] = parseTopology(JSON.stringify(file)).serviceBus.topics;

    expect(topic?.subscriptions[0]?.rules).toEqual([
      { name: '$Default', filter: { filterType: 'TrueFilter' }, action: undefined },
    ]);
  });

  test('rules keep their filter, its parameters and their action', () => {
    const rules = [
      {
        name: 'paid',
        filterType: 'SqlFilter',
        sqlFilter: { sqlExpression: 'amount > @least', parameters: { '@least': 5 } },
        action: { sqlExpression: "SET priority = 'high'" },
      },
      { name: 'mail', filterType: 'CorrelationFilter', correlationFilter: { label: 'x', properties: { n: 1 } } },
    ];
    const file = { serviceBus: { topics: [{ name: 't', subscriptions: [{ name: 's', rules }] }] } };
    const [topic] = parseTopology(JSON.stringify(file)).serviceBus.topics;

    expect(topic?.subscriptions[0]?.rules).toEqual([
      {
        name: 'paid',
        filter: { filterType: 'SqlFilter', sqlExpression: 'amount > @least', parameters: { '@least': 5 } },
        action: { sqlExpression: "SET priority = 'high'" },
      },
      {
        name: 'mail',
        filter: { filterType: 'CorrelationFilter', label: 'x', properties: { n: 1 } },
        action: undefined,
      },
    ]);
  });

  test('a hub has its default group, listed or not, and capture only when it is enabled', () => {
    const hubs = [
      { name: 'a', consumerGroups: [{ name: 'g' }] },
      { name: 'b', messageRetentionInDays: 7, captureDescription: { enabled: false, container: 'c-1' } },
      { name: 'c', captureDescription: { enabled: true, container: 'c-1', intervalInSeconds: 60 } },
    ];
    const file = { storage: { containers: [{ name: 'c-1' }] }, eventHubs: { hubs } };
    const [a, b, c] = parseTopology(JSON.stringify(file)).eventHubs.hubs;

    expect(a).toMatchObject({ partitionCount: 4, consumerGroups: ['$Default', 'g'], retentionMs: 24 * 60 * MINUTE_MS });
    expect(b).toMatchObject({ retentionMs: 7 * 24 * 60 * MINUTE_MS, captureDescription: undefined });
    expect(c?.captureDescription).toEqual({
      encoding: 'Avro',
      intervalMs: MINUTE_MS,
      sizeLimitInBytes: 314_572_800,
      skipEmptyArchives: false,
      container: 'c-1',
      archiveNameFormat: '{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}',
    });
  });

  test("an event subscription follows its topic's schema and gets Azure's retry policy", () => {
    const eventSubscriptions = [
      { name: 'to-hook', destination: { endpointType: 'WebHook', endpointUrl: 'http://127.0.0.1:3000/events' } },
      {
        name: 'to-function',
        destination: {
          endpointType: 'AzureFunction',
          name: 'f',
          deliveryAttributeMappings: [
            { name: 'x-kind', type: 'Dynamic', properties: { sourceField: 'data.kind' } },
            { name: 'x-key', type: 'Static', properties: { value: 'v', isSecret: true } },
          ],
        },
      },
    ];
    const file = { eventGrid: { topics: [{ name: 'ops', inputSchema: 'CloudEventSchemaV1_0', eventSubscriptions }] } };
    const [topic] = parseTopology(JSON.stringify(file)).eventGrid.topics;

    expect(topic?.eventSubscriptions[0]).toEqual({
      name: 'to-hook',
      destination: {
        endpointType: 'WebHook',
        endpointUrl: 'http://127.0.0.1:3000/events',
        maxEventsPerBatch: 1,
        preferredBatchSizeInKilobytes: 64,
      },
      filter: {
        includedEventTypes: undefined,
        subjectBeginsWith: '',
        subjectEndsWith: '',
        isSubjectCaseSensitive: false,
        enableAdvancedFilteringOnArrays: false,
        advancedFilters: [],
      },
      eventDeliverySchema: 'CloudEventSchemaV1_0',
      retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
      deadLetterDestination: undefined,
    });
    expect(topic?.eventSubscriptions[1]?.destination.deliveryAttributeMappings).toEqual([
      { name: 'x-kind', type: 'Dynamic', sourceField: 'data.kind' },
      { name: 'x-key', type: 'Static', value: 'v', isSecret: true },
    ]);
  });

  test('comments and trailing commas are no errors', () => {
    const text = '{\n  // the refunds\n  "serviceBus": { "queues": [{ "name": "refunds" }, /* no more */ ] },\n}';

    expect(parseTopology(text).serviceBus.queues).toHaveLength(1);
  });

  test('the containers of dead letters and captures are there, listed or not', () => {
    const file = {
      storage: { containers: [{ name: 'photos' }] },
      eventHubs: { hubs: [{ name: 'h', captureDescription: { enabled: true, container: 'h-capture' } }] },
    };

    const { storage } = parseTopology(JSON.stringify(file));

    expect(storage.containers).toEqual(['photos', 'h-capture']);
  });
});
