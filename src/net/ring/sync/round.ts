import { HEADS_PENDING_MAX, LACKS_MAX, SYNC_PATIENCE_MS } from '../constants.js';
import type { PeerId } from '../types.js';
import type { SyncHead, SyncRange, SyncSet } from './set.js';

export interface PendingHead {
  readonly set: SyncSet;
  readonly head: SyncHead;
  /** Set and feed: the same in all rounds. */
  readonly key: string;
}

/** What was asked and has not been answered. One at a time in each round. */
export interface Asked {
  readonly ask: number;
  readonly set: SyncSet;
  readonly ranges: readonly SyncRange[];
  readonly pending: readonly PendingHead[];
}

/** One exchange with one partner, as one of the two sides sees it: which heads are to be looked at, what was asked. */
export class Round {
  readonly partner: PeerId;
  readonly number: number;
  readonly isOurs: boolean;
  readonly #sets = new Map<string, SyncSet>();
  readonly #pending: PendingHead[] = [];
  #next = 0;
  #asks = 0;
  asked: Asked | undefined;
  /** Buckets of which the partner may still send heads: of ours those that we asked for, of theirs all. */
  owed = 0;
  /** Which sets differ is known. */
  isCompared = false;
  /** It came to its end here; what the partner still lacks it may ask for. */
  isOver = false;
  /** When it is given up. */
  until: number;

  constructor(partner: PeerId, number: number, isOurs: boolean, sets: readonly SyncSet[], now: number) {
    this.partner = partner;
    this.number = number;
    this.isOurs = isOurs;
    this.until = now + SYNC_PATIENCE_MS;
    for (const set of sets) this.#sets.set(set.id.toString('hex'), set);
  }

  /** Nothing is left to be done on this side. */
  get isDone(): boolean {
    return this.isCompared && this.owed <= 0 && this.asked === undefined && !this.hasPending;
  }

  /** There are heads that were not looked at yet. */
  get hasPending(): boolean {
    return this.#next < this.#pending.length;
  }

  set(id: Buffer): SyncSet | undefined {
    return this.#sets.get(id.toString('hex'));
  }

  /** The partner did its part: it gets as much time again. */
  progressed(now: number): void {
    this.until = now + SYNC_PATIENCE_MS;
  }

  /** @returns how many are above the bound */
  look(set: SyncSet, heads: readonly SyncHead[]): number {
    const id = set.id.toString('hex');
    const room = Math.max(0, HEADS_PENDING_MAX - (this.#pending.length - this.#next));
    for (const head of heads.slice(0, room))
      this.#pending.push({ set, head, key: `${id}/${head.id.toString('hex')}` });
    return Math.max(0, heads.length - room);
  }

  /** These have more to give. */
  again(pending: readonly PendingHead[]): void {
    this.#pending.push(...pending);
  }

  /**
   * Takes the next heads whose parts fit one LACK, all of one set.
   * @param lacking what to ask of a head; none when there is nothing to ask
   */
  nextAsk(lacking: (pending: PendingHead) => readonly SyncRange[]): Asked | undefined {
    const ranges: SyncRange[] = [];
    const pending: PendingHead[] = [];
    for (; this.#next < this.#pending.length; this.#next++) {
      const one = this.#pending[this.#next];
      if (one === undefined || (pending[0] !== undefined && pending[0].set !== one.set)) break;
      const some = lacking(one);
      if (some.length === 0) continue;
      if (ranges.length + some.length > LACKS_MAX) break;
      ranges.push(...some);
      pending.push(one);
    }
    if (this.#next >= this.#pending.length) {
      this.#pending.length = 0;
      this.#next = 0;
    }
    const first = pending[0];
    if (first === undefined) return undefined;
    this.#asks++;
    this.asked = { ask: this.#asks, set: first.set, ranges, pending };
    return this.asked;
  }
}
