import { describe, expect, test } from 'vitest';
import { varintBytes, writeVarint } from '../../src/net/bytes.js';
import {
  FrameType,
  LATEST_SLOTS_MAX,
  OUTGOING_BYTES_MAX,
  OUTGOING_MESSAGES_MAX,
  PUSH_RANGES_MAX,
} from '../../src/net/constants.js';
import { Lane, type PushFeed } from '../../src/net/types.js';
import { type Conditions, PERFECT, SimulatedNetwork } from '../sim/link.js';
import { Pair } from '../sim/pair.js';

/** A feed whose entries are their seq and some bytes; it keeps the newest `kept`. */
class CountingFeed implements PushFeed {
  readonly log: number;
  copied = 0;
  newest = 0;
  kept = Number.POSITIVE_INFINITY;
  entryBytes = 40;

  constructor(log: number) {
    this.log = log;
  }

  copy(seq: number, to: number, target: Buffer, offset: number, end: number): number {
    this.copied = 0;
    if (seq <= this.newest - this.kept) return -1;
    let at = offset;
    for (let next = seq; next <= to; next++) {
      const body = 8 + this.entryBytes;
      if (end - at < 1 + varintBytes(body) + body) break;
      target[at] = FrameType.Push;
      const from = writeVarint(target, at + 1, body);
      target.writeUInt32BE(this.log, from);
      target.writeUInt32BE(next, from + 4);
      at = from + body;
      this.copied++;
    }
    return at;
  }

  head(target: Buffer, offset: number, end: number): number {
    if (end - offset < 10) return -1;
    target[offset] = FrameType.Head;
    target[offset + 1] = 8;
    target.writeUInt32BE(this.log, offset + 2);
    return target.writeUInt32BE(this.newest, offset + 6);
  }
}

function setUp(conditions: Partial<Conditions> = {}, seed = 1) {
  const network = new SimulatedNetwork(seed, { ...PERFECT, delayMs: 5, ...conditions });
  const pair = new Pair(network);
  const pushed = new Map<number, Set<number>>();
  const heads = new Map<number, number>();
  let copies = 0;
  pair.client.onFrame = (type, body) => {
    const log = body.readUInt32BE(0);
    if (type === FrameType.Head) heads.set(log, body.readUInt32BE(4));
    if (type !== FrameType.Push) return;
    copies++;
    const seqs = pushed.get(log) ?? new Set<number>();
    pushed.set(log, seqs.add(body.readUInt32BE(4)));
  };
  network.run(200);
  return { network, pair, pushed, heads, copies: () => copies };
}

describe('pushes', () => {
  test('all arrive under loss, from the feed and not from copies, few of them twice', () => {
    const { network, pair, pushed, copies } = setUp({ loss: 0.3, reorder: 0.2 });
    const feeds = [new CountingFeed(1), new CountingFeed(2), new CountingFeed(3)];
    network.every(5, () => {
      for (const feed of feeds) {
        feed.newest++;
        pair.server.connection.push(feed, feed.newest, feed.newest);
      }
      return (feeds[0]?.newest ?? 0) < 1000;
    });
    network.run(20_000);
    for (const feed of feeds) expect(pushed.get(feed.log)?.size).toBe(1000);
    expect(copies()).toBeLessThan(4500);
    expect(pair.server.connection.owing).toBe(false);
  });

  test('of entries that the feed has dropped become a HEAD', () => {
    const { network, pair, pushed, heads } = setUp();
    const feed = new CountingFeed(7);
    feed.newest = 500;
    feed.kept = 100;
    pair.server.connection.push(feed, 301, 500);
    network.run(500);
    expect(heads.get(7)).toBe(500);
    expect(pushed.get(7)).toBeUndefined();
    feed.newest = 501;
    pair.server.connection.push(feed, 501, 501);
    network.run(100);
    expect([...(pushed.get(7) ?? [])]).toEqual([501]);
  });

  test('of an entry larger than any datagram become a HEAD', () => {
    const { network, pair, heads } = setUp();
    const feed = new CountingFeed(7);
    feed.entryBytes = 1300;
    feed.newest = 1;
    pair.server.connection.push(feed, 1, 1);
    network.run(100);
    expect(heads.get(7)).toBe(1);
  });

  test('stop when the reader leaves: nothing is sent afterwards, not even what was lost', () => {
    const { network, pair, pushed } = setUp();
    const feed = new CountingFeed(9);
    feed.newest = 10;
    pair.serverPort.conditions.loss = 1;
    pair.server.connection.push(feed, 1, 10);
    network.flush();
    pair.server.connection.unpush(feed);
    pair.serverPort.conditions.loss = 0;
    network.run(5_000);
    expect(pushed.get(9)).toBeUndefined();
    expect(pair.server.connection.owing).toBe(false);
  });

  test('to a reader that does not answer are bounded: the oldest ranges become HEADs', () => {
    const { network, pair, heads, pushed } = setUp();
    pair.serverPort.conditions.loss = 1;
    const feeds = Array.from({ length: 3 * PUSH_RANGES_MAX }, (_, i) => new CountingFeed(i + 1));
    for (const feed of feeds) {
      feed.newest = 5;
      pair.server.connection.push(feed, 1, 2);
      pair.server.connection.push(feed, 4, 5);
    }
    network.run(3_000);
    pair.serverPort.conditions.loss = 0;
    network.run(10_000);
    for (const feed of feeds) {
      const complete = [1, 2, 4, 5].every((seq) => pushed.get(feed.log)?.has(seq));
      expect(complete || heads.get(feed.log) === 5).toBe(true);
    }
    expect(heads.size).toBeGreaterThan(PUSH_RANGES_MAX);
  });
});

describe('newest-wins frames', () => {
  const value = (log: number, version: number) => {
    const body = Buffer.alloc(12);
    body.writeUInt32BE(log);
    body.writeUInt32BE(version, 4);
    return body;
  };

  test('replace what was not sent yet, and a lost one is repeated only while it is the newest', () => {
    const { network, pair } = setUp();
    const received = () => pair.client.received.filter((frame) => frame.type === FrameType.Ephemeral);
    const { connection } = pair.server;
    connection.latest('a', FrameType.Ephemeral, value(1, 1));
    connection.latest('a', FrameType.Ephemeral, value(1, 2));
    network.run(100);
    expect(received().map((frame) => frame.body.readUInt32BE(4))).toEqual([2]);
    pair.serverPort.conditions.loss = 1;
    connection.latest('a', FrameType.Ephemeral, value(1, 3));
    network.run(10);
    connection.latest('a', FrameType.Ephemeral, value(1, 4));
    network.run(10);
    pair.serverPort.conditions.loss = 0;
    network.run(3_000);
    expect(received().map((frame) => frame.body.readUInt32BE(4))).toEqual([2, 4]);
    expect(connection.owing).toBe(false);
  });

  test('are bounded in number: the oldest are dropped', () => {
    const { network, pair } = setUp();
    for (let i = 0; i < LATEST_SLOTS_MAX + 100; i++) {
      pair.server.connection.latest(`key ${i}`, FrameType.Ephemeral, value(i, 1));
    }
    network.run(3_000);
    const logs = pair.client.received.map((frame) => frame.body.readUInt32BE(0)).sort((a, b) => a - b);
    expect(logs).toHaveLength(LATEST_SLOTS_MAX);
    expect(logs[0]).toBe(100);
  });
});

describe('frames held for sending', () => {
  test('are refused beyond their bounds, and taken again when some arrived', () => {
    const { network, pair } = setUp();
    const { connection } = pair.client;
    let taken = 0;
    while (connection.send(FrameType.Post, Buffer.alloc(50)) !== 0) taken++;
    expect(taken).toBe(OUTGOING_MESSAGES_MAX);
    network.run(500);
    expect(connection.outgoingMessages).toBe(0);
    while (connection.send(FrameType.Entries, Buffer.alloc(60_000), Lane.Bulk) !== 0);
    expect(connection.outgoingBytes).toBeGreaterThan(OUTGOING_BYTES_MAX - 61_000);
    expect(connection.outgoingBytes).toBeLessThanOrEqual(OUTGOING_BYTES_MAX + 8);
    network.run(2_000);
    expect(connection.outgoingBytes).toBe(0);
  });

  test('are not sent, or not again, once cancelled; half-sent segments are forgotten by the receiver too', () => {
    const { network, pair } = setUp({ bytesPerMs: 125 });
    const { connection } = pair.client;
    connection.cancel(connection.send(FrameType.Request, Buffer.from('never')));
    for (let round = 0; round < 300; round++) {
      const large = connection.send(FrameType.Entries, Buffer.alloc(30_000), Lane.Bulk);
      network.run(20);
      connection.cancel(large);
      connection.cancel(large);
    }
    connection.send(FrameType.Request, Buffer.from('after'));
    network.run(5_000);
    expect(pair.server.received.map((frame) => frame.body.toString())).toEqual(['after']);
    expect(pair.server.closed).toBeUndefined();
    expect([connection.outgoingMessages, connection.outgoingBytes, connection.owing]).toEqual([0, 0, false]);
  });

  test('of the control lane leave before talk, and talk before bulk', () => {
    const { network, pair } = setUp();
    const { connection } = pair.client;
    for (let i = 0; i < 3; i++) connection.send(FrameType.Entries, Buffer.from('bulk'), Lane.Bulk);
    connection.send(FrameType.Post, Buffer.from('talk'), Lane.Talk);
    connection.send(FrameType.Request, Buffer.from('control'), Lane.Control);
    network.run(100);
    expect(pair.server.received.map((frame) => frame.body.toString())).toEqual([
      'control',
      'talk',
      'bulk',
      'bulk',
      'bulk',
    ]);
  });

  test('of a closed connection are refused', () => {
    const { network, pair } = setUp();
    pair.client.connection.send(FrameType.Post, Buffer.from('lost'));
    pair.client.connection.close(0, 'bye');
    expect(pair.client.connection.send(FrameType.Post, Buffer.from('late'))).toBe(0);
    expect(pair.client.connection.outgoingMessages).toBe(0);
    network.run(5_000);
    expect(pair.server.received).toEqual([]);
    expect(pair.server.closed?.text).toBe('bye');
  });
});
