/** How a file of so many bytes is cut into chunks. The last one may be shorter; an empty file has none. */
import { CHUNK_BYTES, FILE_HASH_BYTES } from './constants.js';

/** Chunks of a file of `size` bytes. */
export const chunkCount = (size: number): number => Math.ceil(size / CHUNK_BYTES);

/** Bytes of one chunk, which must be one of the file's. */
export const chunkBytes = (size: number, chunk: number): number =>
  Math.min(CHUNK_BYTES, size - chunk * CHUNK_BYTES);

/** Bytes of one chunk's record: its hash, then the chunk. */
export const recordBytes = (size: number, chunk: number): number => FILE_HASH_BYTES + chunkBytes(size, chunk);
