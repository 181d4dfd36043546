import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { CHUNK_BYTES, FILE_BYTES_MAX } from '../../src/net/constants.js';
import { listPath } from '../../src/store/files/chunk-pair.js';
import { ChunkFile } from '../../src/store/files/chunks.js';
import { contentIn, contentOf, fill, hashOf, recordOf, rootOf } from './chunk-files.js';
import { smallDisk, temporaryFolder } from './support.js';

const place = (): string => join(temporaryFolder(), 'file');

test('chunks may land in any order, and the whole is what was sent', () => {
  const content = contentOf(5 * CHUNK_BYTES + 1_234);
  const file = ChunkFile.create(place(), content.length);
  expect([file.count, file.held, file.complete, file.missing(0)]).toEqual([6, 0, false, 0]);
  for (const chunk of [5, 0, 3]) expect(file.put(chunk, recordOf(content, chunk))).toBe('written');
  expect([file.held, file.missing(0), file.missing(3)]).toEqual([2 * CHUNK_BYTES + 1_234, 1, 4]);
  fill(file, content);
  expect([file.complete, file.missing(0)]).toEqual([true, -1]);
  expect(file.root()).toEqual(rootOf(content));
  expect(contentIn(file).equals(content)).toBe(true);
  expect(hashOf(readFileSync(file.path))).toEqual(hashOf(content));
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  file.close();
});

test('a chunk that was here is counted as known, one that does not fit is refused and changes nothing', () => {
  const content = contentOf(2 * CHUNK_BYTES);
  const file = ChunkFile.create(place(), content.length);
  const right = recordOf(content, 0);
  const flipped = Buffer.from(right);
  flipped[40] = (flipped[40] ?? 0) ^ 1;
  expect(file.put(0, flipped)).toBe('wrong');
  expect(file.put(0, right.subarray(0, -1))).toBe('wrong');
  expect(file.put(0, Buffer.concat([right, Buffer.alloc(1)]))).toBe('wrong');
  for (const chunk of [-1, 2, 0.5, Number.NaN]) expect(file.put(chunk, right)).toBe('wrong');
  expect(file.held).toBe(0);
  expect([file.put(0, right), file.put(0, right)]).toEqual(['written', 'known']);
  file.remove();
  expect([existsSync(file.path), existsSync(listPath(file.path))]).toEqual([false, false]);
});

test('an empty file is complete from the beginning', () => {
  const file = ChunkFile.create(place(), 0);
  expect([file.count, file.complete, file.missing(0)]).toEqual([0, true, -1]);
  expect(file.root()).toEqual(hashOf(Buffer.alloc(0)));
  file.close();
  expect(ChunkFile.reopen(file.path, 0).complete).toBe(true);
});

test('a declared size above the largest is refused before anything is made', () => {
  const path = place();
  for (const size of [FILE_BYTES_MAX + 1, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => ChunkFile.create(path, size)).toThrow(expect.objectContaining({ code: 'FILE_TOO_LARGE' }));
  expect([existsSync(path), existsSync(listPath(path))]).toEqual([false, false]);
});

test('chunks of zeros take no room on the disk', () => {
  const size = 200 * CHUNK_BYTES;
  const file = ChunkFile.create(place(), size);
  fill(file, Buffer.alloc(size));
  expect(file.complete).toBe(true);
  expect(statSync(file.path).size).toBe(size);
  expect(statSync(file.path).blocks * 512).toBeLessThan(CHUNK_BYTES);
  file.close();
});

test('nothing that is there is overwritten or followed', () => {
  const folder = temporaryFolder();
  const taken = join(folder, 'taken');
  writeFileSync(taken, 'mine');
  writeFileSync(listPath(taken), 'mine too');
  expect(() => ChunkFile.create(taken, 10)).toThrow(expect.objectContaining({ code: 'DATA_UNWRITABLE' }));
  expect([readFileSync(taken, 'utf8'), readFileSync(listPath(taken), 'utf8')]).toEqual(['mine', 'mine too']);
  const link = join(folder, 'link');
  symlinkSync(join(folder, 'elsewhere'), link);
  expect(() => ChunkFile.create(link, 10)).toThrow(expect.objectContaining({ code: 'DATA_UNWRITABLE' }));
  expect(existsSync(join(folder, 'elsewhere'))).toBe(false);
  symlinkSync(taken, join(folder, 'other'));
  expect(() => ChunkFile.reopen(join(folder, 'other'), 4)).toThrow(
    expect.objectContaining({ code: 'DATA_UNWRITABLE' }),
  );
});

test('what cannot be the file of before is refused with its name', () => {
  const file = ChunkFile.create(place(), 3 * CHUNK_BYTES);
  file.close();
  expect(() => ChunkFile.reopen(file.path, 3 * CHUNK_BYTES + 1)).toThrow(
    expect.objectContaining({ code: 'DATA_CORRUPT', message: expect.stringContaining(file.path) }),
  );
  truncateSync(listPath(file.path), 32);
  expect(() => ChunkFile.reopen(file.path, 3 * CHUNK_BYTES)).toThrow(
    expect.objectContaining({ code: 'DATA_CORRUPT' }),
  );
  expect(() => ChunkFile.reopen(place(), 1)).toThrow(expect.objectContaining({ code: 'FILE_MISSING' }));
});

test('what an earlier life wrote counts, and what the disk lost of it is missing after a recheck', () => {
  const content = contentOf(6 * CHUNK_BYTES);
  const first = ChunkFile.create(place(), content.length);
  for (const chunk of [0, 2, 4]) first.put(chunk, recordOf(content, chunk));
  first.close();
  const handle = openSync(first.path, 'r+');
  writeSync(handle, Buffer.alloc(10, 0xee), 0, 10, 2 * CHUNK_BYTES + 100);
  const second = ChunkFile.reopen(first.path, content.length);
  expect(second.held).toBe(3 * CHUNK_BYTES);
  expect(second.put(0, recordOf(content, 0))).toBe('known');
  // What this life wrote itself needs no second look.
  second.put(1, recordOf(content, 1));
  let steps = 1;
  while (second.recheck(CHUNK_BYTES)) steps++;
  expect(steps).toBe(3);
  expect([second.has(0), second.has(2), second.has(4), second.held]).toEqual([
    true,
    false,
    true,
    3 * CHUNK_BYTES,
  ]);
  fill(second, content);
  expect(contentIn(second).equals(content)).toBe(true);
  second.close();
});

test('zeros are written over what a killed process left in their place', () => {
  const file = ChunkFile.create(place(), CHUNK_BYTES);
  file.close();
  // Bytes without their hash.
  writeFileSync(file.path, Buffer.alloc(CHUNK_BYTES, 9));
  const again = ChunkFile.reopen(file.path, CHUNK_BYTES);
  expect(again.held).toBe(0);
  fill(again, Buffer.alloc(CHUNK_BYTES));
  expect(contentIn(again)).toEqual(Buffer.alloc(CHUNK_BYTES));
  again.close();
});

test('a full disk leaves the chunk missing and the rest as it was', async (context) => {
  const folder = smallDisk(1);
  if (folder === undefined) return context.skip('needs the right to mount a tmpfs');
  const content = contentOf(40 * CHUNK_BYTES);
  const file = ChunkFile.create(join(folder, 'file'), content.length);
  expect(() => fill(file, content)).toThrow(expect.objectContaining({ code: 'DISK_FULL' }));
  const { held } = file;
  const next = file.missing(0);
  expect(held).toBe(next * CHUNK_BYTES);
  expect(held).toBeGreaterThan(8 * CHUNK_BYTES);
  file.close();
  const again = ChunkFile.reopen(file.path, content.length);
  expect(again.recheck(content.length)).toBe(false);
  expect([again.held, again.missing(0)]).toEqual([held, next]);
  again.close();
});

test('no chunk that was kept is lost or asked for again when the process is killed', async () => {
  const path = place();
  const size = 600 * CHUNK_BYTES;
  const said: number[] = [];
  for (let life = 0; life < 5; life++) {
    const child = spawn(
      process.execPath,
      [join(import.meta.dirname, 'crashing-chunks.mjs'), path, String(size)],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const exited = once(child, 'exit');
    const until = said.length + 20 + life * 7;
    for await (const line of createInterface(child.stdout)) {
      said.push(Number(line));
      if (said.length === until) child.kill('SIGKILL');
    }
    expect((await exited)[1]).toBe('SIGKILL');
    expect(new Set(said).size, 'each chunk once').toBe(said.length);
    const file = ChunkFile.reopen(path, size);
    while (file.recheck(1 << 20));
    for (const chunk of said) expect(file.has(chunk)).toBe(true);
    // Killed between keeping a chunk and saying so.
    for (let chunk = 0; chunk < file.count; chunk++)
      if (file.has(chunk) && !said.includes(chunk)) said.push(chunk);
    file.close();
  }
}, 30_000);
