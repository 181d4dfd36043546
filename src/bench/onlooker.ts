import type { Frame } from '../actors/inspect/frames.js';
import type { Inspectable } from '../actors/inspect/inspectable.js';
import { Inspector, type Watch } from '../actors/inspect/inspector.js';

/** Watches as a page does: it chooses one actor, and writes every frame out. */
export class Onlooker {
  readonly #inspector: Inspector;
  readonly #watch: Watch;
  readonly #seen = new Set<string>();
  #onSeen: () => void = () => undefined;
  #isChosen = false;
  bytes = 0;
  frames = 0;

  /** @param wanted whom it chooses, the first that fits */
  constructor(system: Inspectable, wanted: (actor: string) => boolean) {
    this.#inspector = new Inspector([system]);
    this.#watch = this.#inspector.watch((frame) => this.#take(frame, wanted));
  }

  /** Resolves when so many actors were seen. */
  async sees(count: number): Promise<void> {
    while (this.#seen.size < count) await new Promise<void>((resolve) => (this.#onSeen = resolve));
  }

  close(): void {
    this.#watch.close();
    this.#inspector.close();
  }

  #take(frame: Frame, wanted: (actor: string) => boolean): void {
    this.frames++;
    this.bytes += JSON.stringify(frame).length;
    for (const { thread, actor } of frame.actors ?? []) {
      const key = `${thread} ${actor}`;
      this.#seen.add(key);
      if (this.#isChosen || !wanted(actor)) continue;
      this.#isChosen = true;
      this.#watch.interest({ chosen: key, ring: false });
    }
    this.#onSeen();
  }
}
