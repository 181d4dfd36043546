/**
 * PNG made harmless for the decoder, which inflates whatever it is given: 500 KB of nothing became 500 MB (measured).
 * Only the chunks that make the picture stay, and only if they inflate to what its size says.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflate } from 'node:zlib';

const SIGNATURE_BYTES = 8;
/** Length, type and CRC. */
const CHUNK_OVERHEAD = 12;
const KEPT = new Set(['IHDR', 'PLTE', 'tRNS', 'IDAT', 'IEND']);
/** Colour type to samples of a pixel (PNG third edition, table 8). */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** An interlaced picture has up to seven times as many filter bytes; and no row is shorter than a byte. */
const SLACK = 2;
const SLACK_BYTES = 1 << 16;

/**
 * @param bytesMax of rows after inflating
 * @returns the same picture, or undefined for one that is malformed or inflates to more
 */
export async function harmlessPng(bytes: Buffer, bytesMax: number): Promise<Buffer | undefined> {
  const kept: Buffer[] = [bytes.subarray(0, SIGNATURE_BYTES)];
  const data: Buffer[] = [];
  for (let at = SIGNATURE_BYTES; at + CHUNK_OVERHEAD <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const end = at + CHUNK_OVERHEAD + length;
    const type = bytes.toString('latin1', at + 4, at + 8);
    if (end > bytes.length) break;
    if (KEPT.has(type)) kept.push(bytes.subarray(at, end));
    if (type === 'IDAT') data.push(bytes.subarray(at + 8, end - 4));
    if (type === 'IEND') break;
    at = end;
  }
  const rows = rowBytes(bytes);
  if (rows === undefined || rows > bytesMax) return undefined;
  return (await inflatesWithin(data, rows * SLACK + SLACK_BYTES)) ? Buffer.concat(kept) : undefined;
}

/** All rows of the picture with their filter bytes. */
function rowBytes(bytes: Buffer): number | undefined {
  const samples = SAMPLES[bytes.readUInt8(25)];
  if (samples === undefined) return undefined;
  const row = Math.ceil((bytes.readUInt32BE(16) * samples * bytes.readUInt8(24)) / 8);
  return bytes.readUInt32BE(20) * (1 + row);
}

/** Inflates without keeping anything. What is cut off or damaged is for the decoder to judge. */
async function inflatesWithin(data: readonly Buffer[], bytesMax: number): Promise<boolean> {
  let total = 0;
  try {
    await pipeline(Readable.from(data), createInflate(), async (inflated: AsyncIterable<Buffer>) => {
      for await (const piece of inflated) {
        total += piece.length;
        if (total > bytesMax) return;
      }
    });
  } catch {
    // Only what came out before counts.
  }
  return total <= bytesMax;
}
