import type { PeerId } from '../../../net/ring/types.js';

/** So many letters within so long, either way, and a direct link is worth its handshake. */
const LETTERS = 3;
const WITHIN_MS = 60_000;
/** After this without a letter it is not needed any more. */
const REST_MS = 5 * 60_000;
const PEERS_MAX = 64;

/** With whom one talks so much that letters should go straight. */
export class Closeness {
  readonly #reach: (peer: PeerId, on: boolean) => void;
  /** When the last letters went, the oldest first. */
  readonly #letters = new Map<PeerId, number[]>();
  readonly #reached = new Set<PeerId>();

  /** @param reach a direct link with that peer is wanted, or no longer */
  constructor(reach: (peer: PeerId, on: boolean) => void) {
    this.#reach = reach;
  }

  /** A letter to or from that peer. */
  letter(peer: PeerId, now: number): void {
    const times = [...(this.#letters.get(peer) ?? []), now].slice(-LETTERS);
    this.#letters.delete(peer);
    this.#letters.set(peer, times);
    const [first = now] = times;
    if (times.length === LETTERS && now - first <= WITHIN_MS && !this.#reached.has(peer)) {
      this.#reached.add(peer);
      this.#reach(peer, true);
    }
    const [oldest] = this.#letters.keys();
    if (this.#letters.size > PEERS_MAX && oldest !== undefined) this.#rest(oldest);
  }

  tick(now: number): void {
    for (const [peer, times] of this.#letters) if ((times.at(-1) ?? 0) + REST_MS <= now) this.#rest(peer);
  }

  deadline(): number {
    // In the order of their last letters.
    for (const times of this.#letters.values()) return (times.at(-1) ?? 0) + REST_MS;
    return Number.POSITIVE_INFINITY;
  }

  #rest(peer: PeerId): void {
    this.#letters.delete(peer);
    if (this.#reached.delete(peer)) this.#reach(peer, false);
  }
}
