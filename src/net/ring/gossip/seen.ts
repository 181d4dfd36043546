/** Which items came already, and the bytes of the youngest for who grafts them. */
import { ITEM_KEPT_MS, ITEM_SEEN_MS, ITEMS_KEPT_MAX_BYTES, ITEMS_SEEN_MAX } from '../constants.js';
import type { PeerId } from '../types.js';
import type { Item, ItemId } from './item.js';

export interface SeenItem {
  /** Over how many links it came; 0 for one's own. */
  hops: number;
  /** Who sent it first; '' for one's own. */
  from: PeerId;
  /** Undefined once it is forgotten, or when it goes no further. */
  item: Item | undefined;
  readonly at: number;
}

/** Bounded by count, age and bytes; the oldest goes first. */
export class SeenItems {
  /** In the order in which they came. */
  readonly #items = new Map<ItemId, SeenItem>();
  /** As above, those with bytes. */
  readonly #kept = new Map<ItemId, SeenItem>();
  #keptBytes = 0;

  get(id: ItemId): SeenItem | undefined {
    return this.#items.get(id);
  }

  /** @param item undefined when it goes no further: nobody gets it from here */
  add(id: ItemId, item: Item | undefined, from: PeerId, hops: number, now: number): SeenItem {
    const seen: SeenItem = { hops, from, item, at: now };
    this.#items.set(id, seen);
    if (item !== undefined) {
      this.#kept.set(id, seen);
      this.#keptBytes += item.bytes.length;
    }
    this.#forget(now);
    return seen;
  }

  #forget(now: number): void {
    for (const [id, seen] of this.#kept) {
      if (seen.at > now - ITEM_KEPT_MS && this.#keptBytes <= ITEMS_KEPT_MAX_BYTES) break;
      this.#drop(id, seen);
    }
    for (const [id, seen] of this.#items) {
      if (seen.at > now - ITEM_SEEN_MS && this.#items.size <= ITEMS_SEEN_MAX) break;
      this.#items.delete(id);
    }
  }

  #drop(id: ItemId, seen: SeenItem): void {
    this.#keptBytes -= seen.item?.bytes.length ?? 0;
    seen.item = undefined;
    this.#kept.delete(id);
  }
}
