import { TWIN_LINGER_MS, TWIN_WINDOW_MS } from '../../net/ring/constants.js';
import type { PathAddress } from '../../net/types.js';

/** One wire of a link. */
export interface LinkWire {
  readonly wire: number;
  path: PathAddress;
  readonly dialled: boolean;
  readonly openedAt: number;
  /** The other end's HELLO came. */
  isGreeted: boolean;
  /** Another one took its place: closed then. */
  closeAt: number;
}

/** The wires of one link, the one in use first: more than one only while both sides dialled at once, or one woke up elsewhere. */
export class LinkWires {
  readonly #wires: LinkWire[] = [];

  get all(): readonly LinkWire[] {
    return this.#wires;
  }

  /** The wire in use. */
  get first(): LinkWire | undefined {
    return this.#wires[0];
  }

  find(wire: number): LinkWire | undefined {
    return this.#wires.find((one) => one.wire === wire);
  }

  add(one: LinkWire): void {
    this.#wires.push(one);
  }

  /** @returns what it was, if it was one of these */
  remove(wire: number): LinkWire | undefined {
    const at = this.#wires.findIndex((one) => one.wire === wire);
    return at < 0 ? undefined : this.#wires.splice(at, 1)[0];
  }

  clear(): LinkWire[] {
    return this.#wires.splice(0);
  }

  /** Takes out those whose place another has taken for long enough. */
  due(now: number): LinkWire[] {
    return this.#wires.filter(({ closeAt }) => closeAt <= now).flatMap(({ wire }) => this.remove(wire) ?? []);
  }

  /**
   * Puts the wire to be used first. Of two that were dialled by both sides at once the one dialled by the smaller id
   * stays, so that both choose alike; else the newer one, since the other side has a reason to dial again: it woke up
   * at another place. The smaller id closes what goes.
   * @param isSmaller whether that is this side
   * @returns whether another one is in use now
   */
  choose(isSmaller: boolean, now: number): boolean {
    const ready = this.#wires.filter(({ isGreeted }) => isGreeted);
    const [first, ...others] = ready;
    if (first === undefined) return false;
    let best = first;
    for (const one of others) if (isBetter(one, best, isSmaller)) best = one;
    const isChange = best !== this.first;
    this.#wires.splice(this.#wires.indexOf(best), 1);
    this.#wires.unshift(best);
    best.closeAt = Number.POSITIVE_INFINITY;
    if (isSmaller)
      for (const one of ready) if (one !== best) one.closeAt = Math.min(one.closeAt, now + TWIN_LINGER_MS);
    return isChange;
  }
}

function isBetter(one: LinkWire, than: LinkWire, isSmaller: boolean): boolean {
  const isAtOnce = Math.abs(one.openedAt - than.openedAt) <= TWIN_WINDOW_MS;
  if (!isAtOnce || one.dialled === than.dialled) return one.openedAt > than.openedAt;
  return one.dialled === isSmaller;
}
