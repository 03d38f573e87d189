/** A row of a table. Values are what Table storage keeps: strings, finite numbers, booleans. */
export interface Row {
  readonly partitionKey: string;
  readonly rowKey: string;
  readonly [property: string]: string | number | boolean | undefined;
}

export type StoredRow<R extends Row = Row> = R & { readonly etag: string };

/**
 * One table, with optimistic concurrency. What a peer can cause is a value: somebody else was first (`exists`), somebody
 * changed the row in between (`changed`). Everything else is an error of the service.
 */
export interface Rows {
  read(partitionKey: string, rowKey: string): Promise<StoredRow | undefined>;
  /** All rows of a partition, by row key. */
  list(partitionKey: string): Promise<StoredRow[]>;
  insert(row: Row): Promise<{ readonly outcome: 'inserted'; readonly etag: string } | { readonly outcome: 'exists' }>;
  /** Replaces the row if it is still the one that `etag` was read from. */
  replace(
    row: Row,
    etag: string,
  ): Promise<{ readonly outcome: 'replaced'; readonly etag: string } | { readonly outcome: 'changed' }>;
  /** Writes the row whatever is there. */
  put(row: Row): Promise<void>;
}

/**
 * Any text as a key: `/ \ # ?` and control characters are forbidden in keys (understanding-the-table-service-data-model), and
 * so is, in practice, `%`. They become `~` and the bytes in hexadecimal.
 */
export function toKey(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9.@_ -]/gu, (character) =>
    [...Buffer.from(character)].map((byte) => `~${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}
