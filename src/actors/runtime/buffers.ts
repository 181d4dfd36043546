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
 * A buffer of `bufferBytes(bytes)` or more, with whatever was in it. To make a new one costs more than to fill it,
 * and its memory comes back only with a full collection: so a thread uses again what other threads sent it. One
 * that gets much and sends little would keep it all: it sends the little in its surplus, and so gives it back.
 */
export function takeBuffer(bytes: number): ArrayBuffer {
  for (const { bytes: size, most, buffers } of shelves) {
    if (bytes > size) continue;
    const isSurplus = buffers.length > most / 2;
    if (isSurplus || size === bufferBytes(bytes)) {
      const buffer = buffers.pop();
      if (buffer !== undefined) return buffer;
    }
  }
  return new ArrayBuffer(bufferBytes(bytes));
}

/** Nobody may look at it any more. */
export function giveBuffer(buffer: ArrayBuffer): void {
  const shelf = shelves.find(({ bytes }) => bytes === buffer.byteLength);
  if (shelf !== undefined && shelf.buffers.length < shelf.most) shelf.buffers.push(buffer);
}
