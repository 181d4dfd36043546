import type { RawMishap, RawReport, RawRow } from '../../src/actors/inspect/raw.js';
import type { LookedInto, Looker } from '../../src/actors/runtime/looks.js';

/** All that the threads of a system report, put together. */
export class Reports implements Looker {
  /** By `thread actor`. */
  readonly rows = new Map<string, RawRow>();
  readonly ended: string[] = [];
  readonly mishaps: string[] = [];
  readonly reports: RawReport[] = [];
  readonly #waiting = new Set<() => void>();

  readonly report = ({ name }: Pick<LookedInto, 'name'>, report: RawReport): void => {
    this.reports.push(report);
    for (const actor of report.gone) this.rows.delete(`${name} ${actor}`);
    for (const row of report.actors) this.rows.set(`${name} ${row.actor}`, row);
    this.#told();
  };

  down({ name }: LookedInto): void {
    this.ended.push(name);
    this.#told();
  }

  mishap(_thread: LookedInto, { kind }: RawMishap): void {
    this.mishaps.push(kind);
    this.#told();
  }

  /** Resolves as soon as it holds. */
  until(holds: (reports: Reports) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds(this)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #told(): void {
    for (const look of [...this.#waiting]) look();
  }
}
