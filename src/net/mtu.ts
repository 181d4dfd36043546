import { DATAGRAM_BASE_BYTES, DATAGRAM_MAX_BYTES } from './constants.js';

/** RFC 8899: MAX_PROBES and PMTU_RAISE_TIMER. */
const PROBES = 3;
const RAISE_AFTER_MS = 600_000;
/** Large packets lost with none of them arriving between: the path stopped carrying them. */
const BLACK_HOLE_PACKETS = 6;

/**
 * How large a datagram the path carries (RFC 8899). It starts at DATAGRAM_BASE_BYTES; once a packet was
 * full, DATAGRAM_MAX_BYTES is probed for, one padded packet at a time. A connection that never fills a packet
 * never probes.
 */
export class DatagramSize {
  bytes = DATAGRAM_BASE_BYTES;
  #wanted = false;
  #probing = false;
  #probes = 0;
  #notBefore = 0;
  #largeLost = 0;

  /** A packet was full: more would have gone into a larger one. */
  filled(): void {
    this.#wanted = true;
  }

  /** A probe of DATAGRAM_MAX_BYTES is to be sent now. */
  probeDue(now: number): boolean {
    return this.#wanted && this.bytes < DATAGRAM_MAX_BYTES && !this.#probing && now >= this.#notBefore;
  }

  probeSent(): void {
    this.#probing = true;
  }

  probeAcked(): void {
    this.#probing = false;
    this.#probes = 0;
    this.#largeLost = 0;
    this.bytes = DATAGRAM_MAX_BYTES;
  }

  probeLost(now: number): void {
    this.#probing = false;
    if (++this.#probes < PROBES) return;
    this.#rest(now);
  }

  acked(bytes: number): void {
    if (bytes > DATAGRAM_BASE_BYTES) this.#largeLost = 0;
  }

  lost(bytes: number, now: number): void {
    if (bytes > DATAGRAM_BASE_BYTES && ++this.#largeLost >= BLACK_HOLE_PACKETS) this.#rest(now);
  }

  /** Another path: nothing is known. */
  reset(): void {
    this.bytes = DATAGRAM_BASE_BYTES;
    this.#probing = false;
    this.#probes = 0;
    this.#notBefore = 0;
    this.#largeLost = 0;
  }

  #rest(now: number): void {
    this.bytes = DATAGRAM_BASE_BYTES;
    this.#probes = 0;
    this.#largeLost = 0;
    this.#wanted = false;
    this.#notBefore = now + RAISE_AFTER_MS;
  }
}
