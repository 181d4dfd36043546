import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { Reader } from '../../src/net/bytes.js';
import { entryCodec } from '../../src/net/entry.js';
import { lockFolder } from '../../src/store/folder.js';
import type { LmdbLogStore } from '../../src/store/logs.js';
import { account, openLogs, post, temporaryFolder } from './support.js';

/** NATTER_CRASH_ROUNDS=1000 for the long run. */
const ROUNDS = Number(process.env.NATTER_CRASH_ROUNDS ?? 25);

interface Acknowledged {
  readonly stream: number;
  readonly log: number;
  readonly counter: number;
  readonly seq: number;
}

/** Runs the writer until it has acknowledged `lines`, kills it in the midst of its work, and says what it said. */
async function crash(folder: string, first: number, lines: number): Promise<string[]> {
  const writer: ChildProcess = spawn(
    process.execPath,
    [join(import.meta.dirname, 'crashing-writer.mjs'), folder, String(first)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const said: string[] = [];
  const exited = once(writer, 'exit');
  if (writer.stdout === null) throw new Error('no standard output');
  for await (const line of createInterface(writer.stdout)) {
    said.push(line);
    if (said.length === lines) writer.kill('SIGKILL');
  }
  const [code, signal] = await exited;
  expect([code, signal]).toEqual([null, 'SIGKILL']);
  return said;
}

function bodiesOf(logs: LmdbLogStore, log: number): Map<number, string> {
  const bodies = new Map<number, string>();
  const { head } = logs.read(log, 0, 1, 1);
  for (let after = 0; after < head.seq; ) {
    const { first, entries } = logs.read(log, after, 1_000, 1 << 20);
    entries.forEach((entry, index) => {
      bodies.set(first + index, entryCodec.decode(new Reader(entry)).body.toString());
    });
    after += entries.length;
  }
  expect(bodies.size).toBe(head.seq);
  return bodies;
}

test(
  'every acknowledged entry is there, once, after the process was killed in mid-write',
  async () => {
    const folder = temporaryFolder();
    const acknowledged: Acknowledged[] = [];
    let journal = 0;
    let epoch: number | undefined;
    let next = 1;
    for (let round = 0; round < ROUNDS; round++) {
      for (const line of await crash(folder, next, 1 + ((round * 31) % 97))) {
        const fields = line.split(' ');
        const numbers = fields.map(Number);
        if (fields[0] === 'journal') journal = Math.max(journal, numbers[1] ?? 0);
        else {
          const [stream = 0, log = 0, counter = 0, seq = 0] = numbers;
          acknowledged.push({ stream, log, counter, seq });
        }
      }
      // A killed owner's lock is taken over at once.
      const lock = lockFolder(folder);
      const logs = openLogs(folder);
      expect(logs.renewed).toBeUndefined();
      epoch ??= logs.epoch;
      expect(logs.epoch).toBe(epoch);
      const bodies = new Map([1, 2].map((log) => [log, bodiesOf(logs, log)]));
      for (const { stream, log, counter, seq } of acknowledged.slice(-300))
        expect(bodies.get(log)?.get(seq)).toMatch(new RegExp(`^${stream} ${log} ${counter} `));
      for (const [log, said] of bodies) {
        const requests = [...said.values()].map((body) => body.split(' ').slice(0, 3).join(' '));
        expect(new Set(requests).size, `log ${log} says each request once`).toBe(requests.length);
      }
      expect(logs.journalLast).toBeGreaterThanOrEqual(journal);
      expect(logs.journalRead(0, 1e9).records).toHaveLength(logs.journalLast);
      // All or nothing: six entries and a journal record are one transaction.
      const heads = [1, 2].map((log) => logs.head(log).seq);
      expect(heads[0]).toBe(heads[1]);
      next = Math.max(
        1,
        ...[...(bodies.get(1)?.values() ?? [])].map((body) => Number(body.split(' ')[2]) + 1),
      );
      if (next > 1) {
        const repeat = post(1, next - 1, { account: account(1), log: 2 });
        expect(await logs.append([repeat], 0)).toMatchObject([{ ok: true, repeat: true }]);
      }
      await logs.close();
      lock.release();
    }
    expect(acknowledged.length).toBeGreaterThan(ROUNDS);
  },
  20_000 + ROUNDS * 2_000,
);
