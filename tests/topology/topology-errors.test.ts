import { describe, expect, test } from 'vitest';
import { parseTopology, TopologyError, type TopologyProblem } from '../../local/topology/index.ts';

function problemsOf(file: unknown): readonly TopologyProblem[] {
  const text = typeof file === 'string' ? file : JSON.stringify(file);
  try {
    parseTopology(text, 'topology.json');
  } catch (error) {
    if (error instanceof TopologyError) return error.problems;
    throw error;
  }
  return [];
}

const withQueues = (...queues: unknown[]) => ({ serviceBus: { queues } });
const withDestination = (destination: unknown, rest: Record<string, unknown> = {}) => ({
  ...rest,
  eventGrid: { topics: [{ name: 'ops', eventSubscriptions: [{ name: 'sub', destination }] }] },
});

describe('what is wrong with a topology', () => {
  test('all of it is said at once, with file, line, path and remedy', () => {
    const text = [
      '{',
      '  "serviceBus": {',
      '    "queues": [',
      '      { "name": "refunds", "lockDuratoin": "PT1M" },',
      '      { "name": "orders", "maxDeliveryCount": "5" },',
      '      { "name": "prints", "forwardTo": "order" }',
      '    ]',
      '  }',
      '}',
    ].join('\n');

    expect(() => parseTopology(text, 'infra/topology.json')).toThrow(
      [
        'infra/topology.json:4: serviceBus.queues[0].lockDuratoin: unknown key "lockDuratoin"; did you mean "lockDuration"?',
        'infra/topology.json:5: serviceBus.queues[1].maxDeliveryCount: is the string "5"; write a number',
        'infra/topology.json:6: serviceBus.queues[2].forwardTo: there is no queue or topic "order"; did you mean "orders"?',
      ].join('\n'),
    );
  });

  test.each([
    ['{"storage": {"queues": []}', 'line 1, column 27', "expected ',' or '}', found the end of the file"],
    ['{"a": tru}', 'line 1, column 7', "expected a value, found 'tru'"],
    ['{"a": 1, "a": 2}', 'line 1, column 13', 'the key "a" stands twice in one object'],
    ['', 'line 1, column 1', 'expected a value, found the end of the file'],
  ])('text that is no JSON: %s', (text, path, problem) => {
    expect(problemsOf(text)).toMatchObject([{ path, problem }]);
  });

  test.each([
    [withQueues({ name: 'a', lockDuration: 'PT6M' }), 'PT6M is too long', 'the longest is PT5M'],
    [withQueues({ name: 'a', lockDuration: 'PT1S' }), 'PT1S is too short', 'the shortest is PT5S'],
    [withQueues({ name: 'a', lockDuration: '60' }), '"60" is not an ISO 8601 duration', /PT30S/],
    [{ storage: { queues: [{ name: 'a' }] } }, /it has only 1 character$/, /3 to 63/],
    [withQueues({ name: 'a', lockDuration: 60 }), 'is 60', /string/],
    [withQueues({ name: 'a', autoDeleteOnIdle: 'PT1M' }), 'PT1M is too short', /PT5M/],
    [withQueues({ name: 'a', maxDeliveryCount: 0 }), 'is 0', 'it must be at least 1'],
    [withQueues({}), 'is missing', /string/],
    [withQueues({ name: '-a' }), /not the name of a Service Bus queue or topic/, /letter or digit at both ends/],
    [withQueues({ name: 'a', status: 'Activ' }), '"Activ" is not known here', 'did you mean "Active"?'],
    [{ storage: { containers: [{ name: 'Photos' }] } }, /not a container name/, /lower-case/],
    [{ storage: { tables: [{ name: 'my-table' }] } }, /not a table name/, /letters and digits/],
    [{ storage: { queues: [{ name: 'a--b' }] } }, /not a Storage queue name/, /single hyphens/],
    [{ eventGrid: { topics: [{ name: 'op' }] } }, /only 2 characters/, /3 to 50/],
    [{ eventHubs: { hubs: [{ name: 'h', partitionCount: 33 }] } }, /more than the Standard tier/, /at most 32/],
    [{ servicebus: {} }, 'unknown key "servicebus"', 'did you mean "serviceBus"?'],
    [{ storage: [] }, 'is an array', 'write an object {…}'],
  ])('a value that its service refuses: %j', (file, problem, remedy) => {
    const problems = problemsOf(file);

    expect(problems).toHaveLength(1);
    expect(problems[0]?.problem).toMatch(problem);
    expect(problems[0]?.remedy).toMatch(remedy);
  });

  test.each([
    [withQueues({ name: 'a' }, { name: 'A' }), /"A" stands twice/],
    [{ serviceBus: { queues: [{ name: 'a' }], topics: [{ name: 'a' }] } }, /"a" stands twice/],
    [withQueues({ name: 'a', forwardTo: 'a' }), 'forwards to itself'],
    [withQueues({ name: 'a' }, { name: 'b', requiresSession: true, forwardTo: 'a' }), /sessions cannot forward/],
    [withDestination({ endpointType: 'ServiceBusQueue', name: 'q' }), 'there is no Service Bus queue "q"'],
    [withDestination({ endpointType: 'StorageQueue', name: 'q' }), 'there is no Storage queue "q"'],
    [withDestination({ endpointType: 'EventHub', name: 'h' }), 'there is no event hub "h"'],
    [
      withDestination(
        { endpointType: 'ServiceBusQueue', name: 'q' },
        withQueues({ name: 'q', requiresSession: true }) as Record<string, unknown>,
      ),
      /SessionQueueNotSupported/,
    ],
    [
      {
        storage: { containers: [{ name: 'captured' }] },
        eventHubs: { hubs: [{ name: 'h', captureDescription: { enabled: true, container: 'captures' } }] },
      },
      'there is no container "captures"',
    ],
    [{ serviceBus: { tier: 'Basic', queues: [{ name: 'a', requiresSession: true }] } }, /Basic tier has no sessions/],
    [
      {
        serviceBus: { tier: 'Standard' },
        eventGrid: { systemTopics: [{ name: 'idle', topicType: 'Microsoft.ServiceBus.Namespaces' }] },
      },
      /Standard Service Bus namespace raises no events/,
    ],
  ])('parts that do not fit together: %j', (file, problem) => {
    const problems = problemsOf(file);

    expect(problems).toHaveLength(1);
    expect(problems[0]?.problem).toMatch(problem);
  });

  test('a misspelt operator or destination is found inside its union', () => {
    const file = {
      eventGrid: {
        topics: [
          {
            name: 'ops',
            eventSubscriptions: [
              { name: 'one', destination: { endpointType: 'ServiceBusQeue', name: 'q' } },
              {
                name: 'two',
                destination: { endpointType: 'AzureFunction', nme: 'f' },
                filter: { advancedFilters: [{ operatorType: 'StringsIn', key: 'a', values: ['x'] }] },
              },
            ],
          },
        ],
      },
    };

    expect(problemsOf(file).map((each) => `${each.path}: ${each.problem}; ${each.remedy}`)).toEqual([
      'eventGrid.topics[0].eventSubscriptions[0].destination.endpointType: "ServiceBusQeue" is not known here; did you mean "ServiceBusQueue"?',
      'eventGrid.topics[0].eventSubscriptions[1].destination.name: is missing; add a string in double quotes',
      'eventGrid.topics[0].eventSubscriptions[1].destination.nme: unknown key "nme"; did you mean "name"?',
      'eventGrid.topics[0].eventSubscriptions[1].filter.advancedFilters[0].operatorType: "StringsIn" is not known here; did you mean "StringIn"?',
    ]);
  });

  test('an event type that the system topic never raises is refused', () => {
    const file = {
      eventGrid: {
        systemTopics: [
          {
            name: 'photos',
            topicType: 'Microsoft.Storage.StorageAccounts',
            eventSubscriptions: [
              {
                name: 'sub',
                destination: { endpointType: 'AzureFunction', name: 'f' },
                filter: { includedEventTypes: ['Microsoft.Storage.BlobCreate'] },
              },
            ],
          },
        ],
      },
    };

    expect(problemsOf(file)).toMatchObject([
      {
        path: 'eventGrid.systemTopics[0].eventSubscriptions[0].filter.includedEventTypes[0]',
        remedy: 'did you mean "Microsoft.Storage.BlobCreated"?',
      },
    ]);
  });
});
