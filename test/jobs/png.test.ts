import { deflateSync } from 'node:zlib';
import lodepng from '@cwasm/lodepng';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePng } from '../../src/actors/jobs/image/png.js';
import { pngChunk } from '../support/pictures.js';

/** What lodepng, the reference here, makes of it. */
const reference = (bytes: Buffer): Buffer => Buffer.from(lodepng.decode(bytes).data);
const ours = async (bytes: Buffer, step = 1): Promise<Buffer> =>
  Buffer.from((await decodePng(bytes, step))?.data ?? []);

const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Any PNG: rows of random bytes, each under a random filter. */
function anyPng(
  format: { width: number; height: number; depth: number; colour: number; isInterlaced: boolean },
  random: (max: number) => number,
  extra: readonly Buffer[],
): Buffer {
  const { width, height, depth, colour, isInterlaced } = format;
  const rows: Buffer[] = [];
  for (const [x, y, right, down] of isInterlaced ? PASSES : [[0, 0, 1, 1] as const]) {
    const pixels = Math.ceil((width - x) / right);
    const bytes = Math.ceil((pixels * depth * (SAMPLES[colour] ?? 0)) / 8);
    if (pixels > 0)
      for (let row = y; row < height; row += down)
        rows.push(Buffer.from([random(5), ...Array.from({ length: bytes }, () => random(256))]));
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([depth, colour, 0, 0, isInterlaced ? 1 : 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', head),
    ...extra,
    pngChunk('IDAT', deflateSync(Buffer.concat(rows))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

const COLOURS = [
  [0, [1, 2, 4, 8, 16]],
  [2, [8, 16]],
  [3, [1, 2, 4, 8]],
  [4, [8, 16]],
  [6, [8, 16]],
] as const;

describe.each(COLOURS)('a PNG of colour type %i', (colour, depths) => {
  it.each(depths)('is decoded at %i bits as the reference does, interlaced or not', async (depth) => {
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 37 }),
      height: fc.integer({ min: 1, max: 21 }),
      isInterlaced: fc.boolean(),
      isTransparent: fc.boolean(),
      seed: fc.nat(),
    });
    await fc.assert(
      fc.asyncProperty(sizes, async ({ isTransparent, seed, ...size }) => {
        let state = seed;
        const random = (max: number): number => {
          state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
          return (state >>> 16) % max;
        };
        const extra: Buffer[] = [];
        const colours = 2 ** Math.min(depth, 8);
        if (colour === 3)
          extra.push(pngChunk('PLTE', Buffer.from(Array.from({ length: colours * 3 }, () => random(256)))));
        if (isTransparent && colour === 3)
          extra.push(pngChunk('tRNS', Buffer.from(Array.from({ length: colours }, () => random(256)))));
        if (isTransparent && (colour === 0 || colour === 2))
          extra.push(
            pngChunk(
              'tRNS',
              Buffer.from(
                Array(colour === 0 ? 1 : 3)
                  .fill([0, 1])
                  .flat(),
              ),
            ),
          );
        const bytes = anyPng({ ...size, depth, colour }, random, extra);
        const [seen, wanted] = [await ours(bytes), reference(bytes)];
        expect(seen.length).toBe(wanted.length);
        // The reference takes the upper byte of sixteen bits, where we round.
        const off = seen.reduce((most, value, at) => Math.max(most, Math.abs(value - (wanted[at] ?? 0))), 0);
        expect(off).toBeLessThanOrEqual(depth === 16 ? 1 : 0);
      }),
      { numRuns: 60 },
    );
  });
});

it('a PNG is thinned out to one pixel of each square', async () => {
  const [width, height] = [23, 17];
  const data = Uint8Array.from({ length: width * height * 4 }, (_, index) => (index * 7919) >> 3);
  const bytes = Buffer.from(lodepng.encode({ width, height, data }));
  const thin = await ours(bytes, 4);
  const whole = await ours(bytes);
  const wanted: number[] = [];
  for (let y = 0; y < height; y += 4)
    for (let x = 0; x < width; x += 4)
      wanted.push(...whole.subarray((y * width + x) * 4, (y * width + x + 1) * 4));
  expect([...thin]).toEqual(wanted);
});
