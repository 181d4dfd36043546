/** What the store's tests share: a folder that goes away, appends, a log store with steady randomness. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type LmdbLogStore, type LogStoreOptions, openLogStore } from '../../src/store/logs.js';
import type { Append, AppendResult } from '../../src/store/types.js';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'natter-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A file system of a few megabytes that goes away with the test, or undefined where mounting is not allowed. */
export function smallDisk(megabytes: number): string | undefined {
  if (process.platform !== 'linux') return undefined;
  const folder = temporaryFolder();
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  if (mount.status !== 0) return undefined;
  // Hooks run last in, first out: unmounted before the folder is removed.
  onTestFinished(() => {
    spawnSync('umount', ['-l', folder]);
  });
  return folder;
}

/** Buffers that differ from call to call, and do not from run to run. */
export function steadyRandom(): (target: Buffer) => void {
  let next = 0;
  return (target) => {
    next++;
    for (let at = 0; at < target.length; at++) target[at] = (next * 167 + at * 59) & 0xff;
  };
}

/** Timers that fire when the test says so. */
export class ManualTimers {
  readonly due = new Map<number, () => void>();
  #next = 1;

  setTimeout(run: () => void): unknown {
    this.due.set(this.#next, run);
    return this.#next++;
  }

  clearTimeout(id: unknown): void {
    this.due.delete(id as number);
  }

  fire(): void {
    const runs = [...this.due.values()];
    this.due.clear();
    for (const run of runs) run();
  }
}

export function openLogs(folder: string, options: Partial<LogStoreOptions> = {}): LmdbLogStore {
  return openLogStore(folder, { random: steadyRandom(), timers: new ManualTimers(), ...options });
}

export const account = (number: number): Buffer => Buffer.alloc(16, number);

/** `stream` and `log` by small numbers; the body tells which request it was. */
export function post(stream: number, counter: number, change: Partial<Append> = {}): Append {
  const log = change.log ?? 1;
  return {
    log,
    logId: Buffer.alloc(16, log),
    account: account(1),
    author: 'ana',
    stream: Buffer.alloc(16, stream),
    counter,
    kind: 1,
    body: Buffer.from(`${stream}/${log}/${counter}`),
    ...change,
  };
}

/** One append's accepted result; fails the test otherwise. */
export async function accepted(
  logs: LmdbLogStore,
  one: Append,
  wall = 1_000,
): Promise<Extract<AppendResult, { ok: true }>> {
  const [result] = await logs.append([one], wall);
  if (result?.ok !== true) throw new Error(`refused: ${JSON.stringify(result)}`);
  return result;
}
