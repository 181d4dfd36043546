import type { Clock } from './actor.js';

/**
 * The real clock. `now` counts from the same origin on every thread of the process (`performance.now` alone
 * counts from each worker's own birth), so that a message's `sentAt` can be compared with the receiver's time.
 */
export function realClock(): Clock {
  const [seconds, nanoseconds] = process.hrtime();
  const offset = seconds * 1000 + nanoseconds / 1e6 - performance.now();
  return {
    now: () => performance.now() + offset,
    wall: () => Date.now(),
    setTimeout: (run, ms) => setTimeout(run, ms),
    clearTimeout: (id) => clearTimeout(id as NodeJS.Timeout),
  };
}

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly run: () => void;
}

/** Time that stands still until it is told to go on: for tests. Timers due at once run in the order they were set. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #wallOffset: number;
  readonly #timers = new Set<Timer>();

  constructor(now = 0, wall = Date.UTC(2024, 0, 1)) {
    this.#now = now;
    this.#wallOffset = wall - now;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#wallOffset + this.#now;
  }

  setTimeout(run: () => void, ms: number): unknown {
    const timer: Timer = { due: this.#now + Math.max(0, ms), order: this.#order++, run };
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(id: unknown): void {
    this.#timers.delete(id as Timer);
  }

  /** Monotonic milliseconds at which the next timer is due. */
  next(): number | undefined {
    return this.#first()?.due;
  }

  /** Goes on by `ms`, running each timer that falls due at its own time, also those set on the way. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.step(end));
  }

  /** Runs the first timer due by `end`, moving to its time; without one moves to `end` and returns false. */
  step(end: number): boolean {
    const first = this.#first();
    if (first === undefined || first.due > end) {
      this.#now = Math.max(this.#now, end);
      return false;
    }
    this.#timers.delete(first);
    this.#now = Math.max(this.#now, first.due);
    first.run();
    return true;
  }

  #first(): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) {
      if (
        first === undefined ||
        timer.due < first.due ||
        (timer.due === first.due && timer.order < first.order)
      ) {
        first = timer;
      }
    }
    return first;
  }
}
