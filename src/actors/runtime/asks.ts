import type { Clock } from './actor.js';
import { actorDied, deadlinePassed, mailboxFull, stopped } from './refusal.js';

/** Who asks. `asks` is how many of its asks are unanswered; only `Asks` writes it. */
export interface Asker {
  asks: number;
}

interface Pending {
  readonly thread: number;
  readonly asker: Asker;
  readonly due: number;
  readonly deadlineMs: number;
  readonly resolve: (body: Buffer) => void;
  readonly reject: (error: Error) => void;
}

/** Asks one thread may have unanswered. */
const PENDING_MAX = 65_536;
/** Node fires a timer above this at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * The asks of one thread that wait for an answer. One timer serves them all: it is set for the earliest
 * deadline and left alone when an ask is answered, so an answered ask costs no timer.
 */
export class Asks {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #next: number;
  #timer: unknown;
  #timerDue = Infinity;

  /** The numbers begin elsewhere in each life of a thread, so that a late answer to the last one meets nobody. */
  constructor(clock: Clock, generation: number) {
    this.#clock = clock;
    this.#next = (generation * 0x1000000) >>> 0;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** True when no further ask can be taken: reject it with MAILBOX_FULL. */
  get full(): boolean {
    return this.#pending.size >= PENDING_MAX;
  }

  /** Numbers an ask (never 0) and keeps its promise's ends. `asker` is who may abandon it. */
  add(
    thread: number,
    asker: Asker,
    deadlineMs: number,
    resolve: (body: Buffer) => void,
    reject: (error: Error) => void,
  ): number {
    if (this.full) throw mailboxFull();
    do this.#next = (this.#next + 1) >>> 0;
    while (this.#next === 0 || this.#pending.has(this.#next));
    const due = this.#clock.now() + deadlineMs;
    asker.asks++;
    this.#pending.set(this.#next, { thread, asker, due, deadlineMs, resolve, reject });
    if (due < this.#timerDue) this.#arm(due);
    return this.#next;
  }

  /** An answer came; `body` must be the asker's to keep. One that nobody waits for is dropped. */
  resolve(id: number, body: Buffer): void {
    this.#take(id)?.resolve(body);
  }

  /** False when nobody waits: its answer is not worth decoding. */
  waits(id: number): boolean {
    return this.#pending.has(id);
  }

  reject(id: number, error: Error): void {
    this.#take(id)?.reject(error);
  }

  /** That thread died: nobody will answer. */
  rejectThread(thread: number): void {
    this.#rejectWhere((pending) => pending.thread === thread, actorDied);
  }

  /** The asker died: whoever awaits the answer must not be left hanging. */
  rejectAsker(asker: Asker): void {
    if (asker.asks > 0) this.#rejectWhere((pending) => pending.asker === asker, actorDied);
  }

  /** The thread stops. */
  close(): void {
    this.#rejectWhere(() => true, stopped);
    this.#clock.clearTimeout(this.#timer);
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending !== undefined) this.#drop(id, pending);
    return pending;
  }

  #drop(id: number, pending: Pending): void {
    this.#pending.delete(id);
    pending.asker.asks--;
  }

  #rejectWhere(matches: (pending: Pending) => boolean, error: () => Error): void {
    for (const [id, pending] of this.#pending) {
      if (!matches(pending)) continue;
      this.#drop(id, pending);
      pending.reject(error());
    }
  }

  #arm(due: number): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timerDue = due;
    this.#timer = this.#clock.setTimeout(
      () => this.#expire(),
      Math.min(TIMER_MAX_MS, Math.max(0, due - this.#clock.now())),
    );
  }

  #expire(): void {
    const now = this.#clock.now();
    let earliest = Infinity;
    for (const [id, pending] of this.#pending) {
      if (pending.due <= now) {
        this.#drop(id, pending);
        pending.reject(deadlinePassed(pending.deadlineMs));
      } else if (pending.due < earliest) earliest = pending.due;
    }
    this.#timerDue = Infinity;
    if (earliest < Infinity) this.#arm(earliest);
  }
}
