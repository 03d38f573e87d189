import type { Instant } from '../../clock/clock.ts';

/** The message ids that an entity has taken within its window (contracts §8). Oldest first, so forgetting is O(1) each. */
export class DuplicateHistory {
  private readonly untilById = new Map<string, Instant>();

  has(id: string, now: Instant): boolean {
    const until = this.untilById.get(id);
    return until !== undefined && until > now;
  }

  remember(id: string, until: Instant, now: Instant): void {
    // Set again at the end, so that the order stays that of the times.
    this.untilById.delete(id);
    this.untilById.set(id, until);
    this.forget(now);
  }

  /** Live entries, oldest first. */
  *entries(now: Instant): Generator<readonly [string, Instant]> {
    for (const entry of this.untilById) if (entry[1] > now) yield entry;
  }

  private forget(now: Instant): void {
    for (const [id, until] of this.untilById) {
      if (until > now) return;
      this.untilById.delete(id);
    }
  }
}
