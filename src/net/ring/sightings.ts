import { sameAddress } from '../path.js';
import { networkOf } from '../ratelimit.js';
import type { PathAddress } from '../types.js';
import type { PeerId } from './types.js';

/** Peers whose word is remembered. */
const WITNESSES_MAX = 64;
/** So many networks must say the same: one liar shall not send a whole community elsewhere. */
const NETWORKS_MIN = 2;
const AGREED_MAX = 2;

interface Sighting {
  readonly at: PathAddress;
  /** From where it was seen. */
  readonly network: string;
}

/** Where others see this peer, which a peer behind a translating router cannot know by itself. */
export class Sightings {
  /** In the order in which they were last told. */
  readonly #byWitness = new Map<PeerId, Sighting>();

  /** A peer says that it sees us at an address. @param from where that peer is */
  told(witness: PeerId, from: PathAddress, at: PathAddress): void {
    this.#byWitness.delete(witness);
    this.#byWitness.set(witness, { at, network: networkOf(from.address) });
    if (this.#byWitness.size <= WITNESSES_MAX) return;
    for (const oldest of this.#byWitness.keys()) {
      this.#byWitness.delete(oldest);
      return;
    }
  }

  /** That peer sees us no more. */
  forget(witness: PeerId): void {
    this.#byWitness.delete(witness);
  }

  /** Addresses that peers of several networks agree on, those most often told first. */
  agreed(): PathAddress[] {
    const seen: { at: PathAddress; networks: Set<string> }[] = [];
    for (const { at, network } of this.#byWitness.values()) {
      const known = seen.find((other) => sameAddress(other.at, at));
      if (known === undefined) seen.push({ at, networks: new Set([network]) });
      else known.networks.add(network);
    }
    return seen
      .filter(({ networks }) => networks.size >= NETWORKS_MIN)
      .sort((a, b) => b.networks.size - a.networks.size)
      .slice(0, AGREED_MAX)
      .map(({ at }) => at);
  }
}
