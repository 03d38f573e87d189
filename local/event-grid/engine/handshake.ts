import type { Clock, Instant, TimerId } from '../../clock/clock.ts';
import type { ValidationAnswer } from './api.ts';
import { retryWaitMs } from './retry.ts';

/** How long a validation code may be confirmed by opening its URL. */
export const CODE_LIFETIME_MS = 10 * 60 * 1000;
/** A webhook of a laptop may be started, or mended, at any moment: it is asked this often. The cloud would give up. */
const LONGEST_WAIT_MS = 60 * 1000;

/**
 * Asks a webhook for its consent until it has it (webhook-event-delivery, "Endpoint validation"): a public endpoint must
 * prove that it wants the events before it gets any.
 */
export class Handshake {
  private readonly clock: Clock;
  private readonly options: {
    readonly newId: () => string;
    readonly random: () => number;
    readonly ask: (code: string) => Promise<ValidationAnswer>;
    readonly onState: (state: 'validated' | 'pending', detail: string) => void;
  };
  private readonly codes = new Map<string, Instant>();
  private attempts = 0;
  private timer: TimerId | undefined;
  private isOver = false;

  constructor(clock: Clock, options: Handshake['options']) {
    this.clock = clock;
    this.options = options;
  }

  start(): void {
    if (this.isOver) return;
    const now = this.clock.now();
    for (const [code, madeAt] of this.codes) if (now - madeAt > CODE_LIFETIME_MS) this.codes.delete(code);
    const code = this.options.newId().toUpperCase();
    this.codes.set(code, now);
    this.attempts += 1;
    this.options.ask(code).then(
      (answer) => this.answered(answer),
      (error: unknown) => this.answered({ kind: 'refused', detail: String(error) }),
    );
  }

  confirm(code: string): boolean {
    const madeAt = this.codes.get(code.toUpperCase());
    if (madeAt === undefined || this.clock.now() - madeAt > CODE_LIFETIME_MS) return false;
    this.finish('confirmed by its validation URL');
    return true;
  }

  close(): void {
    this.isOver = true;
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
  }

  private answered(answer: ValidationAnswer): void {
    if (this.isOver) return;
    if (answer.kind === 'accepted') {
      this.finish('the endpoint answered the handshake');
      return;
    }
    this.options.onState('pending', answer.detail);
    const wait = Math.min(retryWaitMs(this.attempts, 0, this.options.random()), LONGEST_WAIT_MS);
    this.timer = this.clock.setTimer(this.clock.now() + wait, () => this.start());
  }

  private finish(detail: string): void {
    if (this.isOver) return;
    this.close();
    this.options.onState('validated', detail);
  }
}
