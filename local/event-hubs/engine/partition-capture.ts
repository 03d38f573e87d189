import type { Clock, Instant, TimerId } from '../../clock/index.ts';
import { type StoredEvent, sizeOf } from './event.ts';
import type { PartitionLog } from './partition-log.ts';

export interface CaptureSettings {
  readonly intervalMs: number;
  readonly sizeLimitInBytes: number;
  readonly skipEmptyArchives: boolean;
}

/** What goes into one file. */
export interface CaptureWindow {
  readonly startedAt: Instant;
  readonly endedAt: Instant;
  readonly events: readonly StoredEvent[];
}

/**
 * Cuts a partition's events into windows: by time or by size, whichever comes first. The first window starts with the first
 * event; from then on one follows the other, with events or without.
 */
export class PartitionCapture {
  private readonly clock: Clock;
  private readonly log: PartitionLog;
  private readonly settings: CaptureSettings;
  private readonly onWindow: (window: CaptureWindow) => void;
  private nextSequenceNumber: number;
  private window: { readonly startedAt: Instant; readonly events: StoredEvent[]; bytes: number } | undefined;
  private timer: TimerId | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly log: PartitionLog;
    readonly settings: CaptureSettings;
    /** The number of the last event that is captured already; -1: none. */
    readonly capturedUpTo: number;
    readonly onWindow: (window: CaptureWindow) => void;
  }) {
    this.clock = options.clock;
    this.log = options.log;
    this.settings = options.settings;
    this.onWindow = options.onWindow;
    this.nextSequenceNumber = options.capturedUpTo + 1;
  }

  /** The partition has committed: takes what is new. */
  advance(): void {
    for (;;) {
      const events = this.log.read(this.nextSequenceNumber, READ_AT_ONCE);
      if (events.length === 0) return;
      for (const event of events) this.add(event);
    }
  }

  close(): void {
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
    this.timer = undefined;
    this.window = undefined;
  }

  private add(event: StoredEvent): void {
    if (!this.window) this.startWindow(this.clock.now());
    const window = this.window!;
    window.events.push(event);
    window.bytes += sizeOf(event);
    this.nextSequenceNumber = event.sequenceNumber + 1;
    if (window.bytes >= this.settings.sizeLimitInBytes) this.endWindow();
  }

  private startWindow(startedAt: Instant): void {
    this.window = { startedAt, events: [], bytes: 0 };
    this.timer = this.clock.setTimer(startedAt + this.settings.intervalMs, () => this.endWindow());
  }

  private endWindow(): void {
    const { startedAt, events } = this.window!;
    if (this.timer !== undefined) this.clock.clearTimer(this.timer);
    const endedAt = this.clock.now();
    this.startWindow(endedAt);
    if (events.length > 0 || !this.settings.skipEmptyArchives) this.onWindow({ startedAt, endedAt, events });
  }
}

const READ_AT_ONCE = 1000;
