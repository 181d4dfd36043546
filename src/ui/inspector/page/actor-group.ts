import type { ActorRow } from '../../../actors/inspect/frames.js';
import { compareActors } from './order.js';

/** All actors of one kind on one thread, in order, with their sums kept as they change. */
export class ActorGroup {
  readonly thread: string;
  readonly kind: string;
  mailbox = 0;
  restarts = 0;
  /** In order; births and deaths alone change it. */
  readonly #all: string[] = [];
  /** Those that the search finds. */
  readonly #found = new Set<string>();
  #list: readonly string[] | undefined;

  constructor(thread: string, kind: string) {
    this.thread = thread;
    this.kind = kind;
  }

  get key(): string {
    return `${this.thread} ${this.kind}/`;
  }

  get size(): number {
    return this.#all.length;
  }

  /** How many the search finds. */
  get foundCount(): number {
    return this.#found.size;
  }

  /** Those that the search finds, in order. */
  get found(): readonly string[] {
    this.#list ??= this.#all.filter((actor) => this.#found.has(actor));
    return this.#list;
  }

  /** Takes a row in place of the one before: undefined is for birth and death. */
  put(actor: string, before: ActorRow | undefined, after: ActorRow | undefined): void {
    this.mailbox += (after?.mailbox ?? 0) - (before?.mailbox ?? 0);
    this.restarts += (after?.restarts ?? 0) - (before?.restarts ?? 0);
    if (before === undefined) this.#all.splice(this.#place(actor), 0, actor);
    if (after !== undefined) return;
    this.#all.splice(this.#place(actor), 1);
    this.find(actor, false);
  }

  /** Whether the search finds an actor. @returns whether that is news */
  find(actor: string, isFound: boolean): boolean {
    if (this.#found.has(actor) === isFound) return false;
    if (isFound) this.#found.add(actor);
    else this.#found.delete(actor);
    this.#list = undefined;
    return true;
  }

  /** Where it is, or belongs. */
  #place(actor: string): number {
    const all = this.#all;
    // New actors mostly have the highest number.
    const last = all.at(-1);
    if (last === undefined || compareActors(last, actor) < 0) return all.length;
    let [low, high] = [0, all.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareActors(all[middle] ?? '', actor) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
