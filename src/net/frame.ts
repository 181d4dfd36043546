/**
 * Codecs of the frames that the connection itself writes or reads, each a value: `encode` writes the whole frame at an offset and returns
 * the next offset, or -1 when it does not fit before `end`; `decode` reads what follows the type byte and
 * throws `Malformed`. Layouts: docs/PROTOCOL.md, "Frames".
 */
import { Malformed, type Reader, varintBytes, type Writer, writeVarint } from './bytes.js';
import {
  ACK_DELAY_UNIT_MS,
  ACK_RANGES_MAX,
  CHUNK_RECORD_MAX_BYTES,
  FrameType,
  MESSAGE_MAX_BYTES,
  PATH_DATA_BYTES,
  REASON_MAX_BYTES,
  TOKEN_MAX_BYTES,
  WANT_CHUNKS_MAX,
} from './constants.js';
import type { Intervals } from './intervals.js';

/** Type, delay and range count beside the numbers themselves. */
const ACK_HEAD_BYTES_MAX = 1 + 8 + 4 + 1 + 8;

/** Takes what an ACK says: the delay first, then ranges from the newest down, both ends inclusive. */
export interface AckSink {
  ackBegin(largest: number, delayMs: number): void;
  ackRange(low: number, high: number): void;
}

export const AckFrame = {
  /** Newest ranges first, at most ACK_RANGES_MAX and as many as fit. */
  encode(target: Buffer, at: number, end: number, received: Intervals, delayMs: number): number {
    if (end - at < ACK_HEAD_BYTES_MAX || received.count === 0) return -1;
    const top = received.count - 1;
    const largest = received.to(top) - 1;
    target[at++] = FrameType.Ack;
    at = writeVarint(target, at, largest);
    at = writeVarint(target, at, Math.max(0, Math.round(delayMs / ACK_DELAY_UNIT_MS)));
    // At most 32 further ranges: the count takes one byte and can be filled in afterwards.
    const countAt = at++;
    at = writeVarint(target, at, largest - received.from(top));
    let further = 0;
    for (let i = top - 1; i >= 0 && further < ACK_RANGES_MAX; i--) {
      const gap = received.from(i + 1) - received.to(i) - 1;
      const length = received.to(i) - received.from(i) - 1;
      if (end - at < varintBytes(gap) + varintBytes(length)) break;
      at = writeVarint(target, at, gap);
      at = writeVarint(target, at, length);
      further++;
    }
    target[countAt] = further;
    return at;
  },

  decode(reader: Reader, sink: AckSink): void {
    const largest = reader.varint();
    const delayMs = reader.varint() * ACK_DELAY_UNIT_MS;
    const further = reader.varint();
    if (further > ACK_RANGES_MAX) throw new Malformed('too many ack ranges');
    sink.ackBegin(largest, delayMs);
    let low = largest - reader.varint();
    if (low < 0) throw new Malformed('ack range below zero');
    sink.ackRange(low, largest);
    for (let i = 0; i < further; i++) {
      const high = low - reader.varint() - 2;
      low = high - reader.varint();
      if (low < 0) throw new Malformed('ack range below zero');
      sink.ackRange(low, high);
    }
  },
} as const;

/** PATH_CHALLENGE and PATH_RESPONSE: 8 unpredictable bytes. */
export const PathFrame = {
  encode(target: Buffer, at: number, end: number, type: number, data: Buffer): number {
    if (end - at < 1 + PATH_DATA_BYTES) return -1;
    target[at] = type;
    data.copy(target, at + 1, 0, PATH_DATA_BYTES);
    return at + 1 + PATH_DATA_BYTES;
  },
  decode: (reader: Reader): Buffer => reader.bytes(PATH_DATA_BYTES),
} as const;

export const TokenFrame = {
  encode(target: Buffer, at: number, end: number, token: Buffer): number {
    if (end - at < 1 + varintBytes(token.length) + token.length) return -1;
    target[at] = FrameType.Token;
    const from = writeVarint(target, at + 1, token.length);
    return from + token.copy(target, from);
  },
  decode: (reader: Reader): Buffer => reader.block(TOKEN_MAX_BYTES),
} as const;

export const CloseFrame = {
  /** `reason` is cut at REASON_MAX_BYTES by whoever made it. */
  encode(target: Buffer, at: number, end: number, code: number, reason: Buffer): number {
    if (end - at < 1 + varintBytes(code) + varintBytes(reason.length) + reason.length) return -1;
    target[at] = FrameType.Close;
    let next = writeVarint(target, at + 1, code);
    next = writeVarint(target, next, reason.length);
    return next + reason.copy(target, next);
  },
  decode(reader: Reader): { code: number; text: string } {
    return { code: reader.varint(), text: reader.text(REASON_MAX_BYTES) };
  },
} as const;

/** What a SEGMENT says; one object is reused for all, `bytes` is a view. */
export interface Segment {
  message: number;
  offset: number;
  /** 0: the sender abandons the message. */
  total: number;
  bytes: Buffer;
}

const segment: Segment = { message: 0, offset: 0, total: 0, bytes: Buffer.alloc(0) };

export const SegmentFrame = {
  /** Bytes of `message` that fit into `room` behind a header; at most `length`, 0 or less when none. */
  fits(room: number, message: number, offset: number, total: number, length: number): number {
    const head = 1 + varintBytes(message) + varintBytes(offset) + varintBytes(total);
    return Math.min(length, room - head - varintBytes(length));
  },

  /** The caller has asked `fits`. Abandons the message when `total` is 0. */
  encode(target: Buffer, at: number, message: number, from: Buffer, offset: number, length: number): number {
    target[at] = FrameType.Segment;
    let next = writeVarint(target, at + 1, message);
    next = writeVarint(target, next, offset);
    next = writeVarint(target, next, from.length);
    next = writeVarint(target, next, length);
    return next + from.copy(target, next, offset, offset + length);
  },

  decode(reader: Reader): Segment {
    segment.message = reader.varint();
    segment.offset = reader.varint();
    segment.total = reader.varint();
    if (segment.total > MESSAGE_MAX_BYTES) throw new Malformed('message above its limit');
    segment.bytes = reader.block(MESSAGE_MAX_BYTES);
    if (segment.offset + segment.bytes.length > segment.total)
      throw new Malformed('segment past its message');
    return segment;
  },
} as const;

export interface Want {
  transfer: number;
  first: number;
  count: number;
}

const want: Want = { transfer: 0, first: 0, count: 0 };

/** Without type and length: it travels like any frame of the application. */
export const WantFrame = {
  encode(writer: Writer, transfer: number, first: number, count: number): void {
    writer.varint(transfer).varint(first).varint(count);
  },

  /** One object is reused for all. */
  decode(reader: Reader): Want {
    want.transfer = reader.varint();
    want.first = reader.varint();
    want.count = reader.varint();
    if (reader.remaining > 0) throw new Malformed('bytes behind the end');
    if (want.count < 1 || want.count > WANT_CHUNKS_MAX)
      throw new Malformed('as many chunks as nobody may want');
    if (want.first > Number.MAX_SAFE_INTEGER - want.count) throw new Malformed('chunk above 2^53');
    return want;
  },
} as const;

/** A piece of a chunk's record; `from` to `to` in the buffer it was read from. */
export interface Piece {
  transfer: number;
  chunk: number;
  /** Bytes of the whole record. */
  total: number;
  /** Where in the record the piece stands. */
  offset: number;
  from: number;
  to: number;
}

const piece: Piece = { transfer: 0, chunk: 0, total: 0, offset: 0, from: 0, to: 0 };

export const ChunkFrame = {
  /** Bytes of the record that fit into `room` from `offset` on; at most `length`, 0 or less when none. */
  fits(room: number, transfer: number, chunk: number, total: number, offset: number, length: number): number {
    return Math.min(length, room - 1 - varintBytes(room) - chunkHeadBytes(transfer, chunk, total, offset));
  },

  /** Type and length included; the caller has asked `fits`. */
  encode(
    target: Buffer,
    at: number,
    transfer: number,
    chunk: number,
    record: Buffer,
    offset: number,
    length: number,
  ): number {
    target[at] = FrameType.Chunk;
    const head = chunkHeadBytes(transfer, chunk, record.length, offset);
    let next = writeVarint(target, at + 1, head + length);
    next = writeVarint(target, next, transfer);
    next = writeVarint(target, next, chunk);
    next = writeVarint(target, next, record.length);
    next = writeVarint(target, next, offset);
    return next + record.copy(target, next, offset, offset + length);
  },

  /** Reads a body to its end; one object is reused for all. */
  decode(reader: Reader): Piece {
    piece.transfer = reader.varint();
    piece.chunk = reader.varint();
    piece.total = reader.varint();
    piece.offset = reader.varint();
    if (piece.total > CHUNK_RECORD_MAX_BYTES) throw new Malformed('record above its limit');
    const length = reader.remaining;
    if (length === 0 || piece.offset + length > piece.total) throw new Malformed('piece outside its record');
    piece.from = reader.offset;
    piece.to = piece.from + length;
    return piece;
  },
} as const;

function chunkHeadBytes(transfer: number, chunk: number, total: number, offset: number): number {
  return varintBytes(transfer) + varintBytes(chunk) + varintBytes(total) + varintBytes(offset);
}
