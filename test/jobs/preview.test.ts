import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { PreviewPool } from '#natter/actors/jobs/preview-pool.js';
import { preview } from '../../src/actors/jobs/preview.js';
import { CELL_BYTES, type PicturePreview, type Preview } from '../../src/chat/preview.js';
import { gif, jpeg, type Paint, png, pngChunk, WEBP_LOSSLESS, WEBP_LOSSY } from '../support/pictures.js';

let number = 0;
const folder = mkdtempSync(join(tmpdir(), 'natter-preview-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = (content: Uint8Array | string): string => {
  const path = join(folder, `${number++}`);
  writeFileSync(path, content);
  return path;
};
const look = (content: Uint8Array | string, columns = 80, rows = 24): Promise<Preview> =>
  preview({ path: fileOf(content), columns, rows });
async function picture(content: Uint8Array, columns = 80, rows = 24): Promise<PicturePreview> {
  const seen = await look(content, columns, rows);
  if (seen.kind !== 'picture') throw new Error(JSON.stringify(seen));
  return seen;
}
const pixel = ({ cells, columns }: PicturePreview, x: number, y: number): number[] => {
  const at = ((y >> 1) * columns + x) * CELL_BYTES + (y & 1) * 3;
  return [...cells.subarray(at, at + 3)];
};

/** Bright only in the upper left quarter of 32 x 16. */
const corner = (x: number, y: number): number => (x < 16 && y < 8 ? 240 : 16);
const asPaint =
  (grey: (x: number, y: number) => number): Paint =>
  (x, y) => [grey(x, y), grey(x, y), grey(x, y), 255];

describe('a preview of a picture', () => {
  it.each([
    ['PNG', png(32, 16, asPaint(corner))],
    ['JPEG', jpeg(32, 16, corner)],
    ['GIF', gif(32, 16, corner)],
  ])('shows the pixels of a small %s as they are', async (_, bytes) => {
    const seen = await picture(bytes);
    expect(seen).toMatchObject({ columns: 32, rows: 8, width: 32, height: 16 });
    expect(seen.cells).toHaveLength(32 * 8 * CELL_BYTES);
    for (const [x, y] of [
      [0, 0],
      [15, 7],
      [16, 7],
      [15, 8],
      [31, 15],
    ] as const)
      for (const part of pixel(seen, x, y)) expect(Math.abs(part - corner(x, y))).toBeLessThan(3);
  });

  it.each([
    ['lossy', WEBP_LOSSY],
    ['lossless', WEBP_LOSSLESS],
  ])('knows WebP, %s', async (_, bytes) => {
    expect(await picture(bytes)).toMatchObject({ columns: 1, rows: 1, width: 1, height: 1 });
  });

  it.each([
    [300, 100, 80, 24, 80, 13],
    [100, 300, 80, 24, 16, 24],
    [3_000, 1, 80, 24, 80, 1],
    [1, 3_000, 80, 24, 1, 24],
    [64, 64, 10, 10, 10, 5],
  ])('keeps the shape of %i x %i in %i x %i cells', async (width, height, columns, rows, wide, high) => {
    for (const bytes of [
      png(
        width,
        height,
        asPaint(() => 99),
      ),
      jpeg(width, height, () => 99),
    ])
      expect(await picture(bytes, columns, rows)).toMatchObject({ columns: wide, rows: high });
  });

  it.each([
    [1, [0, 0], false],
    [2, [31, 0], false],
    [3, [31, 15], false],
    [4, [0, 15], false],
    [5, [0, 0], true],
    [6, [15, 0], true],
    [7, [15, 31], true],
    [8, [0, 31], true],
  ] as const)('is turned upright as Exif says: %i', async (orientation, [x, y], isTurned) => {
    const seen = await picture(jpeg(32, 16, corner, orientation));
    expect(seen).toMatchObject(isTurned ? { width: 16, height: 32 } : { width: 32, height: 16 });
    const corners = [0, seen.width - 1].flatMap((cornerX) =>
      [0, seen.height - 1].map((cornerY) => [cornerX, cornerY] as const),
    );
    const bright = corners.filter(([cornerX, cornerY]) => (pixel(seen, cornerX, cornerY)[0] ?? 0) > 200);
    expect(bright).toEqual([[x, y]]);
  });

  it('lays what is transparent over a middle grey, where black and white are to be seen', async () => {
    const seen = await picture(png(4, 2, (x) => [255, 0, 0, [0, 255, 128, 0][x] ?? 0]));
    expect(pixel(seen, 0, 0)).toEqual([128, 128, 128]);
    expect(pixel(seen, 1, 0)).toEqual([255, 0, 0]);
    expect(pixel(seen, 2, 0)[0]).toBeGreaterThan(180);
  });

  it('averages light, not numbers: a fine pattern keeps its brightness', async () => {
    const seen = await picture(
      png(
        64,
        64,
        asPaint((x, y) => ((x + y) & 1) * 255),
      ),
      8,
      4,
    );
    expect(pixel(seen, 3, 3)).toEqual([188, 188, 188]);
  });
});

describe('a preview of a text', () => {
  it('is its first lines, harmless for a terminal', async () => {
    const seen = await look('one\r\n\x1b[31mtwo\x1b[0m\n\tthree \u202eeerht\nfour\nfive', 20, 4);
    // Escape is allowed in a text, and taken out of what is shown.
    expect(seen).toEqual({ kind: 'text', lines: ['one', '[31mtwo[0m', '    three eerht', 'four'] });
  });

  it('is as wide as there are columns, whatever stands in it', async () => {
    expect(await look(`${'👨‍👩‍👧‍👦'.repeat(50)}\n${'a'.repeat(1_000_000)}`, 10, 5)).toEqual({
      kind: 'text',
      lines: ['👨‍👩‍👧‍👦'.repeat(10), 'a'.repeat(10)],
    });
  });
});

describe('nothing is shown, and the reason is told,', () => {
  it.each([
    ['of an empty file', '', 'empty'],
    ['of what nobody knows', Buffer.from([0, 1, 2, 255]), 'no preview'],
    ['of a picture cut off in its head', png(8, 8, asPaint(corner)).subarray(0, 20), 'damaged'],
    ['of a PNG that is 1,000,000 wide', png(1_000_000, 1, asPaint(corner), Buffer.alloc(0)), 'too large'],
    ['of a PNG of 65,000 x 65,000', png(65_000, 65_000, asPaint(corner), Buffer.alloc(0)), 'too large'],
    ['of a GIF of 65,000 x 65,000', Buffer.from('GIF89a\xfd\xe8\xfd\xe8\0\0\0', 'latin1'), 'too large'],
    ['of a picture without width', gif(0, 8, corner), 'damaged'],
    ['of a PNG whose rows are missing', png(8, 8, asPaint(corner), deflateSync(Buffer.alloc(5))), 'damaged'],
  ])('%s', async (_, content, reason) => {
    expect(await look(content)).toEqual({ kind: 'none', reason: expect.stringContaining(reason) });
  });

  it('of what is no file, or cannot be read', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    symlinkSync('/nowhere', join(folder, 'dangling'));
    for (const path of [folder, pipe, join(folder, 'dangling'), join(folder, 'a\0b')])
      expect(await preview({ path, columns: 9, rows: 9 })).toMatchObject({ kind: 'none' });
  });

  it('of a picture of more than 50 MB', async () => {
    const path = fileOf(png(8, 8, asPaint(corner)));
    truncateSync(path, 51 * 1024 * 1024);
    expect(await preview({ path, columns: 9, rows: 9 })).toMatchObject({
      reason: expect.stringContaining('too large'),
    });
  });

  it('of a GIF whose frame is larger than its picture', async () => {
    const bytes = gif(8, 8, corner);
    bytes.writeUInt16LE(60_000, 13 + 3 * 128 + 5);
    expect(await look(bytes)).toMatchObject({ reason: expect.stringContaining('damaged') });
  });
});

it('a GIF that gives the size of a screen for its own keeps its shape', async () => {
  const bytes = gif(32, 16, corner);
  bytes.writeUInt16LE(640, 6);
  bytes.writeUInt16LE(480, 8);
  expect(await picture(bytes)).toMatchObject({ columns: 32, rows: 8, width: 32, height: 16 });
});

it('a PNG that is cut off is shown as far as it goes', async () => {
  const whole = png(32, 16, (x, y) => [(x * 37) & 255, (y * 91) & 255, (x * y * 13) & 255, 255]);
  const seen = await picture(whole.subarray(0, whole.length - 400));
  const complete = await picture(whole);
  expect(pixel(seen, 5, 2)).toEqual(pixel(complete, 5, 2));
  expect(pixel(seen, 31, 15)).toEqual([128, 128, 128]);
});

it('a PNG that inflates without end is not inflated beyond its own size', async () => {
  const bomb = png(1, 1, asPaint(corner), deflateSync(Buffer.alloc(200_000_000)));
  const before = process.resourceUsage().maxRSS;
  expect(await look(bomb)).toMatchObject({ kind: 'picture', columns: 1, rows: 1 });
  expect(process.resourceUsage().maxRSS - before).toBeLessThan(20_000);
});

it('a picture is shown without what else its file holds', async () => {
  const plain = png(4, 2, asPaint(corner));
  const at = plain.indexOf('IDAT') - 4;
  const bomb = Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), deflateSync(Buffer.alloc(20_000_000))]);
  const loaded = Buffer.concat([plain.subarray(0, at), pngChunk('zTXt', bomb), plain.subarray(at)]);
  expect(await look(loaded)).toEqual(await look(plain));
});

it('no damage to a picture is more than a reason why it is not shown', async () => {
  const whole = [
    png(24, 16, asPaint(corner)),
    jpeg(24, 16, corner, 6),
    gif(24, 16, corner),
    WEBP_LOSSY,
    WEBP_LOSSLESS,
  ];
  const damage = fc.record({
    which: fc.integer({ min: 0, max: whole.length - 1 }),
    hits: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 })), {
      maxLength: 6,
    }),
    length: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(damage, async ({ which, hits, length }) => {
      const bytes = Buffer.from(whole[which] ?? []);
      for (const [place, value] of hits) bytes[Math.floor(place * (bytes.length - 1))] = value;
      const seen = await look(bytes.subarray(0, Math.ceil((0.5 + length) * bytes.length)), 20, 10);
      if (seen.kind !== 'picture') return;
      expect(seen.cells).toHaveLength(seen.columns * seen.rows * CELL_BYTES);
      expect(seen.columns).toBeLessThanOrEqual(20);
      expect(seen.rows).toBeLessThanOrEqual(10);
    }),
    { numRuns: 300 },
  );
});

describe('the pool', () => {
  const pool = new PreviewPool();
  afterAll(() => pool.close());

  it('looks into files somewhere else', async () => {
    const path = fileOf(png(32, 16, asPaint(corner)));
    expect(await pool.previewFile(path, 80, 24)).toEqual(await preview({ path, columns: 80, rows: 24 }));
    expect(await pool.previewFile(path, 0, Number.NaN)).toMatchObject({ columns: 1, rows: 1 });
  });

  it('takes the thread from a file that takes too long, and goes on with the next one', async () => {
    const impatient = new PreviewPool(1);
    onTestFinished(() => impatient.close());
    const path = fileOf(png(500, 500, asPaint(corner)));
    expect(await impatient.previewFile(path, 80, 24)).toEqual({
      kind: 'none',
      reason: expect.stringContaining('too long'),
    });
    expect(await pool.previewFile(path, 80, 24)).toMatchObject({ kind: 'picture' });
  });

  it('outlives what fills its memory', async () => {
    const tiny = Buffer.from([0, 0, 0, 0, ...Buffer.from('IDAT'), 0, 0, 0, 0]);
    const head = png(8, 8, asPaint(corner)).subarray(0, 33);
    const path = fileOf(Buffer.concat([head, Buffer.alloc(tiny.length * 3_000_000, tiny)]));
    expect(await pool.previewFile(path, 80, 24)).toMatchObject({ kind: 'none' });
    expect(await pool.previewFile(fileOf('words'), 80, 24)).toEqual({ kind: 'text', lines: ['words'] });
  });

  it('answers whoever waits when it is closed', async () => {
    const closing = new PreviewPool();
    const path = fileOf(png(500, 500, asPaint(corner)));
    const waiting = [closing.previewFile(path, 80, 24), closing.previewFile(path, 80, 24)];
    await closing.close();
    expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(['none', 'none']);
    expect(await closing.previewFile(path, 80, 24)).toMatchObject({ kind: 'none' });
  });
});
