/** What an archive's name is made of. All tokens occur in a format, in any order (page "Capture event streams"). */
export interface ArchiveNameParts {
  readonly namespaceName: string;
  readonly hub: string;
  readonly partition: number;
  /** Start of the window, in milliseconds since the epoch; the name tells UTC to the second. */
  readonly startedAt: number;
}

/** @param format such as `{Namespace}/{EventHub}/{PartitionId}/{Year}/{Month}/{Day}/{Hour}/{Minute}/{Second}` */
export function toArchiveName(format: string, parts: ArchiveNameParts): string {
  const time = new Date(parts.startedAt).toISOString();
  const values: Readonly<Record<string, string>> = {
    namespace: parts.namespaceName,
    eventhub: parts.hub,
    partitionid: String(parts.partition),
    year: time.slice(0, 4),
    month: time.slice(5, 7),
    day: time.slice(8, 10),
    hour: time.slice(11, 13),
    minute: time.slice(14, 16),
    second: time.slice(17, 19),
  };
  const name = format.replace(/\{(\w+)\}/g, (token, key: string) => values[key.toLowerCase()] ?? token);
  return `${name}.avro`;
}
