import type { AppFacts, Operation } from './app-facts.ts';
import { type Finding, lineWith, read } from './finding.ts';
import { allTopics, type TopologyFile } from './topology-file.ts';

interface Role {
  readonly principal: string;
  readonly service: string;
  readonly entity?: string;
  readonly role: string;
}

interface Need extends Role {
  readonly because: string;
}

const path = 'infra/roles.json';
const definitions = 'infra/modules/role-definitions.json';

/** The least role for each thing that the app does. */
const leastRole: Record<Operation['does'], Omit<Role, 'principal' | 'entity'> & { readonly perEntity: boolean }> = {
  send: { service: 'serviceBus', role: 'Azure Service Bus Data Sender', perEntity: true },
  receive: { service: 'serviceBus', role: 'Azure Service Bus Data Receiver', perEntity: true },
  enqueue: { service: 'storage', role: 'Storage Queue Data Contributor', perEntity: false },
  dequeue: { service: 'storage', role: 'Storage Queue Data Contributor', perEntity: false },
  publish: { service: 'eventGrid', role: 'EventGrid Data Sender', perEntity: true },
  stream: { service: 'eventHubs', role: 'Azure Event Hubs Data Sender', perEntity: true },
  'read stream': { service: 'eventHubs', role: 'Azure Event Hubs Data Receiver', perEntity: true },
  rows: { service: 'storage', role: 'Storage Table Data Contributor', perEntity: false },
  // The host's own wish: leases and keys (identity-based connections, "Storage Blob Data Owner").
  blobs: { service: 'storage', role: 'Storage Blob Data Owner', perEntity: false },
};

/** What Event Grid's identity needs for a destination. */
const toDestination: Readonly<Record<string, Omit<Role, 'principal' | 'entity'>>> = {
  ServiceBusQueue: { service: 'serviceBus', role: 'Azure Service Bus Data Sender' },
  ServiceBusTopic: { service: 'serviceBus', role: 'Azure Service Bus Data Sender' },
  EventHub: { service: 'eventHubs', role: 'Azure Event Hubs Data Sender' },
};

/** Every operation of the code has its role, and no identity has a role that nothing uses. */
export function roles(root: string, facts: AppFacts, topology: TopologyFile): Finding[] {
  const text = read(root, path);
  const given = (JSON.parse(text) as { assignments: Role[] }).assignments;
  const known = Object.keys(JSON.parse(read(root, definitions)) as object);
  const needed = needs(facts, topology);
  const missing = unique(needed)
    .filter((need) => !given.some((role) => isSame(role, need)))
    .map((need) => ({
      file: path,
      line: lineWith(text, '"assignments"'),
      problem: `The ${need.principal} identity lacks ${inWords(need)}, which ${need.because} needs.`,
      remedy: `Add { "principal": "${need.principal}", "service": "${need.service}", ${need.entity ? `"entity": "${need.entity}", ` : ''}"role": "${need.role}", "reason": "…" }.`,
    }));
  const idle = given
    .filter((role) => !needed.some((need) => isSame(role, need)))
    .map((role) => ({
      file: path,
      line: lineOfRole(text, given.indexOf(role)),
      problem: `The ${role.principal} identity has ${inWords(role)}, and nothing uses it.`,
      remedy: 'Remove it: what an identity cannot do, nobody can do with it.',
    }));
  const undefinedRoles = given
    .filter(({ role }) => !known.includes(role))
    .map((role) => ({
      file: path,
      line: lineOfRole(text, given.indexOf(role)),
      problem: `There is no ${role.role} in ${definitions}.`,
      remedy: 'Add the built-in role with its id.',
    }));
  const unusedDefinitions = known
    .filter(
      (name) =>
        name !== capture && !given.some(({ role }) => role === name) && !needed.some(({ role }) => role === name),
    )
    .map((name) => ({
      file: definitions,
      line: lineWith(read(root, definitions), `"${name}"`),
      problem: `Nobody gets ${name}.`,
      remedy: 'Remove it.',
    }));
  return [...missing, ...idle, ...undefinedRoles, ...unusedDefinitions];
}

/** Event Hubs' own identity gets it in event-hubs.bicep, where something is captured. */
const capture = 'Storage Blob Data Contributor';

function needs(facts: AppFacts, topology: TopologyFile): Need[] {
  const ofTheApp = facts.operations.map(({ does, entity, because }): Need => {
    const { perEntity, ...role } = leastRole[does];
    return { principal: 'app', ...role, because, ...(perEntity && { entity }) };
  });
  const telemetry: Need = {
    principal: 'app',
    service: 'monitoring',
    role: 'Monitoring Metrics Publisher',
    because: 'telemetry by identity',
  };
  const ofEventGrid = allTopics(topology).flatMap(({ eventSubscriptions }) =>
    eventSubscriptions.flatMap(({ name, destination, deadLetterDestination }): Need[] => {
      const because = `the subscription ${name}`;
      const role = toDestination[destination.endpointType];
      return [
        ...(role ? [{ principal: 'events', entity: destination.name, because, ...role }] : []),
        ...(deadLetterDestination
          ? [
              {
                principal: 'events',
                service: 'storage',
                entity: deadLetterDestination.container,
                role: capture,
                because,
              },
            ]
          : []),
      ];
    }),
  );
  return [...ofTheApp, telemetry, ...ofEventGrid];
}

const isSame = (a: Role, b: Role) =>
  a.principal === b.principal && a.service === b.service && a.role === b.role && a.entity === b.entity;

const inWords = ({ role, service, entity }: Role) => `"${role}" on ${entity ?? service}`;

function unique(needed: readonly Need[]): Need[] {
  return needed.filter((need, index) => needed.findIndex((other) => isSame(other, need)) === index);
}

/** Each assignment begins with its principal, so the n-th of these is the n-th assignment. */
function lineOfRole(text: string, index: number): number {
  const [...starts] = text.matchAll(/"principal":/g);
  return text.slice(0, starts[index]?.index ?? 0).split('\n').length;
}
