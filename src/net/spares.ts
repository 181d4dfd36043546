import { CHUNK_RECORD_MAX_BYTES } from './constants.js';

/** Kept for reuse by a thread: what a few transfers have under assembly while little is lost. */
const SPARES_MAX = 16;

// Shared by all connections of the thread. To allocate 64 KiB costs more than to copy them.
const spares: Buffer[] = [];

/** A buffer of CHUNK_RECORD_MAX_BYTES with whatever was in it. */
export function takeSpare(): Buffer {
  return spares.pop() ?? Buffer.allocUnsafeSlow(CHUNK_RECORD_MAX_BYTES);
}

/** Gives back what `takeSpare` gave. Nobody may look at it any more. */
export function giveSpare(buffer: Buffer): void {
  if (spares.length < SPARES_MAX) spares.push(buffer);
}
