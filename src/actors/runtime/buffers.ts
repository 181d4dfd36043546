/** A batch is closed at this size, and the next one begun; a single large message may exceed it. */
export const BATCH_MAX_BYTES = 256 * 1024;

/** Buffers of one size that lie ready, and how many are kept at most. */
interface Shelf {
  readonly bytes: number;
  readonly most: number;
  readonly buffers: ArrayBuffer[];
}

/** Most batches fit into the first; the second holds one chunk of a file with what goes in front of it. */
const shelves: readonly Shelf[] = [
  { bytes: 16 * 1024, most: 32, buffers: [] },
  { bytes: 80 * 1024, most: 16, buffers: [] },
  { bytes: BATCH_MAX_BYTES, most: 8, buffers: [] },
];

/** The size of the buffer that a batch of so many bytes needs. */
export function bufferBytes(bytes: number): number {
  return shelves.find((shelf) => bytes <= shelf.bytes)?.bytes ?? bytes;
}

/**
 * A buffer of `bufferBytes(bytes)`, with whatever was in it. To make a new one costs more than to fill it, and its
 * memory comes back only with a collection of the whole heap: so a thread uses again what other threads sent it.
 */
export function takeBuffer(bytes: number): ArrayBuffer {
  const size = bufferBytes(bytes);
  return shelves.find((shelf) => shelf.bytes === size)?.buffers.pop() ?? new ArrayBuffer(size);
}

/**
 * Nobody may look at it any more.
 * @returns false when enough of its size lie ready here, so that another thread may have more use for it
 */
export function giveBuffer(buffer: ArrayBuffer): boolean {
  const shelf = shelves.find(({ bytes }) => bytes === buffer.byteLength);
  // None of these sizes: nobody has use for it.
  if (shelf === undefined) return true;
  if (shelf.buffers.length >= shelf.most) return false;
  shelf.buffers.push(buffer);
  return true;
}
