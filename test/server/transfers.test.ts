import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packCbor } from '../../src/actors/cbor.js';
import { BlobsMessage, TransferMessage } from '../../src/actors/messages.js';
import { Kind } from '../../src/actors/runtime/actor.js';
import { EventKind, FileAnswer, FileState, Operation } from '../../src/chat/operations.js';
import { type TestClient, TestServer } from '../support/chat-server.js';
import { fileEvents, HASH, held, offered, offerOf } from '../support/offered-files.js';

const LOBBY = 1;
const CORES = ['core-0', 'core-1'] as const;

interface Scene {
  readonly server: TestServer;
  readonly ada: TestClient;
  readonly ben: TestClient;
  readonly room: number;
  readonly f: number;
}

/** ada uploads a file in a room while ben downloads it. */
async function moving(seed = 1): Promise<Scene> {
  const server = new TestServer({ seed });
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  let room = 0;
  for (const client of [ada, ben]) room = Number((await client.do(Operation.Join, { n: 'garden' })).l);
  const f = await offered(ada, room);
  await ada.do(Operation.Upload, { f });
  await ben.do(Operation.Download, { f });
  return { server, ada, ben, room, f };
}

function bothOpen({ ada, ben }: Scene): string[] {
  return [`${ada.conn} up`, `${ben.conn} down`].sort();
}

async function reborn(server: TestServer, ...threads: string[]): Promise<void> {
  for (const thread of threads) server.system.kill(thread);
  await server.system.advance(50);
  for (const thread of threads) server.system.respawn(thread);
  await server.system.advance(2_000);
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await setImmediate();
}

function actors(server: TestServer): number {
  return CORES.reduce((sum, core) => sum + (server.system.system(core).stats().actors.transfer ?? 0), 0);
}

describe('a transfer', () => {
  it('is taken up again by whoever has it open when its thread died', async () => {
    const scene = await moving();
    const { server, ada, ben, f } = scene;
    await reborn(server, ...CORES);
    expect(server.blobs.openOf(f)).toEqual(bothOpen(scene));
    server.blobs.complete(f);
    await ada.do(Operation.Finish, { f, h: HASH });
    await server.settle();
    for (const client of [ada, ben]) expect(fileEvents(client).at(-1)).toMatchObject({ s: FileState.Held });
  });

  it('still ends for who leaves the room after all threads of sessions died', async () => {
    const { server, ada, ben, room, f } = await moving();
    await reborn(server, ...CORES);
    await ben.do(Operation.Leave, { l: room });
    await server.settle();
    expect(server.blobs.openOf(f)).toEqual([`${ada.conn} up`]);
  });

  it.each(CORES)('ends for whose connection was closed while %s was dead', async (core) => {
    const { server, ada, f } = await moving();
    // Sessions and the transfer are spread over both threads: of several, some are on different ones.
    const readers = await Promise.all(['cleo', 'dora', 'emil'].map((name) => server.register(name)));
    for (const reader of readers) {
      await reader.do(Operation.Join, { n: 'garden' });
      await reader.do(Operation.Download, { f });
    }
    server.system.kill(core);
    await server.system.advance(50);
    for (const conn of [...server.io.connections.keys()]) if (conn !== ada.conn) server.io.close(conn);
    server.system.respawn(core);
    await server.system.advance(2_000);
    await ada.do(Operation.FileClose, { f, u: true });
    // Whoever comes back does so within 10 s.
    await server.system.advance(100_000);
    expect(actors(server)).toBe(0);
    expect(server.blobs.openOf(f)).toEqual([]);
  });

  it('tells a reader who took nothing that the file is closed, and nobody else', async () => {
    const scene = await moving();
    const { server, ada, ben, f } = scene;
    const before = fileEvents(ada).length;
    server.blobs.readerStalled(f, ben.conn);
    await server.settle();
    expect(fileEvents(ben).at(-1)).toMatchObject({ f, s: FileState.Uploading, r: 'STALLED' });
    expect(fileEvents(ada)).toHaveLength(before);
    await ben.do(Operation.Download, { f });
    expect(server.blobs.openOf(f)).toEqual(bothOpen(scene));
  });

  it('is opened again when the thread of the blobs died', async () => {
    const scene = await moving();
    await reborn(scene.server, 'files');
    expect(scene.server.blobs.openOf(scene.f)).toEqual(bothOpen(scene));
    const states = fileEvents(scene.ada).map(({ s }) => s);
    expect(states.at(-1)).toBe(FileState.Uploading);
  });

  it('is opened again when blobs alone failed, of which nobody is told', async () => {
    const scene = await moving();
    const { server, f } = scene;
    server.system.tell({ kind: Kind.Blobs, key: 0 }, 999, Buffer.from([0xa0]));
    await server.system.advance(1_000);
    // It is made again by the first message it gets.
    await scene.ben.do(Operation.Files, { l: scene.room, b: 0 });
    expect(server.blobs.openOf(f)).toEqual([]);
    await server.system.advance(10_000);
    expect(server.blobs.openOf(f)).toEqual(bothOpen(scene));
  });

  it('is checked again when blobs died while it checked the whole', async () => {
    const { server, ada, f } = await moving();
    server.blobs.complete(f);
    await server.settle();
    server.blobs.silent.add(BlobsMessage.Finish);
    expect(await ada.do(Operation.Finish, { f, h: HASH })).toEqual({ s: FileState.Verifying });
    server.blobs.silent.clear();
    await reborn(server, 'files');
    expect(fileEvents(ada).at(-1)).toMatchObject({ s: FileState.Held });
  });

  it('asks the room about everybody, whatever a session believes', async () => {
    const { server, f } = await moving();
    const stranger = Buffer.alloc(16, 99);
    const request = { c: 77, a: stranger, n: 'eve', s: FileAnswer.Accepted };
    for (const type of [TransferMessage.Download, TransferMessage.Answer]) {
      const answer = server.system.ask({ kind: Kind.Transfer, key: f }, type, packCbor(request), 1_000);
      await server.settle();
      await expect(answer).rejects.toMatchObject({ code: 'NOT_A_MEMBER' });
    }
    expect(server.blobs.openOf(f).some((each) => each.startsWith('77'))).toBe(false);
  });

  it('goes on with what was wrong when the whole was, and ends when it is wrong too often', async () => {
    const { server, ada, ben, f } = await moving();
    for (let i = 0; i < 3; i++) {
      server.blobs.refusals.set(BlobsMessage.Finish, 'HASH_MISMATCH');
      server.blobs.complete(f);
      await ada.request(Operation.Finish, { f, h: HASH });
      await server.settle();
      if (i < 2) expect(fileEvents(ada).at(-1)).toMatchObject({ s: FileState.Uploading });
    }
    for (const client of [ada, ben])
      expect(fileEvents(client).at(-1)).toMatchObject({ f, s: FileState.Gone, r: 'HASH_MISMATCH' });
    expect(server.blobs.rows.get(f)).toMatchObject({ st: FileState.Gone, r: 'HASH_MISMATCH' });
    expect(await ada.refused(Operation.Upload, { f })).toBe('HASH_MISMATCH');
  });

  it('waits when the disk does not take the whole, and is held once it does', async () => {
    const { server, ada, f } = await moving();
    server.blobs.refusals.set(BlobsMessage.Finish, 'DISK_FULL');
    server.blobs.complete(f);
    await server.settle();
    await ada.do(Operation.Finish, { f, h: HASH });
    await server.settle();
    expect(fileEvents(ada).at(-1)).toMatchObject({ s: FileState.Waiting, r: 'DISK_FULL' });
    await ada.do(Operation.Upload, { f });
    await server.settle();
    await ada.do(Operation.Finish, { f, h: HASH });
    await server.settle();
    expect(fileEvents(ada).at(-1)).toMatchObject({ s: FileState.Held });
  });

  it('needs its sender no more once the whole is being checked', async () => {
    const { server, ada, ben, f } = await moving();
    server.blobs.silent.add(BlobsMessage.Finish);
    server.blobs.complete(f);
    await ada.do(Operation.Finish, { f, h: HASH });
    server.io.close(ada.conn);
    await server.settle();
    server.blobs.silent.clear();
    server.blobs.answerSilenced();
    await server.settle();
    expect(fileEvents(ben).at(-1)).toMatchObject({ s: FileState.Held });
  });

  it('comes to its end when its threads died while the whole was being checked', async () => {
    const { server, ada, ben, f } = await moving();
    server.blobs.silent.add(BlobsMessage.Finish);
    server.blobs.complete(f);
    await ada.do(Operation.Finish, { f, h: HASH });
    await reborn(server, ...CORES);
    expect(await ada.refused(Operation.Upload, { f })).toBe('BUSY');
    server.blobs.silent.clear();
    server.blobs.answerSilenced();
    await server.system.advance(1_000);
    await ada.do(Operation.Upload, { f });
    await ada.do(Operation.Finish, { f, h: HASH });
    await server.settle();
    for (const client of [ada, ben]) expect(fileEvents(client).at(-1)).toMatchObject({ s: FileState.Held });
  });

  it('that is withdrawn while the whole is being checked stays gone', async () => {
    const { server, ada, ben, f } = await moving();
    server.blobs.silent.add(BlobsMessage.Finish);
    server.blobs.complete(f);
    await ada.do(Operation.Finish, { f, h: HASH });
    await ada.do(Operation.Withdraw, { f });
    server.blobs.silent.clear();
    server.blobs.answerSilenced();
    await server.settle();
    for (const client of [ada, ben])
      expect(fileEvents(client).at(-1)).toMatchObject({ s: FileState.Gone, r: 'FILE_WITHDRAWN' });
  });

  it('costs nothing once nobody has it open, and everything is known when it is asked for again', async () => {
    const { server, ada, ben, f } = await moving();
    server.blobs.complete(f);
    await ada.do(Operation.Finish, { f, h: HASH });
    await server.system.advance(120_000);
    // ben still reads.
    expect(actors(server)).toBe(1);
    await ben.do(Operation.FileClose, { f, u: false });
    await server.system.advance(120_000);
    expect(actors(server)).toBe(0);
    expect(await ben.do(Operation.Download, { f })).toEqual({ s: FileState.Held, z: 100_000, h: HASH });
  });

  it('says in the log once that it was received, also when the answer was lost with its thread', async () => {
    const server = new TestServer();
    const ada = await server.register('ada');
    const ben = await server.register('ben');
    const l = Number((await ada.do(Operation.Direct, { n: 'ben' })).l);
    const f = await held(ada, l);
    for (let i = 0; i < 3; i++) {
      ben.ask(Operation.Answer, { f, s: FileAnswer.Done });
      await server.system.until(turns(5 * i));
      await reborn(server, ...CORES);
    }
    await ben.do(Operation.Answer, { f, s: FileAnswer.Done });
    const said = (server.logs.entries.get(l) ?? []).filter((entry) => entry.includes('received cat.png'));
    expect(said).toHaveLength(1);
    expect(ada.events().at(-1)).toMatchObject({
      event: EventKind.Answer,
      body: { n: 'ben', s: FileAnswer.Done },
    });
  });
});

it('brings every file to its end, whichever thread dies in the middle of whatever', async () => {
  const death = fc.record({
    thread: fc.constantFrom(...CORES, 'files'),
    after: fc.nat(60),
  });
  await fc.assert(
    fc.asyncProperty(fc.nat(10_000), fc.array(death, { maxLength: 5 }), async (seed, deaths) => {
      const server = new TestServer({ seed });
      const ada = await server.register('ada');
      const ben = await server.register('ben');
      const offer = offerOf(LOBBY);
      const toCome = [...deaths];
      /** As a client does: asks until it is answered. */
      const insist = async (client: TestClient, operation: Operation, body: object) => {
        for (let i = 0; i < 40; i++) {
          const dies = toCome.shift();
          const request = client.ask(operation, body);
          if (dies) {
            await server.system.until(turns(dies.after));
            await reborn(server, dies.thread);
          } else await server.system.advance(500);
          const reply = client.reply(request);
          if (reply?.done) return reply.body;
        }
        throw new Error(`operation ${operation} is never answered`);
      };
      const f = Number((await insist(ada, Operation.Offer, offer)).f);
      await insist(ben, Operation.Download, { f });
      await insist(ada, Operation.Upload, { f });
      await server.system.advance(12_000);
      expect(server.blobs.openOf(f)).toEqual([`${ada.conn} up`, `${ben.conn} down`].sort());
      server.blobs.complete(f);
      for (let i = 0; ; i++) {
        expect(i).toBeLessThan(40);
        const { s } = await insist(ada, Operation.Finish, { f, h: HASH });
        if (s === FileState.Held) break;
      }
      await server.settle();
      await server.system.advance(2_000);
      expect(await insist(ben, Operation.Download, { f })).toMatchObject({ s: FileState.Held, h: HASH });
      // Who reads it hears that it is held, without asking.
      expect(fileEvents(ben).filter(({ s }) => s === FileState.Held)).not.toEqual([]);
      expect(server.logs.entries.get(LOBBY)).toHaveLength(1);
      expect(server.blobs.rows.size).toBe(1);
      expect(server.errors).toEqual([]);
      expect(server.system.failures).toEqual([]);
    }),
    { numRuns: 25, seed: 5 },
  );
}, 60_000);
