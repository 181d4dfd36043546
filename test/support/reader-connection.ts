import { Reader } from '../../src/net/bytes.js';
import type { CloseReason, Connection, PushFeed } from '../../src/net/types.js';

/** A connection that fills datagrams of a given size at once: what a reader of a feed would be sent. */
export class ReaderConnection implements Connection {
  readonly id: number;
  readonly dialled = false;
  readonly remoteKey = Buffer.alloc(32, 7);
  readonly handshakeHash = Buffer.alloc(64, 9);
  readonly path = { address: '127.0.0.1', port: 5000 };
  readonly rttMs = 1;
  readonly heardAt = 0;
  readonly owing = false;
  closed: CloseReason | undefined;
  readonly outgoingMessages = 0;
  readonly outgoingBytes = 0;
  owner: unknown;
  readonly waiting: { feed: PushFeed; from: number; to: number }[] = [];
  readonly sent: { type: number; body: Buffer }[] = [];
  readonly newest = new Map<string, Buffer>();
  readonly wanted: { transfer: number; chunk: number; bytes: number }[] = [];
  readonly unwanted: number[] = [];
  readonly supplied: { transfer: number; chunk: number; record: Buffer }[] = [];
  readonly unsupplied: number[] = [];

  constructor(id: number) {
    this.id = id;
  }

  send(type: number, body: Uint8Array): number {
    this.sent.push({ type, body: Buffer.from(body) });
    return this.sent.length;
  }

  cancel(): void {}

  push(feed: PushFeed, from: number, to: number): void {
    this.waiting.push({ feed, from, to });
  }

  unpush(feed: PushFeed): void {
    const kept = this.waiting.filter((range) => range.feed !== feed);
    this.waiting.splice(0, this.waiting.length, ...kept);
  }

  latest(key: string, _type: number, body: Uint8Array): void {
    this.newest.set(key, Buffer.from(body));
  }

  want(transfer: number, chunk: number, bytes: number): boolean {
    this.wanted.push({ transfer, chunk, bytes });
    return true;
  }

  unwant(transfer: number): void {
    this.unwanted.push(transfer);
  }

  supply(transfer: number, chunk: number, record: Buffer): boolean {
    this.supplied.push({ transfer, chunk, record: Buffer.from(record) });
    return true;
  }

  unsupply(transfer: number): void {
    this.unsupplied.push(transfer);
  }

  close(code: CloseReason['code'], text: string): void {
    this.closed = { code, text, local: true };
  }

  /** Takes everything that waits, through datagrams of `size` bytes; ranges out of the cache come as `missing`. */
  drain(size = 1167): { seqs: number[]; missing: [number, number][]; datagrams: number } {
    const seqs: number[] = [];
    const missing: [number, number][] = [];
    let datagrams = 0;
    const datagram = Buffer.alloc(size);
    for (const { feed, from, to } of this.waiting.splice(0)) {
      let seq = from;
      while (seq <= to) {
        const end = feed.copy(seq, to, datagram, 0, size);
        if (end < 0) {
          missing.push([seq, to]);
          break;
        }
        datagrams++;
        seqs.push(...pushedSeqs(datagram.subarray(0, end)));
        seq += feed.copied;
      }
    }
    return { seqs, missing, datagrams };
  }
}

/** The seqs of the PUSH frames in a datagram's plaintext. */
export function pushedSeqs(plain: Buffer): number[] {
  const seqs: number[] = [];
  const reader = new Reader(plain);
  while (reader.remaining > 0) {
    reader.u8();
    const body = new Reader(reader.block(64 * 1024));
    body.varint();
    seqs.push(body.varint());
  }
  return seqs;
}
