/** What happens when: virtual time moves from one planned moment to the next. Nothing waits for a real clock. */

/** A moment in the plan. Moments of one time come in the order in which they were planned. */
export interface Planned {
  readonly at: number;
  readonly order: number;
  /** undefined: called off, or over. */
  run: (() => void) | undefined;
}

/** Called-off moments in the heap that are worth sweeping out, when they are more than half of it. */
const SWEEP_AT = 4_096;

export class Timeline {
  /** Monotonic milliseconds since the run began. */
  now = 0;
  /** Moments lived through. */
  moments = 0;
  /**
   * A binary heap, the earliest on top:
   *
   *        [0]
   *     [1]    [2]
   *   [3] [4] [5] [6]
   */
  #heap: Planned[] = [];
  #order = 0;
  #calledOff = 0;

  /** @param at not before now */
  plan(at: number, run: () => void): Planned {
    const planned: Planned = { at: Math.max(at, this.now), order: this.#order++, run };
    this.#heap.push(planned);
    this.#up(planned, this.#heap.length - 1);
    return planned;
  }

  callOff(planned: Planned): void {
    if (planned.run === undefined) return;
    planned.run = undefined;
    this.#calledOff++;
    if (this.#calledOff > SWEEP_AT && this.#calledOff * 2 > this.#heap.length) this.#sweep();
  }

  /** Lives through everything up to `until`, or until `over` says so, which is asked after every moment. */
  run(until: number, over: () => boolean = never): void {
    for (;;) {
      if (over()) return;
      const first = this.#heap[0];
      if (first === undefined || first.at > until) break;
      this.#pop();
      const { run } = first;
      if (run === undefined) {
        this.#calledOff--;
        continue;
      }
      first.run = undefined;
      this.now = first.at;
      this.moments++;
      run();
    }
    this.now = Math.max(this.now, until);
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#down(last, 0);
  }

  #sweep(): void {
    const kept = this.#heap.filter(({ run }) => run !== undefined);
    kept.sort((a, b) => (isBefore(a, b) ? -1 : 1));
    this.#heap = kept;
    this.#calledOff = 0;
  }

  #up(planned: Planned, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || isBefore(parent, planned)) break;
      this.#heap[index] = parent;
      index = above;
    }
    this.#heap[index] = planned;
  }

  #down(planned: Planned, from: number): void {
    let index = from;
    for (;;) {
      let below = 2 * index + 1;
      let child = this.#heap[below];
      const right = this.#heap[below + 1];
      if (child !== undefined && right !== undefined && isBefore(right, child)) {
        child = right;
        below++;
      }
      if (child === undefined || isBefore(planned, child)) break;
      this.#heap[index] = child;
      index = below;
    }
    this.#heap[index] = planned;
  }
}

function never(): boolean {
  return false;
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
