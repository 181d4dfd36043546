import type { Frame } from '#natter/actors/inspect/frames.js';
import type { Inspectable } from '#natter/actors/inspect/inspectable.js';
import { Inspector, type Watch } from '#natter/actors/inspect/inspector.js';

/** Watches a system, and chooses every actor that it hears of, so that everything that can be told is told. */
export class Onlooker {
  readonly frames: Frame[] = [];
  /** Everything as it leaves the process. */
  text = '';
  readonly #inspector: Inspector;
  readonly #watches: Watch[] = [];
  readonly #chosen = new Set<string>();
  readonly #waiting = new Set<() => void>();

  constructor(...systems: readonly Inspectable[]) {
    this.#inspector = new Inspector(systems);
    this.#watch(undefined);
  }

  /** Resolves as soon as a frame was heard of which this holds. */
  async frame(holds: (frame: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.frames.find(holds);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#inspector.close();
  }

  #watch(chosen: string | undefined): void {
    const watch = this.#inspector.watch(
      (frame) => this.#take(chosen === undefined ? frame : closely(frame)),
      { chosen, ring: chosen === undefined },
    );
    this.#watches.push(watch);
  }

  #take(frame: Frame): void {
    this.frames.push(frame);
    this.text += JSON.stringify(frame);
    for (const { thread, actor } of frame.actors ?? []) {
      const key = `${thread} ${actor}`;
      if (this.#chosen.has(key)) continue;
      this.#chosen.add(key);
      this.#watch(key);
    }
    for (const wake of [...this.#waiting]) {
      this.#waiting.delete(wake);
      wake();
    }
  }
}

/** What is told of the chosen one alone: of everything else the first watch is told, and a hundred times is too often. */
function closely({ whole, at, detail, events }: Frame): Frame {
  return { whole, at, ...(detail && { detail }), ...(events && { events }) };
}
