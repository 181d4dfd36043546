import { TWIN_LINGER_MS, TWIN_WINDOW_MS } from '../../net/ring/constants.js';
import type { PathAddress } from '../../net/types.js';

/** One wire of a link. */
export interface Line {
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
export class Lines {
  readonly #lines: Line[] = [];

  get all(): readonly Line[] {
    return this.#lines;
  }

  /** The wire in use. */
  get first(): Line | undefined {
    return this.#lines[0];
  }

  find(wire: number): Line | undefined {
    return this.#lines.find((line) => line.wire === wire);
  }

  add(line: Line): void {
    this.#lines.push(line);
  }

  /** @returns what it was, if it was one of these */
  remove(wire: number): Line | undefined {
    const at = this.#lines.findIndex((line) => line.wire === wire);
    return at < 0 ? undefined : this.#lines.splice(at, 1)[0];
  }

  clear(): Line[] {
    return this.#lines.splice(0);
  }

  /** Takes out those whose place another has taken for long enough. */
  due(now: number): Line[] {
    return this.#lines.filter(({ closeAt }) => closeAt <= now).flatMap(({ wire }) => this.remove(wire) ?? []);
  }

  /**
   * Puts the wire to be used first. Of two that were dialled by both sides at once the one dialled by the smaller id
   * stays, so that both choose alike; else the newer one, since the other side has a reason to dial again: it woke up
   * at another place. The smaller id closes what goes.
   * @param isSmaller whether that is this side
   * @returns whether another one is in use now
   */
  choose(isSmaller: boolean, now: number): boolean {
    const ready = this.#lines.filter(({ isGreeted }) => isGreeted);
    const [first, ...others] = ready;
    if (first === undefined) return false;
    let best = first;
    for (const line of others) if (isBetter(line, best, isSmaller)) best = line;
    const isChange = best !== this.first;
    this.#lines.splice(this.#lines.indexOf(best), 1);
    this.#lines.unshift(best);
    best.closeAt = Number.POSITIVE_INFINITY;
    if (isSmaller)
      for (const line of ready)
        if (line !== best) line.closeAt = Math.min(line.closeAt, now + TWIN_LINGER_MS);
    return isChange;
  }
}

function isBetter(line: Line, than: Line, isSmaller: boolean): boolean {
  const isAtOnce = Math.abs(line.openedAt - than.openedAt) <= TWIN_WINDOW_MS;
  if (!isAtOnce || line.dialled === than.dialled) return line.openedAt > than.openedAt;
  return line.dialled === isSmaller;
}
