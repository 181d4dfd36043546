import { expect, test } from 'vitest';
import { Reader } from '../../src/net/bytes.js';
import { STREAM_LIFE_MS } from '../../src/net/constants.js';
import { entryCodec, entryId } from '../../src/net/entry.js';
import { TOMBSTONE_MS } from '../../src/store/streams.js';
import { accepted, account, openLogs, post, temporaryFolder } from './support.js';

const DAY_MS = 24 * 3600 * 1000;
const bodies = (entries: readonly Buffer[]): string[] =>
  entries.map((entry) => entryCodec.decode(new Reader(entry)).body.toString());

test('an append becomes the next entry of its log', async () => {
  const logs = openLogs(temporaryFolder());
  const one = await accepted(logs, post(1, 1), 5_000);
  expect(one).toMatchObject({ repeat: false, seq: 1, at: 5_000, epoch: logs.head(1).epoch });
  const entry = entryCodec.decode(new Reader(one.entry));
  expect(entry).toEqual({
    kind: 1,
    at: 5_000,
    id: entryId(account(1), Buffer.alloc(16, 1), Buffer.alloc(16, 1), 1),
    author: 'ana',
    body: Buffer.from('1/1/1'),
  });
  expect((await accepted(logs, post(1, 2))).seq).toBe(2);
  expect(logs.read(1, 0, 10, 10_000)).toMatchObject({ head: { seq: 2 }, first: 1 });
  expect(logs.head(2).seq).toBe(0);
  await logs.close();
});

test('every counter a stream has used is answered with its first seq and time, after a restart too', async () => {
  const folder = temporaryFolder();
  let logs = openLogs(folder);
  const batch = Array.from({ length: 3_000 }, (_, index) => post(1, index + 1));
  const first = await logs.append(batch, 1_000);
  const again = await logs.append(batch, 9_000);
  await logs.close();
  logs = openLogs(folder);
  const afterRestart = await logs.append(batch, 99_000);
  for (const results of [again, afterRestart])
    results.forEach((result, index) => {
      expect(result).toMatchObject({ ok: true, repeat: true, seq: index + 1, at: 1_000 });
    });
  expect(first.every((result) => result.ok && !result.repeat)).toBe(true);
  expect(logs.head(1).seq).toBe(3_000);
  expect((await accepted(logs, post(1, 3_001))).seq).toBe(3_001);
  await logs.close();
});

test('a gap is refused with the counter that would be accepted', async () => {
  const logs = openLogs(temporaryFolder());
  await accepted(logs, post(1, 1));
  const results = await logs.append([post(1, 3), post(2, 2), post(1, 0), post(1, 2), post(1, 3)], 0);
  expect(results).toMatchObject([
    { ok: false, code: 'GAP', expected: 2 },
    { ok: false, code: 'GAP', expected: 1 },
    { ok: false, code: 'GAP', expected: 2 },
    { ok: true, seq: 2 },
    { ok: true, seq: 3 },
  ]);
  await logs.close();
});

test('no counter, however far ahead, keeps the others of its batch from being written', async () => {
  const logs = openLogs(temporaryFolder());
  await accepted(logs, post(1, 1));
  const far = [2 ** 48 - 1, 2 ** 48, Number.MAX_SAFE_INTEGER].map((counter) => post(1, counter));
  const results = await logs.append([...far, post(1, 2)], 0);
  const gap = { ok: false, code: 'GAP', expected: 2 };
  expect(results).toMatchObject([gap, gap, gap, { ok: true, seq: 2 }]);
  expect(logs.fault).toBeUndefined();
  await logs.close();
});

test('a page from beyond the end is empty and begins behind the head', async () => {
  const logs = openLogs(temporaryFolder());
  await accepted(logs, post(1, 1));
  expect(logs.read(1, Number.MAX_SAFE_INTEGER, 10, 1_000)).toMatchObject({ first: 2, entries: [] });
  await logs.close();
});

test('one batch sees its own appends, and streams and logs interleave', async () => {
  const logs = openLogs(temporaryFolder());
  const second = { account: account(2), author: 'bo' };
  const results = await logs.append(
    [
      post(1, 1),
      post(2, 1, second),
      post(1, 2),
      post(1, 1, { log: 7 }),
      post(2, 2, second),
      post(1, 1),
      post(2, 3, second),
      post(1, 2, { log: 7 }),
    ],
    0,
  );
  expect(results.map((result) => (result.ok ? [result.seq, result.repeat] : result.code))).toEqual([
    [1, false],
    [2, false],
    [3, false],
    [1, false],
    [4, false],
    [1, true],
    [5, false],
    [2, false],
  ]);
  expect(bodies(logs.read(1, 0, 10, 10_000).entries)).toEqual(['1/1/1', '2/1/1', '1/1/2', '2/1/2', '2/1/3']);
  await logs.close();
});

test('the same stream id under another account is another stream', async () => {
  const logs = openLogs(temporaryFolder());
  await accepted(logs, post(1, 1));
  expect(await accepted(logs, post(1, 1, { account: account(2) }))).toMatchObject({ repeat: false, seq: 2 });
  await logs.close();
});

test('time never goes back within a log', async () => {
  const folder = temporaryFolder();
  let logs = openLogs(folder);
  expect((await accepted(logs, post(1, 1), 5_000)).at).toBe(5_000);
  expect((await accepted(logs, post(1, 2), 4_000)).at).toBe(5_000);
  await logs.close();
  logs = openLogs(folder);
  expect((await accepted(logs, post(1, 3), 3_000)).at).toBe(5_000);
  expect((await accepted(logs, post(1, 1, { log: 2 }), 3_000)).at).toBe(3_000);
  await logs.close();
});

test('a read is bounded by entries and by bytes but always brings one entry', async () => {
  const logs = openLogs(temporaryFolder());
  await logs.append(
    Array.from({ length: 20 }, (_, index) => post(1, index + 1, { body: Buffer.alloc(100) })),
    0,
  );
  expect(logs.read(1, 5, 3, 10_000)).toMatchObject({ first: 6, head: { seq: 20 } });
  expect(logs.read(1, 5, 3, 10_000).entries).toHaveLength(3);
  expect(logs.read(1, 0, 100, 300).entries).toHaveLength(2);
  expect(logs.read(1, 0, 100, 10).entries).toHaveLength(1);
  expect(logs.read(1, 20, 100, 10_000).entries).toHaveLength(0);
  expect(logs.read(1, 2_000, 100, 10_000).entries).toHaveLength(0);
  await logs.close();
});

test('cursors only move forward and are kept', async () => {
  const folder = temporaryFolder();
  let logs = openLogs(folder);
  expect(await logs.cursor(account(1), 4, 10)).toBe(10);
  expect(await logs.cursor(account(1), 4, 3)).toBe(10);
  expect(await Promise.all([logs.cursor(account(1), 4, 12), logs.cursor(account(1), 4, 11)])).toEqual([
    12, 12,
  ]);
  await logs.close();
  logs = openLogs(folder);
  expect(logs.cursors(account(1), [3, 4])).toEqual([0, 12]);
  expect(logs.cursors(account(2), [4])).toEqual([0]);
  await logs.close();
});

test('a stream unused for its life expires, and is forgotten three lives later', async () => {
  const logs = openLogs(temporaryFolder());
  const sweep = async (wall: number) => {
    while (await logs.sweep(wall));
  };
  await logs.append([post(1, 1), post(1, 2), post(2, 1)], 0);
  await sweep(STREAM_LIFE_MS);
  expect((await accepted(logs, post(1, 2))).repeat).toBe(true);
  // Stream 2 is used once more, and thereby stays.
  await accepted(logs, post(2, 2), STREAM_LIFE_MS);
  await sweep(STREAM_LIFE_MS + DAY_MS);
  expect(await logs.append([post(1, 1), post(1, 3), post(2, 1), post(2, 3)], STREAM_LIFE_MS)).toMatchObject([
    { ok: false, code: 'STREAM_EXPIRED' },
    { ok: false, code: 'STREAM_EXPIRED' },
    { ok: true, repeat: true, seq: 3 },
    { ok: true, seq: 5 },
  ]);
  await sweep(STREAM_LIFE_MS + TOMBSTONE_MS + 1);
  expect(await logs.append([post(1, 3)], 0)).toMatchObject([{ ok: false, code: 'GAP', expected: 1 }]);
  expect((await accepted(logs, post(1, 1))).repeat).toBe(false);
  await logs.close();
});

test('a sweep takes many small steps and leaves live streams alone', async () => {
  const logs = openLogs(temporaryFolder());
  const old = Array.from({ length: 2_500 }, (_, index) => post(1, index + 1));
  await logs.append(old, 0);
  for (let account = 10; account < 14; account++)
    await logs.append(
      Array.from({ length: 200 }, (_, index) => post(index + 1, 1, { account: Buffer.alloc(16, account) })),
      DAY_MS,
    );
  let steps = 1;
  while (await logs.sweep(STREAM_LIFE_MS + DAY_MS)) steps++;
  expect(steps).toBeGreaterThan(4);
  expect(await logs.append([post(1, 1)], 0)).toMatchObject([{ code: 'STREAM_EXPIRED' }]);
  expect((await accepted(logs, post(7, 1, { account: Buffer.alloc(16, 12) }))).repeat).toBe(true);
  await logs.close();
});
