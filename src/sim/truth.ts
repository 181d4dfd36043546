/**
 * What the pointers of all members ought to be, since the simulator knows who is alive. After Zave, "How to make
 * Chord correct" (arXiv 1502.06461): what must hold at every step, and what must hold once nothing happens any more.
 */
import { clockwise, isBetween } from '../net/ring/place.js';
import type { Neighbourhood, PeerId } from '../net/ring/types.js';

/** A member as the checks see it. */
export interface Placed {
  readonly number: number;
  readonly id: PeerId;
  readonly place: number;
  readonly neighbourhood: Neighbourhood;
  /** It has its place in the order, but nobody expects truth of it. */
  readonly isLiar: boolean;
}

/** What a successor list has at least, where there are so many: Zave's r. */
const SHORTEST_LIST = 8;
/** The least number of members that must be passed over by no list, r + 1: fewer have no stable base. */
export const STABLE_BASE = SHORTEST_LIST + 1;

/** Everybody who is alive and in, in the order of the ring. */
export class Truth {
  /** In the order of the ring. */
  readonly members: readonly Placed[];
  readonly #honest: readonly Placed[];
  readonly #rank = new Map<PeerId, number>();

  constructor(members: readonly Placed[]) {
    this.members = [...members].sort((a, b) => a.place - b.place);
    this.#honest = this.members.filter(({ isLiar }) => !isLiar);
    for (const [rank, { id }] of this.members.entries()) this.#rank.set(id, rank);
  }

  isAlive(id: PeerId): boolean {
    return this.#rank.has(id);
  }

  // ---- At every step ------------------------------------------------------------------------------------

  /** Lists are ordered, without duplicates, without their owner. @returns what is wrong, undefined when nothing is */
  static listFault({ id, place, neighbourhood }: Placed): string | undefined {
    let way = 0;
    for (const successor of neighbourhood.successors) {
      const next = clockwise(place, successor.place);
      if (successor.id === id) return 'its list contains itself';
      if (next <= way) return 'its list is out of order';
      way = next;
    }
    return undefined;
  }

  /** Members whose list leads to nobody alive, though somebody else is. */
  stranded(): readonly Placed[] {
    if (this.members.length < 2) return [];
    return this.members.filter(
      ({ neighbourhood }) => !neighbourhood.successors.some(({ id }) => this.isAlive(id)),
    );
  }

  /** Members whom no list passes over: those that Zave's proof calls the stable base must be among them. */
  unskipped(): number {
    const skipped = new Set<number>();
    for (const member of this.#honest) {
      let from = member.place;
      for (const { id, place } of member.neighbourhood.successors) {
        this.#between(from, place, skipped);
        from = place;
        if (id === member.id) break;
      }
    }
    return this.members.length - skipped.size;
  }

  // ---- Once nothing happens any more --------------------------------------------------------------------

  /** What still differs between all pointers and the truth; empty when the ring is whole. */
  differences(): readonly string[] {
    const found: string[] = [];
    for (const [rank, member] of this.members.entries()) {
      const fault = member.isLiar ? undefined : this.#difference(member, rank);
      if (fault !== undefined) found.push(`${member.number}: ${fault}`);
    }
    return found;
  }

  get isWhole(): boolean {
    return this.members.every(
      (member, rank) => member.isLiar || this.#difference(member, rank) === undefined,
    );
  }

  #difference({ neighbourhood }: Placed, rank: number): string | undefined {
    const { successors, predecessor } = neighbourhood;
    const others = this.members.length - 1;
    if (successors.length < Math.min(others, SHORTEST_LIST)) return `its list has ${successors.length}`;
    if (successors.length > others) return 'its list has more than there are';
    for (const [index, { id }] of successors.entries()) {
      const right = this.#at(rank + 1 + index);
      if (right?.id !== id) return `its successor ${index} is not ${right?.number}`;
    }
    if (others > 0 && predecessor?.id !== this.#at(rank - 1)?.id)
      return `its predecessor is not ${this.#at(rank - 1)?.number}`;
    return undefined;
  }

  #at(rank: number): Placed | undefined {
    const { length } = this.members;
    return this.members[(rank + length) % length];
  }

  /** Adds who is strictly between two places. */
  #between(from: number, to: number, into: Set<number>): void {
    const { members } = this;
    let rank = this.#firstBehind(from);
    for (let steps = 0; steps < members.length; steps++) {
      const member = members[rank % members.length];
      if (member === undefined || !isBetween(member.place, from, to)) return;
      into.add(member.number);
      rank++;
    }
  }

  /** Rank of the first member behind a place. */
  #firstBehind(place: number): number {
    let [low, high] = [0, this.members.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.members[middle]?.place ?? 0) <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
