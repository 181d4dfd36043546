/** The first frame of a GIF as a GIF of its own: the decoder looks at all of them and takes the largest for its size. */

const Block = { Extension: 0x21, Image: 0x2c, Trailer: 0x3b } as const;
const HEADER_BYTES = 13;
const DESCRIPTOR_BYTES = 10;
const TABLE = 0x80;

/** @returns undefined where no frame lies whole within the bytes and the picture's size */
export function firstFrame(bytes: Buffer): Buffer | undefined {
  // Whatever reads beyond the end throws a RangeError.
  try {
    const flags = bytes.readUInt8(10);
    let at = HEADER_BYTES + tableBytes(flags);
    for (;;) {
      const block = bytes.readUInt8(at);
      if (block === Block.Extension) at = afterSubBlocks(bytes, at + 2);
      else if (block === Block.Image) break;
      else return undefined;
    }
    const right = bytes.readUInt16LE(at + 1) + bytes.readUInt16LE(at + 5);
    const bottom = bytes.readUInt16LE(at + 3) + bytes.readUInt16LE(at + 7);
    if (right > bytes.readUInt16LE(6) || bottom > bytes.readUInt16LE(8)) return undefined;
    const data = at + DESCRIPTOR_BYTES + tableBytes(bytes.readUInt8(at + 9));
    const end = afterSubBlocks(bytes, data + 1);
    return Buffer.concat([bytes.subarray(0, end), Buffer.of(Block.Trailer)]);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** GIF89a, section 18: a colour table has 2 to the power of N+1 colours of three bytes. */
function tableBytes(flags: number): number {
  return flags & TABLE ? 3 * 2 ** ((flags & 7) + 1) : 0;
}

/** Where the chain of sub-blocks that starts at `at` ends. */
function afterSubBlocks(bytes: Buffer, at: number): number {
  let next = at;
  for (let length = bytes.readUInt8(next); length > 0; length = bytes.readUInt8(next)) next += 1 + length;
  return next + 1;
}
