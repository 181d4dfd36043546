/** Bytes as docs/PROTOCOL.md writes them: big-endian integers, RFC 9000 varints, blocks with a length in front. */

/** A varint of RFC 9000 section 16. */
export function varint(value) {
  if (value < 0x40) return Buffer.from([value]);
  if (value < 0x4000) return Buffer.from([0x40 | (value >> 8), value & 0xff]);
  if (value < 0x40000000) {
    const out = Buffer.alloc(4);
    out.writeUInt32BE((value | 0x80000000) >>> 0);
    return out;
  }
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value) | (3n << 62n));
  return out;
}

/** A varint length and that many bytes; a string stands for its UTF-8. */
export function block(content) {
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(bytes.length), bytes]);
}

export function u64(value) {
  const out = Buffer.alloc(8);
  out.writeBigUInt64BE(BigInt(value));
  return out;
}

/** Reads one after the other and throws where the bytes end too early. */
export class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  get left() {
    return this.bytes.length - this.at;
  }

  take(length) {
    if (length > this.left) throw new Error(`${length} bytes wanted, ${this.left} left`);
    this.at += length;
    return Buffer.from(this.bytes.subarray(this.at - length, this.at));
  }

  rest() {
    return this.take(this.left);
  }

  u8() {
    return this.take(1)[0];
  }

  u32() {
    return this.take(4).readUInt32BE();
  }

  u48() {
    return this.take(6).readUIntBE(0, 6);
  }

  u64() {
    return Number(this.take(8).readBigUInt64BE());
  }

  varint() {
    const first = this.u8();
    let value = BigInt(first & 0x3f);
    for (const byte of this.take((1 << (first >> 6)) - 1)) value = (value << 8n) | BigInt(byte);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error('a varint above 2^53 - 1');
    return Number(value);
  }

  block() {
    return this.take(this.varint());
  }

  text() {
    return this.block().toString('utf8');
  }
}
