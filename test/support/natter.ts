import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export type Line = { readonly event: string } & Record<string, unknown>;

/** A folder that is gone when `remove` is called. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'natter-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** One run of the real command line, its JSON lines taken apart. */
export class Natter {
  readonly lines: Line[] = [];
  stdout = '';
  stderr = '';
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Resolves with the exit code, or -1 for a signal, when all output was read. */
  readonly exit: Promise<number>;
  readonly #waiting = new Set<() => void>();

  constructor(
    args: readonly string[],
    options: {
      readonly env?: Record<string, string>;
      readonly input?: string;
      /** What runs it, such as `ip netns exec NAME`. */
      readonly within?: readonly string[];
    } = {},
  ) {
    const [command = process.execPath, ...before] = [...(options.within ?? []), process.execPath];
    this.child = spawn(command, [...before, MAIN, ...args], {
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stderr.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString();
      this.#wake();
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.stdout += `${line}\n`;
      if (line.startsWith('{')) this.lines.push(JSON.parse(line) as Line);
      this.#wake();
    });
    this.child.stdin.on('error', () => {});
    if (options.input !== undefined) this.child.stdin.end(options.input);
    this.exit = new Promise((resolve) =>
      this.child.once('close', (code) => {
        resolve(code ?? -1);
        this.#wake();
      }),
    );
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  events(event: string): Line[] {
    return this.lines.filter((line) => line.event === event);
  }

  /** Resolves as soon as `ready` is true of what was printed so far. */
  async until(what: string, ready: (run: this) => boolean, timeoutMs = 20_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!ready(this)) {
      if (this.child.exitCode !== null) throw new Error(`ended before ${what}: ${this.stderr}`);
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`no ${what} within ${timeoutMs} ms: ${this.stdout.slice(-500)}\n${this.stderr}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, Math.min(left, 1000));
        const waiting = this.#waiting;
        function done() {
          clearTimeout(timer);
          waiting.delete(done);
          resolve();
        }
        waiting.add(done);
      });
    }
  }

  async first(event: string, timeoutMs?: number): Promise<Line> {
    await this.until(event, () => this.events(event).length > 0, timeoutMs);
    return this.events(event)[0] as Line;
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): void {
    this.child.kill(signal);
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** Starts `natter serve` on loopback and waits until it listens. */
export async function serve(
  data: string,
  args: readonly string[] = [],
  port = 0,
): Promise<{ run: Natter; server: string; port: number }> {
  const run = new Natter(['serve', '--listen', `127.0.0.1:${port}`, '--data', data, '--json', ...args]);
  const listening = await run.first('listening');
  return { run, server: `127.0.0.1:${listening.port}`, port: Number(listening.port) };
}

/** Registers an account on this device and remembers it, so that later commands need no password. */
export async function register(
  server: string,
  user: string,
  data: string,
  password = `password of ${user}`,
): Promise<void> {
  const run = new Natter(['register', '--server', server, '--user', user, '--remember', '--data', data], {
    env: { NATTER_PASSWORD: password },
    input: '',
  });
  const code = await run.exit;
  if (code !== 0) throw new Error(`register ${user} ended with ${code}: ${run.stderr}`);
}
