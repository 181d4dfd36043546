/** What tests of files share: bytes that differ from file to file, and their records. */
import sodium from 'sodium-native';
import { CHUNK_BYTES, CHUNK_RECORD_MAX_BYTES, FILE_HASH_BYTES } from '../../src/net/constants.js';
import { chunkCount } from '../../src/net/file-chunks.js';
import type { ChunkFile } from '../../src/store/files/chunks.js';

/** BLAKE2b-256. */
export function hashOf(bytes: Uint8Array): Buffer {
  const hash = Buffer.alloc(FILE_HASH_BYTES);
  sodium.crypto_generichash(hash, bytes);
  return hash;
}

/** The same bytes for the same seed; no two chunks alike. */
export function contentOf(size: number, seed = 1): Buffer {
  const content = Buffer.alloc(size);
  for (let at = 0; at < size; at += CHUNK_BYTES) content.fill((at / CHUNK_BYTES) * 7 + seed, at);
  for (let at = 0; at + 4 <= size; at += 1_024) content.writeUInt32LE((at * 31 + seed) >>> 0, at);
  return content;
}

/** The record of one chunk of a content. */
export function recordOf(content: Buffer, chunk: number): Buffer {
  const bytes = content.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
  return Buffer.concat([hashOf(bytes), bytes]);
}

/** BLAKE2b-256 of the list of chunk hashes. */
export function rootOf(content: Buffer): Buffer {
  const hashes: Buffer[] = [];
  for (let chunk = 0; chunk < chunkCount(content.length); chunk++)
    hashes.push(recordOf(content, chunk).subarray(0, FILE_HASH_BYTES));
  return hashOf(Buffer.concat(hashes));
}

/** Puts every chunk that is not there yet. */
export function fill(file: ChunkFile, content: Buffer): void {
  for (let chunk = file.missing(0); chunk >= 0; chunk = file.missing(chunk + 1))
    file.put(chunk, recordOf(content, chunk));
}

/** All bytes, by the records. */
export function contentIn(file: ChunkFile): Buffer {
  const target = Buffer.alloc(CHUNK_RECORD_MAX_BYTES);
  const parts: Buffer[] = [];
  for (let chunk = 0; chunk < file.count; chunk++)
    parts.push(Buffer.from(target.subarray(FILE_HASH_BYTES, file.record(chunk, target))));
  return Buffer.concat(parts);
}
