/** Lines of a stream, read as they are wanted: what nobody asked for stays in the pipe. */
import type { Readable } from 'node:stream';
import { NatterError } from '../chat/error.js';

/** Far above any text; a "line" beyond it is a file that was piped in by mistake. */
const LINE_MAX_CHARS = 1 << 20;

/**
 * Gives lines without their ends (`\n` or `\r\n`), also a last one that has none. Nothing else ends a line:
 * node's readline would also split at U+2028 and at a lone `\r`, and so make two messages of one.
 *
 * Only `next` lets the stream flow, so between two calls somebody else may read from it (a password prompt).
 */
export class LineReader {
  readonly #stream: Readable;
  readonly #decoder = new TextDecoder();
  #lines: string[] = [];
  #taken = 0;
  #rest = '';
  #isEnded = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.once('end', this.#end);
    stream.once('close', this.#end);
    stream.once('error', (error) => this.#fail(error));
  }

  /**
   * The next line; undefined at the end of the input.
   * @throws NatterError TEXT_TOO_LONG for a line of more than a million characters
   */
  async next(): Promise<string | undefined> {
    for (;;) {
      const line = this.#lines[this.#taken];
      if (line !== undefined) {
        this.#taken += 1;
        return line;
      }
      if (this.#failure) throw this.#failure;
      if (this.#isEnded) return undefined;
      await this.#more();
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    for (let line = await this.next(); line !== undefined; line = await this.next()) yield line;
  }

  #more(): Promise<void> {
    this.#lines = [];
    this.#taken = 0;
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        this.#stream.off('data', this.#data);
        this.#stream.pause();
        resolve();
      };
      this.#stream.on('data', this.#data);
      this.#stream.resume();
    });
  }

  readonly #data = (chunk: Buffer | string): void => {
    this.#rest += typeof chunk === 'string' ? chunk : this.#decoder.decode(chunk, { stream: true });
    const pieces = this.#rest.split('\n');
    this.#rest = pieces.pop() ?? '';
    for (const piece of pieces) this.#lines.push(withoutReturn(piece));
    if (this.#rest.length > LINE_MAX_CHARS) {
      this.#fail(
        new NatterError('TEXT_TOO_LONG', 'A line of the input has over a million characters; split it.'),
      );
    }
    if (this.#lines.length > 0) this.#wake?.();
  };

  readonly #end = (): void => {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const last = this.#rest + this.#decoder.decode();
    this.#rest = '';
    if (last !== '') this.#lines.push(withoutReturn(last));
    this.#wake?.();
  };

  #fail(error: Error): void {
    this.#failure = error;
    this.#wake?.();
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
