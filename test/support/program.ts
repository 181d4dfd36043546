/** The real program: a server as a process of its own, and clients of it in pseudo-terminals. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Terminal, type Widths } from './terminal.js';

export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export class ServerProcess {
  readonly address: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, address: string) {
    this.#process = process;
    this.address = address;
  }

  /** @param listen `127.0.0.1:0` for any port */
  static async start(data: string, listen = '127.0.0.1:0'): Promise<ServerProcess> {
    const args = [MAIN, 'serve', '--json', '--listen', listen, '--data', data];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const { host, port } = JSON.parse(line) as { host: string; port: number };
    return new ServerProcess(child, `${host}:${port}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill(signal);
    await ended;
  }
}

/** Runs a command of the program to its end. @returns its standard output */
export async function natter(args: readonly string[], password: string): Promise<string> {
  const env = { ...process.env, NATTER_PASSWORD: password };
  const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], { env });
  return stdout;
}

export interface ChatOptions {
  readonly columns: number;
  readonly rows: number;
  readonly widths?: Widths;
  readonly env?: Readonly<Record<string, string>>;
}

/** `natter chat` with these arguments in a terminal. */
export function openChat(args: readonly string[], options: ChatOptions): Terminal {
  return new Terminal({ command: process.execPath, args: [MAIN, 'chat', ...args], ...options });
}
