/** Draws what changes all the time only so often: the first change at once, later ones together. */

/** ms between two frames that only show progress. */
export const PROGRESS_EVERY_MS = 100;

export class Pace {
  readonly #ms: number;
  readonly #run: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isWanted = false;

  constructor(ms: number, run: () => void) {
    this.#ms = ms;
    this.#run = run;
  }

  want(): void {
    if (this.#timer !== undefined) {
      this.#isWanted = true;
      return;
    }
    this.#isWanted = false;
    this.#run();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isWanted) this.want();
    }, this.#ms);
    // A frame that is due keeps no process alive.
    this.#timer.unref();
  }
}
