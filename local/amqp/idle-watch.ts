import type { Clock, TimerId } from '../clock/index.ts';
import type { AmqpError } from './api.ts';

/** A new connection must put a token, and open a link, within these times (service-bus-amqp-troubleshoot, service-bus-amqp-protocol-guide). */
const FIRST_TOKEN_MS = 20_000;
const FIRST_LINK_MS = 60_000;
/** How long a connection may be without a link once it has had one. */
const WITHOUT_LINKS_MS = 300_000;

/** Closes connections that do nothing, as the service does. */
export class IdleWatch {
  private readonly clock: Clock;
  private readonly closeWith: (error: AmqpError) => void;
  private tokenTimer: TimerId | undefined;
  private linkTimer: TimerId | undefined;
  private isStarted = false;

  constructor(clock: Clock, closeWith: (error: AmqpError) => void) {
    this.clock = clock;
    this.closeWith = closeWith;
  }

  /** @param lacksToken asked when the time for the first token is over */
  start(lacksToken: () => boolean): void {
    this.isStarted = true;
    this.tokenTimer = this.clock.setTimer(this.clock.now() + FIRST_TOKEN_MS, () => {
      this.tokenTimer = undefined;
      if (lacksToken())
        this.closeWith(forced('No token was put on the connection within the allowed 20000 milliseconds.'));
    });
    this.watchLinks(FIRST_LINK_MS);
  }

  linkOpened(): void {
    if (this.linkTimer !== undefined) this.clock.clearTimer(this.linkTimer);
    this.linkTimer = undefined;
  }

  noLinks(): void {
    if (this.isStarted) this.watchLinks(WITHOUT_LINKS_MS);
  }

  stop(): void {
    this.isStarted = false;
    this.linkOpened();
    if (this.tokenTimer !== undefined) this.clock.clearTimer(this.tokenTimer);
    this.tokenTimer = undefined;
  }

  private watchLinks(allowedMs: number): void {
    this.linkOpened();
    this.linkTimer = this.clock.setTimer(this.clock.now() + allowedMs, () => {
      this.linkTimer = undefined;
      this.closeWith(
        forced(
          `The connection was inactive for more than the allowed ${allowedMs} milliseconds and is closed by container 'LinkTracker'.`,
        ),
      );
    });
  }
}

function forced(description: string): AmqpError {
  return { condition: 'amqp:connection:forced', description };
}
