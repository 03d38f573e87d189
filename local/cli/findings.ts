import type { FunctionInfo } from '../functions-host/index.ts';
import { type EventSubscriptionDefinition, emptyTopology, type Topology } from '../topology/index.ts';
import { didYouMean } from '../topology/problems.ts';

/** Something that would not work. */
export interface Finding {
  readonly place: string;
  readonly problem: string;
  readonly remedy: string;
}

type Binding = FunctionInfo['trigger'];

/**
 * Holds what the app binds to against what is declared.
 * @param topology undefined: what is declared could not be read, so nothing can be said of entities
 * @param settings as the app would see them
 */
export function findAppProblems(
  functions: readonly FunctionInfo[],
  topology: Topology | undefined,
  settings: Readonly<Record<string, string>>,
): Finding[] {
  const findings: Finding[] = [];
  const { serviceBus, eventHubs, eventGrid, storage } = topology ?? emptyTopology;

  /** An output makes the queue or container that it writes to, if it is missing; a trigger waits for it. */
  const written = (type: string, optionName: string): string[] =>
    functions
      .flatMap((info) => Object.values(info.bindings))
      .filter((binding) => binding.type.toLowerCase() === type && binding.direction === 'out')
      .flatMap((binding) => option(binding, optionName)?.split('/')[0] ?? []);

  type Report = (problem: string, remedy: string) => void;

  /** The value of an option with every `%SETTING%` in its place; `undefined`: not there, or a setting of it is not set. */
  function option(binding: Binding, name: string): string | undefined {
    const value = binding[name];
    if (typeof value !== 'string' || value === '') return undefined;
    if (missingSettings(value).length > 0) return undefined;
    return value.replace(/%([^%]+)%/g, (_, setting: string) => settings[setting] ?? '');
  }

  function missingSettings(value: string): string[] {
    return [...value.matchAll(/%([^%]+)%/g)].map((match) => match[1]!).filter((setting) => !settings[setting]);
  }

  function checkSettings(binding: Binding, report: Report): void {
    const missing = new Set(
      Object.values(binding).flatMap((value) => (typeof value === 'string' ? missingSettings(value) : [])),
    );
    for (const setting of missing)
      report(`the setting ${setting}, named by its ${binding.type}, is not set`, 'add it to local.settings.json');
    if (binding.type.toLowerCase() !== 'eventgrid') return;
    const { topicEndpointUri, topicKeySetting, connection } = binding;
    const needed = [
      ...(typeof topicEndpointUri === 'string' ? [topicEndpointUri] : []),
      // Not set, it is the key of a declared topic.
      ...(topology && typeof topicKeySetting === 'string' ? [topicKeySetting] : []),
      ...(typeof connection === 'string' ? [`${connection}__topicEndpointUri`] : []),
    ];
    for (const setting of needed)
      if (!settings[setting])
        report(`the setting ${setting}, named by its Event Grid output, is not set`, 'add it to local.settings.json');
  }

  function checkEntities(binding: Binding, report: Report): void {
    switch (binding.type.toLowerCase()) {
      case 'servicebustrigger':
        checkServiceBusTrigger(binding, report);
        return;
      case 'servicebus': {
        const name = option(binding, 'queueName') ?? option(binding, 'topicName');
        const names = [...serviceBus.queues, ...serviceBus.topics].map((each) => each.name);
        expectDeclared(name, names, 'Service Bus queue or topic', report);
        return;
      }
      case 'eventhubtrigger':
        checkEventHubTrigger(binding, report);
        return;
      case 'eventhub':
        expectDeclared(option(binding, 'eventHubName'), hubNames(), 'event hub', report);
        return;
      case 'queuetrigger': {
        const name = option(binding, 'queueName');
        // The host itself makes poison queues.
        const names = [...storage.queues, ...written('queue', 'queueName')].flatMap((queue) => [
          queue,
          `${queue}-poison`,
        ]);
        expectDeclared(name, names, 'Storage queue', report);
        return;
      }
      case 'blobtrigger':
        expectDeclared(
          option(binding, 'path')?.split('/')[0],
          [...storage.containers, ...written('blob', 'path')],
          'container',
          report,
        );
        return;
    }
  }

  function hubNames(): string[] {
    return eventHubs.hubs.map((hub) => hub.name);
  }

  function expectDeclared(name: string | undefined, names: readonly string[], what: string, report: Report): void {
    // A name made of binding expressions is known at run time only.
    if (name === undefined || name.includes('{')) return;
    if (names.some((each) => each.toLowerCase() === name.toLowerCase())) return;
    report(`there is no ${what} "${name}"`, didYouMean(name, names) ?? 'declare it in topology.json');
  }

  function checkServiceBusTrigger(binding: Binding, report: Report): void {
    const wantsSessions = binding.isSessionsEnabled === true;
    const compare = (what: string, entity: { readonly requiresSession: boolean }) => {
      if (entity.requiresSession && !wantsSessions)
        report(`${what} has sessions, and the trigger does not ask for them`, 'set isSessionsEnabled: true');
      if (!entity.requiresSession && wantsSessions)
        report(`${what} has no sessions, and the trigger asks for them`, 'set requiresSession: true in topology.json');
    };
    const same = (left: string, right: string) => left.toLowerCase() === right.toLowerCase();
    const queueName = option(binding, 'queueName');
    if (queueName !== undefined) {
      const [path] = queueName.split(/\/\$/);
      const queue = serviceBus.queues.find((each) => same(each.name, path!));
      if (!queue) {
        expectDeclared(
          path,
          serviceBus.queues.map((each) => each.name),
          'Service Bus queue',
          report,
        );
        return;
      }
      // A dead-letter queue never has sessions.
      if (path === queueName) compare(`the queue "${queue.name}"`, queue);
      return;
    }
    const topicName = option(binding, 'topicName');
    const subscriptionName = option(binding, 'subscriptionName');
    if (topicName === undefined) return;
    const topic = serviceBus.topics.find((each) => same(each.name, topicName));
    if (!topic) {
      expectDeclared(
        topicName,
        serviceBus.topics.map((each) => each.name),
        'Service Bus topic',
        report,
      );
      return;
    }
    const subscription = topic.subscriptions.find((each) => same(each.name, subscriptionName ?? ''));
    if (subscription) compare(`the subscription "${subscription.name}"`, subscription);
    else
      expectDeclared(
        subscriptionName,
        topic.subscriptions.map((each) => each.name),
        `subscription of "${topic.name}"`,
        report,
      );
  }

  function checkEventHubTrigger(binding: Binding, report: Report): void {
    const name = option(binding, 'eventHubName');
    const hub = eventHubs.hubs.find((each) => each.name.toLowerCase() === name?.toLowerCase());
    if (!hub) {
      expectDeclared(name, hubNames(), 'event hub', report);
      return;
    }
    expectDeclared(option(binding, 'consumerGroup'), hub.consumerGroups, `consumer group of "${hub.name}"`, report);
  }

  function checkEventSubscriptions(): void {
    const { topics, systemTopics } = eventGrid;
    const subscriptions = [...topics, ...systemTopics].flatMap((topic) =>
      topic.eventSubscriptions.map((subscription) => ({ topic: topic.name, subscription })),
    );
    const receivers = functions.filter(({ trigger }) => isEventGridReceiver(trigger));
    for (const { topic, subscription } of subscriptions) {
      const target = functionOf(subscription);
      if (target === undefined || receivers.some((each) => each.name.toLowerCase() === target.toLowerCase())) continue;
      const exists = functions.some((each) => each.name.toLowerCase() === target.toLowerCase());
      findings.push({
        place: `event subscription ${topic}/${subscription.name}`,
        problem: exists ? `the function "${target}" has no Event Grid trigger` : `there is no function "${target}"`,
        remedy:
          didYouMean(
            target,
            receivers.map((each) => each.name),
          ) ?? 'name a function with an Event Grid trigger',
      });
    }
    for (const { name } of receivers)
      if (!subscriptions.some(({ subscription }) => functionOf(subscription)?.toLowerCase() === name.toLowerCase()))
        findings.push({
          place: `function ${name}`,
          problem: 'no event subscription delivers to it',
          remedy: 'add one with "endpointType": "AzureFunction" to eventGrid in topology.json',
        });
  }

  for (const info of functions) {
    for (const binding of Object.values(info.bindings)) {
      const report = (problem: string, remedy: string) =>
        void findings.push({ place: `function ${info.name}`, problem, remedy });
      checkSettings(binding, report);
      if (topology) checkEntities(binding, report);
    }
  }
  if (topology) checkEventSubscriptions();
  return findings;
}

function functionOf(subscription: EventSubscriptionDefinition): string | undefined {
  return subscription.destination.endpointType === 'AzureFunction' ? subscription.destination.name : undefined;
}

function isEventGridReceiver(trigger: Binding): boolean {
  const type = trigger.type.toLowerCase();
  return (
    type === 'eventgridtrigger' || (type === 'blobtrigger' && String(trigger.source).toLowerCase() === 'eventgrid')
  );
}
