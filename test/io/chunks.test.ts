import { beforeEach, describe, expect, it } from 'vitest';
import { ChunkGate } from '../../src/actors/io/chunks.js';
import { BlobsMessage, IoMessage } from '../../src/actors/messages.js';
import type { ActorContext } from '../../src/actors/runtime/actor.js';
import { Valve } from '../../src/actors/valve.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import { CHUNK_RECORD_MAX_BYTES } from '../../src/net/constants.js';
import type { Connection } from '../../src/net/types.js';
import { ReaderConnection } from '../support/reader-connection.js';

const FILE = 9;
const RECORD = Buffer.alloc(CHUNK_RECORD_MAX_BYTES, 3);

let told: { type: number; body: Buffer }[];
let connections: Map<number, Connection>;
let dropped: number;
let gate: ChunkGate;

function open(id: number): ReaderConnection {
  const connection = new ReaderConnection(id);
  connections.set(id, connection);
  return connection;
}

function say(type: number, write: (writer: Writer) => Writer): void {
  gate.handlers[type]?.(new Reader(write(new Writer(256, 1 << 17)).copy()));
}

const toldOf = (type: number): Buffer[] => told.filter((one) => one.type === type).map(({ body }) => body);
const numbers = (body: Buffer, count: number): number[] => {
  const reader = new Reader(body);
  return Array.from({ length: count }, () => reader.varint());
};
const lastMark = (): number =>
  Math.max(0, ...toldOf(BlobsMessage.Mark).map((body) => numbers(body, 1)[0] ?? 0));

beforeEach(() => {
  told = [];
  connections = new Map();
  dropped = 0;
  const tell: ActorContext['tell'] = (_to, type, body) => told.push({ type, body: Buffer.from(body) });
  gate = new ChunkGate({
    context: { tell } as ActorContext,
    connections,
    wake: () => {},
    dropped: () => dropped++,
  });
});

describe('the gate for chunks', () => {
  it('asks connections for what blobs wants, the last of a run as long as it is', () => {
    const connection = open(4);
    say(IoMessage.Want, (w) => w.varint(4).varint(FILE).varint(10).varint(3).varint(65_568).varint(40));
    expect(connection.wanted).toEqual([
      { transfer: FILE, chunk: 10, bytes: 65_568 },
      { transfer: FILE, chunk: 11, bytes: 65_568 },
      { transfer: FILE, chunk: 12, bytes: 40 },
    ]);
    say(IoMessage.Unwant, (w) => w.varint(4).varint(FILE));
    expect(connection.unwanted).toEqual([FILE]);
  });

  it('supplies records of their own bytes, since those of the message are used again', () => {
    const connection = open(4);
    const body = new Writer(64).varint(4).varint(FILE).varint(2).bytes(Buffer.from('record')).copy();
    gate.handlers[IoMessage.Supply]?.(new Reader(body));
    body.fill(0);
    expect(connection.supplied[0]?.record.toString()).toBe('record');
  });

  it('says that a connection is closed when blobs speaks of one that is not there', () => {
    for (const type of [IoMessage.Unwant, IoMessage.Unsupply]) say(type, (w) => w.varint(77).varint(FILE));
    expect(toldOf(BlobsMessage.Closed).map((body) => numbers(body, 1))).toEqual([[77], [77]]);
  });

  it('tells no more chunks than blobs takes in, loses none, and ends behind the last', () => {
    const connection = open(4);
    for (let chunk = 0; chunk < 100; chunk++) gate.chunk(connection, FILE, chunk, RECORD);
    gate.closed(connection);
    const before = toldOf(BlobsMessage.Chunk).length;
    expect(before).toBe(32);
    expect(toldOf(BlobsMessage.Closed)).toEqual([]);
    for (let round = 0; round < 10; round++) say(IoMessage.Marked, (w) => w.varint(lastMark()));
    const chunks = toldOf(BlobsMessage.Chunk).map((body) => numbers(body, 3));
    expect(chunks).toEqual(Array.from({ length: 100 }, (_, chunk) => [4, FILE, chunk]));
    expect(told.findLastIndex(({ type }) => type === BlobsMessage.Closed)).toBeGreaterThan(
      told.findLastIndex(({ type }) => type === BlobsMessage.Chunk),
    );
    expect(dropped).toBe(0);
  });

  it('keeps what waits within bounds', () => {
    const connection = open(4);
    for (let chunk = 0; chunk < 1_100; chunk++) gate.chunk(connection, FILE, chunk, RECORD);
    expect(dropped).toBeGreaterThan(0);
    expect((1_100 - 32 - dropped) * CHUNK_RECORD_MAX_BYTES).toBeLessThanOrEqual(64 * 1024 * 1024);
  });

  it('ends what blobs had asked for and given when that lives anew', () => {
    const connection = open(4);
    say(IoMessage.Want, (w) => w.varint(4).varint(FILE).varint(0).varint(1).varint(40).varint(40));
    for (let chunk = 0; chunk < 40; chunk++) gate.chunk(connection, FILE, chunk, RECORD);
    say(IoMessage.Renew, (w) => w);
    expect([connection.unwanted, connection.unsupplied]).toEqual([[FILE], [FILE]]);
    told = [];
    gate.chunk(connection, FILE, 50, RECORD);
    expect(toldOf(BlobsMessage.Chunk).map((body) => numbers(body, 3))).toEqual([[4, FILE, 50]]);
  });
});

describe('a valve', () => {
  it('is shut by what was not marked, and takes no mark of another life', () => {
    const marks: number[] = [];
    const valve = new Valve((mark) => marks.push(mark));
    while (valve.open) valve.pass(100_000);
    expect(marks).toHaveLength(7);
    valve.marked(99);
    expect(valve.open).toBe(false);
    valve.marked(1);
    expect(valve.open).toBe(true);
    while (valve.open) valve.pass(100_000);
    valve.reset();
    expect(valve.open).toBe(true);
    const last = marks.at(-1) ?? 0;
    while (valve.open) valve.pass(100_000);
    // One from before the reset frees nothing of what was told after it.
    valve.marked(last);
    expect(valve.open).toBe(false);
  });
});
