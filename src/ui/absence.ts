/** A client connects again by itself; a command that follows something must not wait for that for ever. */
export class Absence {
  readonly #ms: number;
  readonly #onOver: () => void;
  #timer: NodeJS.Timeout | undefined;

  /** @param onOver called when the link was down for `ms` without a break */
  constructor(ms: number, onOver: () => void) {
    this.#ms = ms;
    this.#onOver = onOver;
  }

  /** What every `link` event says: is the server there? */
  link(isLive: boolean): void {
    if (isLive) this.clear();
    else this.#timer ??= setTimeout(this.#onOver, this.#ms);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
