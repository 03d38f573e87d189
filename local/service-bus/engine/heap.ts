/** A binary min-heap. `keyOf` must not change for an item while it is inside. */
export class Heap<T> {
  private items: T[] = [];
  private readonly keyOf: (item: T) => number;

  constructor(keyOf: (item: T) => number) {
    this.keyOf = keyOf;
  }

  get size(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0];
  }

  push(item: T): void {
    const { items, keyOf } = this;
    const key = keyOf(item);
    let index = items.length;
    items.push(item);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (keyOf(items[parent]!) <= key) break;
      items[index] = items[parent]!;
      index = parent;
    }
    items[index] = item;
  }

  pop(): T | undefined {
    const top = this.items[0];
    const last = this.items.pop();
    if (this.items.length > 0) this.siftDown(last!, 0);
    return top;
  }

  /** Keeps only the items that pass, in O(n). */
  retain(keep: (item: T) => boolean): void {
    this.items = this.items.filter(keep);
    for (let index = (this.items.length >> 1) - 1; index >= 0; index -= 1) this.siftDown(this.items[index]!, index);
  }

  clear(): void {
    this.items = [];
  }

  private siftDown(item: T, start: number): void {
    const { items, keyOf } = this;
    const key = keyOf(item);
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && keyOf(items[child + 1]!) < keyOf(items[child]!)) child += 1;
      if (keyOf(items[child]!) >= key) break;
      items[index] = items[child]!;
      index = child;
    }
    items[index] = item;
  }
}
