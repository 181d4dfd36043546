import type { ActorDetail, ActorRow, Mishap, RingRow, ThreadRow } from './frames.js';
import type { Report } from './inspectable.js';

/** Kept for whoever begins to watch later. */
const MISHAPS_KEPT = 200;
/** Remembered beyond, since each thread tells those it keeps whenever a look begins. */
const MISHAPS_SEEN = 2_000;

export type Detail = Omit<ActorDetail, 'row'>;

/** What a report has changed, by name; `thread actor` where it is about actors. */
export interface Changes {
  readonly actors: readonly string[];
  readonly gone: readonly string[];
  readonly details: readonly string[];
  readonly threads: boolean;
  /** One is there that was not, or has another name. */
  readonly rings: boolean;
  /** One is seen otherwise. */
  readonly ring: boolean;
}

export function keyOf(thread: string, actor: string): string {
  return `${thread} ${actor}`;
}

/** Everything that the threads have told, kept once for all who watch. */
export class Known {
  readonly threads = new Map<string, ThreadRow>();
  readonly actors = new Map<string, ActorRow>();
  readonly details = new Map<string, Detail>();
  readonly mishaps: Mishap[] = [];
  /** By the thread that holds it. */
  readonly rings = new Map<string, RingRow>();
  readonly #seen = new Set<string>();
  #mishap = 0;

  /** Seq of the mishap that was told last. */
  get lastMishap(): number {
    return this.#mishap;
  }

  /** Nobody watches any more: only what went wrong is remembered. */
  clear(): void {
    this.threads.clear();
    this.actors.clear();
    this.details.clear();
    this.rings.clear();
  }

  /** Nobody looks closely at anybody else any more: what was known of them grows old. */
  keepDetails(chosen: ReadonlySet<string>): void {
    for (const key of this.details.keys()) if (!chosen.has(key)) this.details.delete(key);
  }

  /** The thread's system is not shown any more. */
  forget(thread: string): void {
    this.#dropAll(thread);
    this.threads.delete(thread);
    this.rings.delete(thread);
    // What another thread of that name tells one day is not what this one told.
    for (const id of this.#seen) if (id.startsWith(`${thread} `)) this.#seen.delete(id);
  }

  take(report: Report): Changes {
    const { thread } = report;
    const gone = report.fresh ? this.#dropAll(thread) : [];
    if (report.row !== undefined) this.threads.set(thread, report.row);
    for (const actor of report.gone ?? []) {
      const key = keyOf(thread, actor);
      if (this.#drop(key)) gone.push(key);
    }
    const actors: string[] = [];
    for (const row of report.actors ?? []) {
      const key = keyOf(thread, row.actor);
      this.actors.set(key, { thread, ...row });
      actors.push(key);
    }
    const details: string[] = [];
    for (const { actor, ...detail } of report.details ?? []) {
      const key = keyOf(thread, actor);
      this.details.set(key, detail);
      details.push(key);
    }
    for (const { id, ...mishap } of report.mishaps ?? []) {
      if (this.#isNew(`${thread} ${id}`)) this.#keep({ ...mishap, thread });
    }
    const { ring } = report;
    const rings = ring !== undefined && this.rings.get(thread)?.name !== ring.name;
    if (ring !== undefined) this.rings.set(thread, { thread, ...ring });
    return { actors, gone, details, threads: report.row !== undefined, rings, ring: ring !== undefined };
  }

  #keep(mishap: Omit<Mishap, 'seq'>): void {
    this.#mishap++;
    this.mishaps.push({ ...mishap, seq: this.#mishap });
    if (this.mishaps.length > MISHAPS_KEPT) this.mishaps.shift();
  }

  #isNew(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    const oldest = this.#seen.values().next().value;
    if (this.#seen.size > MISHAPS_SEEN && oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }

  #dropAll(thread: string): string[] {
    const keys = [...this.actors].filter(([, row]) => row.thread === thread).map(([key]) => key);
    for (const key of keys) this.#drop(key);
    return keys;
  }

  #drop(key: string): boolean {
    this.details.delete(key);
    return this.actors.delete(key);
  }
}
