import type { PartitionContext, ReceivedEventData } from '@azure/event-hubs';
import type { TimerId } from '../../../clock/index.ts';
import { EventBatcher } from '../../engine/event-batcher.ts';
import { payloadCollection, payloadData } from '../../engine/typed-data.ts';
import type { Invocation, InvocationOutcome } from '../../invoker.ts';
import { invokeWithRetry } from '../../retry.ts';
import type { TriggerContext } from '../trigger.ts';
import { batchMetadata, eventBody, eventMetadata, traceParentOf } from './event.ts';

/**
 * One partition: one batch at a time, in order, then a checkpoint. A function that failed (after its retry policy) is
 * checkpointed too: the partition goes on. What was lost with the host's stop is not: it comes again.
 */
export class PartitionWorker {
  private readonly context: TriggerContext;
  private readonly partition: PartitionContext;
  private readonly isBatch: boolean;
  private readonly isStopping: () => boolean;
  private readonly batcher: EventBatcher<ReceivedEventData>;
  private readonly checkpointEvery: number;
  private batches = 0;
  private flushTimer: TimerId | undefined;
  private work: Promise<void> = Promise.resolve();

  constructor(context: TriggerContext, partition: PartitionContext, isBatch: boolean, isStopping: () => boolean) {
    this.context = context;
    this.partition = partition;
    this.isBatch = isBatch;
    this.isStopping = isStopping;
    const { maxEventBatchSize, minEventBatchSize, maxWaitTime, batchCheckpointFrequency } =
      context.hostJson.extensions.eventHubs;
    this.checkpointEvery = batchCheckpointFrequency;
    this.batcher = new EventBatcher({
      maximum: maxEventBatchSize,
      minimum: isBatch ? minEventBatchSize : 1,
      maxWaitMs: maxWaitTime,
    });
  }

  /** Resolves when everything that is due has been worked on: the SDK fetches the next events after that. */
  add(events: readonly ReceivedEventData[]): Promise<void> {
    this.batcher.add(events, this.context.clock.now());
    return this.drain();
  }

  /** Drops what waits for a full batch; it was never checkpointed, so it comes again. */
  async close(): Promise<void> {
    if (this.flushTimer !== undefined) this.context.clock.clearTimer(this.flushTimer);
    await this.work;
  }

  private drain(): Promise<void> {
    this.work = this.work.then(() => this.takeAll());
    return this.work;
  }

  private async takeAll(): Promise<void> {
    const { clock } = this.context;
    if (this.flushTimer !== undefined) clock.clearTimer(this.flushTimer);
    this.flushTimer = undefined;
    while (!this.isStopping()) {
      const batch = this.batcher.take(clock.now());
      if (!batch) break;
      await this.process(batch);
    }
    const dueAt = this.batcher.dueAt;
    if (dueAt !== undefined && !this.isStopping()) {
      this.flushTimer = clock.setTimer(dueAt, () => void this.drain());
    }
  }

  private async process(events: readonly ReceivedEventData[]): Promise<void> {
    if (this.isBatch) {
      const outcome = await this.run({
        data: payloadCollection(events.map(eventBody), this.context.info.trigger.dataType),
        triggerMetadata: batchMetadata(events, this.partition),
      });
      if (outcome.kind === 'lost') return;
    } else {
      for (const event of events) {
        const outcome = await this.run({
          data: payloadData(eventBody(event), this.context.info.trigger.dataType),
          triggerMetadata: eventMetadata(event, this.partition),
          traceParent: traceParentOf(event),
        });
        if (outcome.kind === 'lost' || this.isStopping()) return;
      }
    }
    await this.checkpoint(events.at(-1)!);
  }

  private run(part: Pick<Invocation, 'data' | 'triggerMetadata' | 'traceParent'>): Promise<InvocationOutcome> {
    const { info, invoker, clock, random } = this.context;
    const reason = `New events in partition ${this.partition.partitionId} of '${this.partition.eventHubName}'.`;
    const invocation = { function: info, reason, ...part };
    return invokeWithRetry(invoker, invocation, { retry: info.retry, clock, random, isStopping: this.isStopping });
  }

  private async checkpoint(last: ReceivedEventData): Promise<void> {
    this.batches += 1;
    if (this.batches % this.checkpointEvery !== 0) return;
    try {
      await this.partition.updateCheckpoint(last);
    } catch (error) {
      const { log, info } = this.context;
      log.host(
        'warning',
        `The checkpoint of ${info.name}, partition ${this.partition.partitionId}, was not written: ${(error as Error).message}`,
      );
    }
  }
}
