import { Fifo } from './fifo.ts';
import { Heap } from './heap.ts';
import type { Message } from './message.ts';

const sequenceNumberOf = (message: Message): number => message.sequenceNumber;

/**
 * Messages that may be delivered, lowest sequence number first. New ones come in order and wait in a line; those that come
 * back (abandoned, lock expired) are older than everything in it and wait in a heap. A message that left its entity while it
 * waited is passed over when it is met.
 */
export class ReadyLine {
  private readonly arrived = new Fifo<Message>();
  private readonly returned = new Heap<Message>(sequenceNumberOf);
  private lastArrived = 0;

  add(message: Message): void {
    if (message.sequenceNumber > this.lastArrived) {
      this.lastArrived = message.sequenceNumber;
      this.arrived.push(message);
    } else this.returned.push(message);
  }

  peek(): Message | undefined {
    const arrived = this.firstArrived();
    const returned = this.firstReturned();
    if (!arrived || !returned) return arrived ?? returned;
    return returned.sequenceNumber < arrived.sequenceNumber ? returned : arrived;
  }

  /** Takes the first message out. It must be locked, removed or added again. */
  take(): Message | undefined {
    const message = this.peek();
    if (message === undefined) return undefined;
    if (message === this.arrived.peek()) this.arrived.shift();
    else this.returned.pop();
    return message;
  }

  clear(): void {
    this.arrived.clear();
    this.returned.clear();
    this.lastArrived = 0;
  }

  private firstArrived(): Message | undefined {
    for (let first = this.arrived.peek(); first; first = this.arrived.peek()) {
      if (first.phase === 'active') return first;
      this.arrived.shift();
    }
    return undefined;
  }

  private firstReturned(): Message | undefined {
    for (let first = this.returned.peek(); first; first = this.returned.peek()) {
      if (first.phase === 'active') return first;
      this.returned.pop();
    }
    return undefined;
  }
}
