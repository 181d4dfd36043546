import { PATH_DATA_BYTES, SEALED_OVERHEAD_BYTES } from './constants.js';
import type { PathAddress } from './types.js';

/**
 * Every payload is padded to this, so that the smallest packet from a new address pays for the challenge
 * that answers it: no more bytes go to an unproven address than came from it.
 */
export const PAYLOAD_BYTES_MIN = 1 + PATH_DATA_BYTES;
const CHALLENGE_BYTES = SEALED_OVERHEAD_BYTES + PAYLOAD_BYTES_MIN;
const CHALLENGE_FIRST_MS = 200;
const CHALLENGE_TRIES = 5;

interface Candidate {
  readonly address: PathAddress;
  readonly data: Buffer;
  /** Bytes that came from there less bytes that went there. */
  credit: number;
  tries: number;
  sentAt: number;
  dueAt: number;
}

export function sameAddress(a: PathAddress, b: PathAddress): boolean {
  return a.port === b.port && a.address === b.address;
}

/** Both ends are one machine, so no link between them has a size of its own. Addresses are numeric. */
export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address.startsWith('::ffff:127.');
}

/**
 * Where the peer is (RFC 9000 section 9). An authentic packet from elsewhere, newer than all before, makes
 * its source a candidate; the candidate is adopted when it answers a challenge from there. Until then
 * everything else goes to the old address. An older or replayed packet moves nothing.
 */
export class Path {
  current: PathAddress;
  readonly #random: (target: Buffer) => void;
  #candidate: Candidate | undefined;

  constructor(address: PathAddress, random: (target: Buffer) => void) {
    this.current = address;
    this.#random = random;
  }

  /** An authentic datagram came from another address than `current`. */
  elsewhere(from: PathAddress, bytes: number, newest: boolean, now: number): void {
    const candidate = this.#candidate;
    if (candidate !== undefined && sameAddress(candidate.address, from)) {
      candidate.credit += bytes;
      return;
    }
    if (!newest) return;
    const data = Buffer.allocUnsafe(PATH_DATA_BYTES);
    this.#random(data);
    const address = { address: from.address, port: from.port };
    this.#candidate = { address, data, credit: bytes, tries: 0, sentAt: now, dueAt: now };
  }

  /** When `challenge` must be called; Infinity when there is nobody to challenge. */
  get deadline(): number {
    return this.#candidate?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  /** The challenge to send now: its 8 bytes and where they go; undefined when none is due. */
  challenge(now: number): { readonly data: Buffer; readonly address: PathAddress } | undefined {
    const candidate = this.#candidate;
    if (candidate === undefined || now < candidate.dueAt) return undefined;
    candidate.tries++;
    if (candidate.tries > CHALLENGE_TRIES) {
      this.#candidate = undefined;
      return undefined;
    }
    candidate.dueAt = now + CHALLENGE_FIRST_MS * 2 ** (candidate.tries - 1);
    if (candidate.credit < CHALLENGE_BYTES) return undefined;
    candidate.credit -= CHALLENGE_BYTES;
    candidate.sentAt = now;
    return candidate;
  }

  /**
   * A PATH_RESPONSE came.
   * @returns the new path's round trip in milliseconds when it is adopted now, otherwise -1
   */
  respond(data: Buffer, from: PathAddress, now: number): number {
    const candidate = this.#candidate;
    if (candidate === undefined || !sameAddress(candidate.address, from)) return -1;
    if (!candidate.data.equals(data)) return -1;
    this.current = candidate.address;
    this.#candidate = undefined;
    return now - candidate.sentAt;
  }
}
