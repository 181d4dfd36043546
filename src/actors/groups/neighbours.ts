import { type Cell, isWithin } from '../../chat/geo.js';
import { nameKey } from '../../chat/name.js';
import type { AboutBody, SharedReply, TagsReply } from '../../chat/operations.js';
import { SHARED_PER_REPLY, TAGS_PER_REPLY, TAGS_SHOWN_MAX } from '../../net/constants.js';
import { idKey } from '../registry/state.js';
import { Neighbour } from './neighbour.js';

/** Counting is a walk over everybody: asked more often than this, the same answer is given again. */
const TAGS_FRESH_MS = 1_000;

/** Everybody who is here, or whose place is still remembered. */
export class Neighbours {
  readonly #byAccount = new Map<string, Neighbour>();
  readonly #byConn = new Map<number, Neighbour>();
  /** Those who are here and share anything, by name: pages are cut from it. */
  readonly #sharing: Neighbour[] = [];
  #tags: TagsReply = { t: [] };
  #tagsAt = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#byAccount.size;
  }

  find(account: Uint8Array): Neighbour | undefined {
    return this.#byAccount.get(idKey(account));
  }

  byConn(conn: number): Neighbour | undefined {
    return this.#byConn.get(conn);
  }

  enter(conn: number, account: Uint8Array, name: string): Neighbour {
    const key = idKey(account);
    let neighbour = this.#byAccount.get(key);
    if (!neighbour) {
      neighbour = new Neighbour(Buffer.from(account), name);
      this.#byAccount.set(key, neighbour);
    }
    this.#byConn.set(conn, neighbour);
    neighbour.conns.add(conn);
    this.list(neighbour);
    return neighbour;
  }

  exit(conn: number): Neighbour | undefined {
    const neighbour = this.#byConn.get(conn);
    if (!neighbour) return undefined;
    this.#byConn.delete(conn);
    neighbour.conns.delete(conn);
    this.list(neighbour);
    return neighbour;
  }

  /** Forgets somebody who is not here. */
  forget(neighbour: Neighbour): void {
    if (!neighbour.isHere) this.#byAccount.delete(idKey(neighbour.account));
  }

  /** Call when somebody came, went, or shares something else. */
  list(neighbour: Neighbour): void {
    const at = this.#after(neighbour.sortKey, 0);
    const isListed = this.#sharing[at] === neighbour;
    const belongs = neighbour.isHere && neighbour.shares;
    if (belongs && !isListed) this.#sharing.splice(at, 0, neighbour);
    else if (!belongs && isListed) this.#sharing.splice(at, 1);
  }

  /** Accounts of those here that are within so many km of a cell. */
  within(centre: Cell, km: number): readonly Buffer[] {
    const near = this.#sharing.filter(({ cell }) => isWithin(cell, centre, km));
    return near.map(({ account }) => account);
  }

  /** @param now monotonic ms */
  tags(now: number): TagsReply {
    if (now - this.#tagsAt < TAGS_FRESH_MS) return this.#tags;
    const people = new Map<string, number>();
    for (const { tags } of this.#sharing) for (const tag of tags) people.set(tag, (people.get(tag) ?? 0) + 1);
    const ranked = [...people].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1));
    this.#tags = { t: ranked.slice(0, TAGS_PER_REPLY).map(([n, p]) => ({ n, p })) };
    this.#tagsAt = now;
    return this.#tags;
  }

  shared(after: string): SharedReply {
    // Behind that name, if it stands there.
    const from = after === '' ? 0 : this.#after(nameKey(after), 1);
    const page = this.#sharing.slice(from, from + SHARED_PER_REPLY);
    return {
      p: page.map((neighbour) => ({ n: neighbour.name, v: neighbour.version, ...aboutOf(neighbour) })),
    };
  }

  /** Where a key stands or would stand (`beyond` 0), or what comes behind it (1). */
  #after(key: string, beyond: 0 | 1): number {
    let low = 0;
    let high = this.#sharing.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = this.#sharing[middle]?.sortKey ?? '';
      if (other < key || (beyond === 1 && other === key)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What others are told of somebody. */
export function aboutOf({ cell, tags }: Neighbour): AboutBody {
  return { g: cell, i: tags.slice(0, TAGS_SHOWN_MAX) };
}
