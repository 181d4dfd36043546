/**
 * The keyboard: bytes in, tokens out, with the two timeouts that only a clock can decide. It can be taken before there
 * is a screen: nothing typed meanwhile is echoed, and whoever listens first is given all of it.
 */
import { KeptTokens } from './kept-tokens.js';
import { actionOf } from './keys.js';
import type { Token } from './sequences.js';
import { ESC_TIMEOUT_MS, Tokeniser } from './tokens.js';

/** A paste whose end mark does not come is taken as it is after this; ms. */
const PASTE_TIMEOUT_MS = 2_000;

export interface TerminalInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
}

export interface InputListener {
  token(token: Token): void;
  /** The terminal is gone. */
  ended(): void;
}

export class Input {
  readonly #stream: TerminalInput;
  readonly #interrupt: () => void;
  readonly #tokeniser = new Tokeniser();
  readonly #kept = new KeptTokens();
  #listener: InputListener | undefined;
  #isTaken = false;
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param interrupt what Ctrl+C does while nobody listens: a terminal that hands over every key sends no signal for it
   */
  constructor(stream: TerminalInput, interrupt: () => void) {
    this.#stream = stream;
    this.#interrupt = interrupt;
  }

  /** From now on nothing is echoed, and every key is a token. */
  start(): void {
    if (this.#isTaken) return;
    this.#isTaken = true;
    this.#stream.setRawMode?.(true);
    this.#stream.on('data', this.#read);
    this.#stream.once('end', this.#end);
    this.#stream.resume();
  }

  /** Gives at once what was typed so far. */
  listen(listener: InputListener): void {
    this.#listener = listener;
    this.#give(this.#kept.take());
    if (this.#hasEnded) listener.ended();
  }

  /** Gives the keyboard back. */
  stop(): void {
    if (!this.#isTaken) return;
    this.#isTaken = false;
    clearTimeout(this.#timer);
    this.#stream.off('data', this.#read);
    this.#stream.off('end', this.#end);
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

  readonly #end = (): void => {
    this.#hasEnded = true;
    this.#listener?.ended();
  };

  #give(tokens: readonly Token[]): void {
    for (const token of tokens) {
      if (this.#listener !== undefined) this.#listener.token(token);
      else if (actionOf(token) === 'interrupt') this.#interrupt();
      else this.#kept.keep(token);
    }
  }
}

/** Takes the process's keyboard, as soon as it is known that there will be a screen. Whoever takes it stops it. */
export function takeKeyboard(): Input {
  const input = new Input(process.stdin, () => process.kill(process.pid, 'SIGINT'));
  input.start();
  return input;
}
