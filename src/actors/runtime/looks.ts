import type { RawMishap, RawReport } from '../inspect/raw.js';
import { causeOf } from './cause.js';
import type { ThreadPeer } from './life.js';
import type { ThreadWish } from './reporter.js';

/** Of what happened to threads the last so many are kept, watched or not. */
const MISHAPS_KEPT = 32;

/** A thread, as far as it is looked into. */
export interface LookedInto {
  readonly name: string;
  readonly generation: number;
  readonly peer: Pick<ThreadPeer, 'watch'> | undefined;
}

/** What one who looks into a system is told. */
export interface Looker {
  report(thread: LookedInto, report: RawReport): void;
  /** The thread is gone, and its actors with it. */
  down(thread: LookedInto): void;
  mishap(thread: LookedInto, mishap: RawMishap): void;
}

export interface SystemLook {
  /** `thread actor` of everyone who is wanted in detail; replaces what was wanted before. */
  choose(chosen: readonly string[]): void;
  close(): void;
}

interface KeptMishap {
  readonly thread: LookedInto;
  readonly mishap: RawMishap;
}

/** Everybody who looks into a system of threads, and what they want of each together. */
export class Looks {
  readonly #threads: () => readonly LookedInto[];
  readonly #lookers = new Map<Looker, readonly string[]>();
  /** How many reports of each thread were taken; the thread reads it. */
  readonly #taken = new Map<string, Int32Array>();
  readonly #mishaps: KeptMishap[] = [];
  #look = 0;
  #mishap = 0;

  constructor(threads: () => readonly LookedInto[]) {
    this.#threads = threads;
  }

  /** Every thread tells everything from the start, also those who look already. */
  open(looker: Looker): SystemLook {
    this.#lookers.set(looker, []);
    this.#look++;
    for (const { thread, mishap } of this.#mishaps) looker.mishap(thread, mishap);
    this.#wishAll();
    return {
      choose: (chosen) => {
        if (!this.#lookers.has(looker)) return;
        this.#lookers.set(looker, chosen);
        this.#wishAll();
      },
      close: () => {
        if (this.#lookers.delete(looker)) this.#wishAll();
      },
    };
  }

  took(thread: LookedInto, report: RawReport): void {
    Atomics.add(this.#takenOf(thread), 0, 1);
    for (const looker of this.#lookers.keys()) looker.report(thread, report);
  }

  died(thread: LookedInto, error: Error | undefined): void {
    this.#keep(thread, 'thread died', error === undefined ? 'it ended by itself' : causeOf(error));
    for (const looker of this.#lookers.keys()) looker.down(thread);
  }

  /** It is born anew, and nobody lives there yet: what is wanted of it is said first, so that nothing goes unseen. */
  reborn(thread: LookedInto): void {
    // Whatever the one before it had not been told to have taken died with it.
    this.#taken.delete(thread.name);
    this.#wish(thread);
  }

  /** Its actors live again. */
  back(thread: LookedInto): void {
    this.#keep(thread, 'thread back', `life ${thread.generation + 1}`);
  }

  gaveUp(thread: LookedInto): void {
    this.#keep(thread, 'given up', 'it died too often');
  }

  #keep(thread: LookedInto, kind: RawMishap['kind'], cause: string): void {
    const mishap = { id: this.#mishap++, wall: Date.now(), kind, actor: '', cause };
    this.#mishaps.push({ thread, mishap });
    if (this.#mishaps.length > MISHAPS_KEPT) this.#mishaps.shift();
    for (const looker of this.#lookers.keys()) looker.mishap(thread, mishap);
  }

  #wishAll(): void {
    for (const thread of this.#threads()) this.#wish(thread);
  }

  #wish(thread: LookedInto): void {
    // One that dies meanwhile is told when it is back.
    thread.peer?.watch(this.#wishOf(thread)).catch(() => undefined);
  }

  #wishOf(thread: LookedInto): ThreadWish | undefined {
    if (this.#lookers.size === 0) return undefined;
    const prefix = `${thread.name} `;
    const mine = [...this.#lookers.values()].flat().filter((name) => name.startsWith(prefix));
    const chosen = mine.map((name) => name.slice(prefix.length));
    return { look: this.#look, chosen, taken: this.#takenOf(thread) };
  }

  #takenOf({ name }: LookedInto): Int32Array {
    const known = this.#taken.get(name);
    if (known !== undefined) return known;
    const taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    this.#taken.set(name, taken);
    return taken;
  }
}
