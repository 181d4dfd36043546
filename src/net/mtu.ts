import { DATAGRAM_BASE_BYTES, DATAGRAM_LOOPBACK_BYTES, DATAGRAM_MAX_BYTES } from './constants.js';

/** RFC 8899: MAX_PROBES and PMTU_RAISE_TIMER. */
const PROBES = 3;
const RAISE_AFTER_MS = 600_000;
/** Asking costs nothing there. */
const RAISE_AFTER_LOOPBACK_MS = 10_000;
/** Large packets lost and none sent after them arrived: the path stopped carrying them. */
const BLACK_HOLE_PACKETS = 6;

/**
 * How large a datagram the path carries (RFC 8899). Once a packet was full the next larger size is probed for, one
 * padded packet at a time; a connection that never fills a packet never probes.
 *
 *     DATAGRAM_BASE_BYTES ──> DATAGRAM_MAX_BYTES ──> DATAGRAM_LOOPBACK_BYTES (both ends on one machine)
 */
export class DatagramSize {
  bytes = DATAGRAM_BASE_BYTES;
  #loopback: boolean;
  #wanted = false;
  #probing = false;
  #probes = 0;
  #notBefore = 0;
  #largeLost = 0;
  /** Number of the last packet above the size below that arrived. */
  #largeAcked = -1;

  constructor(loopback: boolean) {
    this.#loopback = loopback;
  }

  /** Size of the next probe; the present size when nothing is above it. */
  get probeBytes(): number {
    if (this.bytes < DATAGRAM_MAX_BYTES) return DATAGRAM_MAX_BYTES;
    return this.#loopback ? DATAGRAM_LOOPBACK_BYTES : DATAGRAM_MAX_BYTES;
  }

  /** A packet was full: more would have gone into a larger one. */
  filled(): void {
    this.#wanted = true;
  }

  /** A probe of `probeBytes` is to be sent now. */
  probeDue(now: number): boolean {
    return this.#wanted && !this.#probing && this.bytes < this.probeBytes && now >= this.#notBefore;
  }

  probeSent(): void {
    this.#probing = true;
  }

  probeAcked(number: number, bytes: number): void {
    this.#probing = false;
    this.#probes = 0;
    this.bytes = bytes;
    this.acked(number, bytes);
  }

  probeLost(now: number): void {
    this.#probing = false;
    if (++this.#probes >= PROBES) this.#rest(now);
  }

  acked(number: number, bytes: number): void {
    if (bytes <= this.#below) return;
    this.#largeLost = 0;
    this.#largeAcked = Math.max(this.#largeAcked, number);
  }

  lost(number: number, bytes: number): void {
    // What arrived later shows that size was not the reason.
    if (bytes <= this.#below || bytes > this.bytes || number < this.#largeAcked) return;
    if (++this.#largeLost < BLACK_HOLE_PACKETS) return;
    // A buffer that was full drops many in a row too: probes tell at once which it was.
    this.bytes = this.#below;
    this.#probes = 0;
    this.#largeLost = 0;
  }

  /** Another path: nothing is known. */
  reset(loopback: boolean): void {
    this.bytes = DATAGRAM_BASE_BYTES;
    this.#loopback = loopback;
    this.#probing = false;
    this.#probes = 0;
    this.#notBefore = 0;
    this.#largeLost = 0;
  }

  get #below(): number {
    return this.bytes > DATAGRAM_MAX_BYTES ? DATAGRAM_MAX_BYTES : DATAGRAM_BASE_BYTES;
  }

  #rest(now: number): void {
    this.#probes = 0;
    this.#largeLost = 0;
    this.#wanted = false;
    this.#notBefore = now + (this.#loopback ? RAISE_AFTER_LOOPBACK_MS : RAISE_AFTER_MS);
  }
}
