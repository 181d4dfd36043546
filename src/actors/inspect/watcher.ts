import type { ActorEvent, ActorRow, Frame, Interest, RingRow } from './frames.js';
import type { Report } from './inspectable.js';
import { type Changes, type Known, keyOf } from './known.js';

/** Events of the chosen actor that wait for one who is slow; the oldest go, and are counted. */
const EVENTS_MAX = 400;
/** With more changes than this waiting, one frame with everything costs less. */
const CHANGES_MAX = 20_000;

/** Takes a frame. `false`: it cannot now, and what the frame says comes again with a later one. */
export type FrameListener = (frame: Frame) => unknown;

/** One who looks on: what they have not been told yet. What is told late is told once, as it stands by then. */
export class Watcher {
  readonly #known: Known;
  readonly #listener: FrameListener;
  readonly #changed = new Set<string>();
  readonly #gone = new Set<string>();
  #events: ActorEvent[] = [];
  #seq = 0;
  #whole = true;
  #threads = false;
  #detail = false;
  #rings = false;
  #mishap = 0;
  interest: Interest;

  constructor(known: Known, listener: FrameListener, interest: Interest) {
    this.#known = known;
    this.#listener = listener;
    this.interest = interest;
  }

  want(next: Interest): void {
    if (next.chosen !== this.interest.chosen) {
      this.#events = [];
    }
    this.interest = next;
    this.#detail = true;
    this.#rings = true;
  }

  /** What is shown is not what it was: everything is told again. */
  renew(): void {
    this.#whole = true;
  }

  note(report: Report, changes: Changes): void {
    for (const key of changes.gone) {
      this.#changed.delete(key);
      this.#gone.add(key);
    }
    for (const key of changes.actors) {
      this.#gone.delete(key);
      this.#changed.add(key);
    }
    if (this.#changed.size + this.#gone.size > CHANGES_MAX) this.#whole = true;
    const { chosen } = this.interest;
    if (chosen !== undefined) {
      this.#detail ||= changes.details.includes(chosen);
      for (const { actor, ...event } of report.events ?? [])
        if (keyOf(report.thread, actor) === chosen) this.#keep(event);
    }
    this.#threads ||= changes.threads;
    this.#rings ||= changes.rings || (changes.ring && this.interest.ring);
  }

  /** Tells what there is to tell. */
  tell(at: string): void {
    const frame = this.#frame(at);
    if (frame === undefined || this.#listener(frame) === false) return;
    this.#whole = false;
    this.#threads = false;
    this.#detail = false;
    this.#rings = false;
    this.#changed.clear();
    this.#gone.clear();
    this.#events = [];
    this.#mishap = this.#known.lastMishap;
  }

  #keep(event: Omit<ActorEvent, 'seq'>): void {
    this.#seq++;
    this.#events.push({ ...event, seq: this.#seq });
    if (this.#events.length <= EVENTS_MAX) return;
    const lost = this.#events.shift();
    const [first] = this.#events;
    if (lost !== undefined && first !== undefined)
      this.#events[0] = { ...first, skipped: first.skipped + lost.skipped + 1 };
  }

  #frame(at: string): Frame | undefined {
    const known = this.#known;
    const whole = this.#whole;
    const actors = whole ? [...known.actors.values()] : this.#rows();
    const gone = whole ? [] : [...this.#gone];
    const mishaps = known.mishaps.filter(({ seq }) => whole || seq > this.#mishap);
    const detail = whole || this.#detail ? this.#chosenDetail() : undefined;
    const rings = whole || this.#rings ? this.#ringRows() : undefined;
    const threads = whole || this.#threads ? [...known.threads.values()] : [];
    const parts = {
      ...(whole || threads.length > 0 ? { threads } : {}),
      ...(actors.length === 0 ? {} : { actors }),
      ...(gone.length === 0 ? {} : { gone }),
      ...(mishaps.length === 0 ? {} : { mishaps }),
      ...(detail === undefined ? {} : { detail }),
      ...(this.#events.length === 0 ? {} : { events: this.#events }),
      ...(rings === undefined ? {} : { rings }),
    };
    if (!whole && Object.keys(parts).length === 0) return undefined;
    return { whole, at, ...parts };
  }

  #rows(): ActorRow[] {
    const rows: ActorRow[] = [];
    for (const key of this.#changed) {
      const row = this.#known.actors.get(key);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  }

  #ringRows(): RingRow[] {
    const rows = [...this.#known.rings.values()];
    return this.interest.ring ? rows : rows.map((row) => ({ ...row, sight: undefined }));
  }

  #chosenDetail(): Frame['detail'] {
    const { chosen } = this.interest;
    if (chosen === undefined) return undefined;
    const row = this.#known.actors.get(chosen);
    const detail = this.#known.details.get(chosen);
    return row === undefined || detail === undefined ? undefined : { row, ...detail };
  }
}
