import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accepted, openLogs, post, steadyRandom, temporaryFolder } from './support.js';

const PAGE_BYTES = 4096;

/** A closed store with a few hundred pages; three logs, long and short entries, a journal. */
async function filledFolder(): Promise<string> {
  const folder = temporaryFolder();
  const logs = openLogs(folder);
  for (let counter = 1; counter <= 100; counter++) {
    const body = Buffer.alloc(counter % 50 === 0 ? 5_000 : 300, counter);
    await Promise.all([
      logs.append(
        [1, 2, 3].map((log) => post(log, counter, { log, body })),
        counter,
      ),
      logs.journal([Buffer.alloc(100, counter)]),
    ]);
  }
  await logs.close();
  return folder;
}

/** Reads and writes everything in a process of its own, since LMDB may end it. Prints one line. */
const VISIT = `
  const { openLogStore } = await import(${JSON.stringify(import.meta.resolve('#natter/store/logs.js'))});
  const timers = { setTimeout: () => 0, clearTimeout: () => {} };
  const seen = [];
  const attempt = (run) => { try { run(); } catch (error) { seen.push(error.code); } };
  try {
    const logs = openLogStore(process.argv[1], { random: (target) => target.fill(9), timers });
    for (const log of [1, 2, 3]) attempt(() => {
      for (let after = 0, read = 1; read > 0; after += read) read = logs.read(log, after, 100, 1e6).entries.length;
    });
    attempt(() => logs.journalRead(0, 1e9));
    const batch = [1, 2, 3].map((log) => ({ log, logId: Buffer.alloc(16, log), account: Buffer.alloc(16, 1),
      author: 'ana', stream: Buffer.alloc(16, 99), counter: 1, kind: 1, body: Buffer.alloc(9) }));
    for (const result of await logs.append(batch, 1)) if (!result.ok) seen.push(result.code);
    await logs.close();
    console.log('opened', [...new Set(seen)].join());
  } catch (error) { console.log('refused', error.code); }`;

function visit(folder: string): string {
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', VISIT, folder], {
    encoding: 'utf8',
  });
  return child.signal ?? (child.status === 0 ? child.stdout.trim() : `exit ${child.status}: ${child.stderr}`);
}

test('a truncated or garbled file never ends the process, and is refused unchanged or its damage named', async () => {
  const good = await filledFolder();
  const whole = readFileSync(join(good, 'logs.mdb'));
  const random = steadyRandom();
  const garble = (page: number, bytes: number): Buffer => {
    const copy = Buffer.from(whole);
    random(copy.subarray(page * PAGE_BYTES, page * PAGE_BYTES + bytes));
    return copy;
  };
  const pages = whole.length / PAGE_BYTES;
  const damaged: Buffer[] = [Buffer.alloc(0), whole.subarray(0, 100), whole.subarray(0, PAGE_BYTES)];
  for (const share of [0.1, 0.5, 0.9]) {
    const page = Math.floor(pages * share);
    damaged.push(whole.subarray(0, page * PAGE_BYTES), whole.subarray(0, page * PAGE_BYTES - 7));
    damaged.push(garble(page, PAGE_BYTES), garble(page + 1, 24), garble(page + 2, 200));
  }
  damaged.push(garble(0, 200), garble(1, 200));
  const outcomes = new Set<string>();
  for (const content of damaged) {
    const folder = temporaryFolder();
    const path = join(folder, 'logs.mdb');
    writeFileSync(path, content);
    copyFileSync(join(good, 'logs.mdb.mark'), `${path}.mark`);
    const outcome = visit(folder);
    outcomes.add(outcome);
    if (outcome.startsWith('refused')) expect(readFileSync(path).equals(content)).toBe(true);
  }
  for (const outcome of outcomes) expect(outcome).toMatch(/^(refused DATA_CORRUPT|opened( DATA_CORRUPT)?)$/);
  expect(outcomes).toContain('refused DATA_CORRUPT');
}, 60_000);

test('a single changed byte in an entry is seen when it is read, and other logs go on', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'logs.mdb');
  let logs = openLogs(folder);
  const body = Buffer.from('the words that will be changed');
  await logs.append([post(1, 1, { body }), post(2, 1, { log: 2 })], 0);
  await logs.close();
  const content = readFileSync(path);
  for (let at = content.indexOf(body); at !== -1; at = content.indexOf(body, at + 1)) content[at] = 0x54;
  writeFileSync(path, content);
  logs = openLogs(folder);
  expect(() => logs.read(1, 0, 1, 100)).toThrow(expect.objectContaining({ code: 'DATA_CORRUPT' }));
  expect(() => logs.read(1, 0, 1, 100)).toThrow(path);
  expect(await logs.append([post(1, 2), post(2, 2, { log: 2 })], 0)).toMatchObject([
    { ok: false, code: 'DATA_CORRUPT' },
    { ok: true, seq: 2 },
  ]);
  await logs.close();
});

test('an environment that came back from a backup gets a new epoch, an untouched one keeps its own', async () => {
  const folder = await filledFolder();
  const path = join(folder, 'logs.mdb');
  const backup = join(temporaryFolder(), 'backup');
  copyFileSync(path, backup);
  let logs = openLogs(folder);
  const { epoch, instance } = logs;
  expect(logs.renewed).toBeUndefined();
  await accepted(logs, post(7, 1));
  await logs.close();
  const seen = [epoch];
  const reopen = async (why: string): Promise<void> => {
    // Another seed each time: epochs are random, and two runs of the same seed would draw the same.
    const random = steadyRandom();
    for (let skip = 0; skip < seen.length; skip++) random(Buffer.alloc(1));
    logs = openLogs(folder, { random });
    expect(logs.renewed).toContain(why);
    expect(seen).not.toContain(logs.epoch);
    expect(logs.instance).toEqual(instance);
    expect(logs.head(1)).toEqual({ epoch: logs.epoch, seq: 100 });
    seen.push(logs.epoch);
    await logs.close();
  };
  // Written over in place by an older one.
  writeFileSync(path, readFileSync(backup));
  await reopen('older than its marker');
  // Copied back beside it and moved to its name: another inode.
  copyFileSync(path, `${path}.new`);
  renameSync(`${path}.new`, path);
  await reopen('copied here');
  rmSync(`${path}.mark`);
  await reopen('marker file is missing');
  writeFileSync(`${path}.mark`, 'garbage');
  await reopen('marker file is missing or unreadable');
  logs = openLogs(folder);
  expect([logs.renewed, logs.epoch]).toEqual([undefined, seen.at(-1)]);
  await logs.close();
});

test('an environment exchanged for another one gets a new epoch', async () => {
  const [one, two] = [temporaryFolder(), temporaryFolder()];
  await openLogs(one).close();
  const random = steadyRandom();
  random(Buffer.alloc(1));
  const other = openLogs(two, { random });
  const { epoch, instance } = other;
  await other.close();
  // In place: the file keeps its inode.
  writeFileSync(join(one, 'logs.mdb'), readFileSync(join(two, 'logs.mdb')));
  const logs = openLogs(one);
  expect(logs.renewed).toContain('not the file its marker was written for');
  expect(logs.instance).toEqual(instance);
  expect(logs.epoch).not.toBe(epoch);
  await logs.close();
});
