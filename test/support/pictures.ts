/** Pictures of each kind, written by the letter of its format, so that a test can also write them wrongly. */
import { crc32, deflateSync } from 'node:zlib';

export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];
export type Paint = (x: number, y: number) => Rgba;

const u16be = (value: number): Buffer => Buffer.of(value >> 8, value & 0xff);
const u16le = (value: number): Buffer => Buffer.of(value & 0xff, value >> 8);
const u32be = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export function pngChunk(type: string, data: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([u32be(data.length), named, u32be(crc32(named))]);
}

/** A PNG of 8 bits a sample. @param data what stands in its IDAT; by default the rows that `paint` gives */
export function png(width: number, height: number, paint: Paint, data?: Buffer): Buffer {
  const rows = (): Buffer =>
    Buffer.concat(
      Array.from({ length: height }, (_, y) =>
        Buffer.from([0, ...Array.from({ length: width }, (_, x) => paint(x, y)).flat()]),
      ),
    );
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', Buffer.concat([u32be(width), u32be(height), Buffer.of(8, 6, 0, 0, 0)])),
    pngChunk('IDAT', data ?? deflateSync(rows())),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** A GIF of 128 greys. The LZW table is cleared before it grows, so every code has eight bits. */
export function gif(width: number, height: number, grey: (x: number, y: number) => number): Buffer {
  const CLEAR = 128;
  const codes: number[] = [];
  for (let pixel = 0; pixel < width * height; pixel++) {
    if (pixel % 100 === 0) codes.push(CLEAR);
    codes.push(grey(pixel % width, Math.floor(pixel / width)) >> 1);
  }
  codes.push(CLEAR + 1);
  const blocks: Buffer[] = [];
  for (let at = 0; at < codes.length; at += 255) {
    const block = codes.slice(at, at + 255);
    blocks.push(Buffer.from([block.length, ...block]));
  }
  return Buffer.concat([
    Buffer.from('GIF89a'),
    u16le(width),
    u16le(height),
    Buffer.of(0xf6, 0, 0),
    Buffer.from(Array.from({ length: 128 }, (_, level) => [level * 2, level * 2, level * 2]).flat()),
    Buffer.of(0x2c, 0, 0, 0, 0),
    u16le(width),
    u16le(height),
    Buffer.of(0, 7),
    ...blocks,
    Buffer.of(0, 0x3b),
  ]);
}

/** A grey baseline JPEG: each block of 8 x 8 has one brightness, and all its differences the same twelve-bit code. */
export function jpeg(
  width: number,
  height: number,
  grey: (x: number, y: number) => number,
  orientation?: number,
): Buffer {
  const segment = (marker: number, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.of(0xff, marker), u16be(body.length + 2), body]);
  };
  // DC: categories 0 to 11 have codes of four bits. AC: only "end of block", one bit.
  const dc = Buffer.from([0, 0, 0, 0, 12, ...Array(12).fill(0), ...Array(12).keys()]);
  const ac = Buffer.from([0x10, 1, ...Array(15).fill(0), 0]);
  let bits = '';
  let before = 0;
  for (let y = 0; y < height; y += 8) {
    for (let x = 0; x < width; x += 8) {
      const value = (grey(x, y) - 128) * 8;
      const difference = value - before;
      before = value;
      const category = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
      const coded = difference < 0 ? difference + 2 ** category - 1 : difference;
      bits += category.toString(2).padStart(4, '0');
      if (category > 0) bits += coded.toString(2).padStart(category, '0');
      bits += '0';
    }
  }
  const data = (bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []).flatMap((byte) =>
    byte === '11111111' ? [0xff, 0] : [Number.parseInt(byte, 2)],
  );
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    ...(orientation === undefined ? [] : [segment(0xe1, exif(orientation))]),
    segment(0xdb, Buffer.from([0, ...Array(64).fill(1)])),
    segment(0xc0, Buffer.of(8), u16be(height), u16be(width), Buffer.of(1, 1, 0x11, 0)),
    segment(0xc4, dc),
    segment(0xc4, ac),
    segment(0xda, Buffer.of(1, 1, 0, 0, 63, 0)),
    Buffer.from(data),
    Buffer.of(0xff, 0xd9),
  ]);
}

/** One tag in one directory, little-endian. */
function exif(orientation: number): Buffer {
  const tiff = Buffer.alloc(26);
  tiff.write('II*\0', 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(1, 8);
  tiff.writeUInt16LE(0x0112, 10);
  tiff.writeUInt16LE(3, 12);
  tiff.writeUInt32LE(1, 14);
  tiff.writeUInt16LE(orientation, 18);
  return Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
}

/** One pixel each, black, lossy and lossless. */
export const WEBP_LOSSY = Buffer.from('UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA', 'base64');
export const WEBP_LOSSLESS = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64');
