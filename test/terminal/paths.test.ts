import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { completePath, fileToSend, lookUp } from '../../src/ui/terminal/paths.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'natter-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const labels = async (line: string) => (await completePath(line, line.length, home))?.labels;

test('a folder of 10,000 entries is looked through without stopping anything else', async () => {
  for (let index = 0; index < 10_000; index++) writeFileSync(join(home, `entry ${index}.txt`), '');
  let turns = 0;
  let isDone = false;
  const turn = () => {
    turns++;
    if (!isDone) setImmediate(turn);
  };
  setImmediate(turn);
  const found = await labels('/send ~/entry');
  isDone = true;
  expect(found).toHaveLength(50);
  expect(found?.slice(0, 3)).toEqual(['entry 0.txt (0 B)', 'entry 1.txt (0 B)', 'entry 2.txt (0 B)']);
  expect(turns).toBeGreaterThan(20);
});

test('what cannot be sent is not offered: sockets, dead links, names of control characters', async () => {
  mkdirSync(join(home, 'x folder'));
  symlinkSync(join(home, 'nowhere'), join(home, 'x dead'));
  symlinkSync(join(home, 'x folder'), join(home, 'x link'));
  writeFileSync(join(home, 'x\x1b[2J'), '');
  expect(await labels('/send ~/x')).toEqual(['x folder/', 'x link/']);
});

test('a name with blanks is completed as it is typed, and nothing behind a whole one', async () => {
  mkdirSync(join(home, 'my photos'));
  writeFileSync(join(home, 'my photos', 'at the sea.png'), 'abc');
  const line = '/send ~/my\\ photos/at the';
  const found = await completePath(line, line.length, home);
  expect(found?.labels).toEqual(['at the sea.png (3 B)']);
  expect(found?.from).toBe('/send '.length);
  expect(found?.replacements).toEqual(['~/my\\ photos/at\\ the\\ sea.png ']);
  expect(await labels('/send ~/my ph')).toEqual(['my photos/']);
  expect(await labels('/send ~/my\\ photos/at\\ the\\ sea.png ')).toEqual([]);
});

test('the target behind a path is none, and neither is a line of another command', () => {
  expect(completePath('/send a.txt #de', 15, home)).toBeUndefined();
  expect(completePath('/join a', 7, home)).toBeUndefined();
  expect(completePath('/send a', 3, home)).toBeUndefined();
});

test('a folder that is not there offers nothing', async () => {
  expect(await labels('/send ~/none/x')).toEqual([]);
});

test('only a regular file can be sent', async () => {
  const path = join(home, 'a b.txt');
  writeFileSync(path, 'abc');
  expect(await lookUp(path)).toEqual({ path, name: 'a b.txt', size: 3 });
  expect(await lookUp(home)).toBeUndefined();
  expect(await lookUp(join(home, 'none'))).toBeUndefined();
  expect(await fileToSend(path)).toBe(path);
  await expect(fileToSend(home)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  await expect(fileToSend(join(home, 'none'))).rejects.toMatchObject({ code: 'FILE_MISSING' });
  await expect(fileToSend('/dev/null')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});
