import { NatterError } from '../chat/error.js';

/** A scripted command gives up when the server was silent for so long. */
export const PATIENCE_MS = 20_000;

/** Waits for a server, but not for ever: every sign of life gives it the full time again. */
export class Patience {
  readonly #ms: number;
  readonly #server: string;
  readonly #waiting = new Set<(error: NatterError) => void>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number, server: string) {
    this.#ms = ms;
    this.#server = server;
  }

  /** The server answered something. */
  heard(): void {
    this.#timer?.refresh();
  }

  /** Settles as `answer` does, or rejects with NO_ANSWER after the silence. */
  async wait<T>(answer: Promise<T>): Promise<T> {
    let giveUp: (error: NatterError) => void = () => undefined;
    const silence = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    this.#waiting.add(giveUp);
    this.#timer ??= setTimeout(() => this.#out(), this.#ms);
    this.#timer.refresh();
    try {
      return await Promise.race([answer, silence]);
    } finally {
      this.#waiting.delete(giveUp);
      if (this.#waiting.size === 0) {
        clearTimeout(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  /** The error that tells of the silence. */
  silence(): NatterError {
    const seconds = Math.round(this.#ms / 1000);
    return new NatterError(
      'NO_ANSWER',
      `Nobody answered at ${this.#server} for ${seconds} s; check the address, the network and whether the server runs.`,
    );
  }

  #out(): void {
    const error = this.silence();
    for (const giveUp of this.#waiting) giveUp(error);
  }
}
