/** What an Event Hubs address names. Hub names may hold slashes; the keywords are in any letter case. */
export type EventHubsAddress =
  | { readonly kind: 'hub'; readonly hub: string }
  | { readonly kind: 'partition'; readonly hub: string; readonly partitionId: string }
  | { readonly kind: 'publisher'; readonly hub: string; readonly publisher: string }
  | {
      readonly kind: 'consumer-group-partition';
      readonly hub: string;
      readonly consumerGroup: string;
      readonly partitionId: string;
    }
  | { readonly kind: 'management'; readonly hub: string | undefined };

const CONSUMER = /^(.+)\/consumergroups\/([^/]+)\/partitions\/([^/]*)$/i;
const PARTITION = /^(.+)\/partitions\/([^/]*)$/i;
const PUBLISHER = /^(.+)\/publishers\/([^/]+)$/i;
const MANAGEMENT = /^(?:(.+)\/)?\$management$/i;

/** @param address without a leading slash, percent-decoded */
export function parseAddress(address: string): EventHubsAddress {
  const consumer = CONSUMER.exec(address);
  if (consumer)
    return {
      kind: 'consumer-group-partition',
      hub: consumer[1]!,
      consumerGroup: consumer[2]!,
      partitionId: consumer[3]!,
    };
  const partition = PARTITION.exec(address);
  if (partition) return { kind: 'partition', hub: partition[1]!, partitionId: partition[2]! };
  const publisher = PUBLISHER.exec(address);
  if (publisher) return { kind: 'publisher', hub: publisher[1]!, publisher: publisher[2]! };
  const management = MANAGEMENT.exec(address);
  if (management) return { kind: 'management', hub: management[1] };
  return { kind: 'hub', hub: address };
}
