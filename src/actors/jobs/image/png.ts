/**
 * PNG (W3C, third edition), row by row: what is not needed is never kept, so that a picture of any size, or one that
 * claims to be small and inflates without end, takes the memory of its preview and two rows.
 *
 *   IDAT, IDAT, ... -> inflate -> rows: filter byte, samples -> undo the filter -> every step-th pixel of every step-th row
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflate } from 'node:zlib';
import { type Format, type PixelReader, pixelBits, pixelReader } from './png-format.js';
import type { Pixels } from './shrink.js';

const SIGNATURE_BYTES = 8;
/** Length, type and CRC. */
const CHUNK_OVERHEAD = 12;
const INFLATED_BYTES = 64 * 1024;

/** Which pixels a pass has: from (x, y) on, every `right`-th of every `down`-th row. */
interface Pass {
  readonly x: number;
  readonly y: number;
  readonly right: number;
  readonly down: number;
}

const WHOLE: readonly Pass[] = [{ x: 0, y: 0, right: 1, down: 1 }];
/** Section 8.2. */
const ADAM7: readonly Pass[] = [
  { x: 0, y: 0, right: 8, down: 8 },
  { x: 4, y: 0, right: 8, down: 8 },
  { x: 0, y: 4, right: 4, down: 8 },
  { x: 2, y: 0, right: 4, down: 4 },
  { x: 0, y: 2, right: 2, down: 4 },
  { x: 1, y: 0, right: 2, down: 2 },
  { x: 0, y: 1, right: 1, down: 2 },
];

/**
 * @param step keeps one pixel of so many along each axis
 * @returns what could be read, where the file is cut off the rest is transparent; undefined when there is not one row
 */
export async function decodePng(bytes: Buffer, step: number): Promise<Pixels | undefined> {
  const format = formatOf(bytes);
  if (format === undefined) return undefined;
  const rows = new Rows(format, step);
  try {
    const inflate = createInflate({ chunkSize: INFLATED_BYTES });
    await pipeline(Readable.from(dataOf(bytes)), inflate, async (inflated: AsyncIterable<Buffer>) => {
      for await (const piece of inflated) if (!rows.push(piece)) return;
    });
  } catch {
    // What came out before the damage is shown.
  }
  return rows.count > 0 ? rows.pixels : undefined;
}

interface Chunk {
  readonly type: string;
  readonly body: Buffer;
}

/** One after the other, never all: a file may consist of millions. */
function* chunksOf(bytes: Buffer): Generator<Chunk> {
  for (let at = SIGNATURE_BYTES; at + CHUNK_OVERHEAD <= bytes.length; ) {
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (type === 'IEND') return;
    const body = bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at));
    yield { type, body };
    at += CHUNK_OVERHEAD + body.length;
  }
}

function* dataOf(bytes: Buffer): Generator<Buffer> {
  for (const { type, body } of chunksOf(bytes)) if (type === 'IDAT' && body.length > 0) yield body;
}

function formatOf(bytes: Buffer): Format | undefined {
  let palette: Uint8Array = new Uint8Array();
  let transparency: Uint8Array = new Uint8Array();
  for (const { type, body } of chunksOf(bytes)) {
    if (type === 'PLTE') palette = body;
    if (type === 'tRNS') transparency = body;
    // Both stand before the first of the data.
    if (type === 'IDAT') break;
  }
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const [depth = 0, colour = 0, , , interlace = 0] = bytes.subarray(24, 29);
  const format = { width, height, depth, colour, isInterlaced: interlace === 1, palette, transparency };
  return pixelBits(format) === undefined ? undefined : format;
}

/** Takes inflated bytes as they come and keeps the pixels that are wanted. */
class Rows {
  readonly pixels: Pixels & { readonly data: Uint8Array };
  /** Rows read. */
  count = 0;
  readonly #format: Format;
  readonly #step: number;
  readonly #bits: number;
  readonly #read: PixelReader;
  readonly #passes: Pass[];
  #y = 0;
  #row = Buffer.alloc(0);
  #previous = Buffer.alloc(0);
  #filled = 0;

  constructor(format: Format, step: number) {
    const [width, height] = [Math.ceil(format.width / step), Math.ceil(format.height / step)];
    this.pixels = { width, height, data: new Uint8Array(width * height * 4) };
    this.#format = format;
    this.#step = step;
    this.#bits = pixelBits(format) ?? 0;
    this.#read = pixelReader(format);
    // A pass without pixels has no rows either.
    this.#passes = (format.isInterlaced ? ADAM7 : WHOLE).filter(
      ({ x, y }) => x < format.width && y < format.height,
    );
    this.#startPass();
  }

  /** @returns false when nothing more is wanted: all is there, or what comes makes no sense */
  push(piece: Buffer): boolean {
    for (let at = 0; at < piece.length; ) {
      const pass = this.#passes[0];
      if (pass === undefined) return false;
      const taken = piece.copy(this.#row, this.#filled, at);
      at += taken;
      this.#filled += taken;
      if (this.#filled < this.#row.length) return true;
      if (!unfilter(this.#row, this.#previous, Math.max(1, this.#bits >> 3))) return false;
      this.count++;
      this.#keep(pass);
      [this.#row, this.#previous] = [this.#previous, this.#row];
      this.#filled = 0;
      this.#y++;
      if (pass.y + this.#y * pass.down >= this.#format.height) {
        this.#passes.shift();
        this.#startPass();
      }
    }
    return this.#passes.length > 0;
  }

  #startPass(): void {
    const pass = this.#passes[0];
    if (pass === undefined) return;
    const width = Math.ceil((this.#format.width - pass.x) / pass.right);
    this.#row = Buffer.alloc(1 + Math.ceil((width * this.#bits) / 8));
    this.#previous = Buffer.alloc(this.#row.length);
    this.#y = 0;
    this.#filled = 0;
  }

  #keep(pass: Pass): void {
    const y = pass.y + this.#y * pass.down;
    if (y % this.#step !== 0) return;
    const samples = this.#row.subarray(1);
    const line = (y / this.#step) * this.pixels.width;
    for (let x = pass.x, index = 0; x < this.#format.width; x += pass.right, index++)
      if (x % this.#step === 0) this.#read(samples, index, this.pixels.data, (line + x / this.#step) * 4);
  }
}

/** Section 9: undoes a row's filter in place. @param distance bytes to the pixel on the left */
function unfilter(row: Buffer, previous: Buffer, distance: number): boolean {
  const filter = row[0] ?? 0;
  if (filter > 4) return false;
  const first = Math.min(row.length, 1 + distance);
  // The first pixel has no left neighbour: what is above is then all there is to go by.
  if (filter >= 2)
    for (let at = 1; at < first; at++)
      row[at] = (row[at] ?? 0) + (filter === 3 ? (previous[at] ?? 0) >> 1 : (previous[at] ?? 0));
  if (filter === 1)
    for (let at = first; at < row.length; at++) row[at] = (row[at] ?? 0) + (row[at - distance] ?? 0);
  if (filter === 2)
    for (let at = first; at < row.length; at++) row[at] = (row[at] ?? 0) + (previous[at] ?? 0);
  if (filter === 3)
    for (let at = first; at < row.length; at++)
      row[at] = (row[at] ?? 0) + (((row[at - distance] ?? 0) + (previous[at] ?? 0)) >> 1);
  if (filter === 4)
    for (let at = first; at < row.length; at++)
      row[at] =
        (row[at] ?? 0) + paeth(row[at - distance] ?? 0, previous[at] ?? 0, previous[at - distance] ?? 0);
  return true;
}

/** Whichever of the three is nearest to left + up - upLeft. */
function paeth(left: number, up: number, upLeft: number): number {
  const toLeft = Math.abs(up - upLeft);
  const toUp = Math.abs(left - upLeft);
  const toUpLeft = Math.abs(left + up - 2 * upLeft);
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}
