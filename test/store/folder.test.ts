import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FolderPart, lockFolder, openFolder, withFolderLock } from '../../src/store/folder.js';
import { isAlive, thisProcess } from '../../src/store/owner.js';
import { temporaryFolder } from './support.js';

/** The pid of a process that lives until the test ends. */
async function bystander(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'process.stdout.write("up"); setInterval(() => {}, 1e9)']);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', '0']);
  await once(child, 'exit');
  return child.pid ?? 0;
}

const caught = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
};

test('a new data folder is private, marked, and opened again', () => {
  const base = join(temporaryFolder(), 'deep', 'natter');
  const folder = openFolder(base, FolderPart.Server);
  expect(folder).toBe(join(base, 'server'));
  if (process.platform !== 'win32') {
    expect(statSync(base).mode & 0o777).toBe(0o700);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  }
  expect(openFolder(base, FolderPart.Server)).toBe(folder);
  expect(openFolder(base, FolderPart.Client)).toBe(join(base, 'client'));
});

test('a folder with other things in it is foreign and is left alone', () => {
  const base = temporaryFolder();
  writeFileSync(join(base, 'thesis.txt'), 'mine');
  expect(caught(() => openFolder(base, FolderPart.Server))).toMatchObject({
    code: 'DATA_FOREIGN',
    message: expect.stringContaining('thesis.txt'),
  });
  expect(readdirSync(base)).toEqual(['thesis.txt']);
});

test('a folder of another format is foreign', () => {
  const base = temporaryFolder();
  openFolder(base, FolderPart.Server);
  writeFileSync(join(base, 'natter-data.json'), '{"natter":2}');
  expect(caught(() => openFolder(base, FolderPart.Server))).toMatchObject({ code: 'DATA_FOREIGN' });
});

test('a folder that cannot be made is unwritable, and the error names it', () => {
  const base = temporaryFolder();
  writeFileSync(join(base, 'file'), '');
  const path = join(base, 'file', 'data');
  expect(caught(() => openFolder(path, FolderPart.Server))).toMatchObject({
    code: 'DATA_UNWRITABLE',
    message: expect.stringContaining(path),
  });
});

test.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
  'a folder without permission is unwritable (not seen by root)',
  () => {
    const base = temporaryFolder();
    openFolder(base, FolderPart.Server);
    chmodSync(join(base, 'server'), 0o500);
    expect(caught(() => openFolder(base, FolderPart.Server))).toMatchObject({ code: 'DATA_UNWRITABLE' });

    // Node's recursive mkdir loops for ever there.
    test.skipIf(process.platform !== 'linux')(
      'a folder that nobody can make is refused, not waited for',
      () => {
        expect(caught(() => openFolder('/proc/natter/deep', FolderPart.Server))).toMatchObject({
          code: 'DATA_UNWRITABLE',
        });
      },
    );
  },
);

test('a second owner is refused with the pid of the first, until it lets go', () => {
  const folder = openFolder(temporaryFolder(), FolderPart.Server);
  const lock = lockFolder(folder);
  expect(caught(() => lockFolder(folder))).toMatchObject({
    code: 'DATA_LOCKED',
    details: { pid: process.pid },
    message: expect.stringContaining(String(process.pid)),
  });
  lock.release();
  lock.release();
  lockFolder(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test('the lock of a dead process is taken over at once, also one that was cut short', async () => {
  const folder = openFolder(temporaryFolder(), FolderPart.Server);
  const path = join(folder, 'owner.lock');
  const dead = { ...thisProcess(), pid: await deadPid(), nonce: 'x' };
  for (const content of [JSON.stringify(dead), '', '{"pid":'] as const) {
    writeFileSync(path, content);
    const lock = lockFolder(folder);
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: process.pid });
    lock.release();
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('a guard left by a process that died in taking over does not stand in the way', async () => {
  const folder = openFolder(temporaryFolder(), FolderPart.Server);
  const dead = JSON.stringify({ ...thisProcess(), pid: await deadPid(), nonce: 'x' });
  writeFileSync(join(folder, 'owner.lock'), dead);
  writeFileSync(join(folder, 'owner.lock.takeover'), dead);
  lockFolder(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test('a live process of another user or another start is told apart by more than its pid', async () => {
  const pid = await bystander();
  const folder = openFolder(temporaryFolder(), FolderPart.Server);
  const path = join(folder, 'owner.lock');
  writeFileSync(path, JSON.stringify({ pid, started: '', boot: '', nonce: 'x' }));
  expect(caught(() => lockFolder(folder))).toMatchObject({ code: 'DATA_LOCKED', details: { pid } });
  if (!existsSync('/proc/self/stat')) return;
  // The pid was given to somebody else, or the machine was started anew, since the lock was written.
  expect(isAlive({ ...thisProcess(), started: '1' })).toBe(false);
  expect(isAlive({ ...thisProcess(), boot: 'another' })).toBe(false);
  expect(isAlive(thisProcess())).toBe(true);
  writeFileSync(path, JSON.stringify({ pid, started: '1', boot: '', nonce: 'x' }));
  lockFolder(folder).release();
});

test('of many processes that find a dead owner exactly one takes over', async () => {
  const folder = openFolder(temporaryFolder(), FolderPart.Server);
  writeFileSync(
    join(folder, 'owner.lock'),
    JSON.stringify({ ...thisProcess(), pid: await deadPid(), nonce: 'x' }),
  );
  const program = `
    const { lockFolder } = await import(${JSON.stringify(import.meta.resolve('#natter/store/folder.js'))});
    process.stdin.once('data', () => {
      try { lockFolder(${JSON.stringify(folder)}); process.stdout.write('owner\\n'); }
      catch (error) { process.stdout.write(error.code + '\\n'); }
    });
    process.stdin.once('end', () => process.exit(0));
    process.stdout.write('ready\\n');`;
  const children = Array.from({ length: 6 }, () =>
    spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['pipe', 'pipe', 'inherit'] }),
  );
  const line = async (child: (typeof children)[number]) =>
    String((await once(child.stdout, 'data'))[0]).trim();
  expect(await Promise.all(children.map(line))).toEqual(Array(6).fill('ready'));
  const said = Promise.all(children.map(line));
  for (const child of children) child.stdin.write('go');
  expect((await said).sort()).toEqual([...Array(5).fill('DATA_LOCKED'), 'owner']);
  for (const child of children) child.stdin.end();
  await Promise.all(children.map((child) => once(child, 'exit')));
});

test('actions under the shared lock run one after the other', async () => {
  const folder = openFolder(temporaryFolder(), FolderPart.Client);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'count');
  writeFileSync(path, '0');
  const step = () =>
    withFolderLock(folder, async () => {
      const count = Number(readFileSync(path, 'utf8'));
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(path, String(count + 1));
    });
  await Promise.all(Array.from({ length: 8 }, step));
  expect(readFileSync(path, 'utf8')).toBe('8');
  await expect(withFolderLock(folder, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  await step();
});
