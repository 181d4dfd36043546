/** Reads the terminal: bytes in, tokens out, with the two timeouts that only a clock can decide. */
import type { Token } from './sequences.js';
import { ESC_TIMEOUT_MS, Tokeniser } from './tokens.js';

/** A paste whose end mark does not come is taken as it is after this; ms. */
const PASTE_TIMEOUT_MS = 2_000;

export interface TerminalInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
}

export class Input {
  readonly #stream: TerminalInput;
  readonly #tokeniser = new Tokeniser();
  readonly #onToken: (token: Token) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: TerminalInput, onToken: (token: Token) => void) {
    this.#stream = stream;
    this.#onToken = onToken;
  }

  start(): void {
    this.#stream.setRawMode?.(true);
    this.#stream.on('data', this.#read);
    this.#stream.resume();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stream.off('data', this.#read);
    this.#stream.setRawMode?.(false);
    this.#stream.pause();
  }

  readonly #read = (chunk: Buffer | string): void => {
    clearTimeout(this.#timer);
    this.#give(this.#tokeniser.feed(Buffer.from(chunk)));
    const { isPending, isPasting } = this.#tokeniser;
    if (!isPending && !isPasting) return;
    const ms = isPasting ? PASTE_TIMEOUT_MS : ESC_TIMEOUT_MS;
    this.#timer = setTimeout(() => this.#give(this.#tokeniser.flush()), ms);
  };

  #give(tokens: readonly Token[]): void {
    for (const token of tokens) this.#onToken(token);
  }
}
