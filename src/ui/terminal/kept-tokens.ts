/** What was typed before there was anybody to take it. */
import type { Token } from './sequences.js';

/** Nobody types more while a program starts; what goes beyond this is a key that is held down, and is dropped. */
const KEPT_MAX = 1_000;

export class KeptTokens {
  #tokens: Token[] = [];

  keep(token: Token): void {
    if (this.#tokens.length < KEPT_MAX) this.#tokens.push(token);
  }

  /** All of them, once. */
  take(): readonly Token[] {
    const tokens = this.#tokens;
    this.#tokens = [];
    return tokens;
  }
}
