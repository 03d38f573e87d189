import type { Clock, TimerId } from '../clock/index.ts';
import { covers } from './address.ts';
import type { Authorizer, Right, TokenVerdict } from './api.ts';

type Grant = TokenVerdict & { readonly accepted: true };

/** What a connection has been granted, by audience; a new token for an audience takes the place of the old one. */
export class TokenTable {
  private readonly authorizer: Authorizer;
  private readonly clock: Clock;
  private readonly onExpired: () => void;
  private readonly grants = new Map<string, Grant>();
  private timer: TimerId | undefined;

  /** @param onExpired called when a grant has run out, to drop what rested on it */
  constructor(authorizer: Authorizer, clock: Clock, onExpired: () => void) {
    this.authorizer = authorizer;
    this.clock = clock;
    this.onExpired = onExpired;
  }

  get isEmpty(): boolean {
    return this.grants.size === 0;
  }

  put(audience: string, grant: Grant): void {
    this.grants.set(audience.toLowerCase(), grant);
    this.arm();
  }

  isAuthorized(address: string, right: Right): boolean {
    if (this.authorizer.acceptsAnyone) return true;
    const now = this.clock.now();
    for (const grant of this.grants.values()) {
      if (grant.expiresAt > now && grant.rights.includes(right) && covers(grant.scope, address)) return true;
    }
    return false;
  }

  close(): void {
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
    this.timer = undefined;
    this.grants.clear();
  }

  private arm(): void {
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
    const next = Math.min(...Array.from(this.grants.values(), (grant) => grant.expiresAt));
    this.timer = Number.isFinite(next) ? this.clock.setTimer(next, () => this.expire()) : undefined;
  }

  private expire(): void {
    const now = this.clock.now();
    for (const [audience, grant] of this.grants) if (grant.expiresAt <= now) this.grants.delete(audience);
    this.arm();
    this.onExpired();
  }
}
