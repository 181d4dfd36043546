import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { FileRow } from '../../src/actors/blobs/bodies.js';
import { BlobsMessage, TransferMessage } from '../../src/actors/messages.js';
import { FileState, type UploadReply } from '../../src/chat/operations.js';
import { CHUNK_BYTES, CHUNK_RECORD_MAX_BYTES, WANTED_BYTES_MAX } from '../../src/net/constants.js';
import { contentOf, hashOf, recordOf } from '../store/chunk-files.js';
import { temporaryFolder } from '../store/support.js';
import { BlobsSystem } from '../support/blobs-system.js';

const MANY = 100 * CHUNK_BYTES + 777;
const COMPLETE = String(TransferMessage.Complete);

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
