/** The actors of this process as frames have told of them: what is shown of them, and which are looked for. */
import type {
  ActorDetail,
  ActorEvent,
  ActorRow,
  Frame,
  Mishap,
  ThreadRow,
} from '../../actors/inspect/frames.js';

/** So many events of the chosen actor are kept, the newest ones. */
const EVENTS_MAX = 200;

/** One line of the list: a thread, or an actor of it. */
export type ListEntry =
  | {
      readonly type: 'thread';
      readonly name: string;
      readonly row: ThreadRow | undefined;
      readonly found: number;
    }
  /** `inner`: what it is called within the one above it, if that is what it is part of. */
  | { readonly type: 'actor'; readonly row: ActorRow; readonly inner: string | undefined };

/** Unique in a process, as `Interest.chosen` has it. */
export function keyOf({ thread, actor }: ActorRow): string {
  return `${thread} ${actor}`;
}

export class MachineList {
  readonly #actors = new Map<string, ActorRow>();
  /** What each is sorted by. */
  readonly #places = new Map<string, string>();
  #threads: readonly ThreadRow[] = [];
  #filter = '';
  #detail: ActorDetail | undefined;
  #mishap: Mishap | undefined;
  #events: readonly ActorEvent[] = [];
  /** In order; undefined when somebody came or went. */
  #ordered: readonly ActorRow[] | undefined;
  #entries: readonly ListEntry[] | undefined;
  #found: { readonly of: readonly ListEntry[]; readonly rows: readonly ActorRow[] } | undefined;
  #isTold = false;

  /** Has anything been told yet? */
  get isTold(): boolean {
    return this.#isTold;
  }

  get count(): number {
    return this.#actors.size;
  }

  get filter(): string {
    return this.#filter;
  }

  set filter(text: string) {
    this.#filter = text;
    this.#entries = undefined;
  }

  /** Takes in what has changed. */
  take(frame: Frame): void {
    this.#isTold = true;
    this.#entries = undefined;
    if (frame.whole) {
      this.#actors.clear();
      this.#places.clear();
      this.#ordered = undefined;
    }
    if (frame.threads !== undefined) this.#threads = frame.threads;
    for (const row of frame.actors ?? []) {
      const key = keyOf(row);
      if (!this.#actors.has(key)) {
        this.#ordered = undefined;
        this.#places.set(key, padded(row.actor));
      }
      this.#actors.set(key, row);
    }
    for (const key of frame.gone ?? []) {
      if (!this.#actors.delete(key)) continue;
      this.#places.delete(key);
      this.#ordered = undefined;
    }
    this.#mishap = frame.mishaps?.at(-1) ?? this.#mishap;
    if (frame.detail !== undefined) this.#detail = frame.detail;
    if (frame.events !== undefined) this.#events = [...this.#events, ...frame.events].slice(-EVENTS_MAX);
  }

  /** Another one is looked at: what was told of the one before says nothing about it. */
  forgetDetail(): void {
    this.#detail = undefined;
    this.#events = [];
  }

  row(key: string | undefined): ActorRow | undefined {
    return key === undefined ? undefined : this.#actors.get(key);
  }

  /** What is known of this one besides its row. */
  detail(key: string | undefined): ActorDetail | undefined {
    return this.#detail !== undefined && keyOf(this.#detail.row) === key ? this.#detail : undefined;
  }

  /** What went wrong last, as far as anything has. */
  get mishap(): Mishap | undefined {
    return this.#mishap;
  }

  /** Of the chosen one, the newest last. */
  get events(): readonly ActorEvent[] {
    return this.#events;
  }

  /** Threads by name, each with those of its actors that have every word of the filter in something of theirs. */
  get entries(): readonly ListEntry[] {
    this.#entries ??= this.#list();
    return this.#entries;
  }

  /** The actors among the entries. */
  get found(): readonly ActorRow[] {
    const { entries } = this;
    if (this.#found?.of !== entries)
      this.#found = {
        of: entries,
        rows: entries.flatMap((each) => (each.type === 'actor' ? [each.row] : [])),
      };
    return this.#found.rows;
  }

  #list(): readonly ListEntry[] {
    const words = this.#filter
      .toLowerCase()
      .split(' ')
      .filter((word) => word !== '');
    const byThread = new Map<string, ActorRow[]>(this.#threads.map(({ name }) => [name, []]));
    for (const row of this.#inOrder()) {
      if (!words.every((word) => textOf(row).includes(word))) continue;
      const rows = byThread.get(row.thread);
      if (rows === undefined) byThread.set(row.thread, [row]);
      else rows.push(row);
    }
    const entries: ListEntry[] = [];
    // By name, since they tell of themselves in whatever order they come to it.
    const threads = [...byThread].sort(([one], [other]) => (padded(one) < padded(other) ? -1 : 1));
    for (const [name, rows] of threads) {
      if (rows.length === 0 && words.length > 0) continue;
      const row = this.#threads.find((each) => each.name === name);
      entries.push({ type: 'thread', name, row, found: rows.length });
      let outer = '';
      for (const each of rows) {
        const isInner = outer !== '' && each.actor.startsWith(`${outer}/`);
        if (!isInner) outer = each.actor;
        entries.push({
          type: 'actor',
          row: each,
          inner: isInner ? each.actor.slice(outer.length + 1) : undefined,
        });
      }
    }
    return entries;
  }

  #inOrder(): readonly ActorRow[] {
    const place = (row: ActorRow) => this.#places.get(keyOf(row)) ?? '';
    this.#ordered ??= [...this.#actors.values()].sort((a, b) => (place(a) < place(b) ? -1 : 1));
    return this.#ordered;
  }
}

/** Everything that the filter looks into. */
function textOf({ thread, actor, machine = '', state, life, restarts }: ActorRow): string {
  return `${thread} ${actor} ${machine} ${state} ${life}${restarts > 0 ? ' restarts' : ''}`.toLowerCase();
}

const DIGITS = 16;

/** Sorts `room/9` before `room/17`, and what is part of an actor right after it. */
function padded(name: string): string {
  return name.replaceAll(/\d+/g, (number) => number.padStart(DIGITS, '0'));
}
