import type { ActorRow, Frame, ThreadRow } from '../../../actors/inspect/frames.js';
import { ActorGroup } from './actor-group.js';
import { kindOf, type Search } from './search.js';

/** A line of the tree. */
export type Entry =
  | { readonly type: 'thread'; readonly key: string; readonly thread: string }
  | { readonly type: 'group'; readonly key: string; readonly group: ActorGroup }
  | { readonly type: 'actor'; readonly key: string; readonly level: 2 | 3 };

/** A kind with more actors is closed until somebody opens it. */
const OPEN_MAX = 100;

function keyOf({ thread, actor }: Pick<ActorRow, 'thread' | 'actor'>): string {
  return `${thread} ${actor}`;
}

/**
 * All actors by thread and kind. A frame changes what it names and nothing else; the lines are made anew only when
 * there are others, not when one of them says something else.
 */
export class ActorTree {
  readonly #threads = new Map<string, ThreadRow>();
  readonly #rows = new Map<string, ActorRow>();
  readonly #groups = new Map<string, Map<string, ActorGroup>>();
  /** What a person has opened or closed, by key. */
  readonly #opened = new Map<string, boolean>();
  #search: Search | undefined;
  #entries: readonly Entry[] | undefined;

  /** Every actor, found or not. */
  get size(): number {
    return this.#rows.size;
  }

  get found(): number {
    let found = 0;
    for (const group of this.#allGroups()) found += group.foundCount;
    return found;
  }

  row(key: string): ActorRow | undefined {
    return this.#rows.get(key);
  }

  thread(name: string): ThreadRow | undefined {
    return this.#threads.get(name);
  }

  /** The lines that are seen, from the top. */
  get entries(): readonly Entry[] {
    this.#entries ??= this.#list();
    return this.#entries;
  }

  take({ whole, threads, actors, gone }: Frame): void {
    if (whole) this.#clear();
    for (const thread of threads ?? []) {
      if (!this.#threads.has(thread.name)) this.#entries = undefined;
      this.#threads.set(thread.name, thread);
    }
    for (const key of gone ?? []) this.#remove(key);
    for (const row of actors ?? []) this.#put(row);
  }

  search(search: Search | undefined): void {
    this.#search = search;
    this.#entries = undefined;
    for (const row of this.#rows.values())
      this.#group(row).find(row.actor, search === undefined || search(row));
  }

  isOpen(entry: Entry): boolean {
    const chosen = this.#opened.get(entry.key);
    if (entry.type === 'thread') return chosen ?? true;
    if (entry.type === 'actor') return false;
    // Who searches wants to see what was found.
    return chosen ?? (this.#search !== undefined || entry.group.foundCount <= OPEN_MAX);
  }

  open(entry: Entry, isOpen: boolean): void {
    if (entry.type === 'actor') return;
    this.#opened.set(entry.key, isOpen);
    this.#entries = undefined;
  }

  /** Opens whatever hides this actor. */
  reveal(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    this.#opened.set(row.thread, true);
    this.#opened.set(this.#group(row).key, true);
    this.#entries = undefined;
  }

  #clear(): void {
    this.#threads.clear();
    this.#rows.clear();
    this.#groups.clear();
    this.#entries = undefined;
  }

  #put(row: ActorRow): void {
    const key = keyOf(row);
    const before = this.#rows.get(key);
    const group = this.#group(row);
    this.#rows.set(key, row);
    group.put(row.actor, before, row);
    const isNews = group.find(row.actor, this.#search === undefined || this.#search(row));
    // A second one of its kind gives the kind a line of its own, found or not.
    if (isNews || (before === undefined && group.size === 2)) this.#entries = undefined;
  }

  #remove(key: string): void {
    const row = this.#rows.get(key);
    if (row === undefined) return;
    const group = this.#group(row);
    this.#rows.delete(key);
    group.put(row.actor, row, undefined);
    if (group.size === 0) this.#groups.get(row.thread)?.delete(group.kind);
    this.#entries = undefined;
  }

  #group({ thread, actor }: ActorRow): ActorGroup {
    let kinds = this.#groups.get(thread);
    if (kinds === undefined) {
      kinds = new Map();
      this.#groups.set(thread, kinds);
    }
    const kind = kindOf(actor);
    let group = kinds.get(kind);
    if (group === undefined) {
      group = new ActorGroup(thread, kind);
      kinds.set(kind, group);
    }
    return group;
  }

  *#allGroups(): Iterable<ActorGroup> {
    for (const kinds of this.#groups.values()) yield* kinds.values();
  }

  #list(): Entry[] {
    const entries: Entry[] = [];
    const names = new Set([...this.#threads.keys(), ...this.#groups.keys()]);
    for (const thread of [...names].sort()) {
      const groups = [...(this.#groups.get(thread)?.values() ?? [])].filter(
        ({ foundCount }) => foundCount > 0,
      );
      if (this.#search !== undefined && groups.length === 0) continue;
      const entry: Entry = { type: 'thread', key: thread, thread };
      entries.push(entry);
      if (!this.isOpen(entry)) continue;
      for (const group of groups.sort((a, b) => (a.kind < b.kind ? -1 : 1))) this.#listGroup(group, entries);
    }
    return entries;
  }

  #listGroup(group: ActorGroup, entries: Entry[]): void {
    // One of its kind needs no line above it.
    const isAlone = group.size === 1;
    const entry: Entry = { type: 'group', key: group.key, group };
    if (!isAlone) entries.push(entry);
    if (!isAlone && !this.isOpen(entry)) return;
    for (const actor of group.found)
      entries.push({ type: 'actor', key: `${group.thread} ${actor}`, level: isAlone ? 2 : 3 });
  }
}
