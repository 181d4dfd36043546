/**
 * JPEG by libjpeg-turbo, driven directly instead of by its package's `decode`, because that one cannot scale: a photo
 * of 12 megapixels is wanted in a few thousand, and decoding it at an eighth takes a fraction of time and memory.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Pixels } from './shrink.js';

/** Of the TurboJPEG API (turbojpeg.h), those that are needed. Pointers are offsets into `memory`. */
interface Turbo {
  readonly memory: { readonly buffer: ArrayBuffer };
  malloc(bytes: number): number;
  tjInitDecompress(): number;
  tjDecompressHeader3(
    handle: number,
    source: number,
    sourceBytes: number,
    width: number,
    height: number,
    subsampling: number,
    colourSpace: number,
  ): number;
  tjDecompress2(
    handle: number,
    source: number,
    sourceBytes: number,
    target: number,
    width: number,
    pitch: number,
    height: number,
    format: number,
    flags: number,
  ): number;
}

const RGBA = 7;
const SIZES_BYTES = 16;
/** The scales of libjpeg that are quick: whole DCT blocks become 1, 2, 4 or 8 pixels wide. */
const EIGHTHS = [1, 2, 4] as const;

/**
 * Decodes at the smallest scale that is not below what is wanted.
 * @param width pixels wanted, before the picture is turned upright
 * @param height likewise
 * @throws whatever goes wrong in the decoder
 */
export function decodeJpeg(bytes: Uint8Array, width: number, height: number): Pixels {
  // Nothing is freed: the instance is this picture's own, and goes with it, whatever a hostile one did to it.
  const turbo = instance();
  const source = turbo.malloc(bytes.length);
  const sizes = turbo.malloc(SIZES_BYTES);
  const handle = turbo.tjInitDecompress();
  if (source === 0 || sizes === 0 || handle === 0) throw new RangeError('no memory');
  new Uint8Array(turbo.memory.buffer, source, bytes.length).set(bytes);
  const [w, h, subsampling, space] = [sizes, sizes + 4, sizes + 8, sizes + 12];
  if (turbo.tjDecompressHeader3(handle, source, bytes.length, w, h, subsampling, space) !== 0)
    throw new Error('not a JPEG');
  const [storedWidth = 0, storedHeight = 0] = new Uint32Array(turbo.memory.buffer, sizes, 2);
  const scaled = (size: number, eighths: number): number => Math.ceil((size * eighths) / 8);
  const enough = (eighths: number): boolean =>
    scaled(storedWidth, eighths) >= width && scaled(storedHeight, eighths) >= height;
  const eighths = EIGHTHS.find(enough) ?? 8;
  const size = { width: scaled(storedWidth, eighths), height: scaled(storedHeight, eighths) };
  const targetBytes = size.width * size.height * 4;
  const target = turbo.malloc(targetBytes);
  if (target === 0) throw new RangeError('no memory');
  const pitch = size.width * 4;
  // A picture that is cut off is shown as far as it goes; what is missing is grey.
  turbo.tjDecompress2(handle, source, bytes.length, target, size.width, pitch, size.height, RGBA, 0);
  return { ...size, data: new Uint8Array(turbo.memory.buffer, target, targetBytes) };
}

let module: WebAssembly.Module | undefined;

function instance(): Turbo {
  const require = createRequire(import.meta.url);
  module ??= new WebAssembly.Module(readFileSync(require.resolve('@cwasm/jpeg-turbo/jpeg-turbo.wasm')));
  const refuse = (): never => {
    throw new Error('The decoder gave up.');
  };
  const system = {
    environ_get: refuse,
    proc_exit: refuse,
    fd_close: refuse,
    fd_seek: refuse,
    fd_write: refuse,
  };
  return new WebAssembly.Instance(module, {
    env: { setjmp: () => 0, longjmp: refuse },
    wasi_snapshot_preview1: { ...system, environ_sizes_get: () => 0 },
  }).exports as Turbo;
}
