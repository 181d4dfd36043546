/** Runs one piece of work after the other, in the order asked for, whatever becomes of each. */
export class Sequencer {
  #last: Promise<unknown> = Promise.resolve();

  /** Starts it once everything before it has ended. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Resolves once everything asked for so far has ended. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
