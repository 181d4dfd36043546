import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Malformed, Reader, Writer } from '../../src/net/bytes.js';
import { entryCodec, entryId } from '../../src/net/entry.js';

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));

test('an entry comes back as it was written', () => {
  const entries = fc.record({
    kind: fc.integer({ min: 0, max: 255 }),
    at: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
    id: bytes(16),
    author: fc.string({ unit: 'grapheme', maxLength: 8 }).filter((name) => Buffer.byteLength(name) <= 64),
    body: fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  });
  fc.assert(
    fc.property(entries, (entry) => {
      const writer = new Writer();
      entryCodec.encode(writer, entry);
      expect(writer.length).toBe(entryCodec.size(entry));
      expect(entryCodec.decode(new Reader(writer.copy()))).toEqual(entry);
    }),
  );
});

test('a truncated entry and an over-long author are malformed', () => {
  const writer = new Writer();
  const entry = { kind: 1, at: 5, id: Buffer.alloc(16), author: 'ana', body: Buffer.alloc(0) };
  entryCodec.encode(writer, entry);
  const whole = writer.copy();
  for (let length = 0; length < whole.length; length++)
    expect(() => entryCodec.decode(new Reader(whole.subarray(0, length)))).toThrow(Malformed);
  writer.reset();
  entryCodec.encode(writer, { ...entry, author: 'x'.repeat(65) });
  expect(() => entryCodec.decode(new Reader(writer.copy()))).toThrow(Malformed);
});

test('an id depends on account, stream, log and counter, above 2^32 too', () => {
  const base = { account: Buffer.alloc(16, 1), stream: Buffer.alloc(16, 2), log: Buffer.alloc(16, 3) };
  const id = (counter: number, change: Partial<typeof base> = {}) => {
    const all = { ...base, ...change };
    return entryId(all.account, all.stream, all.log, counter).toString('hex');
  };
  const other = Buffer.alloc(16, 9);
  const ids = [
    id(1),
    id(2),
    id(2 ** 32 + 1),
    id(1, { account: other }),
    id(1, { stream: other }),
    id(1, { log: other }),
  ];
  expect(new Set(ids).size).toBe(ids.length);
  expect(id(1)).toBe(id(1));
  // Not a truncated BLAKE2b-512: the digest's length is part of BLAKE2b's parameters (RFC 7693).
  const input = Buffer.concat([base.account, base.stream, base.log, Buffer.from([0, 0, 0, 0, 0, 0, 0, 1])]);
  expect(id(1)).not.toBe(createHash('blake2b512').update(input).digest('hex').slice(0, 32));
});
