import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CHUNK_BYTES, FILE_BYTES_MAX } from '../../src/net/constants.js';
import { type BlobLimits, BlobStore } from '../../src/store/files/blobs.js';
import { Place, type StoredFile } from '../../src/store/files/file-row.js';
import { contentIn, contentOf, hashOf, recordOf, rootOf } from './chunk-files.js';
import { account, smallDisk, temporaryFolder } from './support.js';

const DAY_MS = 24 * 3600 * 1000;
const LIMITS: BlobLimits = {
  fileBytesMax: 2 ** 30,
  fileBytesPerAccount: 2 ** 31,
  fileBytesAltogether: 2 ** 32,
  diskFreeBytes: 0,
  fileDays: 30,
  uploadDays: 3,
};
const SIZE = 5 * CHUNK_BYTES + 99;

function openStore(folder: string, limits: Partial<BlobLimits> = {}, wall = 0): BlobStore {
  const store = BlobStore.open(folder, { ...LIMITS, ...limits }, wall);
  onTestFinished(() => store.shut());
  return store;
}

function offer(
  store: BlobStore,
  options: { by?: number; id?: number; size?: number; log?: number; wall?: number } = {},
) {
  const { by = 1, id = 1, size = SIZE, log = 7, wall = 0 } = options;
  const file = {
    account: account(by),
    id: Buffer.alloc(16, id),
    owner: 'ana',
    log,
    name: 'a.txt',
    size,
    type: 'text/plain',
  };
  return store.create(file, wall);
}

async function keep(store: BlobStore, file: StoredFile, content: Buffer, wall = 0): Promise<StoredFile> {
  fillSpool(store, file.number, content);
  return store.finish(file.number, hashOf(content), () => wall);
}

/** Puts every chunk that is missing. */
function fillSpool(store: BlobStore, number: number, content: Buffer): void {
  const chunks = store.open(number);
  for (let chunk = chunks.missing(0); chunk >= 0; chunk = chunks.missing(chunk + 1))
    store.put(number, chunk, recordOf(content, chunk));
}

/** Every file below a folder, lists of hashes left out. */
function filesIn(folder: string, part: 'spool' | 'blobs'): string[] {
  return readdirSync(join(folder, 'files', part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.chunks'))
    .map(({ name }) => name);
}

const refusal = (code: string) => expect.objectContaining({ code });

test('a file is spooled, checked, and kept under the hash of its list of hashes', async () => {
  const folder = temporaryFolder();
  const store = openStore(folder);
  const content = contentOf(SIZE);
  const file = offer(store, { wall: 1_234 });
  expect(file).toMatchObject({
    place: Place.Spool,
    held: 0,
    created: 1_234,
    name: 'a.txt',
    owner: 'ana',
    log: 7,
  });
  expect(offer(store, { wall: 9 }).number).toBe(file.number);
  await expect(store.finish(file.number, hashOf(content), () => 0)).rejects.toMatchObject({
    code: 'FILE_MISSING',
  });
  const held = await keep(store, file, content);
  expect(held).toMatchObject({ place: Place.Blob, held: SIZE, root: rootOf(content), hash: hashOf(content) });
  expect(filesIn(folder, 'spool')).toEqual([]);
  expect(filesIn(folder, 'blobs')).toEqual([rootOf(content).toString('hex')]);
  expect(contentIn(store.open(file.number)).equals(content)).toBe(true);
  expect(await store.finish(file.number, hashOf(content), () => 0)).toMatchObject({ place: Place.Blob });
});

test('the same content is stored once, and stays until nobody has it any more', async () => {
  const folder = temporaryFolder();
  const store = openStore(folder);
  const content = contentOf(SIZE);
  const mine = await keep(store, offer(store, { by: 1 }), content);
  const theirs = await keep(store, offer(store, { by: 2 }), content);
  expect(theirs.number).not.toBe(mine.number);
  expect(filesIn(folder, 'blobs')).toHaveLength(1);
  expect(store.figures).toEqual({ blobs: 1, bytes: SIZE });
  await store.remove(mine.number, 'FILE_WITHDRAWN', 0);
  expect(contentIn(store.open(theirs.number)).equals(content)).toBe(true);
  expect(() => store.open(mine.number)).toThrow(refusal('FILE_WITHDRAWN'));
  await store.remove(theirs.number, 'FILE_WITHDRAWN', 0);
  expect(filesIn(folder, 'blobs')).toEqual([]);
  expect(store.figures).toEqual({ blobs: 0, bytes: 0 });
});

test('each account has its place, and all together have theirs', async () => {
  const store = openStore(temporaryFolder(), {
    fileBytesMax: 1_000,
    fileBytesPerAccount: 1_500,
    fileBytesAltogether: 3_000,
  });
  expect(() => offer(store, { size: 1_001 })).toThrow(refusal('FILE_TOO_LARGE'));
  const first = offer(store, { id: 1, size: 1_000 });
  expect(() => offer(store, { id: 2, size: 501 })).toThrow(refusal('QUOTA_EXCEEDED'));
  offer(store, { id: 3, size: 500 });
  offer(store, { by: 2, size: 1_000 });
  expect(() => offer(store, { by: 3, size: 501 })).toThrow(refusal('QUOTA_EXCEEDED'));
  await store.remove(first.number, 'FILE_WITHDRAWN', 0);
  expect(offer(store, { by: 3, size: 501 }).size).toBe(501);
  expect(offer(store, { id: 4, size: 900 }).size).toBe(900);
});

test('an account may not fill the index with empty files', () => {
  const store = openStore(temporaryFolder());
  const id = (number: number): Buffer => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(number);
    return bytes;
  };
  const base = { account: account(1), owner: 'ana', log: 7, name: 'a', size: 0, type: 'text/plain' };
  expect(() => {
    for (let number = 0; number < 6_000; number++) store.create({ ...base, id: id(number) }, 0);
  }).toThrow(refusal('QUOTA_EXCEEDED'));
}, 60_000);

test('a size beyond all limits allocates nothing', () => {
  const folder = temporaryFolder();
  const store = openStore(folder, { fileBytesMax: 2 ** 52, fileBytesPerAccount: 2 ** 52 });
  expect(() => offer(store, { size: FILE_BYTES_MAX + 1 })).toThrow(refusal('FILE_TOO_LARGE'));
  expect(filesIn(folder, 'spool')).toEqual([]);
});

test('what must stay free of the disk is not promised to files', () => {
  const store = openStore(temporaryFolder(), { diskFreeBytes: 2 ** 60 });
  expect(() => offer(store)).toThrow(refusal('DISK_FULL'));
  expect(offer(store, { size: 0 }).size).toBe(0);
  expect(store.crowded).toBe(true);
});

test('files end with their age, an upload that stands still sooner, and nothing of them stays for ever', async () => {
  const folder = temporaryFolder();
  const store = openStore(folder);
  const held = await keep(store, offer(store, { id: 1 }), contentOf(SIZE));
  const still = offer(store, { id: 2 });
  const sent = offer(store, { id: 3 });
  for (const { number } of [still, sent]) store.open(number).put(0, recordOf(contentOf(SIZE, 9), 0));
  const isSent = (number: number): boolean => number === sent.number;
  expect(store.sweep(3 * DAY_MS - 1, isSent)).toEqual({ expired: [], more: false });
  expect(store.sweep(3 * DAY_MS, isSent).expired).toMatchObject([
    { number: still.number, reason: 'FILE_EXPIRED' },
  ]);
  expect(store.sweep(3 * DAY_MS, isSent).expired).toEqual([]);
  expect(() => store.open(still.number)).toThrow(refusal('FILE_EXPIRED'));
  store.close(sent.number);
  const late = store.sweep(30 * DAY_MS, () => false);
  expect(late.expired.map(({ number }) => number).sort()).toEqual([held.number, sent.number]);
  expect([filesIn(folder, 'spool'), filesIn(folder, 'blobs')]).toEqual([[], []]);
  store.sweep(61 * DAY_MS, () => false);
  expect(() => store.get(held.number)).toThrow(refusal('NO_SUCH_FILE'));
  // The number is not given to another.
  expect(offer(store, { id: 1 }).number).toBeGreaterThan(sent.number);
});

test('lists show what is there, newest first, and offers what somebody has not answered, oldest first', async () => {
  const store = openStore(temporaryFolder());
  const made = [1, 2, 3, 4, 5].map(
    (id) => offer(store, { by: id === 3 ? 2 : 1, id, log: id === 5 ? 8 : 7 }).number,
  );
  const [one = 0, two = 0, three = 0, four = 0, five = 0] = made;
  const numbers = (files: readonly StoredFile[]): number[] => files.map(({ number }) => number);
  expect(numbers(store.list(7, 0, 50))).toEqual([four, three, two, one]);
  expect(numbers(store.list(7, three, 1))).toEqual([two]);
  expect(numbers(store.offers(account(2), [7, 8], 0, 50))).toEqual([one, two, four, five]);
  expect(numbers(store.offers(account(2), [8, 7], one, 2))).toEqual([two, four]);
  expect(store.answer(two, account(2), 2)).toBe(true);
  expect(store.answer(two, account(2), 2)).toBe(false);
  expect(store.answer(two, account(2), 3)).toBe(true);
  expect(store.answer(two, account(2), 1), 'what is done stays so').toBe(false);
  await store.remove(four, 'FILE_WITHDRAWN', 0);
  expect(numbers(store.offers(account(2), [7, 8], 0, 50))).toEqual([one, five]);
  expect(numbers(store.list(7, 0, 50))).toEqual([three, two, one]);
  expect([store.answerOf(two, account(2)), store.answerOf(two, account(1))]).toEqual([3, 0]);
});

test('what is here is here after a restart, and what is left over is removed', async () => {
  const folder = temporaryFolder();
  const content = contentOf(SIZE);
  let store = openStore(folder);
  const held = await keep(store, offer(store, { id: 1 }), content);
  const part = offer(store, { id: 2 });
  store.open(part.number).put(2, recordOf(contentOf(SIZE, 5), 2));
  store.rest(part.number, 0);
  await store.shut();
  const files = join(folder, 'files');
  writeFileSync(join(files, 'spool', '999999'), 'nobody needs it');
  mkdirSync(join(files, 'blobs', 'ab'), { recursive: true });
  writeFileSync(join(files, 'blobs', 'ab', 'ab'.repeat(32)), 'nor this');
  writeFileSync(join(files, 'blobs', 'ab', 'notes.txt'), 'not ours');
  store = openStore(folder);
  expect(contentIn(store.open(held.number)).equals(content)).toBe(true);
  expect(store.get(part.number).held).toBe(CHUNK_BYTES);
  expect(store.open(part.number).missing(2)).toBe(3);
  expect(filesIn(folder, 'spool')).toEqual([String(part.number)]);
  expect(filesIn(folder, 'blobs').sort()).toEqual([rootOf(content).toString('hex'), 'notes.txt'].sort());
});

test('a file that was said to be whole when the process was killed is moved to its place at the next start', async () => {
  const folder = temporaryFolder();
  const content = contentOf(SIZE);
  let store = openStore(folder);
  const held = await keep(store, offer(store), content);
  await store.shut();
  const files = join(folder, 'files');
  const root = rootOf(content).toString('hex');
  const blob = join(files, 'blobs', root.slice(0, 2), root);
  // Killed between the commit and the second of two renames.
  renameSync(`${blob}.chunks`, join(files, 'spool', `${held.number}.chunks`));
  store = openStore(folder);
  expect(contentIn(store.open(held.number)).equals(content)).toBe(true);
  expect(filesIn(folder, 'spool')).toEqual([]);
  await store.shut();
  for (const path of [blob, `${blob}.chunks`]) rmSync(path);
  store = openStore(folder);
  expect(store.get(held.number)).toMatchObject({ place: Place.Nowhere, reason: 'FILE_MISSING' });
  expect(store.figures).toEqual({ blobs: 0, bytes: 0 });
});

test('chunks that the disk lost are missing again before a file is called whole', async () => {
  const folder = temporaryFolder();
  const content = contentOf(SIZE);
  let store = openStore(folder);
  const file = offer(store);
  fillSpool(store, file.number, content);
  await store.shut();
  const path = join(folder, 'files', 'spool', String(file.number));
  truncateSync(path, 3 * CHUNK_BYTES + 5);
  truncateSync(path, SIZE);
  store = openStore(folder);
  expect(store.open(file.number).complete).toBe(true);
  await expect(store.finish(file.number, hashOf(content), () => 0)).rejects.toMatchObject({
    code: 'HASH_MISMATCH',
  });
  expect(store.open(file.number).missing(0)).toBe(3);
  expect(await keep(store, file, content)).toMatchObject({ place: Place.Blob });
  expect(contentIn(store.open(file.number)).equals(content)).toBe(true);
});

test('chunks in any order are one whole, and a whole that is not what its owner says is refused', async () => {
  const folder = temporaryFolder();
  let store = openStore(folder);
  const content = contentOf(SIZE);
  const file = offer(store);
  store.open(file.number);
  for (const chunk of [4, 1, 0, 5]) store.put(file.number, chunk, recordOf(content, chunk));
  await store.shut();
  store = openStore(folder);
  store.open(file.number);
  for (const chunk of [3, 2]) store.put(file.number, chunk, recordOf(content, chunk));
  const wrong = store.finish(file.number, hashOf(contentOf(SIZE, 2)), () => 0);
  await expect(wrong).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
  expect(store.open(file.number).complete).toBe(true);
  expect(await keep(store, file, content)).toMatchObject({ place: Place.Blob });
});

test('a spool that cannot be what was written begins anew', async () => {
  const folder = temporaryFolder();
  let store = openStore(folder);
  const file = offer(store);
  store.open(file.number).put(0, recordOf(contentOf(SIZE), 0));
  await store.shut();
  truncateSync(join(folder, 'files', 'spool', String(file.number)), 17);
  store = openStore(folder);
  expect(store.open(file.number).held).toBe(0);
  expect(await keep(store, file, contentOf(SIZE))).toMatchObject({ place: Place.Blob });
});

test('a file withdrawn while it is being finished is gone', async () => {
  const folder = temporaryFolder();
  const store = openStore(folder);
  const file = offer(store);
  fillSpool(store, file.number, contentOf(SIZE));
  const finished = store.finish(file.number, hashOf(contentOf(SIZE)), () => 0);
  const removed = store.remove(file.number, 'FILE_WITHDRAWN', 0);
  await expect(finished).rejects.toMatchObject({ code: 'FILE_WITHDRAWN' });
  expect(await removed).toMatchObject({ place: Place.Nowhere });
  expect([filesIn(folder, 'spool'), filesIn(folder, 'blobs')]).toEqual([[], []]);
});

test('a damaged index is named and left as it is', async () => {
  const folder = temporaryFolder();
  const store = openStore(folder);
  offer(store);
  await store.shut();
  const path = join(folder, 'files', 'index.mdb');
  const { size } = statSync(path);
  truncateSync(path, size - 4096);
  writeFileSync(path, Buffer.alloc(8_192, 0x5a), { flag: 'r+' });
  expect(() => BlobStore.open(folder, LIMITS, 0)).toThrow(
    expect.objectContaining({ code: 'DATA_CORRUPT', message: expect.stringContaining(path) }),
  );
  expect(statSync(path).size).toBe(size - 4096);
});

test('numbers go on after the index was lost, so that no room shows another file under an old one', async () => {
  const folder = temporaryFolder();
  const now = Date.UTC(2026, 5, 1);
  let store = openStore(folder, {}, now);
  const { number } = offer(store);
  await store.shut();
  rmSync(join(folder, 'files'), { recursive: true });
  store = openStore(folder, {}, now + 60_000);
  expect(offer(store).number).toBeGreaterThan(number);
});

test('a disk that really fills refuses chunks and keeps those that came', async (context) => {
  const folder = smallDisk(4);
  if (folder === undefined) return context.skip('needs the right to mount a tmpfs');
  const store = openStore(folder);
  const content = contentOf(100 * CHUNK_BYTES);
  const whole = await keep(store, offer(store, { id: 1 }), contentOf(SIZE, 3));
  const file = store.create(
    { ...offer(store, { id: 2, size: 0 }), id: Buffer.alloc(16, 3), size: 2 ** 20 },
    0,
  );
  const ballast = join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(2_900_000));
  expect(() => fillSpool(store, file.number, content.subarray(0, 2 ** 20))).toThrow(refusal('DISK_FULL'));
  const { held } = store.open(file.number);
  expect(held).toBeGreaterThan(0);
  expect(() => offer(store, { id: 4, size: 2 ** 20 })).toThrow(refusal('DISK_FULL'));
  expect(contentIn(store.open(whole.number)).equals(contentOf(SIZE, 3))).toBe(true);
  rmSync(ballast);
  expect(existsSync(ballast)).toBe(false);
  expect(await keep(store, file, content.subarray(0, 2 ** 20))).toMatchObject({ place: Place.Blob });
});
