import { createCipheriv } from 'node:crypto';
import { closeSync, createReadStream, ftruncateSync, openSync, writeSync } from 'node:fs';
import sodium from 'sodium-native';

const BLOCK_BYTES = 1 << 20;

/** Bytes that no compression makes fewer, the same for the same seed. */
export function randomBytes(length: number, seed: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeDoubleBE(seed);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Writes a file of random bytes, block by block. @returns its path */
export function writeRandom(path: string, size: number, seed: number): string {
  const file = openSync(path, 'wx');
  for (let at = 0; at < size; at += BLOCK_BYTES)
    writeSync(file, randomBytes(Math.min(BLOCK_BYTES, size - at), seed + at / BLOCK_BYTES));
  closeSync(file);
  return path;
}

/** A file that is a hole but for its first, a middle and its last bytes. @returns its path */
export function writeSparse(path: string, size: number): string {
  const file = openSync(path, 'wx');
  ftruncateSync(file, size);
  const mark = Buffer.from('not a hole');
  for (const at of [0, Math.floor(size / 2), size - mark.length]) writeSync(file, mark, 0, mark.length, at);
  closeSync(file);
  return path;
}

/** BLAKE2b-256 of a file, hex. */
export async function hashOf(path: string): Promise<string> {
  const state = Buffer.alloc(sodium.crypto_generichash_STATEBYTES);
  sodium.crypto_generichash_init(state, null, 32);
  for await (const part of createReadStream(path, { highWaterMark: BLOCK_BYTES }))
    sodium.crypto_generichash_update(state, part as Buffer);
  const hash = Buffer.alloc(32);
  sodium.crypto_generichash_final(state, hash);
  return hash.toString('hex');
}
