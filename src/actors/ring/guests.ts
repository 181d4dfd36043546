import { networkOf } from '../../net/ratelimit.js';
import { GUESTS_MAX, GUESTS_PER_NETWORK_MAX } from '../../net/ring/constants.js';
import type { Link } from './link.js';

/**
 * Links that others dialled. One machine may have as many keys as it likes, so places are given by network: each gets
 * so many, and when all are taken, whoever comes from elsewhere gets one of those that have most. Links that we need
 * ourselves are no guests, and for those that we dial there is always room.
 */
export class Guests {
  readonly #networks = new Map<Link, string>();
  readonly #counts = new Map<string, number>();

  /** @returns false when there is no place for somebody from there */
  admits(address: string): boolean {
    const network = networkOf(address);
    const count = this.#counts.get(network) ?? 0;
    if (count >= GUESTS_PER_NETWORK_MAX) return false;
    if (this.#networks.size < GUESTS_MAX) return true;
    const crowded = this.#mostOfOne(count + 1);
    crowded?.close();
    return crowded !== undefined;
  }

  add(link: Link, address: string): void {
    const network = networkOf(address);
    this.#networks.set(link, network);
    this.#counts.set(network, (this.#counts.get(network) ?? 0) + 1);
  }

  delete(link: Link): void {
    const network = this.#networks.get(link);
    if (network === undefined) return;
    this.#networks.delete(link);
    const count = (this.#counts.get(network) ?? 0) - 1;
    if (count > 0) this.#counts.set(network, count);
    else this.#counts.delete(network);
  }

  /** The youngest that we do not need, of the network with most guests, and with more than that. */
  #mostOfOne(atLeast: number): Link | undefined {
    let most: Link | undefined;
    let count = atLeast;
    for (const [link, network] of this.#networks) {
      const here = this.#counts.get(network) ?? 0;
      if (link.isNeeded || here <= atLeast || here < count) continue;
      most = link;
      count = here;
    }
    return most;
  }
}
