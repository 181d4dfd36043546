import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { RecordPool } from '../../src/actors/client/files/record-pool.js';
import { Source } from '../../src/actors/client/files/source.js';
import { Speed } from '../../src/actors/client/files/speed.js';
import { SystemDisk } from '../../src/actors/client/files/system-disk.js';
import { CHUNK_BYTES, CHUNK_RECORD_MAX_BYTES, SUPPLIED_BYTES_MAX } from '../../src/net/constants.js';
import { type TransferRecord, TransferStore } from '../../src/store/transfers.js';
import { hashOf } from '../support/fake-files.js';
import { noise } from '../support/file-client.js';

const folder = mkdtempSync(join(tmpdir(), 'natter-files-'));
const disk = new SystemDisk(folder);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, bytes: Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test('only ordinary files are opened, also where a link leads to one', async () => {
  const path = written('real.txt', Buffer.from('words'));
  symlinkSync(path, join(folder, 'link.txt'));
  const file = await disk.open(join(folder, 'link.txt'));
  expect(file.stamp).toMatchObject({ size: 5 });
  await file.close();
  await expect(disk.open(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'FILE_MISSING' });
  await expect(disk.open(`${path}/below`)).rejects.toMatchObject({ code: 'FILE_MISSING' });
  await expect(disk.open(folder)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});

test.skipIf(process.platform === 'win32')(
  'a pipe or a device is refused without waiting for it',
  async () => {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const path of [join(folder, 'pipe'), '/dev/zero'])
      await expect(disk.open(path)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  },
);

test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')(
  'what one may not read is said to be so',
  async () => {
    const path = written('secret', Buffer.from('x'));
    chmodSync(path, 0);
    await expect(disk.open(path)).rejects.toThrow('you may not read it');
  },
);

test('a source hashes the whole, in whatever order and however often its chunks are read', async () => {
  const bytes = noise(21 * CHUNK_BYTES + 33);
  const path = written('source.bin', bytes);
  const source = await Source.open(disk, path, await disk.stamp(path));
  const read = async (first: number, count: number) => {
    const records = Array.from({ length: count }, (_, index) =>
      Buffer.alloc(32 + Math.min(CHUNK_BYTES, bytes.length - (first + index) * CHUNK_BYTES)),
    );
    await source.read(first, records);
    records.forEach((record, index) => {
      source.seal(first + index, record);
    });
    return records;
  };
  const [record] = await read(9, 1);
  const chunk = bytes.subarray(9 * CHUNK_BYTES, 10 * CHUNK_BYTES);
  expect(record?.equals(Buffer.concat([hashOf(chunk), chunk]))).toBe(true);
  await Promise.all([read(0, 3), read(14, 8), read(0, 8), read(9, 4)]);
  expect((await source.hash()).equals(hashOf(bytes))).toBe(true);
  await source.check();
  writeFileSync(path, bytes.subarray(0, 100));
  await expect(source.check()).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  await expect(read(9, 1)).rejects.toMatchObject({ code: 'FILE_CHANGED' });
  source.close();
});

test('uploads share the records of a connection equally, and get them back', () => {
  const pool = new RecordPool();
  const max = Math.floor(SUPPLIED_BYTES_MAX / CHUNK_RECORD_MAX_BYTES);
  let woken = 0;
  const first = { held: 0, room: () => {} };
  const second = { held: 0, room: () => woken++ };
  pool.open(first);
  const all = pool.take(first, 1_000);
  expect(all.length).toBe(max);
  pool.open(second);
  expect(pool.take(second, 8)).toEqual([]);
  pool.giveBack(first, all.slice(0, 40));
  expect(woken).toBe(1);
  // The first has less than its half now.
  expect(pool.take(first, 1_000).length).toBe(Math.floor(max / 2) - (max - 40));
  expect(pool.take(second, 1_000).length).toBe(Math.floor(max / 2));
  expect(new Set(all.map(({ buffer }) => buffer)).size).toBe(max);
});

test('a rate follows what moves within seconds, and falls to nothing', () => {
  const speed = new Speed();
  let now = 0;
  const run = (ms: number, perMs: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      now += 50;
      speed.add(perMs * 50, now);
    }
  };
  run(10_000, 1_000);
  expect(speed.perS).toBeGreaterThan(950_000);
  expect(speed.perS).toBeLessThan(1_050_000);
  run(3_000, 3_000);
  expect(speed.perS).toBeGreaterThan(2_000_000);
  run(30_000, 0);
  expect(speed.perS).toBeLessThan(1_000);
});

test('what is remembered is kept by account, the newest of what is over, and one process works on each', () => {
  const store = new TransferStore(folder, 'host:1', 'ana');
  const record = (n: number, state: TransferRecord['state']): TransferRecord => ({
    format: 1,
    id: n.toString(16).padStart(32, '0'),
    direction: 'in',
    state,
    room: '@bo',
    direct: true,
    from: 'bo',
    to: 'ana',
    name: 'a',
    size: 1,
    type: 'text/plain',
    number: n,
    log: 2,
    at: n,
    bytes: 0,
    repeated: 0,
    owes: 'nothing',
  });
  store.save(record(1, 'paused'));
  for (let n = 2; n <= 230; n++) store.save(record(n, 'done'));
  const list = store.list();
  expect(list.length).toBe(201);
  expect(list[0]?.state).toBe('paused');
  expect(list.at(-1)?.number).toBe(230);
  expect(new TransferStore(folder, 'host:1', 'bo').list()).toEqual([]);
  const lock = store.lock(record(1, 'paused'));
  expect(lock).toBeDefined();
  expect(new TransferStore(folder, 'host:1', 'ana').lock(record(1, 'paused'))).toBeUndefined();
  lock?.release();
  expect(store.lock(record(1, 'paused'))).toBeDefined();
});

test('a damaged record is left alone and harms no other', () => {
  const store = new TransferStore(folder, 'host:1', 'ana');
  const before = store.list().length;
  const [account] = readdirSync(join(folder, 'transfers')).filter((name) =>
    readdirSync(join(folder, 'transfers', name)).some((each) => each.endsWith('.json')),
  );
  const path = join(folder, 'transfers', account ?? '', `${'f'.repeat(32)}-in.json`);
  writeFileSync(path, '{"format": 1, "id": 7');
  expect(store.list().length).toBe(before);
  expect(readdirSync(join(folder, 'transfers', account ?? ''))).toContain(`${'f'.repeat(32)}-in.json`);
});
