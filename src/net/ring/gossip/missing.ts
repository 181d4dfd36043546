/**
 * Items that others announced and nobody sent. Each gets some time to come by itself along the tree; then it is
 * grafted from who announced it first, and from the next after that:
 *
 *     IHAVE --- wait, as long as items usually take ---> GRAFT --- again ---> GRAFT at the next --- ... ---> given up
 *
 * The wait follows how much later than its first announcement an item came, smoothed as RFC 6298 smooths round
 * trips: too short, and the tree is torn and woven anew all the time; too long, and people wait.
 */
import {
  ANNOUNCERS_MAX,
  GRAFT_AFTER_MAX_MS,
  GRAFT_AFTER_MIN_MS,
  GRAFT_AFTER_MS,
  GRAFT_AGAIN_MS,
  MISSING_MAX,
  MISSING_PER_LINK_MAX,
} from '../constants.js';
import type { PeerId } from '../types.js';
import type { ItemId } from './item.js';

interface Missing {
  readonly announcedAt: number;
  /** Whose share of the bounds it takes. */
  readonly by: PeerId;
  /** Who has it and was not asked. */
  readonly announcers: PeerId[];
  dueAt: number;
  /** Who was asked last. */
  asked: PeerId | undefined;
}

export class MissingItems {
  readonly #missing = new Map<ItemId, Missing>();
  readonly #perLink = new Map<PeerId, number>();
  #next = Number.POSITIVE_INFINITY;
  /** How late items are, ms: mean and deviation. */
  #late = GRAFT_AFTER_MS / 2;
  #deviation = GRAFT_AFTER_MS / 8;

  get deadline(): number {
    return this.#next;
  }

  /** @returns false when a bound is reached */
  announced(from: PeerId, id: ItemId, now: number): boolean {
    const known = this.#missing.get(id);
    if (known !== undefined) {
      if (known.announcers.length < ANNOUNCERS_MAX && !known.announcers.includes(from))
        known.announcers.push(from);
      return true;
    }
    const count = this.#perLink.get(from) ?? 0;
    if (this.#missing.size >= MISSING_MAX || count >= MISSING_PER_LINK_MAX) return false;
    this.#perLink.set(from, count + 1);
    const dueAt = now + this.#patienceMs();
    this.#missing.set(id, { announcedAt: now, by: from, announcers: [from], dueAt, asked: undefined });
    this.#next = Math.min(this.#next, dueAt);
    return true;
  }

  /** An item came. @returns whether it came because it was grafted */
  came(id: ItemId, from: PeerId, now: number): boolean {
    const missing = this.#missing.get(id);
    if (missing === undefined) return false;
    this.#remove(id, missing);
    const isGrafted = missing.asked === from;
    // What came since it was asked for says nothing about how late the tree is.
    if (!isGrafted) this.#measure(now - missing.announcedAt);
    return isGrafted;
  }

  unlinked(peer: PeerId): void {
    this.#perLink.delete(peer);
    for (const { announcers } of this.#missing.values()) {
      const at = announcers.indexOf(peer);
      if (at >= 0) announcers.splice(at, 1);
    }
  }

  /** Takes out whom to ask for what now. @returns how many were given up since nobody is left to be asked */
  due(now: number, asks: Map<PeerId, ItemId[]>): number {
    if (now < this.#next) return 0;
    let givenUp = 0;
    let next = Number.POSITIVE_INFINITY;
    for (const [id, missing] of this.#missing) {
      if (missing.dueAt <= now) {
        const announcer = missing.announcers.shift();
        if (announcer === undefined) {
          this.#remove(id, missing);
          givenUp++;
          continue;
        }
        const ids = asks.get(announcer);
        if (ids === undefined) asks.set(announcer, [id]);
        else ids.push(id);
        missing.asked = announcer;
        missing.dueAt = now + GRAFT_AGAIN_MS;
      }
      next = Math.min(next, missing.dueAt);
    }
    this.#next = next;
    return givenUp;
  }

  #remove(id: ItemId, { by }: Missing): void {
    this.#missing.delete(id);
    const count = this.#perLink.get(by);
    if (count === undefined) return;
    if (count > 1) this.#perLink.set(by, count - 1);
    else this.#perLink.delete(by);
  }

  #patienceMs(): number {
    const ms = this.#late + 4 * this.#deviation;
    return Math.min(Math.max(ms, GRAFT_AFTER_MIN_MS), GRAFT_AFTER_MAX_MS);
  }

  #measure(lateMs: number): void {
    this.#deviation += (Math.abs(this.#late - lateMs) - this.#deviation) / 4;
    this.#late += (lateMs - this.#late) / 8;
  }
}
