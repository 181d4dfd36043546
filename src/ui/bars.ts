/** Progress at the bottom of a terminal: a few lines on standard error, drawn over again as they change. */
import type { Transfer } from '../chat/events.js';
import type { Console } from './console.js';
import { progressLines } from './progress.js';

const REDRAW_MS = 100;
const WIDTH_UNKNOWN = 80;

export class Bars {
  readonly #console: Console;
  readonly #transfers = new Map<string, Transfer>();
  /** Lines that stand there now; the cursor is at the end of the last one. */
  #drawn = 0;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;

  /** Only for a terminal: see `hasBars`. */
  constructor(console: Console) {
    this.#console = console;
  }

  /** Draws at once, but not more often than ten times a second. */
  show(transfer: Transfer): void {
    this.#transfers.set(transfer.id, transfer);
    if (this.#timer) this.#isDue = true;
    else this.#draw();
  }

  /** It is over, or never began. */
  remove(id: string): void {
    if (!this.#transfers.delete(id)) return;
    if (this.#timer) this.#isDue = true;
    else this.#draw();
  }

  /** Lets whole lines be written as if nothing stood there; what stood there comes again below them. */
  above(write: () => void): void {
    this.#clear();
    write();
    this.#draw();
  }

  close(): void {
    this.#transfers.clear();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#clear();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isDue = false;
    const { stderr } = this.#console;
    // The last column stays free: some terminals wrap when it is written.
    const look = { width: (stderr.columns ?? WIDTH_UNKNOWN) - 1, colour: !this.#console.env.NO_COLOR };
    const lines = progressLines([...this.#transfers.values()], look);
    if (lines.length === 0 && this.#drawn === 0) return;
    stderr.write(`${this.#toStart()}${lines.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`);
    this.#drawn = lines.length;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isDue) this.#draw();
    }, REDRAW_MS);
    // Nobody's life depends on a bar.
    this.#timer.unref();
  }

  #clear(): void {
    if (this.#drawn === 0) return;
    this.#console.stderr.write(`${this.#toStart()}\u001b[J`);
    this.#drawn = 0;
  }

  #toStart(): string {
    return this.#drawn > 1 ? `\r\u001b[${this.#drawn - 1}A` : '\r';
  }
}

/** A terminal that can move its cursor. */
export function hasBars({ stderr, env }: Console): boolean {
  return stderr.isTTY === true && env.TERM !== 'dumb';
}
