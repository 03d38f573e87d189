/** What a queue or a topic holds in all, sub-queues, subscriptions and session state included, against its maximum size. */
export class SizeAccount {
  bytes = 0;
  limitBytes: number;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  hasRoomFor(bytes: number): boolean {
    return this.bytes + bytes <= this.limitBytes;
  }
}
