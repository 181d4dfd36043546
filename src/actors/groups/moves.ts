import type { Cell } from '../../chat/geo.js';
import { Buckets } from '../../net/bucket.js';

/** Nobody travels faster; who tries out places one after the other to see who is there does. */
const MOVES_PER_MINUTE = 6;
const MOVES_BURST = 20;
/** Last places that are remembered; without them the next word of a place counts as a move, which is all. */
const LAST_MAX = 50_000;

/** How often people move. To say the same again is no move, and to share nothing any more is always allowed. */
export class Moves {
  readonly #buckets = new Buckets(MOVES_PER_MINUTE / 60, MOVES_BURST);
  readonly #last = new Map<string, Cell>();

  /** @returns 0, or the milliseconds until this account may move again */
  take(account: string, cell: Cell | '', now: number): number {
    if (cell === '' || this.#last.get(account) === cell) return 0;
    const waitMs = this.#buckets.take(account, now);
    if (waitMs > 0) return waitMs;
    if (this.#last.size >= LAST_MAX) this.#last.clear();
    this.#last.set(account, cell);
    return 0;
  }
}
