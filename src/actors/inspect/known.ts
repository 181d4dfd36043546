import type { ActorDetail, ActorRow, Mishap, RingSight, ThreadRow } from './frames.js';
import type { Report } from './inspectable.js';

/** Kept for whoever begins to watch later. */
const MISHAPS_KEPT = 200;

export type Detail = Omit<ActorDetail, 'row'>;

/** What a report has changed, by name; `thread actor` where it is about actors. */
export interface Changes {
  readonly actors: readonly string[];
  readonly gone: readonly string[];
  readonly details: readonly string[];
  readonly threads: boolean;
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
  ring: RingSight | undefined;
  readonly #wall: () => number;
  #mishap = 0;

  /** @param wall milliseconds since 1970 */
  constructor(wall: () => number) {
    this.#wall = wall;
  }

  /** Seq of the mishap that was told last. */
  get lastMishap(): number {
    return this.#mishap;
  }

  take(report: Report): Changes {
    const { thread } = report;
    const gone = report.fresh ? this.#forget(thread) : [];
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
    for (const mishap of report.mishaps ?? []) this.#keep({ ...mishap, thread });
    if (report.ring !== undefined) this.ring = report.ring;
    return { actors, gone, details, threads: report.row !== undefined, ring: report.ring !== undefined };
  }

  #keep(mishap: Omit<Mishap, 'seq' | 'at'>): void {
    this.#mishap++;
    this.mishaps.push({ ...mishap, seq: this.#mishap, at: new Date(this.#wall()).toISOString() });
    if (this.mishaps.length > MISHAPS_KEPT) this.mishaps.shift();
  }

  #forget(thread: string): string[] {
    const keys = [...this.actors].filter(([, row]) => row.thread === thread).map(([key]) => key);
    for (const key of keys) this.#drop(key);
    return keys;
  }

  #drop(key: string): boolean {
    this.details.delete(key);
    return this.actors.delete(key);
  }
}
