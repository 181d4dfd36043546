/**
 * The sub-databases of the log store and their keys. All numbers are big-endian, so that LMDB's byte order
 * is the order of the numbers; u48 holds everything that counts here.
 *
 *   entries   log u48, seq u48                    crc u32, entry (docs/PROTOCOL.md)
 *   heads     log u48                             seq u48, at u48
 *   streams   account (16), stream (16)           row u48, used u48, state u8
 *   requests  row u48, log u48, counter u48       seq u48, at u48
 *   journal   seq u48                             crc u32, record
 *   cursors   account (16), log u48               seq u48
 *   facts     name                                instance (16), epoch u32, counters u48
 */
import type { Database } from 'lmdb';

export type Table = Database<Buffer, Buffer>;

export const TABLES = ['entries', 'heads', 'streams', 'requests', 'journal', 'cursors', 'facts'] as const;
export type Tables = Readonly<Record<(typeof TABLES)[number], Table>>;

const U48_BYTES = 6;
export const U48_MAX = 2 ** 48 - 1;

/** A buffer with u48 numbers; the key of a single number or a few. */
export function u48(...numbers: number[]): Buffer {
  const key = Buffer.allocUnsafe(numbers.length * U48_BYTES);
  let at = 0;
  for (const number of numbers) at = key.writeUIntBE(number, at, U48_BYTES);
  return key;
}

export const readU48 = (value: Buffer, index: number): number =>
  value.readUIntBE(index * U48_BYTES, U48_BYTES);
