/**
 * Codecs of the connection's own frames, each a value: `encode` writes the whole frame at an offset and returns
 * the next offset, or -1 when it does not fit before `end`; `decode` reads what follows the type byte and
 * throws `Malformed`. Layouts: docs/PROTOCOL.md, "Frames".
 */
import { Malformed, type Reader, varintBytes, writeVarint } from './bytes.js';
import {
  ACK_DELAY_UNIT_MS,
  ACK_RANGES_MAX,
  FrameType,
  MESSAGE_MAX_BYTES,
  PATH_DATA_BYTES,
  REASON_MAX_BYTES,
  TOKEN_MAX_BYTES,
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
