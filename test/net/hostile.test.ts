import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Writer } from '../../src/net/bytes.js';
import {
  ACK_RANGES_MAX,
  CHUNK_PIECES_MAX,
  CHUNK_RECORD_MAX_BYTES,
  FrameType,
  MESSAGE_MAX_BYTES,
  REASSEMBLIES_MAX,
  REASSEMBLY_BYTES_MAX,
  SEGMENT_NUMBERS_MAX,
  WANT_CHUNKS_MAX,
} from '../../src/net/constants.js';
import { Reassembly } from '../../src/net/segments.js';
import { CloseCode } from '../../src/net/types.js';
import { PERFECT, SimulatedNetwork } from '../sim/link.js';
import { Pair } from '../sim/pair.js';

/** A peer that has the keys and writes into its packets what it likes. */
class Forger {
  readonly network = new SimulatedNetwork(11, PERFECT);
  readonly pair = new Pair(this.network);
  #number = 1_000;

  constructor() {
    this.network.run(200);
  }

  /** Hands the server one packet with this plaintext; throws what the server throws. */
  say(plain: Uint8Array, number = this.#number++): void {
    const { keys } = this.pair;
    keys.plain.set(plain);
    const datagram = Buffer.from(keys.seal(Buffer.alloc(8, 2), number, plain.length, this.network.now));
    this.pair.server.receive(datagram, this.pair.clientPort.address, this.network.now);
  }
}

const write = (build: (writer: Writer) => Writer): Buffer => build(new Writer()).copy();

function segment(message: number, offset: number, total: number, length: number): Buffer {
  return write((w) =>
    w.u8(FrameType.Segment).varint(message).varint(offset).varint(total).block(Buffer.alloc(length)),
  );
}

const application = (type: number, body: Buffer): Buffer => write((w) => w.u8(type).block(body));

function want(transfer: number, first: number, count: number): Buffer {
  const body = write((w) => w.varint(transfer).varint(first).varint(count));
  return application(FrameType.Want, body);
}

function piece(transfer: number, chunk: number, total: number, offset: number, length: number): Buffer {
  const head = write((w) => w.varint(transfer).varint(chunk).varint(total).varint(offset));
  return application(FrameType.Chunk, Buffer.concat([head, Buffer.alloc(length)]));
}

describe('a peer that breaks the protocol', () => {
  test.each([
    ['an unknown frame', Buffer.from([0x0f])],
    ['a frame that runs past the packet', Buffer.from([FrameType.Post, 0x40])],
    ['a length beyond the packet', write((w) => w.u8(FrameType.Event).varint(500).u8(1))],
    [
      'an ack of what was never sent',
      write((w) => w.u8(FrameType.Ack).varint(9_999).varint(0).varint(0).varint(0)),
    ],
    ['an ack below zero', write((w) => w.u8(FrameType.Ack).varint(0).varint(0).varint(0).varint(7))],
    ['too many ack ranges', write((w) => w.u8(FrameType.Ack).varint(0).varint(0).varint(33).varint(0))],
    ['a message above its limit', segment(0, 0, MESSAGE_MAX_BYTES + 1, 10)],
    ['a message of 2^53 - 1 bytes', segment(0, 0, Number.MAX_SAFE_INTEGER, 10)],
    ['a segment past its message', segment(0, 95, 100, 10)],
    ['a message number far ahead', segment(SEGMENT_NUMBERS_MAX, 0, 100, 10)],
    ['wanting no chunk', want(1, 0, 0)],
    ['wanting more chunks than may be wanted', want(1, 0, WANT_CHUNKS_MAX + 1)],
    ['wanting chunks above 2^53', want(1, Number.MAX_SAFE_INTEGER, 2)],
    ['a record above its limit', piece(1, 0, CHUNK_RECORD_MAX_BYTES + 1, 0, 10)],
    ['a piece past its record', piece(1, 0, 100, 95, 10)],
    ['a piece without bytes', piece(1, 0, 100, 0, 0)],
    ['a token above its limit', write((w) => w.u8(FrameType.Token).block(Buffer.alloc(65)))],
    ['a varint above 2^53', Buffer.from([FrameType.Post, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ])('is shut out for %s', (_name, plain) => {
    const forger = new Forger();
    const { pair, network } = forger;
    forger.say(plain);
    expect(pair.server.closed).toMatchObject({ code: CloseCode.Protocol, local: true });
    expect(pair.server.counters.malformed).toBe(1);
    network.run(1_000);
    expect(pair.client.closed).toMatchObject({ code: CloseCode.Protocol, local: false });
  });

  test('is shut out for crumbs of a record, which cost more to place than to send', () => {
    const forger = new Forger();
    const { pair } = forger;
    pair.server.connection.want(1, 0, 65_000);
    for (let i = 0; i <= CHUNK_PIECES_MAX; i++) {
      expect(pair.server.closed).toBeUndefined();
      forger.say(piece(1, 0, 65_000, 2 * i, 1));
    }
    expect(pair.server.closed?.code).toBe(CloseCode.Protocol);
  });

  test('may ask for any chunk as often as it likes: its asking is handed on and nothing kept', () => {
    const forger = new Forger();
    const { pair } = forger;
    let asked = 0;
    pair.server.onWanted = (_transfer, _first, count) => {
      asked += count;
    };
    for (let i = 0; i < 10_000; i++) forger.say(want(i, i, WANT_CHUNKS_MAX));
    expect(asked).toBe(10_000 * WANT_CHUNKS_MAX);
    expect(pair.server.closed).toBeUndefined();
  });

  test('never makes the receiver throw, whatever it writes', () => {
    const frames = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .tuple(fc.integer({ min: 0, max: 0x1c }), fc.uint8Array({ maxLength: 60 }))
        .map(([type, bytes]) => Uint8Array.from([type, ...bytes])),
      fc
        .tuple(fc.nat(300), fc.nat(70_000), fc.nat(70_000), fc.nat(100))
        .map(([message, offset, total, length]) => segment(message, offset, total, length)),
    );
    fc.assert(
      fc.property(fc.array(frames, { minLength: 1, maxLength: 5 }), (plains) => {
        const forger = new Forger();
        for (const plain of plains) forger.say(plain);
        forger.network.run(3_000);
      }),
      { numRuns: 400, seed: 2 },
    );
  });

  test('cannot make the table of received ranges grow', () => {
    const forger = new Forger();
    for (let i = 0; i < 20_000; i++) forger.say(Buffer.from([FrameType.Ping]), 2_000 + 2 * i);
    expect(forger.pair.server.connection.ackRanges).toBeLessThanOrEqual(ACK_RANGES_MAX + 1);
    forger.network.run(200);
    expect(forger.pair.server.closed).toBeUndefined();
  });

  test('is ignored without its keys: no answer, only a counter', () => {
    const { pair, network } = new Forger();
    const before = pair.serverPort.datagramsOut;
    for (let i = 0; i < 500; i++) {
      const junk = Buffer.alloc(40 + (i % 900));
      network.random(junk);
      network.inject(junk, { address: '66.6.6.6', port: 1 }, pair.serverPort.address, 1);
    }
    network.run(100);
    expect(pair.serverPort.datagramsOut).toBe(before);
    expect(pair.server.counters.dropped).toBe(500);
  });
});

describe('reassembly', () => {
  const bytes = Buffer.alloc(10, 7);

  test('is bounded in messages and in declared bytes, before anything is allocated', () => {
    const many = new Reassembly();
    for (let i = 0; i < REASSEMBLIES_MAX; i++) many.add({ message: i, offset: 0, total: 100, bytes });
    expect(() => many.add({ message: 200, offset: 0, total: 100, bytes })).toThrow('too many');
    const large = new Reassembly();
    const fits = Math.floor(REASSEMBLY_BYTES_MAX / MESSAGE_MAX_BYTES);
    for (let i = 0; i < fits; i++) large.add({ message: i, offset: 0, total: MESSAGE_MAX_BYTES, bytes });
    expect(() => large.add({ message: fits, offset: 0, total: MESSAGE_MAX_BYTES, bytes })).toThrow(
      'too many',
    );
  });

  test('refuses a message in more pieces than an honest sender makes, since each makes the next one dearer', () => {
    const smallest = (size: number, offset: number) => ({
      message: 0,
      offset,
      total: MESSAGE_MAX_BYTES,
      bytes: Buffer.alloc(size),
    });
    const honest = new Reassembly();
    for (let at = MESSAGE_MAX_BYTES - 128; at >= 0; at -= 256) honest.add(smallest(128, at));
    expect(honest.open).toBe(1);
    const hostile = new Reassembly();
    const flood = () => {
      for (let at = MESSAGE_MAX_BYTES - 2; at >= 0; at -= 2) hostile.add(smallest(1, at));
    };
    expect(flood).toThrow('too many pieces');
  });

  test('delivers a message once, however its segments come', () => {
    const reassembly = new Reassembly();
    const part = (offset: number) => reassembly.add({ message: 0, offset, total: 30, bytes });
    expect([part(20), part(20), part(0)]).toEqual([undefined, undefined, undefined]);
    expect(part(10)).toEqual(Buffer.alloc(30, 7));
    expect([part(10), part(0)]).toEqual([undefined, undefined]);
    expect(reassembly.open).toBe(0);
  });

  test('forgets an abandoned message and ignores what of it comes late', () => {
    const reassembly = new Reassembly();
    reassembly.add({ message: 0, offset: 0, total: 30, bytes });
    reassembly.add({ message: 0, offset: 0, total: 0, bytes: Buffer.alloc(0) });
    expect(reassembly.open).toBe(0);
    reassembly.add({ message: 0, offset: 10, total: 30, bytes });
    expect(reassembly.open).toBe(0);
  });

  test('goes on for ever: finished numbers are not kept', () => {
    const reassembly = new Reassembly();
    for (let message = 0; message < 10_000; message++) {
      expect(reassembly.add({ message, offset: 0, total: 10, bytes })).toEqual(bytes);
    }
  });
});
