/**
 * What an SDK's error says, in a line: without the ids and the time that every answer of a broker ends in, which would make each
 * attempt's error a new one. What was tried several times in vain comes as one error without words of its own: its last then.
 */
export function problemText(error: Error): string {
  const last: unknown = error instanceof AggregateError ? error.errors.at(-1) : undefined;
  if (last instanceof Error) return problemText(last);
  return error.message.split('\n')[0]!.replace(/\s*TrackingId:.*$/, '');
}
