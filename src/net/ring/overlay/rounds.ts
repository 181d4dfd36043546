import { STABILISE_MS } from '../constants.js';
import type { Acquaintance, Known } from './known.js';
import type { Pointers } from './pointers.js';

/** Whoever of those far away was heard so lately need not be probed. */
const FAR_QUIET_MS = 3 * STABILISE_MS;
/** A predecessor asks us once a second: after so much silence it is we who ask. */
const NEAR_QUIET_MS = 2 * STABILISE_MS;

/**
 * Whom to ask in this second: the first successor always, of the other neighbours one, of all other links one.
 * Where both ends probe, each link is looked after in half of a round.
 */
export class Rounds {
  readonly #pointers: Pointers;
  readonly #acquaintance: Acquaintance;
  #near: Known[] = [];
  #far: Known[] = [];

  constructor(pointers: Pointers, acquaintance: Acquaintance) {
    this.#pointers = pointers;
    this.#acquaintance = acquaintance;
  }

  next(now: number): Known[] {
    const { head, predecessor, successors } = this.#pointers;
    const asked: Known[] = head === undefined ? [] : [head];
    if (this.#near.length === 0) this.#near = successors.tellers.filter((known) => known !== head);
    const near = this.#near.pop();
    if (near?.linked) asked.push(near);
    if (predecessor !== undefined && predecessor.heardAt < now - NEAR_QUIET_MS) asked.push(predecessor);
    const far = this.#nextFar(asked, now);
    if (far !== undefined) asked.push(far);
    return asked;
  }

  #nextFar(asked: readonly Known[], now: number): Known | undefined {
    for (let turn = 0; turn < 2; turn++) {
      for (let known = this.#far.pop(); known !== undefined; known = this.#far.pop())
        if (known.linked && known.heardAt <= now - FAR_QUIET_MS && !asked.includes(known)) return known;
      this.#far = [...this.#acquaintance.all];
    }
    return undefined;
  }
}
