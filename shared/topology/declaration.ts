import type { CustomTopic, SystemTopic } from './event-grid.ts';
import type { Hub } from './event-hubs.ts';
import type { Endpoint } from './http.ts';
import type { Queue, Topic } from './service-bus.ts';
import type { Container, StorageQueue, Table } from './storage.ts';
import type { Timer } from './timer.ts';

/** Anything that the declaration can hold. */
export type Entity =
  | Queue
  | Topic
  | Container
  | StorageQueue
  | Table
  | Hub
  | CustomTopic
  | SystemTopic
  | Endpoint
  | Timer;

/** The declaration: entities by the name that the code knows them by. */
export type Declaration = Readonly<Record<string, Entity>>;

/** All entities of one kind, in the order of the declaration. */
export function entitiesOf<Kind extends Entity['kind']>(
  declaration: Declaration,
  kind: Kind,
): Extract<Entity, { kind: Kind }>[] {
  return Object.values(declaration).filter((entity): entity is Extract<Entity, { kind: Kind }> => entity.kind === kind);
}

/** One function's part in the declaration: what wakes it. */
export interface Consumption {
  readonly function: string;
  readonly of: string;
  readonly by:
    | 'serviceBusTrigger'
    | 'queueTrigger'
    | 'eventHubTrigger'
    | 'eventGridTrigger'
    | 'httpTrigger'
    | 'timerTrigger';
}

/** Who consumes what, over the whole declaration. A function may stand here more than once. */
export function consumptions(declaration: Declaration): Consumption[] {
  const found: Consumption[] = [];
  for (const entity of Object.values(declaration)) {
    switch (entity.kind) {
      case 'serviceBusQueue':
        if (entity.consumer) found.push({ function: entity.consumer, of: entity.name, by: 'serviceBusTrigger' });
        break;
      case 'serviceBusTopic':
        for (const [name, { consumer }] of Object.entries(entity.subscriptions)) {
          if (consumer) found.push({ function: consumer, of: `${entity.name}/${name}`, by: 'serviceBusTrigger' });
        }
        break;
      case 'storageQueue':
        if (entity.consumer) found.push({ function: entity.consumer, of: entity.name, by: 'queueTrigger' });
        if (entity.poisonConsumer) {
          found.push({ function: entity.poisonConsumer, of: `${entity.name}-poison`, by: 'queueTrigger' });
        }
        break;
      case 'eventHub':
        for (const [group, { consumer }] of Object.entries(entity.consumerGroups)) {
          found.push({ function: consumer, of: `${entity.name}/${group}`, by: 'eventHubTrigger' });
        }
        break;
      case 'customTopic':
      case 'systemTopic':
        for (const [name, { destination }] of Object.entries(entity.eventSubscriptions)) {
          if ('function' in destination) {
            found.push({ function: destination.function, of: `${entity.name}/${name}`, by: 'eventGridTrigger' });
          }
        }
        break;
      case 'httpEndpoint':
        found.push({ function: entity.name, of: `${entity.method} /api/${entity.route}`, by: 'httpTrigger' });
        break;
      case 'timer':
        found.push({ function: entity.name, of: entity.schedule, by: 'timerTrigger' });
        break;
      case 'container':
      case 'table':
        break;
    }
  }
  return found;
}
