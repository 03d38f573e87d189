/**
 * What became of a message. Handlers return it; the trigger's adapter turns it into what the service understands.
 * `done`: settled. `retry`: nothing is wrong with the message, try it again later. `dead-letter`: trying again cannot help.
 */
export type Outcome =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'retry'; readonly reason: string }
  | { readonly outcome: 'dead-letter'; readonly reason: string; readonly description: string };

export const done: Outcome = { outcome: 'done' };

export function retryLater(reason: string): Outcome {
  return { outcome: 'retry', reason };
}

/** @param reason one word in Pascal case, as Service Bus's own reasons are; `description` is the sentence for people. */
export function deadLetter(reason: string, description: string): Outcome {
  return { outcome: 'dead-letter', reason, description };
}

/** Thrown to the Functions host, where failing is the only way to say "again" (or, after enough of it, "dead letter"). */
export class NotHandled extends Error {
  override readonly name = 'NotHandled';
  readonly outcome: Outcome;

  constructor(outcome: Exclude<Outcome, { outcome: 'done' }>) {
    super(outcome.outcome === 'retry' ? outcome.reason : `${outcome.reason}: ${outcome.description}`);
    this.outcome = outcome;
  }
}

/** For triggers whose service has no other word than success and failure. */
export function settleByFailing(outcome: Outcome): void {
  if (outcome.outcome !== 'done') throw new NotHandled(outcome);
}
