import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Malformed, Reader, Writer } from '../../src/net/bytes.js';
import * as talk from '../../src/net/talk.js';

const bytes = (length?: number) =>
  fc
    .uint8Array(length === undefined ? { maxLength: 300 } : { minLength: length, maxLength: length })
    .map((b) => Buffer.from(b));
const number = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const byte = fc.nat({ max: 255 });
const at = fc.nat({ max: 2 ** 48 - 1 });
const epoch = fc.nat({ max: 2 ** 32 - 1 });

/** Each codec beside values for it. `rest`: the last field is whatever remains, so nothing can stand behind it. */
const cases = [
  {
    name: 'POST',
    codec: talk.postCodec,
    rest: false,
    values: fc.record({
      request: number,
      stream: bytes(16),
      log: number,
      counter: number,
      kind: byte,
      body: bytes(),
    }),
  },
  {
    name: 'ACCEPTED',
    codec: talk.acceptedCodec,
    rest: false,
    values: fc.record({ request: number, log: number, counter: number, seq: number, at }),
  },
  {
    name: 'PUSH',
    codec: talk.pushCodec,
    rest: true,
    values: fc.record({ log: number, seq: number, entry: bytes() }),
  },
  {
    name: 'FETCH',
    codec: talk.fetchCodec,
    rest: false,
    values: fc.record({ request: number, log: number, after: number, entries: fc.nat({ max: 1024 }) }),
  },
  {
    name: 'ENTRIES',
    codec: talk.entriesCodec,
    rest: false,
    values: fc.record({
      request: number,
      log: number,
      epoch,
      head: number,
      first: number,
      entries: fc.array(bytes(), { maxLength: 20 }),
    }),
  },
  {
    name: 'HEAD',
    codec: talk.headCodec,
    rest: false,
    values: fc.record({ log: number, epoch, seq: number }),
  },
  {
    name: 'EPHEMERAL',
    codec: talk.ephemeralCodec,
    rest: true,
    values: fc.record({
      log: number,
      kind: byte,
      subject: fc.string({ maxLength: 40 }),
      version: number,
      value: bytes(),
    }),
  },
  {
    name: 'REQUEST',
    codec: talk.requestCodec,
    rest: true,
    values: fc.record({ request: number, operation: byte, body: bytes() }),
  },
  {
    name: 'REPLY',
    codec: talk.replyCodec,
    rest: true,
    values: fc.record({ request: number, status: byte, body: bytes() }),
  },
  { name: 'EVENT', codec: talk.eventCodec, rest: true, values: fc.record({ event: byte, body: bytes() }) },
] as { name: string; codec: talk.Codec<unknown>; rest: boolean; values: fc.Arbitrary<unknown> }[];

test.each(cases)('$name reads what it wrote', ({ codec, values }) => {
  fc.assert(
    fc.property(values, (value) => {
      const writer = new Writer();
      codec.encode(writer, value);
      expect(codec.decode(new Reader(writer.copy()))).toEqual(value);
    }),
  );
});

test.each(cases.filter((each) => !each.rest))(
  '$name refuses a byte too few and a byte too many',
  ({ codec, values }) => {
    fc.assert(
      fc.property(values, (value) => {
        const writer = new Writer();
        codec.encode(writer, value);
        const whole = writer.copy();
        expect(() => codec.decode(new Reader(whole.subarray(0, -1)))).toThrow(Malformed);
        expect(() => codec.decode(new Reader(Buffer.concat([whole, Buffer.of(0)])))).toThrow(Malformed);
      }),
    );
  },
);

test.each(cases)('$name answers any bytes with a value or Malformed, nothing else', ({ codec }) => {
  fc.assert(
    fc.property(bytes(), (noise) => {
      try {
        codec.decode(new Reader(noise));
      } catch (error) {
        expect(error).toBeInstanceOf(Malformed);
      }
    }),
  );
});
