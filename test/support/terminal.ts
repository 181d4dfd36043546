/**
 * A program in a pseudo-terminal, seen through a real terminal emulator without a window: what a test asserts
 * is what a person would see, cell by cell.
 */
import { type IPty, spawn } from '@lydell/node-pty';
import { Unicode11Addon } from '@xterm/addon-unicode11';
import headless from '@xterm/headless';

// The addon reads its table from the start of a pooled buffer's memory, so it must get a buffer of its own.
const { poolSize } = Buffer;
Buffer.poolSize = 0;
const { UnicodeGraphemesAddon } = await import('@xterm/addon-unicode-graphemes');
Buffer.poolSize = poolSize;

/** How the emulator counts cells: terminals disagree, and the screen has to stand straight in all of them. */
export type Widths = '6' | '11' | 'graphemes';

export interface TerminalOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly columns: number;
  readonly rows: number;
  readonly widths?: Widths;
  readonly env?: Readonly<Record<string, string>>;
}

interface Waiter {
  readonly isMet: () => boolean;
  readonly resolve: () => void;
}

/** Generous: the machine may be busy with other tests. */
const WAIT_MS = 20_000;

export class Terminal {
  readonly emulator: InstanceType<typeof headless.Terminal>;
  readonly exited: Promise<{ exitCode: number; signal: number }>;
  readonly #pty: IPty;
  readonly #waiters = new Set<Waiter>();
  #raw = '';
  #hasExited = false;

  constructor(options: TerminalOptions) {
    const { command, args, columns: cols, rows, widths = '11', env = {} } = options;
    this.emulator = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1000 });
    if (widths === '11') this.emulator.loadAddon(new Unicode11Addon());
    if (widths === 'graphemes') this.emulator.loadAddon(new UnicodeGraphemesAddon());
    this.emulator.unicode.activeVersion = widths === 'graphemes' ? '15-graphemes' : widths;
    this.#pty = spawn(command, [...args], {
      name: 'xterm-256color',
      cols,
      rows,
      env: {
        PATH: process.env.PATH ?? '',
        HOME: process.env.HOME ?? '/',
        TERM: 'xterm-256color',
        LANG: 'C.UTF-8',
        TZ: 'UTC',
        ...env,
      },
    });
    this.#pty.onData((data) => {
      this.#raw += data;
      this.emulator.write(data, () => this.#check());
    });
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode, signal }) => {
        this.#hasExited = true;
        resolve({ exitCode, signal: signal ?? 0 });
      });
    });
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Everything the program wrote, escape sequences and all. */
  get raw(): string {
    return this.#raw;
  }

  /** Types, as UTF-8. */
  type(text: string): void {
    this.#pty.write(text);
  }

  /** Bracketed paste, as a terminal sends it: line breaks become carriage returns. */
  paste(text: string): void {
    this.type(`\x1b[200~${text.replaceAll('\n', '\r')}\x1b[201~`);
  }

  resize(columns: number, rows: number): void {
    this.emulator.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  kill(signal: string): void {
    this.#pty.kill(signal);
  }

  /** Ends the program if it still runs, and waits for it. */
  async close(): Promise<void> {
    if (!this.#hasExited) this.#pty.kill('SIGKILL');
    await this.exited;
    this.emulator.dispose();
  }

  /** The visible rows, without the spaces at their ends. */
  rows(): string[] {
    const { active } = this.emulator.buffer;
    return Array.from(
      { length: this.emulator.rows },
      (_, y) => active.getLine(active.viewportY + y)?.translateToString(true) ?? '',
    );
  }

  text(): string {
    return this.rows().join('\n');
  }

  /** The characters of one cell; '' for the second half of a wide one. */
  cell(x: number, y: number): string {
    const { active } = this.emulator.buffer;
    return (
      active
        .getLine(active.viewportY + y)
        ?.getCell(x)
        ?.getChars() ?? ''
    );
  }

  /** Columns of a row whose cell holds exactly `character`. */
  columnsOf(character: string, y: number): number[] {
    return Array.from({ length: this.emulator.cols }, (_, x) => x).filter(
      (x) => this.cell(x, y) === character,
    );
  }

  /** Waits until the screen shows a text, or until a condition about it holds. */
  async waitFor(wanted: string | (() => boolean)): Promise<void> {
    const isMet = typeof wanted === 'string' ? () => this.text().includes(wanted) : wanted;
    if (isMet()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const what = typeof wanted === 'string' ? `"${wanted}"` : 'the condition';
        reject(new Error(`Waited in vain for ${what}. The screen shows:\n${this.text()}`));
      }, WAIT_MS);
      const waiter: Waiter = {
        isMet,
        resolve: () => {
          clearTimeout(timer);
          resolve();
        },
      };
      this.#waiters.add(waiter);
    });
  }

  async waitForGone(text: string): Promise<void> {
    await this.waitFor(() => !this.text().includes(text));
  }

  /** What the program left switched on in the terminal. */
  state() {
    const { modes, buffer } = this.emulator;
    return {
      isAlternate: buffer.active.type === 'alternate',
      isCursorShown: this.#raw.lastIndexOf('\x1b[?25h') >= this.#raw.lastIndexOf('\x1b[?25l'),
      isPasteBracketed: modes.bracketedPasteMode,
      isFocusReported: modes.sendFocusMode,
      isMouseReported: modes.mouseTrackingMode !== 'none',
      isWrapping: modes.wraparoundMode,
    };
  }

  #check(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isMet()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }
}

/** A terminal nobody uses. */
export const RESTORED = {
  isAlternate: false,
  isCursorShown: true,
  isPasteBracketed: false,
  isFocusReported: false,
  isMouseReported: false,
  isWrapping: true,
};
