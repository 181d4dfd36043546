import { Malformed } from './bytes.js';
import {
  REASSEMBLIES_MAX,
  REASSEMBLY_BYTES_MAX,
  SEGMENT_NUMBERS_MAX,
  SEGMENT_PIECES_MAX,
} from './constants.js';
import type { Segment } from './frame.js';
import { Intervals } from './intervals.js';

interface Partial {
  readonly bytes: Buffer;
  readonly arrived: Intervals;
}

/**
 * Puts segmented messages together, each delivered once. The sender keeps within the bounds checked here,
 * so passing one is a breach of the protocol, found before anything is allocated.
 *
 *     numbers   ...done | floor ................ floor + SEGMENT_NUMBERS_MAX
 *                         open  finished  open
 */
export class Reassembly {
  #floor = 0;
  readonly #open = new Map<number, Partial>();
  readonly #finished = new Set<number>();
  #openBytes = 0;

  /** Messages begun and not complete. */
  get open(): number {
    return this.#open.size;
  }

  /**
   * Takes one segment.
   * @returns the whole message when this completes it; the buffer is the caller's
   */
  add(segment: Segment): Buffer | undefined {
    const { message: number, total } = segment;
    if (number < this.#floor || this.#finished.has(number)) return undefined;
    if (number >= this.#floor + SEGMENT_NUMBERS_MAX) throw new Malformed('message number too far ahead');
    if (total === 0) {
      this.#finish(number);
      return undefined;
    }
    const partial = this.#open.get(number) ?? this.#begin(number, total);
    if (partial.bytes.length !== total) throw new Malformed('segments disagree about their total');
    segment.bytes.copy(partial.bytes, segment.offset);
    partial.arrived.add(segment.offset, segment.offset + segment.bytes.length);
    if (partial.arrived.count > SEGMENT_PIECES_MAX) throw new Malformed('message in too many pieces');
    if (!partial.arrived.covers(0, total)) return undefined;
    this.#finish(number);
    return partial.bytes;
  }

  #begin(number: number, total: number): Partial {
    if (this.#open.size >= REASSEMBLIES_MAX || this.#openBytes + total > REASSEMBLY_BYTES_MAX) {
      throw new Malformed('too many messages under reassembly');
    }
    const partial = { bytes: Buffer.allocUnsafeSlow(total), arrived: new Intervals() };
    this.#open.set(number, partial);
    this.#openBytes += total;
    return partial;
  }

  #finish(number: number): void {
    this.#openBytes -= this.#open.get(number)?.bytes.length ?? 0;
    this.#open.delete(number);
    this.#finished.add(number);
    while (this.#finished.delete(this.#floor)) this.#floor++;
  }
}
