/**
 * How long a poller sleeps: at once after a hit, longer and longer after misses, never beyond the longest wait
 * (RandomizedExponentialBackoffStrategy of the WebJobs SDK: the delta is random between 0.8 and 1.2 of its base).
 */
export class PollingDelay {
  private readonly minimumMs: number;
  private readonly maximumMs: number;
  private readonly random: () => number;
  private currentMs: number;
  private misses = 0;

  constructor(options: { minimumMs: number; maximumMs: number; random: () => number }) {
    this.minimumMs = options.minimumMs;
    this.maximumMs = Math.max(options.maximumMs, options.minimumMs);
    this.random = options.random;
    this.currentMs = this.minimumMs;
  }

  /** @returns milliseconds until the next look */
  next(found: boolean): number {
    if (found) {
      this.reset();
      return this.minimumMs;
    }
    if (this.currentMs < this.maximumMs) {
      const deltaMs = this.minimumMs * (0.8 + 0.4 * this.random()) * 2 ** this.misses;
      this.currentMs = Math.min(this.minimumMs + deltaMs, this.maximumMs);
      this.misses += 1;
    }
    return this.currentMs;
  }

  reset(): void {
    this.currentMs = this.minimumMs;
    this.misses = 0;
  }
}
