import type { Clock, TimerId } from '../../clock/index.ts';

/** Event Grid awaits an answer for 30 seconds (delivery-and-retry). */
export const ANSWER_WITHIN_MS = 30_000;

export type Answer =
  | { readonly kind: 'answered'; readonly status: number; readonly headers: Headers; readonly text: string }
  | {
      readonly kind: 'failed';
      readonly outcome: 'TimedOut' | 'SocketError' | 'ResolutionError';
      readonly detail: string;
    };

/** Sends requests with the service's time limit, and ends those that are under way when it is closed. */
export class Requester {
  private readonly clock: Clock;
  private readonly fetch: typeof fetch;
  private readonly underWay = new Set<AbortController>();
  private readonly timers = new Set<TimerId>();

  constructor(clock: Clock, fetchFunction: typeof fetch) {
    this.clock = clock;
    this.fetch = fetchFunction;
  }

  /** Never rejects. Redirects are not followed: a webhook must answer itself. */
  async send(url: string, init: { method: string; headers: Record<string, string>; body?: string }): Promise<Answer> {
    const abort = new AbortController();
    let isLate = false;
    const timer = this.clock.setTimer(this.clock.now() + ANSWER_WITHIN_MS, () => {
      isLate = true;
      abort.abort();
    });
    this.underWay.add(abort);
    this.timers.add(timer);
    try {
      const response = await this.fetch(url, { ...init, redirect: 'manual', signal: abort.signal });
      return { kind: 'answered', status: response.status, headers: response.headers, text: await response.text() };
    } catch (error) {
      if (isLate)
        return {
          kind: 'failed',
          outcome: 'TimedOut',
          detail: `no answer within ${ANSWER_WITHIN_MS / 1000} s from ${url}`,
        };
      return failureOf(error, url);
    } finally {
      this.clock.clearTimer(timer);
      this.timers.delete(timer);
      this.underWay.delete(abort);
    }
  }

  close(): void {
    for (const timer of this.timers) this.clock.clearTimer(timer);
    for (const abort of this.underWay) abort.abort();
  }
}

function failureOf(error: unknown, url: string): Answer {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { readonly code?: unknown }).code;
  const outcome = code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'ResolutionError' : 'SocketError';
  const text = cause instanceof Error ? cause.message : String(cause);
  return { kind: 'failed', outcome, detail: `${text || String(code)} (${url})` };
}
