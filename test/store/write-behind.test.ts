import { closeSync, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { WriteBehind } from '../../src/store/files/write-behind.js';
import { temporaryFolder } from './support.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** A file whose flushes end when the test says so. */
function slowFile() {
  const handle = openSync(join(temporaryFolder(), 'file'), 'w');
  const flushes: ((error: Error | null) => void)[] = [];
  const file = new WriteBehind(handle, (_handle, done) => void flushes.push(done));
  const end = async (error: Error | null = null): Promise<void> => {
    flushes.shift()?.(error);
    await Promise.resolve();
  };
  return { file, handle, flushes, end };
}

test('what is written goes to the disk every megabyte, one flush at a time', async () => {
  const { file, handle, flushes, end } = slowFile();
  file.wrote(MIB - 64 * KIB);
  expect(flushes).toHaveLength(0);
  file.wrote(64 * KIB);
  expect(flushes).toHaveLength(1);
  file.wrote(20 * MIB);
  expect(flushes).toHaveLength(1);
  await end();
  file.wrote(1);
  expect(flushes).toHaveLength(1);
  closeSync(handle);
});

test('a sync waits for the flush under way and then for its own', async () => {
  const { file, handle, flushes, end } = slowFile();
  file.wrote(MIB);
  let synced = false;
  const sync = file.sync().then(() => {
    synced = true;
  });
  await end();
  expect([synced, flushes.length]).toEqual([false, 1]);
  await end();
  await sync;
  closeSync(handle);
});

test('a flush that was refused is told once: to whoever writes next, or at the end', async () => {
  const { file, handle, end } = slowFile();
  file.wrote(MIB);
  await end(new Error('no space'));
  expect(() => file.wrote(1)).toThrow('no space');
  expect(() => file.wrote(MIB)).not.toThrow();
  const sync = file.sync();
  await end(new Error('still none'));
  await end();
  await expect(sync).rejects.toThrow('still none');
  closeSync(handle);
});

test('a file that is closed while it is flushed is closed afterwards', async () => {
  const { file, handle, end } = slowFile();
  file.wrote(MIB);
  file.close();
  expect(fstatSync(handle).isFile()).toBe(true);
  await end();
  expect(() => fstatSync(handle)).toThrow('EBADF');
});
