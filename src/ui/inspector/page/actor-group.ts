import type { ActorRow } from '../../../actors/inspect/frames.js';
import { compareActors } from './order.js';

/** All actors of one kind on one thread, in order, with their sums kept as they change. */
export class ActorGroup {
  readonly thread: string;
  readonly kind: string;
  /** In order. Those that the search leaves out are not in it. */
  readonly found: string[] = [];
  mailbox = 0;
  restarts = 0;
  size = 0;

  constructor(thread: string, kind: string) {
    this.thread = thread;
    this.kind = kind;
  }

  get key(): string {
    return `${this.thread} ${this.kind}/`;
  }

  /** Counts a row in place of the one before; undefined for none. */
  count(before: ActorRow | undefined, after: ActorRow | undefined): void {
    this.size += Number(after !== undefined) - Number(before !== undefined);
    this.mailbox += (after?.mailbox ?? 0) - (before?.mailbox ?? 0);
    this.restarts += (after?.restarts ?? 0) - (before?.restarts ?? 0);
  }

  /** Puts an actor among the found ones, or takes it out. @returns whether that changed anything */
  find(actor: string, isFound: boolean): boolean {
    const at = this.#place(actor);
    if ((this.found[at] === actor) === isFound) return false;
    if (isFound) this.found.splice(at, 0, actor);
    else this.found.splice(at, 1);
    return true;
  }

  /** Where it is, or belongs. */
  #place(actor: string): number {
    const { found } = this;
    // New actors mostly have the highest number.
    const last = found.at(-1);
    if (last === undefined || compareActors(last, actor) < 0) return found.length;
    let [low, high] = [0, found.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareActors(found[middle] ?? '', actor) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
