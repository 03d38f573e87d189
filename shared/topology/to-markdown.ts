import { consumptions, type Declaration, type Entity, entitiesOf } from './declaration.ts';
import type { EventDestination, EventFilter } from './event-grid.ts';
import type { MessageDefinition } from './message.ts';
import type { QueueDeclaration } from './service-bus.ts';

/** The declaration as `docs/topology.md`: one picture of who feeds whom, and a table a service. */
export function toMarkdown(declaration: Declaration): string {
  const sections = [
    '# The topology',
    'Generated from `shared/topology.ts` by `npm run generate`. Do not edit: a test compares.',
    picture(declaration),
    serviceBus(declaration),
    eventGrid(declaration),
    eventHubs(declaration),
    storage(declaration),
    functions(declaration),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function picture(declaration: Declaration): string {
  const lines: string[] = [];
  const node = (kind: string, name: string) => `${kind}_${name.replaceAll(/[^A-Za-z0-9]/g, '_')}`;
  const runs = (name: string) => `${node('function', name)}[[${name}]]`;
  for (const entity of Object.values(declaration)) {
    const id = node(entity.kind, entity.name);
    switch (entity.kind) {
      case 'serviceBusQueue':
        if (entity.consumer) lines.push(`${id}[(${entity.name})] --> ${runs(entity.consumer)}`);
        if (entity.drainedBy) lines.push(`${runs(entity.drainedBy)} -. drains .-> ${id}[(${entity.name})]`);
        break;
      case 'serviceBusTopic':
        for (const [name, { consumer }] of Object.entries(entity.subscriptions)) {
          if (consumer) lines.push(`${id}{{${entity.name}}} -- ${name} --> ${runs(consumer)}`);
        }
        break;
      case 'storageQueue':
        if (entity.consumer) lines.push(`${id}[(${entity.name})] --> ${runs(entity.consumer)}`);
        if (entity.poisonConsumer) lines.push(`${id}[(${entity.name})] -. poison .-> ${runs(entity.poisonConsumer)}`);
        break;
      case 'eventHub':
        for (const [group, { consumer }] of Object.entries(entity.consumerGroups)) {
          lines.push(`${id}[/${entity.name}/] -- ${group} --> ${runs(consumer)}`);
        }
        break;
      case 'customTopic':
      case 'systemTopic':
        for (const [name, { destination }] of Object.entries(entity.eventSubscriptions)) {
          const target =
            'function' in destination
              ? runs(destination.function)
              : `${node(destination.kind, destination.name)}[(${destination.name})]`;
          lines.push(`${id}{{${entity.name}}} -- ${name} --> ${target}`);
        }
        break;
      case 'httpEndpoint':
        lines.push(`${id}(["${entity.method} /api/${entity.route}"]) --> ${runs(entity.name)}`);
        break;
      case 'timer':
        lines.push(`${id}(((${entity.schedule}))) --> ${runs(entity.name)}`);
        break;
      case 'container':
      case 'table':
        break;
    }
  }
  return ['```mermaid', 'flowchart LR', ...lines.map((line) => `  ${line}`), '```'].join('\n');
}

function serviceBus(declaration: Declaration): string {
  const queues = entitiesOf(declaration, 'serviceBusQueue').map((queue) => [
    code(queue.name),
    messages(queue.message),
    reader(queue),
    queue.deadLettersTriagedBy ? code(queue.deadLettersTriagedBy) : '',
    policy(queue),
  ]);
  const subscriptions = entitiesOf(declaration, 'serviceBusTopic').flatMap((topic) =>
    Object.entries(topic.subscriptions).map(([name, subscription]) => [
      code(`${topic.name}/${name}`),
      messages(topic.message),
      reader(subscription),
      code(JSON.stringify(subscription.filter ?? 'every message')),
    ]),
  );
  return section('Service Bus', [
    grid(['queue', 'message', 'taken by', 'dead letters triaged by', 'policy'], queues),
    grid(['subscription', 'message', 'taken by', 'filter'], subscriptions),
  ]);
}

function eventGrid(declaration: Declaration): string {
  const topics = [...entitiesOf(declaration, 'customTopic'), ...entitiesOf(declaration, 'systemTopic')];
  const rows = topics.flatMap((topic) =>
    Object.entries(topic.eventSubscriptions).map(([name, { destination, filter, deadLetter }]) => [
      code(topic.name),
      code(name),
      filterText(filter),
      destinationText(destination),
      deadLetter ? code(deadLetter.name) : 'dropped',
    ]),
  );
  return section('Event Grid', [grid(['topic', 'subscription', 'lets through', 'to', 'undeliverable'], rows)]);
}

function eventHubs(declaration: Declaration): string {
  const rows = entitiesOf(declaration, 'eventHub').flatMap((hub) =>
    Object.entries(hub.consumerGroups).map(([group, { consumer }]) => [
      code(hub.name),
      `${hub.partitionCount}`,
      messages(hub.message),
      code(group),
      code(consumer),
    ]),
  );
  return section('Event Hubs', [grid(['hub', 'partitions', 'event', 'consumer group', 'read by'], rows)]);
}

function storage(declaration: Declaration): string {
  const queues = entitiesOf(declaration, 'storageQueue').map((queue) => [
    code(queue.name),
    messages(queue.message),
    reader(queue),
    queue.poisonConsumer ? code(queue.poisonConsumer) : '',
  ]);
  const places = [...entitiesOf(declaration, 'container'), ...entitiesOf(declaration, 'table')].map((place) => [
    place.kind,
    code(place.name),
    place.holds,
  ]);
  return section('Storage', [
    grid(['queue', 'message', 'taken by', 'poison queue taken by'], queues),
    grid(['kind', 'name', 'holds'], places),
  ]);
}

function functions(declaration: Declaration): string {
  const rows = consumptions(declaration)
    .toSorted((a, b) => a.function.localeCompare(b.function, 'en'))
    .map((consumption) => [code(consumption.function), consumption.by, code(consumption.of)]);
  return section('Functions', [grid(['function', 'trigger', 'woken by'], rows)]);
}

function filterText(filter: EventFilter | undefined): string {
  if (!filter) return 'everything';
  const parts = [
    ...(filter.includedEventTypes ? [filter.includedEventTypes.map(code).join(' or ')] : []),
    ...(filter.subjectBeginsWith ? [`subject begins with ${code(filter.subjectBeginsWith)}`] : []),
    ...(filter.subjectEndsWith ? [`subject ends with ${code(filter.subjectEndsWith)}`] : []),
    ...(filter.advancedFilters ?? []).map(({ operatorType, key, ...value }) =>
      code(`${key} ${operatorType} ${JSON.stringify(Object.values(value)[0] ?? '')}`),
    ),
  ];
  return parts.join(', ');
}

function destinationText(destination: EventDestination): string {
  return 'function' in destination
    ? `function ${code(destination.function)}`
    : `${kindNames[destination.kind]} ${code(destination.name)}`;
}

const kindNames: Record<Exclude<EventDestination, { function: string }>['kind'] & Entity['kind'], string> = {
  serviceBusQueue: 'Service Bus queue',
  serviceBusTopic: 'Service Bus topic',
  storageQueue: 'Storage queue',
  eventHub: 'event hub',
};

function reader(of: { consumer?: string; drainedBy?: string; keptFor?: string }): string {
  if (of.consumer) return code(of.consumer);
  return of.drainedBy ? `${code(of.drainedBy)}, woken by Event Grid` : (of.keptFor ?? '');
}

function policy(queue: QueueDeclaration): string {
  const { name, message, format, consumer, drainedBy, keptFor, deadLettersTriagedBy, ...arm } = queue;
  return Object.entries(arm)
    .filter(([key]) => key !== 'kind')
    .map(([key, value]) => `${key} ${String(value)}`)
    .join(', ');
}

function messages(message: MessageDefinition | readonly MessageDefinition[]): string {
  return [message]
    .flat()
    .map(({ type }) => code(type))
    .join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Columns are padded, as the formatter would do it. */
function grid(head: string[], rows: string[][]): string {
  if (rows.length === 0) return '';
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, column) => Math.max(3, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [title = [], ...body] = cells;
  return [line(title), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

function section(title: string, grids: string[]): string {
  const filled = grids.filter((text) => text !== '');
  return filled.length === 0 ? '' : [`## ${title}`, ...filled].join('\n\n');
}
