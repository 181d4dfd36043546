/**
 * An entry of a log, as it lies in the store and travels in PUSH and ENTRIES (docs/PROTOCOL.md):
 *
 *   kind u8 | at u48 | id (16) | author text | body (the rest)
 */
import sodium from 'sodium-native';
import type { Reader, Writer } from './bytes.js';
import { varintBytes } from './bytes.js';
import {
  ACCOUNT_ID_BYTES,
  AUTHOR_MAX_BYTES,
  ENTRY_ID_BYTES,
  LOG_ID_BYTES,
  STREAM_ID_BYTES,
} from './constants.js';

export interface Entry {
  /** What it is: an EntryKind of the vocabulary; the protocol carries any. */
  readonly kind: number;
  /** Milliseconds since 1970, by the server's clock; never goes back within one log. */
  readonly at: number;
  /** 16 bytes, see `entryId`. */
  readonly id: Buffer;
  readonly author: string;
  readonly body: Buffer;
}

export const entryCodec = {
  /** Bytes that `encode` will write. */
  size(entry: Entry): number {
    const author = Buffer.byteLength(entry.author);
    return 1 + 6 + ENTRY_ID_BYTES + varintBytes(author) + author + entry.body.length;
  },

  encode(writer: Writer, entry: Entry): void {
    writer.u8(entry.kind).u48(entry.at).bytes(entry.id).text(entry.author).bytes(entry.body);
  },

  /** Reads to the reader's end. `id` and `body` are views. Throws `Malformed` on what is no entry. */
  decode(reader: Reader): Entry {
    const kind = reader.u8();
    const at = reader.u48();
    const id = reader.bytes(ENTRY_ID_BYTES);
    const author = reader.text(AUTHOR_MAX_BYTES);
    return { kind, at, id, author, body: reader.rest() };
  },
};

const seed = Buffer.alloc(ACCOUNT_ID_BYTES + STREAM_ID_BYTES + LOG_ID_BYTES + 8);

/**
 * The id of what one stream says at one counter in one log: BLAKE2b-128 over author account id, stream,
 * log id (16 bytes each) and counter u64. The author can compute it before the server has answered.
 * @returns 16 bytes of its own.
 */
export function entryId(account: Uint8Array, stream: Uint8Array, logId: Uint8Array, counter: number): Buffer {
  const id = Buffer.allocUnsafe(ENTRY_ID_BYTES);
  seed.set(account, 0);
  seed.set(stream, ACCOUNT_ID_BYTES);
  seed.set(logId, ACCOUNT_ID_BYTES + STREAM_ID_BYTES);
  const at = ACCOUNT_ID_BYTES + STREAM_ID_BYTES + LOG_ID_BYTES;
  seed.writeUInt32BE(Math.floor(counter / 2 ** 32), at);
  seed.writeUInt32BE(counter >>> 0, at + 4);
  sodium.crypto_generichash(id, seed);
  return id;
}
