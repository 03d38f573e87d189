import { outputItems } from '../engine/typed-data.ts';
import type { Binding, TypedData } from '../rpc.ts';
import { FunctionsHostError } from '../types.ts';
import type { BindingServices } from './bindings.ts';

export type WriteOutput = (
  services: BindingServices,
  binding: Binding,
  data: TypedData,
  resolve: (text: string) => string,
  /** W3C: of the invocation. */
  traceParent: string,
) => Promise<void>;

/** Every output binding there is here. Types of the library that are missing are refused when the app is loaded. */
export const outputBindings: Readonly<Record<string, WriteOutput>> = {
  queue: writeQueue,
  blob: writeBlob,
  servicebus: writeServiceBus,
  eventhub: writeEventHub,
  eventgrid: writeEventGrid,
  table: writeTable,
};

async function writeQueue(
  services: BindingServices,
  binding: Binding,
  data: TypedData,
  resolve: (text: string) => string,
): Promise<void> {
  const name = resolve(required(binding, 'queueName')).toLowerCase();
  const queue = (await services.clients.queues(services.connection(binding, 'storage'))).getQueueClient(name);
  const isBase64 = services.hostJson.extensions.queues.messageEncoding.toLowerCase() === 'base64';
  for (const item of outputItems(data)) {
    const text = isBase64
      ? Buffer.from(item as string).toString('base64')
      : Buffer.from(item as string).toString('utf8');
    await orCreate(
      () => queue.sendMessage(text),
      () => queue.createIfNotExists(),
    );
  }
  services.queueSignals.notify(name);
}

async function writeBlob(
  services: BindingServices,
  binding: Binding,
  data: TypedData,
  resolve: (text: string) => string,
): Promise<void> {
  const path = resolve(required(binding, 'path')).replace(/^\/+/, '');
  const slash = path.indexOf('/');
  if (slash <= 0) throw new FunctionsHostError(`The path "${path}" of a blob output names no blob: container/name.`);
  const client = await services.clients.blobs(services.connection(binding, 'storage'));
  const container = client.getContainerClient(path.slice(0, slash));
  const blob = container.getBlockBlobClient(path.slice(slash + 1));
  const content = data.bytes ?? Buffer.from(data.string ?? data.json ?? String(data.int ?? data.double ?? ''));
  await orCreate(
    () => blob.upload(content, content.byteLength),
    () => container.createIfNotExists(),
  );
}

/** What the SDKs write where they are traced (MessagingClientDiagnostics.InstrumentMessage): whom it wakes belongs to the same trace. */
const traced = (traceParent: string) => ({ 'Diagnostic-Id': traceParent });

async function writeServiceBus(
  services: BindingServices,
  binding: Binding,
  data: TypedData,
  resolve: (text: string) => string,
  traceParent: string,
): Promise<void> {
  const entity = resolve(String(binding.queueName ?? binding.topicName ?? ''));
  const sender = await services.clients.serviceBusSender(services.connection(binding, 'serviceBus'), entity);
  // Content types as the extension's converters set them (text/plain for strings, octet-stream for bytes).
  const contentType =
    data.json !== undefined ? 'application/json' : data.bytes ? 'application/octet-stream' : 'text/plain';
  const applicationProperties = traced(traceParent);
  const messages = outputItems(data).map((item) => ({
    body: Buffer.from(item as string),
    contentType,
    applicationProperties,
  }));
  if (messages.length === 1) return sender.sendMessages(messages[0]!);
  let batch = await sender.createMessageBatch();
  for (const message of messages) {
    if (batch.tryAddMessage(message)) continue;
    if (batch.count > 0) await sender.sendMessages(batch);
    batch = await sender.createMessageBatch();
    // One that does not fit an empty batch is sent by itself: the broker says what is wrong with it.
    if (!batch.tryAddMessage(message)) await sender.sendMessages(message);
  }
  if (batch.count > 0) await sender.sendMessages(batch);
}

async function writeEventHub(
  services: BindingServices,
  binding: Binding,
  data: TypedData,
  resolve: (text: string) => string,
  traceParent: string,
): Promise<void> {
  const hub = resolve(required(binding, 'eventHubName'));
  const producer = await services.clients.eventHubProducer(services.connection(binding, 'eventHubs'), hub);
  let batch = await producer.createBatch();
  for (const item of outputItems(data)) {
    const event = { body: Buffer.from(item as string), properties: traced(traceParent) };
    if (batch.tryAdd(event)) continue;
    if (batch.count > 0) await producer.sendBatch(batch);
    batch = await producer.createBatch();
    if (!batch.tryAdd(event))
      throw new Error(`An event of ${event.body.byteLength} bytes is larger than ${hub} takes.`);
  }
  if (batch.count > 0) await producer.sendBatch(batch);
}

async function writeEventGrid(services: BindingServices, binding: Binding, data: TypedData): Promise<void> {
  const { endpoint, headers } = await services.eventGridTopic(binding);
  const events = outputItems(data).map((item) => JSON.parse(Buffer.from(item as string).toString('utf8')) as object);
  if (events.length === 0) return;
  const isCloudEvents = events.every((event) => 'specversion' in event);
  const response = await fetch(withApiVersion(endpoint), {
    method: 'POST',
    headers: {
      'content-type': isCloudEvents
        ? 'application/cloudevents-batch+json; charset=utf-8'
        : 'application/json; charset=utf-8',
      ...headers,
    },
    body: JSON.stringify(events),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`Event Grid answered ${response.status} at ${endpoint}: ${answer}`);
}

function withApiVersion(endpoint: string): string {
  const url = new URL(endpoint);
  if (!url.searchParams.has('api-version')) url.searchParams.set('api-version', '2018-01-01');
  return url.href;
}

async function writeTable(
  services: BindingServices,
  binding: Binding,
  data: TypedData,
  resolve: (text: string) => string,
): Promise<void> {
  const table = await services.clients.table(
    services.connection(binding, 'storage'),
    resolve(required(binding, 'tableName')),
  );
  for (const item of outputItems(data)) {
    const given = JSON.parse(Buffer.from(item as string).toString('utf8')) as Record<string, unknown>;
    const { PartitionKey, RowKey, partitionKey, rowKey, ...properties } = given;
    const keyed = (own: unknown, option: unknown) => String(own ?? (typeof option === 'string' ? resolve(option) : ''));
    const entity = {
      ...properties,
      partitionKey: keyed(PartitionKey ?? partitionKey, binding.partitionKey),
      rowKey: keyed(RowKey ?? rowKey, binding.rowKey),
    };
    await orCreate(
      () => table.createEntity(entity),
      () => table.createTable(),
    );
  }
}

/** The extensions make a queue, container or table that is missing when they first write to it. */
async function orCreate(write: () => Promise<unknown>, create: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    await create();
    await write();
  }
}

export function required(binding: Binding, option: string): string {
  const value = binding[option];
  if (typeof value === 'string' && value !== '') return value;
  throw new FunctionsHostError(`The ${binding.type} binding "${binding.name}" has no ${option}.`);
}
