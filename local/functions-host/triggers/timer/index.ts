import type { TimerId } from '../../../clock/index.ts';
import { invokeWithRetry } from '../../retry.ts';
import type { Trigger, TriggerContext } from '../trigger.ts';
import { parseSchedule, type Schedule } from './schedule.ts';
import { blobStatusStore, type StatusStore, type TimerStatus } from './status-store.ts';

/** The earliest date .NET knows: a timer that has never run. */
const never = '0001-01-01T00:00:00+00:00';

/** The timer trigger: one run at a time, by the host's clock. */
export async function startTimerTrigger(context: TriggerContext): Promise<Trigger> {
  const { info, clients, clock, hostId } = context;
  const schedule = parseSchedule(context.option('schedule'), context.setting('WEBSITE_TIME_ZONE'));
  const timer = new TimerTrigger(context, schedule, monitor());
  await timer.start();
  return timer;

  function monitor(): StatusStore | undefined {
    if (info.trigger.useMonitor === false) return undefined;
    // Under a minute there is nothing to catch up with (TimerTrigger's own rule).
    const first = schedule.next(clock.now());
    if (schedule.next(first) - first < 60_000) return undefined;
    return blobStatusStore(clients, hostId, info.name);
  }
}

class TimerTrigger implements Trigger {
  private readonly context: TriggerContext;
  private readonly schedule: Schedule;
  private readonly store: StatusStore | undefined;
  private status: TimerStatus | undefined;
  private pending: TimerId | undefined;
  private isStopped = false;
  private running: Promise<void> = Promise.resolve();

  constructor(context: TriggerContext, schedule: Schedule, store: StatusStore | undefined) {
    this.context = context;
    this.schedule = schedule;
    this.store = store;
  }

  async start(): Promise<void> {
    const { clock, info } = this.context;
    const now = clock.now();
    let isPastDue = false;
    if (this.store) {
      this.status = await this.readStatus();
      if (this.status) isPastDue = now > this.expectedNext(this.status);
      else await this.save(statusOf(never, this.schedule.next(now), now));
    }
    if (isPastDue || info.trigger.runOnStartup === true) {
      this.running = this.run(isPastDue).then(() => this.arm());
    } else this.arm();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    if (this.pending !== undefined) this.context.clock.clearTimer(this.pending);
  }

  async close(): Promise<void> {
    await this.running;
  }

  /** A schedule that was changed since does not make a timer late: the old `Next` means nothing then. */
  private expectedNext(status: TimerStatus): number {
    const last = status.Last.startsWith('0001') ? status.LastUpdated : status.Last;
    const expected = this.schedule.next(Date.parse(last));
    return Math.max(expected, Date.parse(status.Next));
  }

  private arm(): void {
    if (this.isStopped) return;
    const { clock } = this.context;
    this.pending = clock.setTimer(this.schedule.next(clock.now()), () => {
      this.running = this.run(false).then(() => this.arm());
    });
  }

  private async run(isPastDue: boolean): Promise<void> {
    const { info, invoker, clock, random } = this.context;
    const firedAt = clock.now();
    const payload = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: this.store ? this.status : null,
      IsPastDue: isPastDue,
    };
    const outcome = await invokeWithRetry(
      invoker,
      {
        function: info,
        reason: `Timer fired at ${new Date(firedAt).toISOString()}`,
        data: { json: JSON.stringify(payload) },
        triggerMetadata: {},
      },
      { retry: info.retry, clock, random, isStopping: () => this.isStopped },
    );
    // A run that was lost in a stop leaves the status as it was: the next start finds it past due.
    if (outcome.kind !== 'lost') {
      await this.save(statusOf(new Date(firedAt).toISOString(), this.schedule.next(clock.now()), firedAt));
    }
  }

  private async readStatus(): Promise<TimerStatus | undefined> {
    try {
      return await this.store?.read();
    } catch (error) {
      this.complain(error as Error);
      return undefined;
    }
  }

  private async save(status: TimerStatus): Promise<void> {
    this.status = status;
    try {
      await this.store?.write(status);
    } catch (error) {
      this.complain(error as Error);
    }
  }

  private complain(error: Error): void {
    const { log, info } = this.context;
    log.host('warning', `The schedule status of ${info.name} is not kept: ${error.message}`);
  }
}

function statusOf(last: string, next: number, lastUpdated: number): TimerStatus {
  return { Last: last, Next: new Date(next).toISOString(), LastUpdated: new Date(lastUpdated).toISOString() };
}
