/** Where a command reads and writes. Handed in, so that tests need no process. */
import type { Readable, Writable } from 'node:stream';

export interface Console {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by SIGINT and SIGTERM, while the command has asked to hear of them. */
  readonly stopped: AbortSignal;
}

/** The process's own. */
export function processConsole(stopped: AbortSignal): Console {
  const { stdin, stdout, stderr, env } = process;
  return { stdin, stdout, stderr, env, stopped };
}

/** A result: one line on standard output. */
export function print(console: Console, line: string): void {
  console.stdout.write(`${line}\n`);
}

/** A notice: one line on standard error. */
export function tell(console: Console, line: string): void {
  console.stderr.write(`${line}\n`);
}

/** Only a terminal on both ends gets questions and a screen. */
export function isInteractive(console: Console): boolean {
  return console.stdin.isTTY === true && console.stdout.isTTY === true;
}

/** Resolves when a signal has asked the command to end. */
export function untilStopped({ stopped }: Console): Promise<undefined> {
  if (stopped.aborted) return Promise.resolve(undefined);
  return new Promise((resolve) =>
    stopped.addEventListener('abort', () => resolve(undefined), { once: true }),
  );
}
