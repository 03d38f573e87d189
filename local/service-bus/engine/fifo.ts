const CHUNK_LENGTH = 512;

interface Chunk<T> {
  readonly items: T[];
  next: Chunk<T> | undefined;
}

/** A first-in-first-out line in linked chunks: no copying however long it grows, and what was taken is free at once. */
export class Fifo<T> {
  private head: Chunk<T> = { items: [], next: undefined };
  private tail: Chunk<T> = this.head;
  private offset = 0;

  push(item: T): void {
    if (this.tail.items.length === CHUNK_LENGTH) {
      const chunk: Chunk<T> = { items: [], next: undefined };
      this.tail.next = chunk;
      this.tail = chunk;
    }
    this.tail.items.push(item);
  }

  peek(): T | undefined {
    return this.head.items[this.offset];
  }

  shift(): T | undefined {
    const item = this.head.items[this.offset];
    if (item === undefined) return undefined;
    (this.head.items as (T | undefined)[])[this.offset] = undefined;
    this.offset += 1;
    if (this.offset === this.head.items.length) {
      if (this.head.next) this.head = this.head.next;
      else this.head.items.length = 0;
      this.offset = 0;
    }
    return item;
  }

  clear(): void {
    this.head = { items: [], next: undefined };
    this.tail = this.head;
    this.offset = 0;
  }
}
