import { MailLane } from './actor.js';
import { type Batch, envelopeBytes } from './batch.js';

/** Messages an actor may have waiting, per lane. */
export interface MailboxBounds {
  readonly control: number;
  readonly data: number;
}

const MAILBOX_BOUNDS: MailboxBounds = { control: 256, data: 1024 };
/** Bytes of mail copied out of batches for an actor that cannot take it now. */
const PARKED_MAX_BYTES = 1024 * 1024;

/**
 * A bounded queue of (batch, offset): a ring over two arrays that double up to the bound, so that nothing is
 * made per message and an idle actor holds nothing.
 *
 *      head            head+size
 *       v                v
 *   [ | a | b | c | d | | | | ]      batches[i], offsets[i]
 */
class Lane {
  #batches: (Batch | undefined)[] = [];
  #offsets: number[] = [];
  #mask = -1;
  #head = 0;
  readonly #max: number;
  size = 0;

  constructor(max: number) {
    this.#max = max;
  }

  push(batch: Batch, at: number): boolean {
    if (this.size >= this.#max) return false;
    if (this.size > this.#mask) this.#grow();
    const index = (this.#head + this.size) & this.#mask;
    this.#batches[index] = batch;
    this.#offsets[index] = at;
    this.size++;
    return true;
  }

  headBatch(): Batch | undefined {
    return this.size === 0 ? undefined : this.#batches[this.#head];
  }

  headOffset(): number {
    return this.#offsets[this.#head] as number;
  }

  shift(): void {
    this.#batches[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.size--;
  }

  /** Replaces every waiting message by a copy of its own. Returns the bytes copied. */
  park(): number {
    let bytes = 0;
    for (let i = 0; i < this.size; i++) {
      const index = (this.#head + i) & this.#mask;
      const batch = this.#batches[index];
      if (batch === undefined) continue;
      const copy = batch.extract(this.#offsets[index] as number);
      batch.release();
      this.#batches[index] = copy;
      this.#offsets[index] = copy.first;
      bytes += copy.bytes;
    }
    return bytes;
  }

  #grow(): void {
    const length = Math.max(8, this.#batches.length * 2);
    const batches = new Array<Batch | undefined>(length).fill(undefined);
    const offsets = new Array<number>(length).fill(0);
    for (let i = 0; i < this.size; i++) {
      const index = (this.#head + i) & this.#mask;
      batches[i] = this.#batches[index];
      offsets[i] = this.#offsets[index] as number;
    }
    this.#batches = batches;
    this.#offsets = offsets;
    this.#mask = length - 1;
    this.#head = 0;
  }
}

/** What one actor has to read: two bounded lanes. */
export class Mailbox {
  readonly #lanes: readonly [Lane, Lane];
  #parkedBytes = -1;

  constructor(bounds: MailboxBounds = MAILBOX_BOUNDS) {
    this.#lanes = [new Lane(bounds.control), new Lane(bounds.data)];
  }

  get size(): number {
    return this.#lanes[MailLane.Control].size + this.#lanes[MailLane.Data].size;
  }

  sizeOf(lane: MailLane): number {
    return this.#lanes[lane].size;
  }

  /** False when it is full. */
  push(lane: MailLane, batch: Batch, at: number): boolean {
    if (this.#parkedBytes < 0) return this.#lanes[lane].push(batch, at);
    const bytes = envelopeBytes(batch.u32[at >> 2] as number);
    if (this.#parkedBytes + bytes > PARKED_MAX_BYTES) return false;
    const copy = batch.extract(at);
    if (!this.#lanes[lane].push(copy, copy.first)) return false;
    this.#parkedBytes += bytes;
    batch.release();
    return true;
  }

  /** The batch of the next message of that lane; its place in it is `nextOffset`. */
  nextBatch(lane: MailLane): Batch | undefined {
    return this.#lanes[lane].headBatch();
  }

  nextOffset(lane: MailLane): number {
    return this.#lanes[lane].headOffset();
  }

  shift(lane: MailLane): void {
    this.#lanes[lane].shift();
  }

  /**
   * The actor cannot take mail for a while (it waits for its restart): its mail is copied out of the batches
   * it came in, because a batch that is held keeps its sender's credit.
   */
  park(): void {
    if (this.#parkedBytes >= 0) return;
    this.#parkedBytes = this.#lanes[0].park() + this.#lanes[1].park();
  }

  unpark(): void {
    this.#parkedBytes = -1;
  }

  /** Takes everything out, control first. */
  drain(take: (batch: Batch, at: number) => void): void {
    for (const lane of this.#lanes) {
      for (let batch = lane.headBatch(); batch !== undefined; batch = lane.headBatch()) {
        const at = lane.headOffset();
        lane.shift();
        take(batch, at);
      }
    }
  }
}
