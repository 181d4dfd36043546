/** How a file of so many bytes is cut into chunks. The last one may be shorter; an empty file has none. */
import { CHUNK_BYTES } from './constants.js';

/** Chunks of a file of `size` bytes. */
export const chunkCount = (size: number): number => Math.ceil(size / CHUNK_BYTES);

/** Bytes of one chunk, which must be one of the file's. */
export const chunkBytes = (size: number, chunk: number): number =>
  Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);
