import { varintBytes, writeVarint } from './bytes.js';
import { SegmentFrame } from './frame.js';
import { Intervals } from './intervals.js';
import type { Linked } from './linked.js';
import type { Payload } from './payload.js';
import type { Carried } from './sent.js';
import type { Lane } from './types.js';

/** Told when a message's state changes. */
export interface MessageQueue {
  /** Some of it waits to be sent (again). */
  waits(message: Message): void;
  /** Bytes that need not be held any more. */
  released(bytes: number): void;
  finished(message: Message): void;
}

/** A segment shorter than this is not worth its header while the next packet has more room. */
const SEGMENT_BYTES_MIN = 128;

const NOTHING = Buffer.alloc(0);

/**
 * One application frame on its way. It travels whole, or in segments once it has a number:
 *
 *     bytes     [0 ......................................... length)
 *     waiting          [----)             [------------------)      to send, or to send again
 *     arrived   [------)          [-------)                         acknowledged
 *
 * As `Carried` its numbers are (from, to) in bytes.
 */
export class Message implements Carried, Linked<Message> {
  readonly handle: number;
  readonly lane: Lane;
  previous: Message | undefined;
  next: Message | undefined;
  queued = false;
  done = false;
  /** Its number as a segmented message; -1 while it has none. */
  number = -1;
  readonly #queue: MessageQueue;
  #frame: Buffer;
  #waiting: Intervals | undefined;
  #arrived: Intervals | undefined;

  /** Copies `body` behind its type and length. */
  constructor(queue: MessageQueue, handle: number, lane: Lane, type: number, body: Uint8Array) {
    this.#queue = queue;
    this.handle = handle;
    this.lane = lane;
    const head = 1 + varintBytes(body.length);
    this.#frame = Buffer.allocUnsafe(head + body.length);
    this.#frame[0] = type;
    writeVarint(this.#frame, 1, body.length);
    this.#frame.set(body, head);
  }

  /** Of the whole frame. */
  get length(): number {
    return this.#frame.length;
  }

  /** Nothing of it waits to be sent. */
  get sent(): boolean {
    return this.#waiting === undefined || this.#waiting.count === 0;
  }

  /** Bytes not yet acknowledged. */
  get held(): number {
    const arrived = this.#arrived;
    return arrived === undefined ? this.length : this.length - arrived.overlap(0, this.length);
  }

  /** From here on it travels in segments under this number. */
  segment(number: number): void {
    this.number = number;
    this.#arrived = new Intervals();
    this.#waiting = new Intervals();
    this.#waiting.add(0, this.length);
  }

  /** The receiver is told to forget what it has of this segmented message. */
  abandon(): void {
    this.#frame = NOTHING;
    this.#waiting?.clear();
    this.#queue.waits(this);
  }

  /** Writes the whole frame; the caller has checked the room. */
  writeWhole(payload: Payload): void {
    payload.carry(payload.at + this.#frame.copy(payload.bytes, payload.at), this, 0, this.length);
  }

  /** Writes one segment; false when too little room is left. */
  writeSegment(payload: Payload): boolean {
    const { number, length } = this;
    const waiting = this.#waiting as Intervals;
    const from = length === 0 ? 0 : waiting.from(0);
    const wanted = length === 0 ? 0 : waiting.to(0) - from;
    const fits = SegmentFrame.fits(payload.room, number, from, length, wanted);
    if (fits < Math.min(wanted, SEGMENT_BYTES_MIN)) return false;
    const next = SegmentFrame.encode(payload.bytes, payload.at, number, this.#frame, from, fits);
    payload.carry(next, this, from, from + fits);
    if (fits > 0) waiting.advance(fits);
    return true;
  }

  acked(from: number, to: number): void {
    if (this.done) return;
    if (this.#arrived === undefined) {
      // An early copy sent whole: nothing more is needed, also when a later one is under way.
      this.#finish();
    } else if (this.length === 0) {
      // Abandoned: only the abandonment itself, (0, 0), ends it.
      if (to === 0) this.#finish();
    } else {
      const before = this.#arrived.overlap(from, to);
      this.#arrived.add(from, to);
      this.#waiting?.subtract(from, to);
      this.#queue.released(to - from - before);
      if (this.#arrived.covers(0, this.length)) this.#finish();
    }
  }

  lost(from: number, to: number): void {
    if (this.done) return;
    if (this.length === 0) {
      if (to === 0) this.#queue.waits(this);
      return;
    }
    if (this.#arrived?.covers(from, to)) return;
    this.#waiting?.add(from, to);
    this.#queue.waits(this);
  }

  #finish(): void {
    this.done = true;
    this.#queue.finished(this);
  }
}
