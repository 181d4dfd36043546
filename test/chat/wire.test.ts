import * as fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { NatterError } from '../../src/chat/error.js';
import * as schemas from '../../src/chat/schemas.js';
import { decodeBody, encodeBody } from '../../src/chat/wire.js';
import { MESSAGE_MAX_BYTES } from '../../src/net/constants.js';

const Anything = v.unknown();

function refuses(bytes: Uint8Array, schema: v.GenericSchema = Anything): string {
  try {
    decodeBody(schema, bytes);
  } catch (error) {
    expect(error).toMatchObject({ code: 'PROTOCOL' });
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

function conversation(n: string) {
  return { l: 7, i: new Uint8Array(16), e: 1, h: 2 ** 40, k: 1 as const, n, t: 'topic é', c: 3, m: 4 };
}

describe('bodies', () => {
  test('come back as they went', () => {
    const welcome = {
      a: new Uint8Array(16).fill(9),
      n: 'José',
      c: [conversation('lobby'), conversation('dev')],
    };
    const back = decodeBody(schemas.WelcomeReply, encodeBody(welcome));
    expect({ ...back, a: [...back.a] }).toMatchObject({ a: Array(16).fill(9), n: 'José' });
    expect(back.c.map((each) => [each.n, each.h, each.i.length])).toEqual([
      ['lobby', 2 ** 40, 16],
      ['dev', 2 ** 40, 16],
    ]);
  });

  test('a welcome that is as large as a server lets it get fits and is read', () => {
    // 1 lobby, 100 rooms with topics of 160 bytes, 250 private conversations; names of 64 bytes.
    const [room, direct] = [conversation('r'.repeat(64)), conversation('d'.repeat(64))];
    const c = [
      conversation('lobby'),
      ...Array.from({ length: 100 }, () => ({ ...room, t: 't'.repeat(160) })),
      ...Array.from({ length: 250 }, () => ({ ...direct, k: 2 as const, t: '' })),
    ];
    const bytes = encodeBody({ a: new Uint8Array(16), n: 'n'.repeat(64), c });
    expect(bytes.length).toBeLessThan(MESSAGE_MAX_BYTES - 64);
    expect(decodeBody(schemas.WelcomeReply, bytes).c).toHaveLength(351);
  });

  test('a welcome with all the conversations that its schema allows is no bomb', () => {
    const c = Array.from({ length: 1_000 }, () => ({ ...conversation(''), t: '', h: 1 }));
    const bytes = encodeBody({ a: new Uint8Array(16), n: '', c });
    expect(bytes.length).toBeLessThan(MESSAGE_MAX_BYTES);
    expect(decodeBody(schemas.WelcomeReply, bytes).c).toHaveLength(1_000);
  });

  test('as large as they may get are read', () => {
    const u = Array.from({ length: 500 }, (_, index) => ({ n: `${index}`.padEnd(64, 'n'), s: 1, v: index }));
    expect(decodeBody(schemas.WhoReply, encodeBody({ u })).u).toHaveLength(500);
  });

  test('drop keys that a newer peer added', () => {
    expect(decodeBody(schemas.JoinBody, encodeBody({ n: 'dev', z: [1, { y: 2 }] }))).toEqual({ n: 'dev' });
  });

  test('hold plain CBOR: no tag, no record, shortest map headers', () => {
    expect(encodeBody({ n: 'a' }).toString('hex')).toBe('a1616e6161');
    expect(encodeBody({ k: new Uint8Array([1, 2]) }).toString('hex')).toBe('a1616b420102');
  });

  test.each([
    ['1 byte', '05'],
    ['4 bytes', '1a00000005'],
    ['8 bytes', '1b0000000000000005'],
    ['a half float', 'f94500'],
    ['a double', 'fb4014000000000000'],
  ])('may hold an integer in %s', (_, integer) => {
    const bytes = Buffer.from(`a2616c01 6173${integer}`.replaceAll(' ', ''), 'hex');
    expect(decodeBody(schemas.CursorBody, bytes)).toEqual({ l: 1, s: 5 });
  });

  test('with an integer above 2^53 - 1 are refused', () => {
    refuses(Buffer.from('a2616c0161731b0020000000000000', 'hex'), schemas.CursorBody);
  });

  test('are copies, not views of the packet', () => {
    const bytes = encodeBody({ k: new Uint8Array(32).fill(5) });
    const { k } = decodeBody(schemas.DeviceForgetBody, bytes);
    bytes.fill(0);
    expect(k[0]).toBe(5);
  });

  test('with a key named __proto__ change no prototype', () => {
    const bytes = Buffer.from('a1695f5f70726f746f5f5fa1617001', 'hex');
    decodeBody(Anything, bytes);
    expect(({} as Record<string, unknown>).p).toBeUndefined();
  });
});

describe('what the network may send instead is refused', () => {
  const nested = (header: string, times: number) => Buffer.from(header.repeat(times), 'hex');

  // cbor-x issue 142: each header allocates what it declares, nested headers multiply it.
  test.each([
    ['an array of 2^32 - 1', '9affffffff'],
    ['an array of 2^53', '9b0020000000000000'],
    ['a map of 2^32 - 1', 'baffffffff'],
    ['a byte string of 2^32 - 1', '5affffffff'],
    ['a text of 2^63', '7b8000000000000000'],
    ['arrays of 112 million in each other', '9a06b95a00'.repeat(50)],
    ['maps of 16 million in each other', 'ba00ff00f0'.repeat(50)],
    ['an indefinite array', '9f01ff'],
    ['an indefinite text', '7f6161ff'],
    ['a tag', 'c11a514b67b0'],
    ['a record definition', 'd9dfff80'],
    ['a bundle of strings', 'd9dff9811a00000001'],
    ['a half header', '1a00'],
    ['nothing', ''],
    ['two items', '0101'],
    ['a reserved length', '1c'],
    ['a map that lacks a value', 'a1616e'],
    ['a text cut off', 'a1616e656162'],
  ])('%s', (_, hex) => {
    refuses(Buffer.from(hex, 'hex'));
  });

  test('nesting, before the stack feels it', () => {
    expect(refuses(nested('81', 60_000))).toMatch(/nested deeper/);
    expect(refuses(nested('a16161', 20_000))).toMatch(/nested deeper/);
  });

  test('more items than any body has', () => {
    const bytes = Buffer.concat([Buffer.from('99ea60', 'hex'), Buffer.alloc(60_000)]);
    expect(refuses(bytes)).toMatch(/more than 20000 items/);
  });

  test('more than a message may have', () => {
    expect(refuses(Buffer.alloc(65_537))).toMatch(/larger than 65536/);
  });

  test('bombs cost next to no memory', () => {
    const before = process.memoryUsage().heapUsed;
    for (let round = 0; round < 200; round += 1) refuses(nested('9a06b95a00', 5));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20 << 20);
  });

  test.each([
    ['a wrong type', schemas.JoinBody, { n: 1 }],
    ['a missing key', schemas.LoginStartBody, { n: 'ana' }],
    ['a key of the wrong length', schemas.DeviceForgetBody, { k: new Uint8Array(31) }],
    ['a negative log', schemas.LogBody, { l: -1 }],
    ['a fraction', schemas.CursorBody, { l: 1, s: 1.5 }],
    ['not a number', schemas.CursorBody, { l: 1, s: Number.NaN }],
    ['an unknown state', schemas.WhoReply, { u: [{ n: 'a', s: 9, v: 0 }] }],
    ['a name without end', schemas.JoinBody, { n: 'x'.repeat(513) }],
    ['too many elements', schemas.RoomsReply, { r: Array(101).fill({ n: 'a', t: '', m: 0 }) }],
    ['no map', schemas.AwayBody, [1]],
  ])('%s', (_, schema, value) => {
    expect(refuses(encodeBody(value), schema)).toMatch(/wrong field/);
  });

  test('any bytes at all: a value or a NatterError, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeBody(schemas.WhoReply, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(NatterError);
        }
      }),
      { seed: 3, numRuns: 5000 },
    );
  });

  test('a body with any byte changed: a value or a NatterError', () => {
    const good = encodeBody({ a: new Uint8Array(16), n: 'ana', c: [conversation('lobby')] });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, value) => {
        const bad = Buffer.from(good);
        bad[at] = value;
        try {
          decodeBody(schemas.WelcomeReply, bad);
        } catch (error) {
          expect(error).toBeInstanceOf(NatterError);
        }
      }),
      { seed: 5, numRuns: 5000 },
    );
  });
});
