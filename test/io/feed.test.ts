import { describe, expect, it } from 'vitest';
import { Feed } from '../../src/actors/io/feed.js';
import { Reader } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { pushedSeqs, ReaderConnection } from '../support/reader-connection.js';

const entry = (seq: number, bytes = 100) => Buffer.alloc(bytes, seq & 0xff);

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

describe('a feed', () => {
  it('copies a range as whole PUSH frames that can be read back', () => {
    const feed = new Feed(300);
    for (const seq of range(1, 5)) feed.append(7, seq, entry(seq));
    const target = Buffer.alloc(2000);
    const end = feed.copy(2, 4, target, 10, 2000);
    expect(feed.copied).toBe(3);
    expect(pushedSeqs(target.subarray(10, end))).toEqual([2, 3, 4]);
    const reader = new Reader(target, 10, end);
    expect(reader.u8()).toBe(FrameType.Push);
    const body = new Reader(reader.block(2000));
    expect(body.varint()).toBe(300);
    expect(body.varint()).toBe(2);
    expect(body.rest()).toEqual(entry(2));
  });

  it('fills a datagram with as many frames as fit and goes on in the next', () => {
    const feed = new Feed(1);
    for (const seq of range(1, 50)) feed.append(1, seq, entry(seq));
    const reader = new ReaderConnection(1);
    reader.push(feed, 1, 50);
    const { seqs, datagrams } = reader.drain();
    expect(seqs).toEqual(range(1, 50));
    expect(datagrams).toBe(5);
  });

  it('keeps the newest entries within its bound and says which are gone', () => {
    const feed = new Feed(1);
    for (const seq of range(1, 10_000)) feed.append(1, seq, entry(seq));
    expect(feed.cachedBytes).toBeLessThanOrEqual(256 * 1024);
    expect(feed.copy(1, 10_000, Buffer.alloc(1200), 0, 1200)).toBe(-1);
    const reader = new ReaderConnection(1);
    reader.push(feed, 9_000, 10_000);
    expect(reader.drain().seqs).toEqual(range(9_000, 10_000));
  });

  it('leaves an entry larger than a datagram to be fetched', () => {
    const feed = new Feed(1);
    feed.append(1, 1, entry(1, 4000));
    expect(feed.copy(1, 1, Buffer.alloc(1200), 0, 1167)).toBe(-1);
  });

  it('waits for the next datagram when a frame would fit a whole one', () => {
    const feed = new Feed(1);
    feed.append(1, 1, entry(1, 500));
    expect(feed.copy(1, 1, Buffer.alloc(1200), 1000, 1167)).toBe(1000);
    expect(feed.copied).toBe(0);
  });

  it('starts anew with another epoch or after a skipped seq', () => {
    const feed = new Feed(1);
    for (const seq of range(1, 5)) feed.append(1, seq, entry(seq));
    feed.append(2, 3, entry(3));
    expect(feed.newest).toBe(3);
    expect(feed.copy(2, 3, Buffer.alloc(1200), 0, 1200)).toBe(-1);
    expect(pushedSeqs(Buffer.alloc(0))).toEqual([]);
    const target = Buffer.alloc(1200);
    expect(pushedSeqs(target.subarray(0, feed.copy(3, 3, target, 0, 1200)))).toEqual([3]);
  });

  it('writes a HEAD with its epoch and newest seq', () => {
    const feed = new Feed(5);
    feed.append(9, 41, entry(41));
    const target = Buffer.alloc(64);
    const end = feed.head(target, 0, 64);
    const reader = new Reader(target, 0, end);
    expect([reader.u8(), reader.varint(), reader.varint(), reader.u32(), reader.varint()]).toEqual([
      FrameType.Head,
      6,
      5,
      9,
      41,
    ]);
    expect(feed.head(target, 60, 64)).toBe(-1);
  });

  it('has each reader once and removes it from the middle', () => {
    const feed = new Feed(1);
    const readers = range(1, 4).map((id) => new ReaderConnection(id));
    for (const reader of readers) expect(feed.add(reader)).toBe(true);
    expect(feed.add(readers[1] as ReaderConnection)).toBe(false);
    expect(feed.remove(readers[1] as ReaderConnection)).toBe(true);
    expect(feed.remove(readers[1] as ReaderConnection)).toBe(false);
    expect(feed.readers.map((reader) => reader.id).sort()).toEqual([1, 3, 4]);
  });
});
