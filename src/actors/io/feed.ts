import { varintBytes, writeVarint } from '../../net/bytes.js';
import { FrameType } from '../../net/constants.js';
import type { Connection, PushFeed } from '../../net/types.js';

const INITIAL_BYTES = 4 * 1024;
/** What one log keeps for pushing again. About 2,500 short texts; beyond it a HEAD makes readers fetch. */
const CACHE_BYTES_MAX = 256 * 1024;
/** A PUSH frame above this shares no datagram with anything: its readers are sent a HEAD and fetch it in segments. */
const PUSH_BYTES_MAX = 1100;
const HEAD_BYTES_MAX = 32;

/**
 * The newest entries of one log, as ready-made PUSH frames, and the connections that read it.
 *
 *   bytes    | frame 41 | frame 42 | frame 43 |      free      |
 *            ^ base+start                     ^ base+end
 *   ends     [41 -> p1, 42 -> p2, 43 -> p3]    absolute positions, so that moving the bytes changes only `base`
 *
 * Frames stand side by side: a range of entries is copied into a datagram in one move.
 */
export class Feed implements PushFeed {
  readonly log: number;
  copied = 0;
  generation = 0;
  epoch = 0;
  /** Seq of the newest entry known. */
  newest = 0;
  /** First seq that was published but not yet handed to the readers; 0 when there is none. */
  unsent = 0;
  /** Monotonic time of the last fan-out, and how many entries it had. */
  handedAt = Number.NEGATIVE_INFINITY;
  handedCount = 0;
  readonly readers: Connection[] = [];
  #index = new Map<number, number>();
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES);
  #base = 0;
  #start = 0;
  #end = 0;
  /** Seq of the first frame held; the frames are consecutive up to `newest`. */
  #first = 1;
  /** `#ends[i]`: absolute position behind frame `#first + i`. */
  #ends: number[] = [];

  constructor(log: number) {
    this.log = log;
  }

  get cachedBytes(): number {
    return this.#end - this.#start;
  }

  // ---- Readers ------------------------------------------------------------------------------------------

  add(reader: Connection): boolean {
    if (this.#index.has(reader.id)) return false;
    this.#index.set(reader.id, this.readers.length);
    this.readers.push(reader);
    return true;
  }

  remove(reader: Connection): boolean {
    const at = this.#index.get(reader.id);
    if (at === undefined) return false;
    this.#index.delete(reader.id);
    const last = this.readers.pop();
    if (last !== undefined && last !== reader) {
      this.readers[at] = last;
      this.#index.set(last.id, at);
    }
    return true;
  }

  // ---- Entries ------------------------------------------------------------------------------------------

  /** Forgets all frames: the log has a new epoch, or a seq was skipped. */
  reset(epoch: number, newest: number): void {
    this.epoch = epoch;
    this.newest = newest;
    this.unsent = 0;
    this.#base += this.#end;
    this.#start = 0;
    this.#end = 0;
    this.#first = newest + 1;
    this.#ends = [];
  }

  append(epoch: number, seq: number, entry: Buffer): void {
    if (epoch !== this.epoch || seq !== this.newest + 1) this.reset(epoch, seq - 1);
    if (this.unsent === 0) this.unsent = seq;
    this.newest = seq;
    const bodyBytes = varintBytes(this.log) + varintBytes(seq) + entry.length;
    const frameBytes = 1 + varintBytes(bodyBytes) + bodyBytes;
    this.#reserve(frameBytes);
    let at = this.#end;
    this.#bytes[at++] = FrameType.Push;
    at = writeVarint(this.#bytes, at, bodyBytes);
    at = writeVarint(this.#bytes, at, this.log);
    at = writeVarint(this.#bytes, at, seq);
    entry.copy(this.#bytes, at);
    this.#end = at + entry.length;
    this.#ends.push(this.#base + this.#end);
  }

  copy(seq: number, to: number, target: Buffer, offset: number, end: number): number {
    this.copied = 0;
    if (seq < this.#first || seq > this.newest) return -1;
    const from = this.#startOf(seq);
    let last = Math.min(to, this.newest);
    // Most often everything fits; else the largest count that does.
    if (this.#endOf(last) - from > end - offset) last = this.#lastWithin(seq, last, from + end - offset);
    if (last < seq) return this.#endOf(seq) - from > PUSH_BYTES_MAX ? -1 : offset;
    const stop = this.#endOf(last);
    this.#bytes.copy(target, offset, from - this.#base, stop - this.#base);
    this.copied = last - seq + 1;
    return offset + stop - from;
  }

  head(target: Buffer, offset: number, end: number): number {
    if (end - offset < HEAD_BYTES_MAX) return -1;
    const bodyBytes = varintBytes(this.log) + 4 + varintBytes(this.newest);
    target[offset] = FrameType.Head;
    let at = writeVarint(target, offset + 1, bodyBytes);
    at = writeVarint(target, at, this.log);
    at = target.writeUInt32BE(this.epoch, at);
    return writeVarint(target, at, this.newest);
  }

  #startOf(seq: number): number {
    return seq === this.#first ? this.#base + this.#start : this.#endOf(seq - 1);
  }

  #endOf(seq: number): number {
    return this.#ends[seq - this.#first] ?? 0;
  }

  /** Largest seq in [seq, last] whose frame ends at or before `limit`; seq - 1 when none does. */
  #lastWithin(seq: number, last: number, limit: number): number {
    let low = seq - 1;
    let high = last;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#endOf(middle) <= limit) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#bytes.length) return;
    if (this.cachedBytes + bytes > CACHE_BYTES_MAX) this.#drop(CACHE_BYTES_MAX / 2);
    const need = this.cachedBytes + bytes;
    if (need > this.#bytes.length / 2 && this.#bytes.length < CACHE_BYTES_MAX) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, need));
      this.#bytes.copy(larger, 0, this.#start, this.#end);
      this.#bytes = larger;
    } else {
      this.#bytes.copyWithin(0, this.#start, this.#end);
    }
    this.#base += this.#start;
    this.#end -= this.#start;
    this.#start = 0;
  }

  /** Drops the oldest frames until at most `keep` bytes remain. */
  #drop(keep: number): void {
    const limit = this.#base + this.#end - keep;
    let dropped = 0;
    while (dropped < this.#ends.length && (this.#ends[dropped] ?? 0) <= limit) {
      this.#start = (this.#ends[dropped] ?? 0) - this.#base;
      dropped++;
    }
    this.#first += dropped;
    this.#ends = this.#ends.slice(dropped);
  }
}
