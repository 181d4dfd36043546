/** Something with a next moment; what the heap keeps about it is in the two fields. */
export interface Timed {
  /** Monotonic milliseconds; Infinity when nothing is due. */
  deadline(): number;
  /** Kept by Deadlines: the place in its heap, -1 when not in it. */
  heapIndex: number;
  /** Kept by Deadlines: the moment it is sorted by, at or before `deadline()`. */
  heapAt: number;
}

/**
 * A binary heap of deadlines that is lazy where it matters: a deadline that moves later (the usual case,
 * since every packet puts off a timer) costs one comparison, and is looked at again when its old moment
 * comes. So `next` may be early, never late.
 */
export class Deadlines<T extends Timed> {
  readonly #heap: T[] = [];

  /** Earliest moment at which `due` may find something; Infinity when empty. */
  get next(): number {
    return this.#heap[0]?.heapAt ?? Number.POSITIVE_INFINITY;
  }

  /** Call after the deadline of `item` changed; takes it in if it was not. */
  rearm(item: T): void {
    const at = item.deadline();
    if (item.heapIndex >= 0) {
      if (at >= item.heapAt) return;
      item.heapAt = at;
      this.#up(item, item.heapIndex);
      return;
    }
    if (at === Number.POSITIVE_INFINITY) return;
    item.heapAt = at;
    this.#heap.push(item);
    this.#up(item, this.#heap.length - 1);
  }

  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === item) return;
    this.#place(last, index);
    this.#up(last, index);
    this.#down(last, last.heapIndex);
  }

  /** Takes out everything that is due into `into`; each must be `rearm`ed to come again. */
  due(now: number, into: T[]): void {
    for (let top = this.#heap[0]; top !== undefined && top.heapAt <= now; top = this.#heap[0]) {
      const at = top.deadline();
      if (at <= now) {
        this.remove(top);
        into.push(top);
      } else if (at === Number.POSITIVE_INFINITY) {
        this.remove(top);
      } else {
        top.heapAt = at;
        this.#down(top, 0);
      }
    }
  }

  #place(item: T, index: number): void {
    this.#heap[index] = item;
    item.heapIndex = index;
  }

  #up(item: T, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || parent.heapAt <= item.heapAt) break;
      this.#place(parent, index);
      index = above;
    }
    this.#place(item, index);
  }

  #down(item: T, from: number): void {
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      let child = this.#heap[below];
      const right = this.#heap[below + 1];
      if (child !== undefined && right !== undefined && right.heapAt < child.heapAt) {
        child = right;
        below += 1;
      }
      if (child === undefined || child.heapAt >= item.heapAt) break;
      this.#place(child, index);
      index = below;
    }
    this.#place(item, index);
  }
}
