import {
  ACK_DELAY_MAX_MS,
  ACK_EVERY_BYTES,
  ACK_EVERY_LARGE_PACKETS,
  ACK_EVERY_PACKETS,
  ACK_EVERY_YOUNG_PACKETS,
  ACK_RANGES_MAX,
  ACK_YOUNG_PACKETS,
  GRANULARITY_MS,
} from './constants.js';
import { AckFrame } from './frame.js';
import { Intervals } from './intervals.js';
import type { Carried } from './sent.js';

const ACK_EVERY_DISORDERED_PACKETS = 4;
/** Ranges this far below the newest packet were reported often enough, and the sender has long decided. */
const RANGE_LIFE_PACKETS = 1024;

/**
 * Packet numbers received, and when to say so: every second packet while the connection is young (the
 * sender's window is small then), later every ACK_EVERY_BYTES (if these are ACK_EVERY_LARGE_PACKETS at least),
 * ACK_EVERY_PACKETS or ACK_DELAY_MAX_MS (what
 * many readers of a room are sent is small, and each of their acks costs the server a whole packet), within
 * GRANULARITY_MS when a packet is out of order, at once when it asks for it. (At once also for every packet out
 * of order would be one ack per packet on a path that reorders all the time.)
 *
 * As `Carried` its numbers are (largest reported, unused): once that report is acknowledged, the ranges
 * up to it need not be repeated (RFC 9000 section 13.2.4).
 */
export class Acks implements Carried {
  /** Highest packet number received; -1 at first. */
  largest = -1;
  /** When an ACK must leave; Infinity when none is owed. */
  deadline = Number.POSITIVE_INFINITY;
  readonly #received = new Intervals();
  #largestAt = 0;
  #unreported = 0;
  #unreportedBytes = 0;
  #young = ACK_YOUNG_PACKETS;

  /** An ACK would tell something new. */
  get pending(): boolean {
    return this.#unreported > 0;
  }

  get ranges(): number {
    return this.#received.count;
  }

  /**
   * @param bytes of the packet's frames
   * @param eliciting the packet asks for an ack
   * @param urgent it asks for it at once
   */
  received(number: number, bytes: number, eliciting: boolean, urgent: boolean, now: number): void {
    const inOrder = number === this.largest + 1;
    if (number > this.largest) {
      this.largest = number;
      this.#largestAt = now;
    }
    this.#received.add(number, number + 1);
    if (this.#received.count > 1) this.#bound();
    if (!eliciting) return;
    this.#unreported++;
    this.#unreportedBytes += bytes;
    let every = ACK_EVERY_PACKETS;
    if (this.#young > 0) {
      this.#young--;
      every = ACK_EVERY_YOUNG_PACKETS;
    }
    if (!inOrder) every = Math.min(every, ACK_EVERY_DISORDERED_PACKETS);
    const full = this.#unreportedBytes >= ACK_EVERY_BYTES && this.#unreported >= ACK_EVERY_LARGE_PACKETS;
    if (urgent || full || this.#unreported >= every) this.deadline = now;
    else if (!inOrder) this.deadline = Math.min(this.deadline, now + GRANULARITY_MS);
    else if (this.#unreported === 1) this.deadline = now + ACK_DELAY_MAX_MS;
  }

  /** Writes an ACK frame; returns the next offset, or -1 when it does not fit. */
  write(target: Buffer, at: number, end: number, now: number): number {
    const next = AckFrame.encode(target, at, end, this.#received, now - this.#largestAt);
    if (next >= 0) {
      this.#unreported = 0;
      this.#unreportedBytes = 0;
      this.deadline = Number.POSITIVE_INFINITY;
    }
    return next;
  }

  acked(largestReported: number): void {
    // The newest range stays whole: an ACK always has one.
    const keep = this.#received.from(this.#received.count - 1);
    this.#received.subtract(0, Math.min(keep, largestReported + 1));
  }

  lost(): void {
    // A newer ACK says more than a repeated one.
  }

  #bound(): void {
    const received = this.#received;
    while (
      received.count > ACK_RANGES_MAX + 1 ||
      (received.count > 1 && received.to(0) < this.largest - RANGE_LIFE_PACKETS)
    ) {
      received.dropFirst();
    }
  }
}
