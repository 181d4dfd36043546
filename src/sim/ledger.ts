/** Who got what, when, how often, and by which way: from entries on wires and messages on screens. */

/** How the first copy of an entry came. */
export type Way = 'broadcast' | 'repair';

export interface Said {
  readonly author: number;
  readonly at: number;
  /** Per member: when it was shown; NaN while it was not. */
  readonly shownAt: Float64Array;
  /** Per member: how often it was shown. */
  readonly shown: Uint8Array;
  /** Per member: payloads that came by wire. */
  readonly copies: Uint16Array;
  /** Per member: over how many links its first copy came, 0 for none by broadcast. */
  readonly hops: Uint8Array;
  /** Members whose first copy came by anti-entropy. */
  readonly repaired: Set<number>;
}

export class Ledger {
  /** By the entry's id, hex. */
  readonly said = new Map<string, Said>();
  readonly #members: number;

  /** @param members the most that there will be */
  constructor(members: number) {
    this.#members = members;
  }

  say(id: string, author: number, now: number): void {
    const said: Said = {
      author,
      at: now,
      shownAt: new Float64Array(this.#members).fill(Number.NaN),
      shown: new Uint8Array(this.#members),
      copies: new Uint16Array(this.#members),
      hops: new Uint8Array(this.#members),
      repaired: new Set(),
    };
    said.shownAt[author] = now;
    said.shown[author] = 1;
    this.said.set(id, said);
  }

  /** A payload reached a member. */
  came(id: string, member: number, way: Way, hops: number): void {
    const said = this.said.get(id);
    if (said === undefined || said.author === member) return;
    const copies = said.copies[member] ?? 0;
    said.copies[member] = copies + 1;
    if (copies > 0) return;
    if (way === 'repair') said.repaired.add(member);
    else said.hops[member] = hops;
  }

  /** A member's screen shows it. */
  shown(id: string, member: number, now: number): void {
    const said = this.said.get(id);
    if (said === undefined || said.author === member) return;
    said.shown[member] = (said.shown[member] ?? 0) + 1;
    if (Number.isNaN(said.shownAt[member])) said.shownAt[member] = now;
  }

  has(id: string, member: number): boolean {
    return !Number.isNaN(this.said.get(id)?.shownAt[member] ?? Number.NaN);
  }
}
