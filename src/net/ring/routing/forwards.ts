import type { PeerId } from '../types.js';
import type { Route } from './route.js';

/** A link that ends so soon after a frame went into it may have lost it. */
const LIFE_MS = 5_000;
const PER_LINK_MAX = 64;

interface Forward {
  readonly route: Route;
  readonly at: number;
}

/** What went out over each link of late: when the link ends, it is sent another way. */
export class Forwards {
  readonly #byLink = new Map<PeerId, Forward[]>();

  /** @param route its buffers are kept */
  add(link: PeerId, route: Route, now: number): void {
    const forwards = (this.#byLink.get(link) ?? []).filter(({ at }) => now - at < LIFE_MS);
    forwards.push({ route, at: now });
    this.#byLink.set(link, forwards.slice(-PER_LINK_MAX));
  }

  /** That link is gone. @returns what it may have lost, oldest first */
  take(link: PeerId, now: number): Route[] {
    const forwards = this.#byLink.get(link) ?? [];
    this.#byLink.delete(link);
    return forwards.filter(({ at }) => now - at < LIFE_MS).map(({ route }) => route);
  }
}
