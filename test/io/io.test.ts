import { beforeEach, describe, expect, it } from 'vitest';
import { IoActor } from '../../src/actors/io/io.js';
import { IoMessage, SessionMessage } from '../../src/actors/messages.js';
import { type ActorContext, Kind, SystemMessage } from '../../src/actors/runtime/actor.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import type { Connection, Endpoint } from '../../src/net/types.js';
import { ReaderConnection } from '../support/reader-connection.js';

const LOG = 12;
const told: { key: number; type: number; body: Buffer }[] = [];
let turnEnds: (() => void)[] = [];
let timers: { run: () => void; ms: number }[] = [];
let connections: Map<number, Connection>;
let io: IoActor;
let now = 0;

function context(): ActorContext {
  const unused = () => {
    throw new Error('not used by the I/O actor');
  };
  return {
    self: { kind: Kind.Io, key: 0 },
    clock: {
      now: () => now,
      wall: () => 0,
      setTimeout: (run, ms) => timers.push({ run, ms }),
      clearTimeout: unused,
    },
    random: unused,
    tell: (to, type, body) => told.push({ key: to.key, type, body: Buffer.from(body) }),
    ask: unused,
    hold: unused,
    reply: unused,
    refuse: unused,
    snapshot: unused,
    watch: () => {},
    unwatch: () => {},
    watchThreads: () => {},
    threadOf: () => 0,
    stop: unused,
    onTurnEnd: (run) => turnEnds.push(run),
  };
}

function say(type: number, write: (writer: Writer) => Writer): void {
  const body = write(new Writer()).copy();
  io.receive({ type, from: { kind: Kind.Room, key: LOG }, ask: 0, body, sentAt: 0 });
}

function endTurn(): void {
  for (const run of turnEnds.splice(0)) run();
}

function open(id: number): ReaderConnection {
  const connection = new ReaderConnection(id);
  connections.set(id, connection);
  io.opened(connection);
  return connection;
}

const subscribe = (conn: number, after: number, generation = 1) =>
  say(IoMessage.Subscribe, (w) => w.varint(LOG).u32(generation).u32(1).varint(conn).varint(after));
const unsubscribe = (conn: number) => say(IoMessage.Unsubscribe, (w) => w.varint(LOG).u32(1).varint(conn));
const publish = (seq: number, generation = 1) =>
  say(IoMessage.Publish, (w) =>
    w
      .varint(LOG)
      .u32(generation)
      .u32(1)
      .varint(seq)
      .bytes(Buffer.from(`entry ${seq}`)),
  );

beforeEach(() => {
  told.length = 0;
  now = 0;
  timers = [];
  turnEnds = [];
  timers = [];
  connections = new Map();
  const endpoint = { connections } as unknown as Endpoint;
  io = new IoActor(
    context(),
    () => endpoint,
    () => {},
    { framesPerS: 10, framesBurst: 20 },
  );
});

describe('the I/O actor', () => {
  it('opens a session for a new connection, and again with its identity when the session died', () => {
    open(3);
    expect(told[0]).toMatchObject({ key: 3, type: SessionMessage.Open });
    say(IoMessage.Identity, (w) => w.varint(3).bytes(Buffer.from('ana')));
    say(SystemMessage.Terminated, (w) => w.u8(Kind.Session).u48(3).u8(2));
    const again = told[1];
    expect(again).toMatchObject({ key: 3, type: SessionMessage.Open });
    const reader = new Reader(again?.body);
    reader.skip(32);
    reader.block(64);
    expect(reader.text(64)).toBe('127.0.0.1 5000');
    expect(reader.rest().toString()).toBe('ana');
  });

  it('does not open a session again that ended by itself', () => {
    open(3);
    say(SystemMessage.Terminated, (w) => w.u8(Kind.Session).u48(3).u8(0));
    expect(told).toHaveLength(1);
  });

  it('hands entries of one turn to every reader as one range', () => {
    const readers = [open(1), open(2)];
    subscribe(1, 0);
    subscribe(2, 0);
    publish(1);
    publish(2);
    publish(3);
    endTurn();
    for (const reader of readers) {
      expect(reader.waiting).toHaveLength(1);
      expect(reader.drain().seqs).toEqual([1, 2, 3]);
    }
    expect(io.deliveries).toBe(6);
  });

  it('keeps a distance between the fan-outs of a burst, and none for a message on its own', () => {
    const readers = Array.from({ length: 100 }, (_, i) => open(i + 1));
    for (const reader of readers) subscribe(reader.id, 0);
    for (const seq of [1, 2]) {
      publish(seq);
      endTurn();
      expect(readers[99]?.drain().seqs).toEqual([seq]);
    }
    publish(3);
    publish(4);
    endTurn();
    publish(5);
    endTurn();
    expect(readers[99]?.drain().seqs).toEqual([]);
    expect(timers).toHaveLength(1);
    expect(timers[0]?.ms).toBe(2);
    now += 2;
    timers[0]?.run();
    expect(readers[99]?.drain().seqs).toEqual([3, 4, 5]);
    now += 1000;
    publish(6);
    endTurn();
    expect(readers[99]?.drain().seqs).toEqual([6]);
  });

  it('tells a new reader the head and pushes what it missed', () => {
    subscribe(1, 0);
    for (let seq = 1; seq <= 5; seq++) publish(seq);
    endTurn();
    const late = open(9);
    subscribe(9, 3);
    expect(late.sent[0]?.type).toBe(FrameType.Head);
    expect(late.drain().seqs).toEqual([4, 5]);
  });

  it('sends nothing to a reader after it was unsubscribed', () => {
    const reader = open(1);
    subscribe(1, 0);
    publish(1);
    unsubscribe(1);
    publish(2);
    endTurn();
    expect(reader.waiting).toEqual([]);
  });

  it('ignores a publish it has seen already', () => {
    const reader = open(1);
    subscribe(1, 0);
    publish(1);
    publish(1);
    endTurn();
    expect(reader.drain().seqs).toEqual([1]);
  });

  it('drops the readers of an older generation and ignores what it still says', () => {
    const before = open(1);
    const after = open(2);
    subscribe(1, 0);
    subscribe(2, 0, 2);
    publish(1, 1);
    publish(1, 2);
    endTurn();
    expect(before.waiting).toEqual([]);
    expect(after.drain().seqs).toEqual([1]);
  });

  it('replaces the table of a log', () => {
    const [a, b, c] = [open(1), open(2), open(3)];
    subscribe(1, 0);
    subscribe(2, 0);
    say(IoMessage.Table, (w) => w.varint(LOG).u32(2).u32(1).varint(0).varint(2).varint(2).varint(3));
    publish(1, 2);
    endTurn();
    expect([a, b, c].map((reader) => reader.drain().seqs)).toEqual([[], [1], [1]]);
  });

  it('sends an ephemeral to all readers but its sender, the newest only', () => {
    const [a, b] = [open(1), open(2)];
    subscribe(1, 0);
    subscribe(2, 0);
    for (const version of [1, 2]) {
      say(IoMessage.Ephemeral, (w) => w.varint(LOG).u32(1).u8(2).varint(1).text('ana').varint(version).u8(1));
    }
    expect(a.newest.size).toBe(0);
    expect([...b.newest.values()]).toHaveLength(1);
    const body = new Reader([...b.newest.values()][0]);
    expect([body.varint(), body.u8(), body.text(64), body.varint(), body.u8()]).toEqual([
      LOG,
      2,
      'ana',
      2,
      1,
    ]);
  });

  it('forgets a closed connection in every feed', () => {
    const reader = open(1);
    subscribe(1, 0);
    connections.delete(1);
    io.closed(reader, { code: 0, text: 'bye', local: false });
    publish(1);
    endTurn();
    expect(reader.waiting).toEqual([]);
    expect(told.at(-1)).toMatchObject({ key: 1, type: SessionMessage.Closed });
    expect(io.connections).toBe(0);
  });

  it('refuses a message that is none of its own', () => {
    expect(() => say(99, (w) => w)).toThrow('not for the I/O actor');
  });

  it('takes in no more frames of one connection than it may say, and those of others all the same', () => {
    const loud = open(1);
    const quiet = open(2);
    const frames = (key: number) =>
      told.filter((each) => each.key === key && each.type === SessionMessage.Frame).length;
    const say = (connection: Connection, count: number) => {
      for (let i = 0; i < count; i++) io.frame(connection, FrameType.Request, Buffer.of(1, 99));
    };
    say(loud, 1000);
    say(quiet, 1);
    expect([frames(1), frames(2), io.counters.framesRefused]).toEqual([20, 1, 980]);
    now = 1_000;
    say(loud, 1000);
    expect(frames(1)).toBe(30);
  });
});
