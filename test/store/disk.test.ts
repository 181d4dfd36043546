import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AppendResult } from '../../src/store/types.js';
import { accepted, account, ManualTimers, openLogs, post, smallDisk, temporaryFolder } from './support.js';

const codes = (results: readonly AppendResult[]): string[] =>
  results.map((result) => (result.ok ? (result.repeat ? 'repeat' : 'ok') : result.code));

/** A disk that is full while `full` is set. */
function fullDisk() {
  const disk = { full: false };
  const beforeCommit = (): void => {
    if (disk.full) throw Object.assign(new Error('No space left on device'), { code: 28 });
  };
  return { disk, beforeCommit, timers: new ManualTimers() };
}

test('a full disk refuses the batch whole, then only writing, and heals by itself', async () => {
  const { disk, beforeCommit, timers } = fullDisk();
  const told: (string | undefined)[] = [];
  const logs = openLogs(temporaryFolder(), { beforeCommit, timers, turned: (why) => told.push(why) });
  await accepted(logs, post(1, 1));
  disk.full = true;
  expect(codes(await logs.append([post(1, 2), post(1, 3), post(2, 1)], 0))).toEqual(
    Array(3).fill('DISK_FULL'),
  );
  expect(logs.fault?.code).toBe('DISK_FULL');
  // Nothing of it was kept, in the tables or in memory; reading and proving go on.
  expect(logs.head(1).seq).toBe(1);
  expect(logs.read(1, 0, 10, 1_000).entries).toHaveLength(1);
  expect(codes(await logs.append([post(1, 1), post(1, 2), post(1, 3)], 0))).toEqual([
    'repeat',
    'READ_ONLY',
    'GAP',
  ]);
  await expect(logs.journal([Buffer.from('x')])).rejects.toMatchObject({ code: 'READ_ONLY' });
  await expect(logs.cursor(account(1), 1, 1)).rejects.toMatchObject({ code: 'READ_ONLY' });
  expect(timers.due.size).toBe(1);
  timers.fire();
  expect(timers.due.size).toBe(1);
  expect(logs.fault?.code).toBe('DISK_FULL');
  disk.full = false;
  timers.fire();
  expect([timers.due.size, logs.fault]).toEqual([0, undefined]);
  // Said once each, not at every probe.
  expect(told).toEqual([expect.stringContaining('is full'), undefined]);
  expect(codes(await logs.append([post(1, 2), post(2, 1)], 0))).toEqual(['ok', 'ok']);
  expect(await logs.journal([Buffer.from('x')])).toBe(1);
  expect(logs.head(1).seq).toBe(3);
  await logs.close();
});

test('what waits together fails together, each with an answer', async () => {
  const { disk, beforeCommit, timers } = fullDisk();
  const logs = openLogs(temporaryFolder(), { beforeCommit, timers });
  disk.full = true;
  const settled = await Promise.allSettled([
    logs.append([post(1, 1)], 0),
    logs.journal([Buffer.from('x')]),
    logs.cursor(account(1), 1, 5),
  ]);
  expect(settled).toMatchObject([
    { status: 'fulfilled', value: [{ ok: false, code: 'DISK_FULL' }] },
    { status: 'rejected', reason: { code: 'DISK_FULL' } },
    { status: 'rejected', reason: { code: 'DISK_FULL' } },
  ]);
  expect([logs.journalLast, logs.cursors(account(1), [1])]).toEqual([0, [0]]);
  await logs.close();
});

test('an I/O error is tried again, damage is not', async () => {
  const timers = new ManualTimers();
  let code: number | undefined;
  const beforeCommit = (): void => {
    if (code !== undefined) throw Object.assign(new Error('the disk said no'), { code });
  };
  const logs = openLogs(temporaryFolder(), { beforeCommit, timers });
  code = 5;
  expect(codes(await logs.append([post(1, 1)], 0))).toEqual(['READ_ONLY']);
  code = undefined;
  timers.fire();
  expect(codes(await logs.append([post(1, 1)], 0))).toEqual(['ok']);
  code = -30796;
  expect(codes(await logs.append([post(1, 2)], 0))).toEqual(['DATA_CORRUPT']);
  code = undefined;
  expect(timers.due.size).toBe(0);
  expect(codes(await logs.append([post(1, 1), post(1, 2)], 0))).toEqual(['repeat', 'DATA_CORRUPT']);
  await logs.close();
});

test('a disk that really fills keeps every acknowledged entry and goes on when there is room', async (context) => {
  const folder = smallDisk(6);
  if (folder === undefined) return context.skip('needs the right to mount a tmpfs');
  const timers = new ManualTimers();
  let logs = openLogs(folder, { timers });
  const ballast = join(folder, 'ballast');
  const free = (): number => statfsSync(folder).bavail * statfsSync(folder).bsize;
  const acknowledged: number[] = [];
  const body = Buffer.alloc(3_000, 7);
  let counter = 1;
  for (let round = 0; round < 3; round++) {
    writeFileSync(ballast, Buffer.alloc(Math.max(0, free() - 600_000)));
    let code = 'ok';
    while (code === 'ok') {
      const batch = Array.from({ length: 7 }, (_, index) => post(1, counter + index, { body }));
      const results = await logs.append(batch, 0);
      code = codes(results)[0] ?? '';
      expect(new Set(codes(results)).size).toBe(1);
      if (code === 'ok') {
        counter += batch.length;
        for (const result of results) if (result.ok) acknowledged.push(result.seq);
      }
    }
    expect(code).toBe('DISK_FULL');
    expect(logs.head(1).seq).toBe(counter - 1);
    expect(codes(await logs.append([post(1, counter)], 0))).toEqual(['READ_ONLY']);
    timers.fire();
    expect(logs.fault?.code).toBe('DISK_FULL');
    rmSync(ballast);
    timers.fire();
    expect(logs.fault).toBeUndefined();
    expect((await accepted(logs, post(1, counter, { body }))).seq).toBe(counter);
    acknowledged.push(counter);
    counter++;
  }
  expect(acknowledged).toEqual(Array.from({ length: counter - 1 }, (_, index) => index + 1));
  await logs.close();
  logs = openLogs(folder);
  expect(logs.read(1, 0, counter, 1e9).entries).toHaveLength(counter - 1);
  await logs.close();
});
