import type { RawDetail, RawEvent, RawLetter, RawReport, RawRow, RawThread } from '../inspect/raw.js';
import type { Clock } from './actor.js';
import { CloseUp } from './close-up.js';
import type { DeadLetters } from './dead-letters.js';
import type { Subject } from './subject.js';
import type { Tap } from './tap.js';

const TICK_MS = 100;
/** Of a tick, at most so long goes into asking actors how they are; the others come next time, in their order. */
const ASKING_MS = 2;
/** How many are asked between two looks at the clock. */
const ASKED_AT_ONCE = 32;
/** Reports that the main thread has not taken yet; while there are so many it gets no more. */
const UNTAKEN_MAX = 3;
/** Ticks between two reports about the thread itself. */
const THREAD_EVERY = 10;
const LETTERS_PER_TICK = 10;

/** What the main thread wants of this one. */
export interface ThreadWish {
  /** Another number begins anew: everything is told again. */
  readonly look: number;
  /** Names of actors whose doings are wanted. */
  readonly chosen: readonly string[];
  /** Shared: how many reports the main thread has taken. */
  readonly taken: Int32Array;
}

/** The thread that is reported on. */
export interface ReportedThread {
  readonly tap: Tap;
  readonly clock: Clock;
  readonly deadLetters?: DeadLetters;
  /** Everybody there, to begin with. */
  subjects(): Iterable<Subject>;
  named(name: string): Subject | undefined;
  figures(): RawThread;
}

/** Tells an inspector on the main thread how the actors of this one are, ten times a second while that is wanted. */
export class Reporter {
  readonly #thread: ReportedThread;
  readonly #send: (report: RawReport) => void;
  readonly #shown = new Map<string, RawRow>();
  readonly #closeUps = new Map<string, CloseUp>();
  readonly #subjects = new Map<string, Subject>();
  readonly #details = new Map<string, string>();
  #wish: ThreadWish | undefined;
  #timer: unknown;
  #fresh = true;
  #sent = 0;
  #tick = 0;
  #mishap = 0;
  #letter = 0;

  constructor(thread: ReportedThread, send: (report: RawReport) => void) {
    this.#thread = thread;
    this.#send = send;
  }

  /** From now on this is wanted; undefined: nothing. */
  wish(next: ThreadWish | undefined): void {
    if (next === undefined) {
      this.#end();
      return;
    }
    if (next.look !== this.#wish?.look) this.#begin(next);
    this.#wish = next;
    this.#choose(new Set(next.chosen));
  }

  #begin(wish: ThreadWish): void {
    const { tap } = this.#thread;
    this.#end();
    tap.active = true;
    tap.onBorn = (subject) => this.#born(subject);
    this.#sent = Atomics.load(wish.taken, 0);
    this.#fresh = true;
    this.#tick = 0;
    this.#mishap = 0;
    this.#letter = Math.max(0, (this.#thread.deadLetters?.count ?? 0) - LETTERS_PER_TICK);
    for (const subject of this.#thread.subjects()) tap.touch(subject);
    this.#arm(0);
  }

  #end(): void {
    const { tap, clock } = this.#thread;
    clock.clearTimeout(this.#timer);
    this.#choose(new Set());
    this.#shown.clear();
    this.#wish = undefined;
    tap.active = false;
    tap.onBorn = undefined;
    tap.forget();
  }

  #arm(ms: number): void {
    this.#timer = this.#thread.clock.setTimeout(() => {
      this.#report();
      if (this.#wish !== undefined) this.#arm(TICK_MS);
    }, ms);
  }

  // ---- Looking closely ----------------------------------------------------------------------------------

  #choose(names: ReadonlySet<string>): void {
    for (const name of [...this.#closeUps.keys()]) {
      if (names.has(name)) continue;
      this.#closeUps.delete(name);
      this.#details.delete(name);
      this.#focus(name, undefined);
    }
    for (const name of names) {
      if (this.#closeUps.has(name)) continue;
      this.#closeUps.set(name, new CloseUp(name, () => this.#thread.clock.wall()));
      this.#focus(name, this.#thread.named(name));
    }
  }

  #born(subject: Subject): void {
    if (this.#closeUps.size === 0) return;
    const { name } = subject;
    const closeUp = this.#closeUps.get(name);
    if (closeUp === undefined) return;
    this.#focus(name, subject);
    closeUp.life('begun');
  }

  /** Has that one show what it does, and whoever had that name before show nothing. */
  #focus(name: string, subject: Subject | undefined): void {
    const before = this.#subjects.get(name);
    if (before !== undefined && before !== subject) {
      before.closeUp = undefined;
      before.onCloseUp?.();
    }
    if (subject === undefined) {
      this.#subjects.delete(name);
      return;
    }
    this.#subjects.set(name, subject);
    subject.closeUp = this.#closeUps.get(name);
    subject.onCloseUp?.();
  }

  // ---- Reports ------------------------------------------------------------------------------------------

  #report(): void {
    const wish = this.#wish;
    // The main thread is busy: whoever waits is told of later, as they are by then.
    if (wish === undefined || this.#sent - Atomics.load(wish.taken, 0) >= UNTAKEN_MAX) return;
    const { tap } = this.#thread;
    const ended = tap.takeGone();
    const known = ended.filter((name) => this.#shown.delete(name));
    for (const name of ended) this.#details.delete(name);
    const actors = this.#rows();
    const gone = known.filter((name) => !actors.has(name));
    for (const [name, row] of actors) this.#shown.set(name, row);
    const report: RawReport = {
      fresh: this.#fresh,
      thread: this.#tick % THREAD_EVERY === 0 ? this.#thread.figures() : undefined,
      actors: [...actors.values()],
      gone,
      mishaps: this.#mishaps(),
      letters: this.#letters(),
      details: this.#changedDetails(),
      events: [...this.#closeUps.values()].flatMap((closeUp): readonly RawEvent[] => closeUp.take()),
    };
    this.#tick++;
    if (isEmpty(report)) return;
    this.#fresh = false;
    this.#sent++;
    this.#send(report);
  }

  /** Rows that are not as they were shown, of those that were touched, for as long as there is time. */
  #rows(): Map<string, RawRow> {
    const { tap, clock } = this.#thread;
    const end = clock.now() + ASKING_MS;
    const rows = new Map<string, RawRow>();
    const busy: Subject[] = [];
    for (let asked = 1; ; asked++) {
      const subject = tap.next();
      if (subject === undefined) break;
      const row = subject.row();
      if (row === undefined) continue;
      // Mail comes without a touch: whoever has some is asked again.
      if (row.mailbox > 0) busy.push(subject);
      const before = this.#shown.get(row.actor);
      if (before === undefined || !isSame(row, before)) rows.set(row.actor, row);
      if (asked % ASKED_AT_ONCE === 0 && clock.now() >= end) break;
    }
    for (const subject of busy) tap.touch(subject);
    return rows;
  }

  #mishaps(): RawReport['mishaps'] {
    const fresh = this.#thread.tap.mishaps.filter(({ id }) => id >= this.#mishap);
    this.#mishap = (fresh.at(-1)?.id ?? this.#mishap - 1) + 1;
    return fresh;
  }

  #letters(): RawLetter[] {
    const { deadLetters, clock } = this.#thread;
    const count = deadLetters?.count ?? 0;
    const wanted = Math.min(count - this.#letter, LETTERS_PER_TICK);
    this.#letter = count;
    if (deadLetters === undefined || wanted <= 0) return [];
    const since1970 = clock.wall() - clock.now();
    const letters = deadLetters.list().slice(-wanted);
    return letters.map(({ at, ...letter }, i) => ({
      ...letter,
      id: count - letters.length + i,
      wall: at + since1970,
    }));
  }

  #changedDetails(): RawDetail[] {
    const details: RawDetail[] = [];
    for (const [name, subject] of this.#subjects) {
      if (subject.row() === undefined) continue;
      const detail: RawDetail = { actor: name, ...subject.detail() };
      const text = JSON.stringify(detail);
      if (this.#details.get(name) === text) continue;
      this.#details.set(name, text);
      details.push(detail);
    }
    return details;
  }
}

function isSame(one: RawRow, other: RawRow): boolean {
  return (
    one.state === other.state &&
    one.mailbox === other.mailbox &&
    one.life === other.life &&
    one.restarts === other.restarts &&
    one.machine === other.machine
  );
}

function isEmpty({ fresh, thread, actors, gone, mishaps, letters, details, events }: RawReport): boolean {
  const lists = [actors, gone, mishaps, letters, details, events];
  return !fresh && thread === undefined && lists.every(({ length }) => length === 0);
}
