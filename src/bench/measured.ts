import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Usage } from './usage.js';

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));
const USAGE = new URL('./usage.js', import.meta.url).href;
/** A server that is asked to stop closes its connections and its databases. */
const STOP_MS = 10_000;
const STDERR_KEPT = 2_000;

/** A line of a command's JSON: `event` and what goes with it. */
export type Line = { readonly event: string } & Readonly<Record<string, unknown>>;

/** One run of the real command line in a process of its own, which tells what it uses. */
export class Measured {
  /** Set it to see each JSON line as it comes. */
  onLine: (line: Line) => void = () => undefined;
  /** Resolves with the exit code, when all it printed was read. */
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #args: readonly string[];
  readonly #lines: Line[] = [];
  readonly #waiting = new Set<() => void>();
  #usage: Usage | undefined;
  #stderr = '';
  #over = false;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#args = args;
    const child = spawn(process.execPath, ['--import', USAGE, MAIN, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, NO_COLOR: '1', ...env },
    });
    this.#child = child;
    child.on('message', (usage) => {
      this.#usage = usage as Usage;
      this.#wake();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_KEPT);
    });
    if (child.stdout)
      createInterface({ input: child.stdout }).on('line', (text) => {
        const line = JSON.parse(text) as Line;
        this.#lines.push(line);
        this.onLine(line);
        this.#wake();
      });
    this.ended = new Promise((resolve) =>
      child.once('close', (code) => {
        this.#over = true;
        this.#wake();
        resolve(code);
      }),
    );
  }

  /** The first line that `wanted` is true of. @throws Error when the command ends without one */
  async line(wanted: (line: Line) => boolean): Promise<Line> {
    for (;;) {
      const found = this.#lines.find(wanted);
      if (found) return found;
      if (this.#over) throw new Error(`natter ${this.#args[0]} ended early: ${this.#stderr.trim()}`);
      await this.#news();
    }
  }

  /** What it has used until now; when it has ended, altogether. */
  async usage(): Promise<Usage> {
    if (!this.#over) {
      this.#usage = undefined;
      this.#child.send('usage');
      while (this.#usage === undefined && !this.#over) await this.#news();
    }
    if (this.#usage === undefined) throw new Error(`natter ${this.#args[0]} did not tell what it used`);
    return this.#usage;
  }

  /** Resolves when it ended with 0. @throws Error with what it said otherwise */
  async done(): Promise<void> {
    const code = await this.ended;
    if (code !== 0) throw new Error(`natter ${this.#args[0]} ended with ${code}: ${this.#stderr.trim()}`);
  }

  async stop(): Promise<void> {
    this.#child.kill();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.ended;
    clearTimeout(timer);
  }

  async #news(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }
}
