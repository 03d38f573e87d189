import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Consumption, consumptions, type Declaration, entitiesOf } from '../../shared/topology/declaration.ts';
import { topology } from '../../shared/topology.ts';
import { type Registration, registrations } from '../support/app/registrations.ts';
import { root, sourceFiles } from './source-files.ts';

/** One function and what wakes it, in the same words from both sides. */
type Wire = Pick<Consumption, 'function' | 'of' | 'by'>;

let registered: Registration[];
beforeAll(async () => {
  registered = await registrations();
});

const text = (value: unknown) => String(value ?? '');

function sourceReadme(folder: string): string {
  const file = join(root, folder, 'README.md');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

/** What a registered trigger listens to. Event Grid's trigger names nothing: its subscriptions are declared, not coded. */
function wireOf({ name, trigger }: Registration): Wire[] {
  switch (trigger.type) {
    case 'serviceBusTrigger':
      return trigger.queueName
        ? [{ function: name, of: text(trigger.queueName), by: 'serviceBusTrigger' }]
        : [{ function: name, of: `${trigger.topicName}/${trigger.subscriptionName}`, by: 'serviceBusTrigger' }];
    case 'queueTrigger':
      return [{ function: name, of: text(trigger.queueName), by: 'queueTrigger' }];
    case 'eventHubTrigger':
      return [{ function: name, of: `${trigger.eventHubName}/${trigger.consumerGroup}`, by: 'eventHubTrigger' }];
    case 'httpTrigger':
      return [
        { function: name, of: `${(trigger.methods as string[]).join(' ')} /api/${trigger.route}`, by: 'httpTrigger' },
      ];
    case 'timerTrigger':
      return [{ function: name, of: text(trigger.schedule), by: 'timerTrigger' }];
    default:
      return [];
  }
}

const inWords = ({ function: name, of, by }: Wire) => `${name} <- ${by} ${of}`;

describe('the declaration and the functions', () => {
  it('every consumer is a function that listens to just that, and every function consumes what was declared', () => {
    const declared = consumptions(topology as Declaration).filter(({ by }) => by !== 'eventGridTrigger');
    expect(registered.flatMap(wireOf).map(inWords).toSorted()).toEqual(declared.map(inWords).toSorted());
  });

  it('every Event Grid subscription to a function names one with that trigger, and the reverse', () => {
    const declared = consumptions(topology as Declaration).filter(({ by }) => by === 'eventGridTrigger');
    const triggered = registered.filter(({ trigger }) => trigger.type === 'eventGridTrigger').map(({ name }) => name);
    expect(triggered.toSorted()).toEqual([...new Set(declared.map((one) => one.function))].toSorted());
  });

  it('every function that drains or triages is one that Event Grid wakes, and no trigger listens to what it drains', () => {
    const queues = entitiesOf(topology as Declaration, 'serviceBusQueue');
    const woken = new Set(
      registered.filter(({ trigger }) => trigger.type === 'eventGridTrigger').map(({ name }) => name),
    );
    const named = queues.flatMap(({ drainedBy, deadLettersTriagedBy }) => [drainedBy, deadLettersTriagedBy]);
    expect(named.filter((name) => name !== undefined && !woken.has(name))).toEqual([]);
    const drained = new Set(queues.filter(({ drainedBy }) => drainedBy).map(({ name }) => name));
    expect(registered.filter(({ trigger }) => drained.has(text(trigger.queueName)))).toEqual([]);
  });

  it('no session queue is a destination of Event Grid (it does not deliver to sessions)', () => {
    const topics = [
      ...entitiesOf(topology as Declaration, 'customTopic'),
      ...entitiesOf(topology as Declaration, 'systemTopic'),
    ];
    const refused = topics
      .flatMap(({ eventSubscriptions }) => Object.values(eventSubscriptions))
      .filter(({ destination }) => 'requiresSession' in destination && destination.requiresSession);
    expect(refused).toEqual([]);
  });

  it('a queue that Event Grid fills expects CloudEvents, and no other does', () => {
    const filled = entitiesOf(topology as Declaration, 'customTopic')
      .flatMap(({ eventSubscriptions }) => Object.values(eventSubscriptions))
      .flatMap(({ destination }) => ('kind' in destination ? [destination.name] : []));
    const expecting = entitiesOf(topology as Declaration, 'serviceBusQueue').filter(
      ({ format }) => format === 'cloud-event',
    );
    expect(expecting.map(({ name }) => name).toSorted()).toEqual([...new Set(filled)].toSorted());
  });

  it('one name in every place: function, registration, handler, test', () => {
    const odd = registered.flatMap(({ name, file }) => {
      const flow = basename(dirname(file));
      const expected = [
        `functions/${flow}/${name}.function.ts`,
        `functions/${flow}/${name}.ts`,
        `tests/functions/${flow}/${name}.test.ts`,
      ];
      return expected.filter((path) => !existsSync(join(root, path))).map((path) => `${name}: there is no ${path}`);
    });
    expect(odd).toEqual([]);
  });

  it('every flow has a README that names its functions', () => {
    const flows = Map.groupBy(registered, ({ file }) => dirname(file));
    const missing = [...flows].flatMap(([folder, its]) => {
      const readme = sourceReadme(folder);
      return its
        .filter(({ name }) => !readme.includes(`\`${name}\``))
        .map(({ name }) => `${folder}/README.md: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  it('loading the app loads no SDK: they come with the first call that needs them', () => {
    const eager = sourceFiles('functions', 'shared').flatMap(({ path, imports, text: source }) =>
      imports
        .filter(({ target, isTypeOnly }) => heavy.has(target) && !isTypeOnly && !source.includes(`import('${target}')`))
        .map(({ target }) => `${path} imports ${target}`),
    );
    expect(eager).toEqual([]);
  });
});

const heavy = new Set([
  '@azure/data-tables',
  '@azure/event-hubs',
  '@azure/eventgrid',
  '@azure/identity',
  '@azure/service-bus',
  '@azure/storage-blob',
  '@azure/storage-queue',
  'nodemailer',
  'sharp',
]);
