import { SENT_PACKETS_MAX } from './constants.js';

/**
 * Something that travels in packets and can be sent again from a description: two numbers whose meaning is
 * its own (a range of entries, a range of bytes, a version). Both may be called more than once for the same
 * numbers, and `acked` also after `lost`: then the first copy was only late.
 */
export interface Carried {
  acked(a: number, b: number): void;
  lost(a: number, b: number): void;
}

/** Bits of a sent packet's state; 0 when it asks for no ack, or is acknowledged, or given up. */
export const SentState = {
  /** Asks for an ack and counts as in flight. */
  InFlight: 1,
  /** Was sent while the application had nothing more to say. */
  AppLimited: 2,
  /** Its content was already queued again by a probe. */
  Requeued: 4,
  /** A probe for a larger datagram: its loss says nothing about congestion. */
  SizeProbe: 8,
} as const;

const INITIAL_PACKETS = 16;
const INITIAL_DESCRIPTIONS = 32;

// One packet takes eight numbers, one cache line.
const STRIDE = 8;
const SENT_AT = 0;
const STATE = 1;
const BYTES = 2;
const DELIVERED = 3;
const DELIVERED_AT = 4;
const FIRST_SENT_AT = 5;
const DESCRIBED_FROM = 6;
const DESCRIBED_TO = 7;

/**
 * Packets that were sent and not yet acknowledged or given up, in a ring indexed by packet number, and
 * beside it a ring of descriptions of what they carried. Nothing is allocated per packet; both rings grow
 * by doubling.
 *
 *     packets        oldest ............................ next
 *                    | 7 | 8 | 9 | 10 | 11 |
 *                      |   \
 *     descriptions    [x]  [x][x][x] ...        (carrier, a, b)
 */
export class SentPackets {
  /** The lowest packet number that may still be in flight. */
  oldest = 0;
  /** The number of the next packet. */
  next = 0;
  #slots = new Float64Array(INITIAL_PACKETS * STRIDE);
  #mask = INITIAL_PACKETS - 1;
  #carriers: (Carried | undefined)[] = new Array<Carried | undefined>(INITIAL_DESCRIPTIONS).fill(undefined);
  #ranges = new Float64Array(INITIAL_DESCRIPTIONS * 2);
  #describedMask = INITIAL_DESCRIPTIONS - 1;
  /** Descriptions ever written, and of these the ones that belong to packets already recorded. */
  #described = 0;
  #recorded = 0;

  /** Adds a description to the packet that is being filled. */
  describe(carrier: Carried, a: number, b: number): void {
    if (this.#described - this.#oldestDescription() > this.#describedMask) this.#growDescriptions();
    const at = this.#described & this.#describedMask;
    this.#carriers[at] = carrier;
    this.#ranges[at * 2] = a;
    this.#ranges[at * 2 + 1] = b;
    this.#described++;
  }

  /** No packet can be recorded before the oldest one is given up. */
  get full(): boolean {
    return this.next - this.oldest >= SENT_PACKETS_MAX;
  }

  /**
   * Records the packet that was filled; it gets the number `next`. `delivered`, `deliveredAt` and
   * `firstSentAt` are the congestion controller's and come back with the ack.
   */
  record(
    now: number,
    state: number,
    bytes: number,
    delivered: number,
    deliveredAt: number,
    firstSentAt: number,
  ): void {
    if (this.next - this.oldest > this.#mask) this.#growPackets();
    const slots = this.#slots;
    const at = (this.next & this.#mask) * STRIDE;
    slots[at + SENT_AT] = now;
    slots[at + STATE] = state;
    slots[at + BYTES] = bytes;
    slots[at + DELIVERED] = delivered;
    slots[at + DELIVERED_AT] = deliveredAt;
    slots[at + FIRST_SENT_AT] = firstSentAt;
    slots[at + DESCRIBED_FROM] = this.#recorded;
    slots[at + DESCRIBED_TO] = this.#described;
    this.#recorded = this.#described;
    this.next++;
    if (state === 0) this.trim();
  }

  // The number given to these is in [oldest, next).

  state(number: number): number {
    return this.#slots[(number & this.#mask) * STRIDE + STATE] as number;
  }

  sentAt(number: number): number {
    return this.#slots[(number & this.#mask) * STRIDE + SENT_AT] as number;
  }

  bytes(number: number): number {
    return this.#slots[(number & this.#mask) * STRIDE + BYTES] as number;
  }

  delivered(number: number): number {
    return this.#slots[(number & this.#mask) * STRIDE + DELIVERED] as number;
  }

  deliveredAt(number: number): number {
    return this.#slots[(number & this.#mask) * STRIDE + DELIVERED_AT] as number;
  }

  firstSentAt(number: number): number {
    return this.#slots[(number & this.#mask) * STRIDE + FIRST_SENT_AT] as number;
  }

  /** Queues what a packet carried once more, and still waits for its ack. */
  requeue(number: number): void {
    const at = (number & this.#mask) * STRIDE;
    const state = this.#slots[at + STATE] as number;
    if ((state & SentState.Requeued) !== 0) return;
    this.#slots[at + STATE] = state | SentState.Requeued;
    this.#tellLost(at);
  }

  /** The packet arrived. */
  acked(number: number): void {
    const at = (number & this.#mask) * STRIDE;
    this.#slots[at + STATE] = 0;
    const to = this.#slots[at + DESCRIBED_TO] as number;
    for (let i = this.#slots[at + DESCRIBED_FROM] as number; i < to; i++) {
      const slot = i & this.#describedMask;
      const carrier = this.#carriers[slot];
      this.#carriers[slot] = undefined;
      carrier?.acked(this.#ranges[slot * 2] as number, this.#ranges[slot * 2 + 1] as number);
    }
  }

  /** The packet is given up. */
  lost(number: number): void {
    const at = (number & this.#mask) * STRIDE;
    const state = this.#slots[at + STATE] as number;
    this.#slots[at + STATE] = 0;
    if ((state & SentState.Requeued) === 0) this.#tellLost(at);
    this.#release(at);
  }

  /** Moves `oldest` over everything that is settled. */
  trim(): void {
    while (this.oldest < this.next) {
      const at = (this.oldest & this.#mask) * STRIDE;
      if ((this.#slots[at + STATE] as number) !== 0) return;
      this.#release(at);
      this.oldest++;
    }
  }

  #tellLost(at: number): void {
    const to = this.#slots[at + DESCRIBED_TO] as number;
    for (let i = this.#slots[at + DESCRIBED_FROM] as number; i < to; i++) {
      const slot = i & this.#describedMask;
      this.#carriers[slot]?.lost(this.#ranges[slot * 2] as number, this.#ranges[slot * 2 + 1] as number);
    }
  }

  #release(at: number): void {
    const to = this.#slots[at + DESCRIBED_TO] as number;
    for (let i = this.#slots[at + DESCRIBED_FROM] as number; i < to; i++) {
      this.#carriers[i & this.#describedMask] = undefined;
    }
  }

  #oldestDescription(): number {
    if (this.oldest === this.next) return this.#recorded;
    return this.#slots[(this.oldest & this.#mask) * STRIDE + DESCRIBED_FROM] as number;
  }

  #growPackets(): void {
    const mask = this.#mask * 2 + 1;
    const slots = new Float64Array((mask + 1) * STRIDE);
    for (let number = this.oldest; number < this.next; number++) {
      const at = (number & this.#mask) * STRIDE;
      slots.set(this.#slots.subarray(at, at + STRIDE), (number & mask) * STRIDE);
    }
    this.#slots = slots;
    this.#mask = mask;
  }

  #growDescriptions(): void {
    const mask = this.#describedMask * 2 + 1;
    const carriers = new Array<Carried | undefined>(mask + 1).fill(undefined);
    const ranges = new Float64Array((mask + 1) * 2);
    for (let i = this.#oldestDescription(); i < this.#described; i++) {
      const at = i & this.#describedMask;
      carriers[i & mask] = this.#carriers[at];
      ranges[(i & mask) * 2] = this.#ranges[at * 2] as number;
      ranges[(i & mask) * 2 + 1] = this.#ranges[at * 2 + 1] as number;
    }
    this.#carriers = carriers;
    this.#ranges = ranges;
    this.#describedMask = mask;
  }
}
