import {
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { FileRow } from '../../src/actors/blobs/bodies.js';
import { BlobsMessage, TransferMessage } from '../../src/actors/messages.js';
import { BLOBS } from '../../src/actors/singletons.js';
import { FileState, type UploadReply } from '../../src/chat/operations.js';
import { CHUNK_BYTES, CHUNK_RECORD_MAX_BYTES, WANTED_BYTES_MAX } from '../../src/net/constants.js';
import { contentOf, hashOf, recordOf } from '../store/chunk-files.js';
import { smallDisk, temporaryFolder } from '../store/support.js';
import { BlobsSystem } from '../support/blobs-system.js';

const MANY = 100 * CHUNK_BYTES + 777;
const COMPLETE = String(TransferMessage.Complete);
const HALTED = (code: string): string => `${TransferMessage.Halted} ${code}`;
const GONE = (code: string): string => `${TransferMessage.Gone} ${code}`;

function start(seed = 1, limits = {}): BlobsSystem & { folder: string } {
  const folder = temporaryFolder();
  const system = Object.assign(new BlobsSystem(folder, seed, limits), { folder });
  onTestFinished(() => system.close());
  return system;
}

const openUpload = (system: BlobsSystem, f: number, c: number): Promise<UploadReply> =>
  system.ask(BlobsMessage.OpenUpload, { f, c });
const openDownload = (system: BlobsSystem, f: number, c: number): Promise<FileRow> =>
  system.ask(BlobsMessage.OpenDownload, { f, c });
const finish = (system: BlobsSystem, f: number, content: Buffer): Promise<FileRow> =>
  system.ask(BlobsMessage.Finish, { f, h: hashOf(content) });

/** Sends a file over connection 1 and has it finished. */
async function upload(system: BlobsSystem, content: Buffer, options: { account?: number; id?: number } = {}) {
  const { f } = await system.create(content.length, options);
  const client = system.clients.get(1) ?? system.connect(1);
  client.contents.set(f, content);
  await openUpload(system, f, 1);
  await system.local.settle();
  return finish(system, f, content);
}

/** What a client has of a file, put together. */
function contentGot(system: BlobsSystem, conn: number, file: number, size: number): Buffer {
  const records = system.clients.get(conn)?.got.get(file) ?? new Map<number, Buffer>();
  return Buffer.concat(
    Array.from(
      { length: Math.ceil(size / CHUNK_BYTES) },
      (_, chunk) => records.get(chunk)?.subarray(32) ?? Buffer.alloc(0),
    ),
  );
}

const isText = (path: string, text: string): boolean =>
  statSync(path).isFile() && readFileSync(path, 'utf8') === text;

const blobsIn = (folder: string): string[] =>
  readdirSync(join(folder, 'files', 'blobs')).flatMap((part) =>
    readdirSync(join(folder, 'files', 'blobs', part)).filter((name) => !name.endsWith('.chunks')),
  );

it.each([1, 2, 3])(
  'wants a file chunk by chunk, says when all is there, and keeps it (seed %i)',
  async (seed) => {
    const system = start(seed);
    const content = contentOf(MANY);
    const row = await system.create(MANY);
    expect(row).toMatchObject({ st: FileState.Waiting, b: 0, s: MANY, n: 'file 1', o: 'owner 1', l: 5 });
    expect((await system.create(MANY)).f).toBe(row.f);
    const client = system.connect(1);
    client.contents.set(row.f, content);
    expect(await openUpload(system, row.f, 1)).toEqual({ b: 0 });
    await system.local.settle();
    expect(system.toldOf(row.f)).toEqual([COMPLETE]);
    expect(client.askedOf(row.f)).toEqual(Array.from({ length: 101 }, (_, chunk) => chunk));
    expect(client.asked.at(-1)?.bytes).toBe(32 + 777);
    const held = await finish(system, row.f, content);
    expect(held).toMatchObject({ st: FileState.Held, b: MANY });
    expect(Buffer.from(held.h ?? [])).toEqual(hashOf(content));
    expect(await finish(system, row.f, content)).toMatchObject({ st: FileState.Held });
    expect(blobsIn(system.folder)).toHaveLength(1);
    expect(readdirSync(join(system.folder, 'files', 'spool'))).toEqual([]);
    const reader = system.connect(2);
    expect(await openDownload(system, row.f, 2)).toMatchObject({ st: FileState.Held });
    reader.fetch(row.f, 0, 60);
    await system.local.settle();
    reader.fetch(row.f, 60, 60);
    await system.local.settle();
    expect(contentGot(system, 2, row.f, MANY).equals(content)).toBe(true);
    expect(system.figures).toMatchObject({
      chunksVerified: 101,
      chunksRepeated: 0,
      blobs: 1,
      bytesHeld: MANY,
      downloads: 1,
    });
    expect(system.local.failures).toEqual([]);
  },
);

it('keeps an empty file without asking for anything', async () => {
  const system = start();
  const row = await upload(system, Buffer.alloc(0));
  expect(row).toMatchObject({ st: FileState.Held, b: 0 });
  expect(system.toldOf(row.f)).toEqual([COMPLETE]);
  expect(system.clients.get(1)?.asked).toEqual([]);
});

it('has no more outstanding over a connection than it may, however many files', async () => {
  const system = start();
  const client = system.connect(1);
  const files: number[] = [];
  for (let id = 1; id <= 5; id++) {
    const { f } = await system.create(MANY, { id });
    files.push(f);
    await openUpload(system, f, 1);
    await system.local.settle();
  }
  expect(client.asked.length * CHUNK_RECORD_MAX_BYTES).toBeLessThanOrEqual(WANTED_BYTES_MAX);
  // The first took all there was; the others get their share as its chunks come.
  const [first = 0] = files;
  const content = contentOf(MANY);
  client.answer(first, content);
  await system.local.settle();
  const outstanding = files.map((file) => client.wanted.get(file)?.size ?? 0);
  expect(Math.min(...outstanding)).toBeGreaterThan(5);
  expect(outstanding.reduce((sum, each) => sum + each) * CHUNK_RECORD_MAX_BYTES).toBeLessThanOrEqual(
    WANTED_BYTES_MAX,
  );
});

it('asks only for what is missing when another connection goes on, also after the thread died', async () => {
  const system = start();
  const content = contentOf(MANY);
  const { f } = await system.create(MANY);
  const first = system.connect(1);
  await openUpload(system, f, 1);
  await system.local.settle();
  first.answer(f, content, 40);
  await system.local.settle();
  system.disconnect(first);
  const second = system.connect(2);
  expect(await openUpload(system, f, 2)).toEqual({ b: 40 * CHUNK_BYTES });
  await system.local.settle();
  second.answer(f, content, 20);
  await system.local.settle();
  system.local.kill('files');
  system.respawnFiles();
  const third = system.connect(3);
  third.contents.set(f, content);
  expect(await openUpload(system, f, 3)).toEqual({ b: 60 * CHUNK_BYTES });
  await system.local.settle();
  expect(third.askedOf(f)).toEqual(Array.from({ length: 41 }, (_, chunk) => chunk + 60));
  expect(await finish(system, f, content)).toMatchObject({ st: FileState.Held });
  expect(system.figures.chunksRepeated).toBe(0);
});

it('hands chunks on the moment they land', async () => {
  const system = start();
  const content = contentOf(MANY);
  const { f } = await system.create(MANY);
  const sender = system.connect(1);
  const reader = system.connect(2);
  await openUpload(system, f, 1);
  await openDownload(system, f, 2);
  reader.fetch(f, 0, 64);
  await system.local.settle();
  expect(reader.got.size).toBe(0);
  sender.send(f, 3, recordOf(content, 3));
  await system.local.settle();
  expect([...(reader.got.get(f)?.keys() ?? [])]).toEqual([3]);
  expect(reader.got.get(f)?.get(3)?.equals(recordOf(content, 3))).toBe(true);
});

it('sends nothing to a connection that has not opened the file', async () => {
  const system = start();
  const row = await upload(system, contentOf(MANY));
  const reader = system.connect(2);
  reader.fetch(row.f, 0, 10);
  await system.local.settle();
  expect(reader.got.size).toBe(0);
  await openDownload(system, row.f, 2);
  await system.ask(BlobsMessage.Close, { f: row.f, c: 2, u: false });
  reader.fetch(row.f, 0, 10);
  await system.local.settle();
  expect(reader.got.size).toBe(0);
});

it('tells io no more than it takes in, and nobody waits for ever', async () => {
  const system = start();
  const content = contentOf(MANY);
  const row = await upload(system, content);
  const readers = [2, 3].map((conn) => system.connect(conn));
  system.marks = false;
  for (const reader of readers) {
    await openDownload(system, row.f, reader.id);
    reader.fetch(row.f, 0, 50);
  }
  await system.local.settle();
  const given = (): number => readers.reduce((sum, reader) => sum + (reader.got.get(row.f)?.size ?? 0), 0);
  expect(given()).toBe(32);
  system.mark();
  await system.local.settle();
  // The second came when the first had taken all there was; from then on they take turns.
  expect(readers.map((reader) => reader.got.get(row.f)?.size)).toEqual([48, 16]);
  for (let round = 0; round < 20; round++) {
    system.mark();
    await system.local.settle();
  }
  expect(given()).toBe(100);
});

it('gives a client no more than it may hold, and drops one that takes nothing', async () => {
  const system = start();
  const row = await upload(system, contentOf(MANY));
  const slow = system.connect(2);
  slow.takes = false;
  await openDownload(system, row.f, 2);
  slow.fetch(row.f, 0, 63);
  slow.fetch(row.f, 63, 50);
  await system.local.settle();
  expect(slow.holding).toBe(63);
  slow.acknowledge();
  await system.local.advance(29_000);
  expect(system.figures).toMatchObject({ downloads: 1, readersStalled: 0 });
  await system.local.advance(3_000);
  expect(system.figures).toMatchObject({ downloads: 0, readersStalled: 1 });
  expect(slow.holding).toBe(0);
  expect(system.toldOf(row.f)).toContain(`${TransferMessage.ReaderStalled} ${slow.id}`);
});

it('shares its memory among readers, so that many slow ones cannot take all of it', async () => {
  const system = start();
  const row = await upload(system, contentOf(MANY));
  const readers = Array.from({ length: 40 }, (_, index) => system.connect(index + 2));
  for (const reader of readers) {
    reader.takes = false;
    await openDownload(system, row.f, reader.id);
  }
  for (const reader of readers) reader.fetch(row.f, 0, 60);
  await system.local.settle();
  const holding = readers.map((reader) => reader.holding);
  expect(Math.max(...holding) * CHUNK_BYTES * readers.length).toBeLessThanOrEqual(64 * 1024 * 1024);
  expect(Math.min(...holding)).toBe(Math.max(...holding));
});

it('ends what a reader has open when the file is withdrawn, and refuses it from then on', async () => {
  const system = start();
  const row = await upload(system, contentOf(MANY));
  const reader = system.connect(2);
  reader.takes = false;
  await openDownload(system, row.f, 2);
  reader.fetch(row.f, 0, 60);
  await system.local.settle();
  expect(reader.holding).toBe(60);
  const gone = await system.ask(BlobsMessage.Remove, { f: row.f, r: 'FILE_WITHDRAWN' });
  expect(gone).toMatchObject({ st: FileState.Gone, r: 'FILE_WITHDRAWN' });
  await system.local.settle();
  expect([reader.holding, blobsIn(system.folder)]).toEqual([0, []]);
  reader.fetch(row.f, 60, 10);
  await system.local.settle();
  expect(reader.got.get(row.f)?.size).toBe(60);
  for (const open of [openDownload, openUpload])
    await expect(open(system, row.f, 2)).rejects.toMatchObject({ code: 'FILE_WITHDRAWN' });
});

it('stores the same file once, whoever sent it', async () => {
  const system = start();
  const content = contentOf(MANY);
  const first = await upload(system, content, { account: 1 });
  const second = await upload(system, content, { account: 2 });
  expect([second.f === first.f, blobsIn(system.folder).length]).toEqual([false, 1]);
  expect(system.figures).toMatchObject({ blobs: 1, bytesHeld: MANY });
  await system.ask(BlobsMessage.Remove, { f: first.f, r: 'FILE_WITHDRAWN' });
  const reader = system.connect(2);
  await openDownload(system, second.f, 2);
  reader.fetch(second.f, 0, 1);
  await system.local.settle();
  expect(reader.got.get(second.f)?.get(0)?.equals(recordOf(content, 0))).toBe(true);
});

it('asks again for a chunk that was wrong, and ends an upload that goes on so', async () => {
  const system = start();
  const content = contentOf(MANY);
  const { f } = await system.create(MANY);
  const client = system.connect(1);
  client.contents.set(f, content);
  const lie = (record: Buffer): Buffer =>
    Buffer.concat([record.subarray(0, 32), Buffer.alloc(record.length - 32, 1)]);
  let lies = 1;
  client.forge = (chunk, record) => (chunk === 4 && lies-- > 0 ? lie(record) : record);
  await openUpload(system, f, 1);
  await system.local.settle();
  expect(system.toldOf(f)).toEqual([COMPLETE]);
  expect(client.askedOf(f).filter((chunk) => chunk === 4)).toHaveLength(2);
  expect(await finish(system, f, content)).toMatchObject({ st: FileState.Held });

  const other = await system.create(MANY, { id: 2 });
  client.contents.set(other.f, content);
  client.forge = (_chunk, record) => lie(record);
  await openUpload(system, other.f, 1);
  await system.local.settle();
  expect(system.toldOf(other.f)).toEqual([HALTED('HASH_MISMATCH')]);
  expect(system.figures.uploads).toBe(0);
});

it('refuses records of another length than the size says', async () => {
  const system = start();
  const { f } = await system.create(CHUNK_BYTES + 10);
  const client = system.connect(1);
  await openUpload(system, f, 1);
  await system.local.settle();
  expect(client.asked.map(({ bytes }) => bytes)).toEqual([CHUNK_RECORD_MAX_BYTES, 42]);
  client.send(f, 1, recordOf(contentOf(11), 0));
  client.send(f, 7, recordOf(contentOf(10), 0));
  await system.local.settle();
  expect(system.toldOf(f)).toEqual([HALTED('HASH_MISMATCH')]);
  expect(system.figures).toMatchObject({ chunksVerified: 0, chunksWrong: 2 });
});

it('ends an upload of which nothing comes, and keeps what came', async () => {
  const system = start();
  const content = contentOf(MANY);
  const { f } = await system.create(MANY);
  const client = system.connect(1);
  await openUpload(system, f, 1);
  await system.local.settle();
  client.answer(f, content, 5);
  await system.local.settle();
  const asked = client.asked.length;
  await system.local.advance(11_000);
  // Whoever has forgotten what it was asked for is asked again.
  expect(client.asked.length).toBeGreaterThan(asked + 50);
  await system.local.advance(21_000);
  expect(system.toldOf(f)).toEqual([HALTED('STALLED')]);
  expect(client.wanted.size).toBe(0);
  expect(await system.ask(BlobsMessage.Load, { f })).toMatchObject({
    b: 5 * CHUNK_BYTES,
    st: FileState.Waiting,
  });
  client.contents.set(f, content);
  expect(await openUpload(system, f, 1)).toEqual({ b: 5 * CHUNK_BYTES });
  await system.local.settle();
  expect(system.toldOf(f)).toEqual([HALTED('STALLED'), COMPLETE]);
});

it('ends it also when its transfer says again and again that it is open', async () => {
  const system = start();
  const { f } = await system.create(MANY);
  const client = system.connect(1);
  await openUpload(system, f, 1);
  for (let seconds = 0; seconds < 40; seconds += 5) {
    await system.local.advance(5_000);
    if (system.toldOf(f).length === 0) await system.ask(BlobsMessage.OpenUpload, { f, c: 1, assured: true });
  }
  expect(system.toldOf(f)).toEqual([HALTED('STALLED')]);
  expect(client.wanted.size).toBe(0);
});

it('asks for nothing anew when it only hears again what is open', async () => {
  const system = start();
  const { f } = await system.create(MANY);
  const client = system.connect(1);
  await openUpload(system, f, 1);
  await system.local.advance(5_000);
  const asked = client.asked.length;
  await system.ask(BlobsMessage.OpenUpload, { f, c: 1, assured: true });
  await system.local.settle();
  expect(client.asked.length).toBe(asked);
});

it('lets no account take the places of all others, over however many connections', async () => {
  const system = start();
  const open = async (account: number, id: number, c: number) => {
    const { f } = await system.create(MANY, { account, id });
    return openUpload(system, f, c);
  };
  for (const c of [1, 2, 3, 4]) system.connect(c);
  for (let id = 1; id <= 64; id++) await open(1, id, 1 + (id % 3));
  await expect(open(1, 65, 3)).rejects.toMatchObject({ code: 'BUSY' });
  expect(await open(2, 1, 4)).toEqual({ b: 0 });
});

it('serves more files than it keeps open, and loses none that it cannot open just now', async () => {
  const system = start();
  const contents = Array.from({ length: 258 }, (_, n) => Buffer.from(`file ${n}`));
  const files: number[] = [];
  for (const [n, content] of contents.entries()) {
    const { f } = await upload(system, content, { account: 1 + (n >> 7), id: 1 + (n & 127) });
    files.push(f);
  }
  const [first = 0, ...others] = files;
  const [reader] = [system.connect(2), system.connect(3)];
  await openDownload(system, first, 2);
  const [path = ''] = readdirSync(join(system.folder, 'files', 'blobs'), {
    recursive: true,
    encoding: 'utf8',
  })
    .map((name) => join(system.folder, 'files', 'blobs', name))
    .filter((name) => isText(name, 'file 0'));
  for (const [n, f] of others.entries()) {
    const conn = 2 + (n % 2);
    await openDownload(system, f, conn);
    system.clients.get(conn)?.fetch(f, 0, 1);
    await system.local.settle();
    const content = contents[n + 1] ?? Buffer.alloc(0);
    expect(contentGot(system, conn, f, content.length)).toEqual(content);
  }
  // Not to be opened, for whatever reason: so are all files when the process has no more handles.
  renameSync(path, `${path}.moved`);
  symlinkSync(`${path}.moved`, path);
  reader.fetch(first, 0, 1);
  await system.local.settle();
  expect(reader.got.get(first)).toBeUndefined();
  expect(await system.ask(BlobsMessage.Load, { f: first })).toMatchObject({ st: FileState.Held });
  rmSync(path);
  renameSync(`${path}.moved`, path);
  await openDownload(system, first, 2);
  reader.fetch(first, 0, 1);
  await system.local.settle();
  expect(contentGot(system, 2, first, 6)).toEqual(contents[0]);
});

it('takes a chunk that comes twice as known, and one that nobody wants not at all', async () => {
  const system = start();
  const content = contentOf(MANY);
  const { f } = await system.create(MANY);
  const client = system.connect(1);
  const stranger = system.connect(2);
  await openUpload(system, f, 1);
  await system.local.settle();
  for (let time = 0; time < 3; time++) client.send(f, 0, recordOf(content, 0));
  stranger.send(f, 1, recordOf(content, 1));
  stranger.send(999, 1, recordOf(content, 1));
  await system.local.settle();
  expect(system.figures).toMatchObject({ chunksVerified: 1, chunksRepeated: 2, chunksStray: 2 });
});

it('ends an upload when the disk has no more room than must stay free', async () => {
  const system = start(1, { diskFreeBytes: 0 });
  const { f } = await system.create(MANY);
  const full = start(1, { diskFreeBytes: 2 ** 60 });
  full.connect(1);
  system.connect(1);
  await expect(full.create(MANY)).rejects.toMatchObject({ code: 'DISK_FULL' });
  expect(await openUpload(system, f, 1)).toEqual({ b: 0 });
  const empty = await full.create(0);
  await expect(openUpload(full, empty.f, 1)).rejects.toMatchObject({ code: 'DISK_FULL' });
});

it('keeps what came when the disk is full, and goes on when there is room', async (context) => {
  const folder = smallDisk(4);
  if (folder === undefined) return context.skip('needs the right to mount a tmpfs');
  const system = new BlobsSystem(folder, 1, { diskFreeBytes: 0 });
  onTestFinished(() => system.close());
  const size = 40 * CHUNK_BYTES;
  const content = contentOf(size);
  const { f } = await system.create(size);
  const ballast = join(folder, 'ballast');
  writeFileSync(ballast, Buffer.alloc(2_000_000));
  const client = system.connect(1);
  client.contents.set(f, content);
  await openUpload(system, f, 1);
  await system.local.settle();
  expect(system.toldOf(f)).toEqual([HALTED('DISK_FULL')]);
  const { chunksVerified } = system.figures;
  expect(chunksVerified).toBeGreaterThan(5);
  rmSync(ballast);
  client.asked.length = 0;
  expect(await openUpload(system, f, 1)).toEqual({ b: chunksVerified * CHUNK_BYTES });
  await system.local.settle();
  expect(client.askedOf(f)).toHaveLength(40 - chunksVerified);
  expect(await finish(system, f, content)).toMatchObject({ st: FileState.Held });
});

it('frees everything of a connection that is gone, also of one it never knew', async () => {
  const system = start();
  const row = await upload(system, contentOf(MANY));
  const { f } = await system.create(MANY, { id: 2 });
  const client = system.connect(2);
  await openUpload(system, f, 2);
  await openDownload(system, row.f, 2);
  expect(system.figures).toMatchObject({ uploads: 1, downloads: 1 });
  system.disconnect(client);
  await system.local.settle();
  expect(system.figures).toMatchObject({ uploads: 0, downloads: 0 });
  await openUpload(system, f, 77);
  await openDownload(system, row.f, 77);
  await system.local.settle();
  expect(system.figures).toMatchObject({ uploads: 0, downloads: 0 });
  // What it has open for nobody it closes after a while.
  await system.local.advance(6 * 60_000);
  expect(system.local.failures).toEqual([]);
});

it('goes on after the I/O actor failed: what was on its way is asked for and given again', async () => {
  const system = start();
  const content = contentOf(MANY);
  const row = await upload(system, content);
  const { f } = await system.create(MANY, { id: 2 });
  const client = system.connect(2);
  client.takes = false;
  await openUpload(system, f, 2);
  await openDownload(system, row.f, 2);
  client.fetch(row.f, 0, 40);
  await system.local.settle();
  client.got.clear();
  client.contents.set(f, content);
  system.fail = true;
  // Its next message kills it, and the chunks it was handing over are lost with it.
  await openDownload(system, row.f, 3);
  await system.local.advance(100);
  client.takes = true;
  client.acknowledge();
  await system.local.advance(100);
  expect(system.toldOf(f)).toEqual([COMPLETE]);
  expect(client.got.get(row.f)?.size).toBe(40);
  expect(system.figures).toMatchObject({ uploads: 0, downloads: 1 });
});

it('goes on after it failed itself, without anybody being told', async () => {
  const system = start();
  const content = contentOf(MANY);
  const row = await upload(system, content);
  const { f } = await system.create(MANY, { id: 2 });
  const client = system.connect(2);
  client.takes = false;
  await openUpload(system, f, 2);
  await openDownload(system, row.f, 2);
  client.fetch(row.f, 0, 40);
  client.answer(f, content, 10);
  await system.local.settle();
  system.local.tell(BLOBS, BlobsMessage.Wanted, Buffer.alloc(0));
  await system.local.advance(100);
  expect(system.local.failures).toHaveLength(1);
  expect(system.figures).toMatchObject({ uploads: 1, downloads: 1 });
  expect(client.holding).toBe(40);
  client.contents.set(f, content);
  client.answer(f, content);
  await system.local.settle();
  expect(system.toldOf(f)).toEqual([COMPLETE]);
  expect(system.figures).toMatchObject({ chunksRepeated: 0, chunksStray: 0 });
});

it('forgets all connections when the io thread died', async () => {
  const system = start();
  const { f } = await system.create(MANY);
  system.connect(1);
  await openUpload(system, f, 1);
  system.clients.clear();
  system.local.kill('io');
  system.local.respawn('io');
  await system.local.settle();
  expect(system.figures.uploads).toBe(0);
  const client = system.connect(1);
  client.contents.set(f, contentOf(MANY));
  await openUpload(system, f, 1);
  await system.local.settle();
  expect(system.toldOf(f)).toEqual([COMPLETE]);
});

it('tells the transfers of files whose time has come', async () => {
  const system = start(1, { fileDays: 1 / 1440 });
  const row = await upload(system, contentOf(MANY));
  const reader = system.connect(2);
  await openDownload(system, row.f, 2);
  await system.local.advance(125_000);
  expect(system.toldOf(row.f)).toEqual([COMPLETE, GONE('FILE_EXPIRED')]);
  expect([system.figures.downloads, blobsIn(system.folder)]).toEqual([0, []]);
  reader.fetch(row.f, 0, 1);
  await system.local.settle();
  expect(reader.got.size).toBe(0);
});

it('gives up a blob that cannot be read, and says so', async () => {
  const system = start();
  const row = await upload(system, contentOf(MANY));
  const [name = ''] = blobsIn(system.folder);
  truncateSync(join(system.folder, 'files', 'blobs', name.slice(0, 2), name), 100);
  system.connect(2);
  const refused = expect(openDownload(system, row.f, 2)).rejects;
  await refused.toMatchObject({ code: 'DATA_CORRUPT', message: expect.not.stringContaining(system.folder) });
  expect(system.reported).toMatchObject([{ message: expect.stringContaining(system.folder) }]);
  await system.local.settle();
  expect(system.toldOf(row.f)).toEqual([COMPLETE, GONE('FILE_MISSING')]);
  await expect(openDownload(system, row.f, 2)).rejects.toMatchObject({ code: 'FILE_MISSING' });
});
