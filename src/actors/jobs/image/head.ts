/**
 * What a picture says about itself in its first bytes, read before anything is decoded: a few bytes may declare a
 * picture that fills the memory. Undefined for anything malformed.
 */

export type PictureType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';

export interface PictureHead {
  /** As stored, in pixels. */
  readonly width: number;
  readonly height: number;
  /** How to turn it upright: 1 to 8, as Exif 2.32 section 4.6.4 numbers them. */
  readonly orientation: number;
}

const UPRIGHT = 1;

export function pictureHead(type: PictureType, bytes: Buffer): PictureHead | undefined {
  // Whatever reads beyond the end throws a RangeError.
  try {
    const head = HEADS[type](bytes);
    return head !== undefined && head.width > 0 && head.height > 0 ? head : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const HEADS: Readonly<Record<PictureType, (bytes: Buffer) => PictureHead | undefined>> = {
  'image/png': pngHead,
  'image/jpeg': jpegHead,
  'image/gif': gifHead,
  'image/webp': webpHead,
};

function pngHead(bytes: Buffer): PictureHead {
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), orientation: UPRIGHT };
}

function gifHead(bytes: Buffer): PictureHead {
  return { width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8), orientation: UPRIGHT };
}

/** RFC 9649. The decoder refuses a frame that is not as large as its canvas. */
function webpHead(bytes: Buffer): PictureHead | undefined {
  const size = (width: number, height: number): PictureHead => ({ width, height, orientation: UPRIGHT });
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return size(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff);
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
    }
    case 'VP8X':
      return size(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1);
    default:
      return undefined;
  }
}

const Marker = { Sof0: 0xc0, Sof15: 0xcf, Rst0: 0xd0, Soi: 0xd8, Eoi: 0xd9, Sos: 0xda, App1: 0xe1 } as const;
/** In the range of the frame headers, but tables: DHT, JPG, DAC. */
const NO_FRAMES: ReadonlySet<number> = new Set([0xc4, 0xc8, 0xcc]);

/** ITU-T T.81 annex B: markers with a length each, up to the frame header, which has the size. */
function jpegHead(bytes: Buffer): PictureHead | undefined {
  let orientation = UPRIGHT;
  for (let at = 2; ; ) {
    if (bytes.readUInt8(at) !== 0xff) return undefined;
    const marker = bytes.readUInt8(at + 1);
    if (marker === 0xff) {
      at++;
      continue;
    }
    if (marker === Marker.Sos || (marker >= Marker.Rst0 && marker <= Marker.Eoi)) return undefined;
    const length = bytes.readUInt16BE(at + 2);
    if (marker >= Marker.Sof0 && marker <= Marker.Sof15 && !NO_FRAMES.has(marker))
      return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7), orientation };
    if (marker === Marker.App1) orientation = orientationOf(bytes.subarray(at + 4, at + 2 + length));
    if (length < 2) return undefined;
    at += 2 + length;
  }
}

const ORIENTATION_TAG = 0x0112;
const EXIF = 'Exif\0\0';

/** The orientation in the first directory of a TIFF header (Exif 2.32 section 4.5). */
function orientationOf(segment: Buffer): number {
  if (segment.toString('latin1', 0, EXIF.length) !== EXIF) return UPRIGHT;
  const tiff = segment.subarray(EXIF.length);
  const isLittle = tiff.toString('latin1', 0, 2) === 'II';
  const short = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
  // What is wrong with the comment of a picture does not keep it from being shown.
  try {
    const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
    const entries = short(directory);
    for (let index = 0; index < entries; index++) {
      const entry = directory + 2 + index * 12;
      if (short(entry) !== ORIENTATION_TAG) continue;
      const value = short(entry + 8);
      return value >= 1 && value <= 8 ? value : UPRIGHT;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return UPRIGHT;
}
