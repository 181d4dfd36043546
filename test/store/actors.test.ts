import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { filesType } from '../../src/actors/disk/files.js';
import { JournalClient } from '../../src/actors/disk/journal.js';
import { storeType } from '../../src/actors/disk/store.js';
import { FilesMessage, RoomMessage, StoreMessage } from '../../src/actors/messages.js';
import { type ActorContext, type ActorType, Kind } from '../../src/actors/runtime/actor.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import { entryCodec } from '../../src/net/entry.js';
import { openLogStore } from '../../src/store/logs.js';
import type { Append } from '../../src/store/types.js';
import { LocalSystem } from '../support/local-system.js';
import { account, post, temporaryFolder } from './support.js';

const STORE = { kind: Kind.Store, key: 0 };
const DEADLINE_MS = 1_000;

interface Told {
  readonly room: number;
  readonly type: number;
  readonly body: Buffer;
}

/** The store and files actors on threads of their own, rooms that note what they are told, and a journal user. */
function world(folder: string) {
  const told: Told[] = [];
  let outside: ActorContext | undefined;
  const room: ActorType = {
    kind: Kind.Room,
    name: 'room',
    create: (context) => ({
      receive: ({ type, body }) => told.push({ room: context.self.key, type, body: Buffer.from(body) }),
    }),
  };
  const user: ActorType = {
    kind: Kind.Registry,
    name: 'registry',
    create: (context) => {
      outside = context;
      return { receive: () => undefined };
    },
  };
  const words = {
    empty: () => ({ words: [] as string[] }),
    check: (value: unknown) => value as { words: string[] },
    apply: (state: { words: string[] }, record: Buffer) => {
      state.words.push(record.toString());
    },
  };
  const local = new LocalSystem(3, [
    {
      name: 'store',
      types: () => [storeType(({ random, clock }) => openLogStore(folder, { random, timers: clock }))],
    },
    { name: 'files', types: () => [filesType(folder, words)] },
    { name: 'core', types: () => [room, user] },
  ]);
  const journal = async (): Promise<JournalClient> => {
    local.tell({ kind: Kind.Registry, key: 0 }, 1, Buffer.alloc(0));
    await local.settle();
    if (outside === undefined) throw new Error('the registry did not start');
    return new JournalClient(outside);
  };
  const stop = () => local.until(local.system('store').stop(1_000));
  return { local, told, journal, stop };
}

function append(local: LocalSystem, one: Append, conn = 5, request = 6): void {
  const writer = new Writer()
    .varint(one.log)
    .bytes(one.logId)
    .varint(conn)
    .varint(request)
    .bytes(one.account);
  writer.text(one.author).bytes(one.stream).varint(one.counter).u8(one.kind).bytes(one.body);
  local.tell(STORE, StoreMessage.Append, writer.view());
}

test('an append is told to its room after the commit, with what the answer needs', async () => {
  const { local, told, stop } = world(temporaryFolder());
  append(local, post(1, 1, { log: 9 }));
  append(local, post(1, 2, { log: 9 }));
  append(local, post(1, 1, { log: 9 }), 7, 8);
  append(local, post(1, 9, { log: 4 }));
  await local.settle();
  expect(told.map(({ room, type }) => [room, type])).toEqual([
    [9, RoomMessage.Appended],
    [9, RoomMessage.Appended],
    [9, RoomMessage.Appended],
    [4, RoomMessage.AppendRefused],
  ]);
  const [first, , repeat, gap] = told.map(({ body }) => new Reader(body));
  if (!first || !repeat || !gap) throw new Error('too few');
  expect([first.varint(), first.varint(), first.bytes(16), first.varint()]).toEqual([
    5,
    6,
    Buffer.alloc(16, 1),
    1,
  ]);
  const [again, epoch, seq, at] = [first.u8(), first.u32(), first.varint(), first.u48()];
  expect([again, seq, at]).toEqual([0, 1, local.clock.wall()]);
  expect(entryCodec.decode(new Reader(first.rest()))).toMatchObject({ author: 'ana', at, kind: 1 });
  expect([repeat.varint(), repeat.varint(), repeat.bytes(16), repeat.varint()]).toEqual([
    7,
    8,
    Buffer.alloc(16, 1),
    1,
  ]);
  expect([repeat.u8(), repeat.u32(), repeat.varint(), repeat.u48(), repeat.remaining]).toEqual([
    1,
    epoch,
    1,
    at,
    0,
  ]);
  gap.skip(1 + 1 + 16 + 1);
  expect(gap.text(20)).toBe('GAP');
  gap.text(200);
  expect(gap.varint()).toBe(1);
  await stop();
});

test('entries, heads and cursors are answered', async () => {
  const { local, stop } = world(temporaryFolder());
  const ask = async (type: number, body: Writer): Promise<Reader> =>
    new Reader(await local.until(local.ask(STORE, type, body.view(), DEADLINE_MS)));
  for (let counter = 1; counter <= 5; counter++) append(local, post(1, counter));
  await local.settle();
  const read = await ask(StoreMessage.Read, new Writer().varint(1).varint(2).varint(2).varint(10_000));
  const epoch = read.u32();
  expect([read.varint(), read.varint(), read.varint()]).toEqual([5, 3, 2]);
  expect(entryCodec.decode(new Reader(read.block(1_000))).body.toString()).toBe('1/1/3');
  const head = await ask(StoreMessage.Head, new Writer().varint(1));
  expect([head.u32(), head.varint()]).toEqual([epoch, 5]);
  const cursor = await ask(StoreMessage.Cursor, new Writer().bytes(account(1)).varint(1).varint(4));
  expect(cursor.varint()).toBe(4);
  const cursors = await ask(
    StoreMessage.Cursors,
    new Writer().bytes(account(1)).varint(2).varint(1).varint(2),
  );
  expect([cursors.varint(), cursors.varint(), cursors.varint()]).toEqual([2, 4, 0]);
  await expect(ask(99, new Writer())).rejects.toMatchObject({ code: 'INTERNAL' });
  await expect(ask(StoreMessage.Read, new Writer())).rejects.toMatchObject({ code: 'INTERNAL' });
  expect(local.failures).toEqual([]);
  await stop();
});

test('the files actor makes the snapshot out of the journal', async () => {
  const folder = temporaryFolder();
  const { local, journal, stop } = world(folder);
  const client = await journal();
  expect(await local.until(client.append([Buffer.from('a'), Buffer.from('b')]))).toBe(2);
  const files = { kind: Kind.Files, key: 0 };
  const compact = () => local.ask(files, FilesMessage.Compact, Buffer.alloc(0), DEADLINE_MS);
  const answers = await local.until(Promise.all([compact(), compact()]));
  expect(answers.map((answer) => new Reader(answer).varint())).toEqual([2, 2]);
  expect(JSON.parse(readFileSync(join(folder, 'registry.json'), 'utf8'))).toMatchObject({
    appliedSeq: 2,
    state: { words: ['a', 'b'] },
  });
  expect(await local.until(client.append([Buffer.from('c')]))).toBe(3);
  await local.until(compact());
  expect((await local.until(client.read(2))).records.map(String)).toEqual(['c']);
  await expect(local.until(client.read(0))).rejects.toMatchObject({ code: 'DATA_CORRUPT' });
  const info = await local.until(client.info());
  expect(info).toMatchObject({ journalLast: 3, fault: undefined });
  expect(info.instance).toHaveLength(16);
  await stop();
});
