import type { Clock } from '../runtime/actor.js';

/** A read cursor is told to the server at most so often per log. */
const CURSOR_EVERY_MS = 1_000;

interface Pending {
  seq: number;
  told: number;
  timer: unknown;
}

/** Read cursors on their way to the server: the first at once, then the newest once a second. */
export class CursorThrottle {
  readonly #clock: Clock;
  readonly #tell: (log: number, seq: number) => void;
  readonly #pending = new Map<number, Pending>();

  constructor(clock: Clock, tell: (log: number, seq: number) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  move(log: number, seq: number): void {
    const pending = this.#pending.get(log) ?? { seq: 0, told: 0, timer: undefined };
    this.#pending.set(log, pending);
    pending.seq = Math.max(pending.seq, seq);
    if (pending.timer === undefined) this.#say(log, pending);
  }

  /** Tells what waits at once: the client is about to leave. */
  flush(): void {
    for (const [log, pending] of this.#pending) {
      this.#clock.clearTimeout(pending.timer);
      pending.timer = undefined;
      if (pending.seq > pending.told) this.#tell(log, pending.seq);
    }
    this.#pending.clear();
  }

  #say(log: number, pending: Pending): void {
    if (pending.seq <= pending.told) return;
    pending.told = pending.seq;
    this.#tell(log, pending.seq);
    pending.timer = this.#clock.setTimeout(() => {
      pending.timer = undefined;
      this.#say(log, pending);
    }, CURSOR_EVERY_MS);
  }
}
