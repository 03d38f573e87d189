import type { ManagementRequest, ManagementResponse, Right } from '../../amqp/api.ts';
import { arrayOf, int, long, string, timestamp } from '../../amqp/codec/index.ts';
import type { EventHubsEngine } from '../engine/engine.ts';
import type { Hub } from '../engine/hub.ts';
import { type Place, type Refusal, type TrackingContext, toAmqpError } from './conditions.ts';

/** .NET's `DateTime.MinValue`, 0001-01-01T00:00:00Z: when the last event of a partition without one was enqueued. */
const NEVER_MS = -62_135_596_800_000;

/** Whoever may do anything with a hub may ask about it. */
const ANY_RIGHT: readonly Right[] = ['Listen', 'Send', 'Manage'];

/** The operation READ on `$management`: a hub's or a partition's runtime properties. */
export function manage(
  request: ManagementRequest,
  name: string,
  engine: EventHubsEngine,
  context: TrackingContext,
): ManagementResponse {
  const type = ask(request, 'type').toLowerCase();
  if (request.operation.toUpperCase() !== 'READ')
    return {
      statusCode: 501,
      statusDescription: `The operation '${request.operation}' is not implemented.`,
      errorCondition: 'amqp:not-implemented',
    };
  const hub = engine.hub(name);
  const fail = (statusCode: number, refusal: Refusal, place: Place): ManagementResponse => {
    const { condition, description } = toAmqpError(refusal, place, context);
    return { statusCode, statusDescription: description, errorCondition: condition };
  };
  if (!hub) return fail(404, { outcome: 'hub-not-found', hub: name }, { hub: name });
  const address = `${hub.name}/$management`;
  const token = ask(request, 'security_token');
  // A token that comes along is the one that counts, whatever was granted before (live test auth, key rotation).
  const isRefused = token !== '' && !request.connection.takeToken(address, token);
  if (isRefused || !ANY_RIGHT.some((right) => request.connection.isAuthorized(address, right)))
    return {
      statusCode: 401,
      statusDescription: `Unauthorized access to the runtime properties of '${hub.name}'. A claim is required.`,
      errorCondition: 'amqp:unauthorized-access',
    };
  switch (type) {
    case 'com.microsoft:eventhub':
      return { statusCode: 200, statusDescription: 'OK', body: toHubProperties(hub) };
    case 'com.microsoft:partition': {
      const partitionId = ask(request, 'partition');
      const body = toPartitionProperties(hub, partitionId);
      if (body) return { statusCode: 200, statusDescription: 'OK', body };
      const refusal = { outcome: 'partition-not-found', hub: hub.name, partitionId } as const;
      return fail(400, refusal, { hub: hub.name, partitionId });
    }
    default:
      return {
        statusCode: 400,
        statusDescription: `'${type}' is not a type whose properties can be read.`,
        errorCondition: 'com.microsoft:argument-error',
      };
  }
}

/** The hub that a request is about: the node's address is the same for all of them. */
export function hubOf(request: ManagementRequest): string {
  return ask(request, 'name') || request.entity;
}

function ask(request: ManagementRequest, name: string): string {
  const value = request.applicationProperties.get(name);
  return value === undefined || value === null ? '' : String(value);
}

function toHubProperties(hub: Hub) {
  return {
    name: string(hub.name),
    type: string('com.microsoft:eventhub'),
    created_at: timestamp(hub.createdAt),
    partition_count: int(hub.partitions.length),
    partition_ids: arrayOf(
      'string',
      hub.partitions.map((partition) => String(partition.index)),
    ),
    // One copy: not replicated. The Go client (azeventhubs v2) fails where it is missing.
    georeplication_factor: int(1),
  };
}

function toPartitionProperties(hub: Hub, partitionId: string) {
  const partition = hub.partition(partitionId);
  if (!partition) return undefined;
  const { last, beginSequenceNumber, isEmpty } = partition.log;
  return {
    name: string(hub.name),
    type: string('com.microsoft:partition'),
    partition: string(partitionId),
    begin_sequence_number: long(beginSequenceNumber),
    last_enqueued_sequence_number: long(last.sequenceNumber),
    last_enqueued_offset: string(String(last.offset)),
    last_enqueued_time_utc: timestamp(last.enqueuedAt ?? NEVER_MS),
    is_partition_empty: isEmpty,
  };
}
