/**
 * Pictures into pixels. The larger decoders are C libraries in WebAssembly: whatever a hostile picture does to one, it
 * does to a piece of memory that is its own. Each picture gets a fresh one, lest it meets what another left behind.
 */
import { createRequire } from 'node:module';
import { firstFrame } from './gif.js';
import type { PictureType } from './head.js';
import { decodeJpeg } from './jpeg.js';
import { decodePng } from './png.js';
import { type Pixels, SAMPLES_MAX, type Size } from './shrink.js';

const require = createRequire(import.meta.url);

interface Decoder {
  decode(source: Uint8Array): Pixels;
}

function fresh(name: '@cwasm/nsgif' | '@cwasm/webp'): Decoder {
  delete require.cache[require.resolve(name)];
  return require(name) as Decoder;
}

/**
 * @param stored the picture's size
 * @param wanted how many pixels the preview has, not more than the picture; more may come
 * @returns undefined for a picture that is malformed or claims what it is not
 * @throws whatever goes wrong in a decoder
 */
export async function decode(
  type: PictureType,
  bytes: Buffer,
  stored: Size,
  wanted: Size,
): Promise<Pixels | undefined> {
  switch (type) {
    case 'image/png': {
      const spare = Math.min(stored.width / wanted.width, stored.height / wanted.height);
      return decodePng(bytes, Math.max(1, Math.floor(spare / SAMPLES_MAX)));
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
