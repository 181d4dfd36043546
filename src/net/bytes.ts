/**
 * Bounded readers and writers over byte buffers. Integers are big-endian; a varint is RFC 9000 section 16,
 * limited to 2^53 - 1 because that is what a JavaScript number holds exactly.
 */

export class Malformed extends Error {
  override name = 'Malformed';
}

const EMPTY = Buffer.alloc(0);
const VARINT_MAX = Number.MAX_SAFE_INTEGER;

/**
 * Reads what the network sent. Every read is checked against the end; running over it throws `Malformed`,
 * which the packet's receiver counts and drops. One reader is reused for many packets: `reset` it.
 */
export class Reader {
  #buffer: Buffer = EMPTY;
  #offset = 0;
  #end = 0;

  constructor(buffer: Buffer = EMPTY, start = 0, end = buffer.length) {
    this.reset(buffer, start, end);
  }

  reset(buffer: Buffer, start = 0, end = buffer.length): this {
    this.#buffer = buffer;
    this.#offset = start;
    this.#end = end;
    return this;
  }

  get remaining(): number {
    return this.#end - this.#offset;
  }

  get offset(): number {
    return this.#offset;
  }

  get buffer(): Buffer {
    return this.#buffer;
  }

  u8(): number {
    return this.#buffer[this.#take(1)] as number;
  }

  u16(): number {
    return this.#buffer.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#buffer.readUInt32BE(this.#take(4));
  }

  /** 48 bits: wall-clock milliseconds. */
  u48(): number {
    return this.#buffer.readUIntBE(this.#take(6), 6);
  }

  /** 64 bits, refused above 2^53 - 1. */
  u64(): number {
    const at = this.#take(8);
    const value = this.#buffer.readUInt32BE(at) * 2 ** 32 + this.#buffer.readUInt32BE(at + 4);
    if (value > VARINT_MAX) throw new Malformed('integer above 2^53');
    return value;
  }

  varint(): number {
    const first = this.u8();
    const value = first & 0x3f;
    switch (first >> 6) {
      case 0:
        return value;
      case 1:
        return value * 0x100 + this.u8();
      case 2:
        return value * 0x1000000 + this.u8() * 0x10000 + this.u16();
      default: {
        const large = (value * 0x1000000 + this.u8() * 0x10000 + this.u16()) * 2 ** 32 + this.u32();
        if (large > VARINT_MAX) throw new Malformed('integer above 2^53');
        return large;
      }
    }
  }

  /** A view, not a copy: valid as long as the buffer is. */
  bytes(length: number): Buffer {
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  /** Varint length, at most `max`, then that many bytes as a view. */
  block(max: number): Buffer {
    const length = this.varint();
    if (length > max) throw new Malformed('declared length above its limit');
    return this.bytes(length);
  }

  text(max: number): string {
    return this.block(max).toString('utf8');
  }

  skip(length: number): void {
    this.#take(length);
  }

  rest(): Buffer {
    return this.bytes(this.remaining);
  }

  #take(length: number): number {
    const at = this.#offset;
    if (length < 0 || at + length > this.#end) throw new Malformed('runs past its end');
    this.#offset = at + length;
    return at;
  }
}

/** The bytes `varint` takes for a value. */
export function varintBytes(value: number): number {
  if (value < 0x40) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x40000000) return 4;
  return 8;
}

/**
 * Writes into one buffer that grows up to `max` bytes; passing it throws a RangeError, since then this
 * program, not the network, is at fault. `view` is valid until the next `reset`.
 */
export class Writer {
  #buffer: Buffer;
  #offset = 0;
  readonly #max: number;

  constructor(initial = 256, max = 1 << 20) {
    this.#buffer = Buffer.allocUnsafeSlow(initial);
    this.#max = max;
  }

  reset(): this {
    this.#offset = 0;
    return this;
  }

  get length(): number {
    return this.#offset;
  }

  u8(value: number): this {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#reserve(2);
    this.#buffer.writeUInt16BE(value, at);
    return this;
  }

  u32(value: number): this {
    const at = this.#reserve(4);
    this.#buffer.writeUInt32BE(value, at);
    return this;
  }

  u48(value: number): this {
    const at = this.#reserve(6);
    this.#buffer.writeUIntBE(value, at, 6);
    return this;
  }

  u64(value: number): this {
    const at = this.#reserve(8);
    this.#buffer.writeUInt32BE(Math.floor(value / 2 ** 32), at);
    this.#buffer.writeUInt32BE(value >>> 0, at + 4);
    return this;
  }

  varint(value: number): this {
    const size = varintBytes(value);
    const at = this.#reserve(size);
    writeVarint(this.#buffer, at, value);
    return this;
  }

  bytes(source: Uint8Array): this {
    const at = this.#reserve(source.length);
    this.#buffer.set(source, at);
    return this;
  }

  block(source: Uint8Array): this {
    return this.varint(source.length).bytes(source);
  }

  text(value: string): this {
    const length = Buffer.byteLength(value);
    this.varint(length);
    const at = this.#reserve(length);
    this.#buffer.write(value, at, 'utf8');
    return this;
  }

  /** What was written, without a copy. */
  view(): Buffer {
    return this.#buffer.subarray(0, this.#offset);
  }

  /** What was written, as bytes of its own. */
  copy(): Buffer {
    return Buffer.from(this.view());
  }

  #reserve(length: number): number {
    const at = this.#offset;
    const end = at + length;
    if (end > this.#buffer.length) this.#grow(end);
    this.#offset = end;
    return at;
  }

  #grow(need: number): void {
    if (need > this.#max) throw new RangeError(`a message of ${need} bytes is above ${this.#max}`);
    const larger = Buffer.allocUnsafeSlow(Math.min(this.#max, Math.max(need, this.#buffer.length * 2)));
    this.#buffer.copy(larger, 0, 0, this.#offset);
    this.#buffer = larger;
  }
}

/** Writes a varint at `at` and returns the offset behind it. The caller has checked the room. */
export function writeVarint(buffer: Buffer, at: number, value: number): number {
  if (value < 0x40) {
    buffer[at] = value;
    return at + 1;
  }
  if (value < 0x4000) {
    buffer[at] = 0x40 | (value >> 8);
    buffer[at + 1] = value & 0xff;
    return at + 2;
  }
  if (value < 0x40000000) {
    buffer.writeUInt32BE((value | 0x80000000) >>> 0, at);
    return at + 4;
  }
  buffer.writeUInt32BE((Math.floor(value / 2 ** 32) | 0xc0000000) >>> 0, at);
  buffer.writeUInt32BE(value >>> 0, at + 4);
  return at + 8;
}
