/**
 * The terminal as a surface to draw on. neo-blessed enters and leaves the alternate screen, follows the size
 * and writes what changed; it gets an input that never says anything, since its key parser loses pastes,
 * focus reports and emoji (input.ts reads instead), and no widgets, since they cannot count cells.
 */
import { PassThrough } from 'node:stream';
import blessed from 'neo-blessed';
import { type Line, Surface } from './cells.js';
import { PLAIN } from './theme.js';

export interface TerminalOutput extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain?: boolean;
}

export interface Cursor {
  readonly x: number;
  readonly y: number;
}

/** Bracketed paste, focus reports; no automatic wrap, so that an emoji at the edge cannot spill into the next row. */
const ENTER = '\x1b[?2004h\x1b[?1004h\x1b[?7l';
const LEAVE = '\x1b[?2004l\x1b[?1004l\x1b[?1006l\x1b[?1002l\x1b[?7h\x1b[0m';
const MOUSE_ON = '\x1b[?1002h\x1b[?1006h';
const MOUSE_OFF = '\x1b[?1006l\x1b[?1002l';
/** Synchronised output: a terminal that knows it shows a frame at once. */
const FRAME_START = '\x1b[?2026h\x1b[?25l';
const FRAME_END = '\x1b[?2026l';

export class Screen {
  readonly #output: TerminalOutput;
  readonly #blessed: ReturnType<typeof blessed.screen>;
  readonly #paint: (surface: Surface) => Cursor | undefined;
  #isClosed = false;
  /** How the cursor was placed last. */
  #cursor = '';
  #isScheduled = false;
  /** The terminal does not show what was written. */
  #isStale = false;

  /** @param paint fills the surface, which is blank; returns where the cursor is to be seen, if anywhere */
  constructor(output: TerminalOutput, paint: (surface: Surface) => Cursor | undefined) {
    this.#output = output;
    this.#paint = paint;
    // A terminal that is gone fails on every write; the hang-up is told by a signal or the end of the input.
    output.on('error', () => undefined);
    this.#blessed = blessed.screen({
      input: new PassThrough(),
      output,
      // Any other entry makes its terminfo compiler fail or print junk.
      terminal: 'xterm-256color',
      forceUnicode: true,
      fullUnicode: false,
      warnings: false,
    });
    this.#blessed.tput.brokenACS = true;
    this.#blessed.on('resize', this.#resized);
    // A terminal that shrank and grew again has lost what it showed, but has the size it had: no resize is told.
    process.on('SIGWINCH', this.#resized);
    this.#blessed.program._write(ENTER);
  }

  get width(): number {
    return this.#blessed.cols;
  }

  get height(): number {
    return this.#blessed.rows;
  }

  /** Draws once after everything that happens in this turn of the event loop. */
  invalidate(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#output.writableNeedDrain) this.#output.once('drain', () => this.invalidate());
      else this.#draw();
    });
  }

  /** Clears the terminal and draws everything anew. */
  redraw(): void {
    this.#isStale = true;
    // At once, so that clearing and drawing reach the terminal in one piece.
    this.#draw();
  }

  bell(): void {
    this.#write('\x07');
  }

  /**
   * Asks the terminal to have this pasted from now on (OSC 52). It may do nothing, and says nothing about it; one inside
   * another has to be set up for it, as tmux by `set-clipboard on`.
   */
  copy(text: string): void {
    this.#write(`\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`);
  }

  setMouse(isOn: boolean): void {
    this.#write(isOn ? MOUSE_ON : MOUSE_OFF);
  }

  /** Gives the terminal back as it was. Writes at once, so it also works while the process ends. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    process.off('SIGWINCH', this.#resized);
    this.#blessed.program._write(LEAVE);
    this.#blessed.destroy();
    this.#blessed.program.flush();
  }

  readonly #resized = () => this.redraw();

  #write(text: string): void {
    if (!this.#isClosed) this.#blessed.program._write(text);
  }

  #draw(): void {
    if (this.#isClosed) return;
    if (this.#isStale) {
      this.#isStale = false;
      this.#blessed.realloc();
      this.#cursor = 'unknown';
    }
    const surface = new Surface(this.#blessed.lines as Line[], this.#blessed.olines as Line[]);
    surface.clear(PLAIN);
    const cursor = this.#paint(surface);
    const seen = cursor === undefined ? '' : `\x1b[${cursor.y + 1};${cursor.x + 1}H\x1b[?25h`;
    if (!surface.commit() && seen === this.#cursor) return;
    this.#cursor = seen;
    this.#write(FRAME_START);
    this.#blessed.draw(0, this.#blessed.lines.length - 1);
    this.#write(seen + FRAME_END);
  }
}
