/**
 * Pictures into pixels. All decoders are C libraries in WebAssembly: whatever a hostile picture does to one, it does
 * to a piece of memory that is its own. Each picture gets a fresh one, lest it meets what another left behind.
 */
import { createRequire } from 'node:module';
import { firstFrame } from './gif.js';
import type { PictureType } from './head.js';
import { decodeJpeg } from './jpeg.js';
import { harmlessPng } from './png.js';
import type { Pixels, Size } from './shrink.js';

/** Rows of a PNG, uncompressed: 16 bits a sample may be eight bytes a pixel. */
const ROWS_BYTES_MAX = 256 * 1024 * 1024;

const require = createRequire(import.meta.url);

interface Decoder {
  decode(source: Uint8Array): Pixels;
}

function fresh(name: '@cwasm/lodepng' | '@cwasm/nsgif' | '@cwasm/webp'): Decoder {
  delete require.cache[require.resolve(name)];
  return require(name) as Decoder;
}

/**
 * @param wanted how many pixels are enough; more may come, and fewer when the picture has fewer
 * @returns undefined for a picture that is malformed or claims what it is not
 * @throws whatever goes wrong in a decoder
 */
export async function decode(type: PictureType, bytes: Buffer, wanted: Size): Promise<Pixels | undefined> {
  switch (type) {
    case 'image/png': {
      const harmless = await harmlessPng(bytes, ROWS_BYTES_MAX);
      return harmless && fresh('@cwasm/lodepng').decode(harmless);
    }
    case 'image/gif': {
      const frame = firstFrame(bytes);
      return frame && fresh('@cwasm/nsgif').decode(frame);
    }
    case 'image/jpeg':
      return decodeJpeg(bytes, wanted.width, wanted.height);
    case 'image/webp':
      return fresh('@cwasm/webp').decode(bytes);
  }
}
