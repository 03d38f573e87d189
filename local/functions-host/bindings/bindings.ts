import { randomUUID } from 'node:crypto';
import type { Clock } from '../../clock/index.ts';
import type { Clients } from '../clients.ts';
import { credentialOf, findConnection, sectionValue } from '../connection.ts';
import { resolveBindingData, resolveSettingsIn } from '../engine/binding-expression.ts';
import type { HostJson } from '../host-json.ts';
import type { BindingValues } from '../invoker.ts';
import type { QueueSignals } from '../queue-signals.ts';
import type { Binding } from '../rpc.ts';
import { connectionName } from '../settings.ts';
import { type FunctionInfo, FunctionsHostError } from '../types.ts';
import { inputBindings } from './inputs.ts';
import { outputBindings } from './outputs.ts';

export interface BindingServices {
  readonly clients: Clients;
  readonly hostJson: HostJson;
  readonly queueSignals: QueueSignals;
  connection(binding: Binding, kind: 'storage' | 'serviceBus' | 'eventHubs'): string;
  /** Where an Event Grid output publishes, and what proves that it may. */
  eventGridTopic(binding: Binding): Promise<{ endpoint: string; headers: Record<string, string> }>;
}

interface BindingsOptions {
  readonly clients: Clients;
  readonly hostJson: HostJson;
  readonly queueSignals: QueueSignals;
  readonly clock: Clock;
  readonly appFolder: string;
  settings(): Readonly<Record<string, string>>;
}

/** Input and output bindings of functions, over the SDKs. */
export function createBindings(options: BindingsOptions): BindingValues {
  const { clients, hostJson, queueSignals, clock, appFolder } = options;
  const setting = (name: string) => options.settings()[name];
  const services: BindingServices = {
    clients,
    hostJson,
    queueSignals,
    connection: (binding, kind) => resolveSettingsIn(connectionName(binding.connection, kind), setting),
    eventGridTopic: (binding) => eventGridTopic(binding, options.settings(), appFolder),
  };
  const resolver = (bindingData: Readonly<Record<string, unknown>>) => (text: string) =>
    resolveBindingData(resolveSettingsIn(text, setting), { bindingData, now: clock.now(), newId: randomUUID });

  async function readAll(inputs: readonly Binding[], resolve: (text: string) => string) {
    const values = await Promise.all(
      inputs.map(async (binding) => ({
        name: binding.name,
        data: await inputBindings[binding.type.toLowerCase()]!(services, binding, resolve),
      })),
    );
    return values.flatMap(({ name, data }) => (data === undefined ? [] : [{ name, data }]));
  }

  return {
    readInputs(info, bindingData) {
      const inputs = Object.values(info.bindings).filter(
        (binding) => binding.direction === 'in' && binding !== info.trigger,
      );
      return inputs.length === 0 ? undefined : readAll(inputs, resolver(bindingData));
    },
    writeOutput: (binding, data, bindingData, traceParent) =>
      outputBindings[binding.type.toLowerCase()]!(services, binding, data, resolver(bindingData), traceParent),
  };
}

/** The bindings of a function that this host does not have. */
export function missingBindings(info: FunctionInfo): string[] {
  return Object.values(info.bindings).flatMap((binding) => {
    const type = binding.type.toLowerCase();
    if (binding === info.trigger || type === 'http') return [];
    const known = binding.direction === 'in' ? inputBindings : outputBindings;
    if (type in known) return [];
    return [`the ${binding.direction}put binding "${binding.type}"`];
  });
}

async function eventGridTopic(
  binding: Binding,
  settings: Readonly<Record<string, string>>,
  appFolder: string,
): Promise<{ endpoint: string; headers: Record<string, string> }> {
  const { topicEndpointUri, topicKeySetting, connection } = binding;
  if (typeof topicEndpointUri === 'string' && typeof topicKeySetting === 'string') {
    const endpoint = settings[topicEndpointUri];
    const key = settings[topicKeySetting];
    if (!endpoint || !key) {
      const missing = endpoint ? topicKeySetting : topicEndpointUri;
      throw new FunctionsHostError(`The Event Grid output "${binding.name}" needs the app setting ${missing}.`);
    }
    return { endpoint, headers: { 'aeg-sas-key': key } };
  }
  if (typeof connection !== 'string') {
    throw new FunctionsHostError(
      `The Event Grid output "${binding.name}" names neither a topic's URI nor a connection.`,
    );
  }
  const found = findConnection(connection, settings);
  if (found.kind === 'string') {
    throw new FunctionsHostError(
      `"${connection}" must be an identity-based connection: set ${connection}__topicEndpointUri.`,
    );
  }
  const endpoint = sectionValue(connection, found.section, 'topicEndpointUri');
  if (found.section.topicKey) return { endpoint, headers: { 'aeg-sas-key': found.section.topicKey } };
  const credential = await credentialOf(found.section, appFolder);
  const token = await credential.getToken('https://eventgrid.azure.net/.default');
  return { endpoint, headers: { authorization: `Bearer ${token?.token ?? ''}` } };
}
