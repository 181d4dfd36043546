import { PassThrough } from 'node:stream';
import type { Console } from '../../src/ui/console.js';

/** A console of three pipes; `out` and `err` are what was written so far, `type` is the input. */
export class FakeConsole implements Console {
  readonly stdin: PassThrough & { isTTY?: boolean; setRawMode?(on: boolean): unknown } = new PassThrough();
  readonly stdout: PassThrough & { isTTY?: boolean } = new PassThrough();
  readonly stderr: PassThrough & { isTTY?: boolean; columns?: number } = new PassThrough();
  readonly env: Record<string, string>;
  readonly stop = new AbortController();
  out = '';
  err = '';
  readonly #watchers = new Set<() => void>();

  constructor(env: Record<string, string> = { NATTER_PASSWORD: 'secret' }) {
    this.env = env;
    this.stdout.on('data', (chunk: Buffer) => this.#took('out', chunk));
    this.stderr.on('data', (chunk: Buffer) => this.#took('err', chunk));
  }

  get stopped(): AbortSignal {
    return this.stop.signal;
  }

  /** Makes it look like a terminal that can be asked for passwords. */
  asTerminal(): this {
    this.stdin.isTTY = true;
    this.stdin.setRawMode = () => undefined;
    this.stdout.isTTY = true;
    this.stderr.isTTY = true;
    return this;
  }

  type(text: string): void {
    this.stdin.write(text);
  }

  end(text = ''): void {
    this.stdin.end(text);
  }

  get json(): Record<string, unknown>[] {
    return this.out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The last line of standard error. */
  get sentence(): string {
    return this.err.trimEnd().split('\n').at(-1) ?? '';
  }

  /** Resolves when a text was written to either. */
  async until(text: string): Promise<void> {
    while (!this.out.includes(text) && !this.err.includes(text)) {
      await new Promise<void>((resolve) => this.#watchers.add(resolve));
    }
  }

  #took(stream: 'out' | 'err', chunk: Buffer): void {
    this[stream] += chunk.toString();
    for (const wake of this.#watchers) wake();
    this.#watchers.clear();
  }
}
