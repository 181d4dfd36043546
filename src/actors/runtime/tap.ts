import type { RawMishap } from '../inspect/raw.js';
import type { MachineSubject } from './machine-subject.js';
import type { Subject } from './subject.js';

/** Of what went wrong the last so many are kept, watched or not: whoever looks comes afterwards. */
const MISHAPS_KEPT = 32;

/**
 * Where the actors of one thread show themselves. Nobody pays for it while nobody watches: to be touched costs a
 * look at `active` then. While somebody does, who was touched stands in a queue until a `Reporter` asks how they are,
 * so that an actor that moves ten thousand times a second is described ten times.
 */
export class Tap {
  /** True while somebody watches. */
  active = false;
  /** Machines within actors. */
  readonly machines = new Set<MachineSubject>();
  /** Oldest first. */
  readonly mishaps: RawMishap[] = [];
  /** Called for each that is new while somebody watches. */
  onBorn: ((subject: Subject) => void) | undefined;
  #queue: Subject[] = [];
  #head = 0;
  #gone: string[] = [];
  #mishap = 0;
  #machine = 0;

  /** How it stands may have changed. */
  touch(subject: Subject): void {
    if (!this.active || subject.touched) return;
    subject.touched = true;
    this.#queue.push(subject);
  }

  born(subject: Subject): void {
    if (!this.active) return;
    this.onBorn?.(subject);
    this.touch(subject);
  }

  gone(subject: Subject): void {
    if (this.active) this.#gone.push(subject.name);
  }

  /** Something went wrong. @param wall milliseconds since 1970 */
  failed(wall: number, kind: RawMishap['kind'], actor: string, cause: string): void {
    this.mishaps.push({ id: this.#mishap++, wall, kind, actor, cause });
    if (this.mishaps.length > MISHAPS_KEPT) this.mishaps.shift();
  }

  /** A number for a machine within an actor. */
  number(): number {
    this.#machine++;
    return this.#machine;
  }

  /** Who was touched first and was not asked since. */
  next(): Subject | undefined {
    const subject = this.#queue[this.#head];
    if (subject === undefined) return undefined;
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    subject.touched = false;
    return subject;
  }

  /** Names of those that ended since the last time. */
  takeGone(): string[] {
    const gone = this.#gone;
    this.#gone = [];
    return gone;
  }

  /** Nobody watches any more, or somebody begins anew. */
  forget(): void {
    while (this.next() !== undefined);
    this.#gone = [];
  }
}
