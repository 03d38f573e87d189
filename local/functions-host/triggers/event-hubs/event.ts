import type { PartitionContext, ReceivedEventData } from '@azure/event-hubs';

/** The body as the trigger hands it over: bytes of data sections, text of a value section. */
export function eventBody({ body }: ReceivedEventData): Uint8Array | string {
  const content: unknown = body;
  if (content instanceof Uint8Array || typeof content === 'string') return content;
  if (content === undefined || content === null) return '';
  return JSON.stringify(content);
}

function valuesOf(event: ReceivedEventData): Record<string, unknown> {
  const enqueuedAt = event.enqueuedTimeUtc.toISOString();
  const own = {
    SequenceNumber: event.sequenceNumber,
    Offset: event.offset,
    PartitionKey: event.partitionKey ?? null,
    EnqueuedTimeUtc: enqueuedAt,
  };
  return { ...own, Properties: event.properties ?? {}, SystemProperties: { ...event.systemProperties, ...own } };
}

function partitionValues(context: PartitionContext): Record<string, unknown> {
  return {
    PartitionContext: {
      FullyQualifiedNamespace: context.fullyQualifiedNamespace,
      EventHubName: context.eventHubName,
      ConsumerGroup: context.consumerGroup,
      PartitionId: context.partitionId,
    },
  };
}

/** The trigger's metadata in the extension's (.NET) words; the library lowers the first letter. */
export function eventMetadata(event: ReceivedEventData, context: PartitionContext): Record<string, unknown> {
  return { ...partitionValues(context), ...valuesOf(event) };
}

/** For a batch: every value of an event with the suffix `Array`. */
export function batchMetadata(
  events: readonly ReceivedEventData[],
  context: PartitionContext,
): Record<string, unknown> {
  const each = events.map(valuesOf);
  const names = Object.keys(each[0] ?? {});
  const arrays = names.map((name) => [`${name}Array`, each.map((values) => values[name])]);
  return { ...partitionValues(context), ...Object.fromEntries(arrays) };
}

export function traceParentOf({ properties }: ReceivedEventData): string | undefined {
  const found: unknown = properties?.['Diagnostic-Id'] ?? properties?.traceparent;
  return typeof found === 'string' ? found : undefined;
}
