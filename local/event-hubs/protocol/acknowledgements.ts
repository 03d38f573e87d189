import type { EngineEvent } from '../engine/engine-event.ts';
import type { PublishRefusal } from '../engine/outcomes.ts';

interface Waiting {
  readonly lastSequenceNumber: number;
  readonly accept: () => void;
  readonly refuse: (refusal: PublishRefusal) => void;
}

/** Publications that are numbered and not yet durable. A partition commits in order, so each has a queue. */
export class Acknowledgements {
  private readonly waiting = new Map<string, Waiting[]>();

  /** Calls one of the two, once, when the partition has committed that number or cannot any more. */
  wait(hub: string, partition: number, waiting: Waiting): void {
    const key = `${partition} ${hub}`;
    const queue = this.waiting.get(key);
    if (queue) queue.push(waiting);
    else this.waiting.set(key, [waiting]);
  }

  /** Listens to the engine. */
  onEvent(event: EngineEvent): void {
    if (event.type !== 'committed' && event.type !== 'failed') return;
    const key = `${event.partition} ${event.hub}`;
    const queue = this.waiting.get(key);
    if (!queue) return;
    const isDone = (one: Waiting) => event.type === 'failed' || one.lastSequenceNumber <= event.lastSequenceNumber;
    const firstWaiting = queue.findIndex((one) => !isDone(one));
    const done = queue.splice(0, firstWaiting === -1 ? queue.length : firstWaiting);
    if (queue.length === 0) this.waiting.delete(key);
    for (const one of done) {
      if (event.type === 'committed') one.accept();
      else one.refuse({ outcome: 'storage-failed', reason: event.reason });
    }
  }
}
