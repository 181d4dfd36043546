/** What is kept of a file that people offer each other, as a row of the index. */
import { Reader, Writer } from '../../net/bytes.js';
import {
  ACCOUNT_ID_BYTES,
  AUTHOR_MAX_BYTES,
  FILE_HASH_BYTES,
  FILE_ID_BYTES,
  FILE_NAME_MAX_BYTES,
  FILE_TYPE_MAX_BYTES,
} from '../../net/constants.js';

/** A file as somebody offers it. */
export interface NewFile {
  /** Whose it is: 16 bytes. */
  readonly account: Buffer;
  /** Chosen by them, 16 bytes: the same account and id are the same file. */
  readonly id: Buffer;
  /** Their name. */
  readonly owner: string;
  /** Number of the log in which it is offered. */
  readonly log: number;
  readonly name: string;
  readonly size: number;
  /** Media type. */
  readonly type: string;
}

/** Where the bytes of a file are. */
export const Place = {
  /** In the spool, as far as they came. */
  Spool: 0,
  /** All of them, under their root. */
  Blob: 1,
  /** Nowhere any more. */
  Nowhere: 2,
} as const;
export type Place = (typeof Place)[keyof typeof Place];

export interface StoredFile extends NewFile {
  /** Never used twice. */
  readonly number: number;
  readonly place: Place;
  /** Bytes verified when its upload last rested. */
  readonly held: number;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** When it is forgotten; milliseconds since 1970. */
  readonly due: number;
  /** BLAKE2b-256 of its bytes, as its owner gave it; empty before. */
  readonly hash: Buffer;
  /** Address of its blob: BLAKE2b-256 of the list of chunk hashes; empty before. */
  readonly root: Buffer;
  /** Why it is gone: an error's code; '' before. */
  readonly reason: string;
}

const FORMAT = 1;
const REASON_MAX_BYTES = 64;
const ROW_MAX_BYTES = 1024;

const writer = new Writer(ROW_MAX_BYTES, ROW_MAX_BYTES);

export const fileRowCodec = {
  /** @returns bytes of their own */
  encode(file: StoredFile): Buffer {
    return writer
      .reset()
      .u8(FORMAT)
      .u8(file.place)
      .bytes(file.account)
      .bytes(file.id)
      .text(file.owner)
      .varint(file.log)
      .text(file.name)
      .varint(file.size)
      .text(file.type)
      .varint(file.held)
      .u48(file.created)
      .u48(file.due)
      .block(file.hash)
      .block(file.root)
      .text(file.reason)
      .copy();
  },

  /** @throws Malformed */
  decode(number: number, row: Buffer): StoredFile {
    // Fields are views: the row may be a buffer that LMDB uses again.
    const reader = new Reader(Buffer.from(row));
    reader.skip(1);
    return {
      number,
      place: reader.u8() as Place,
      account: reader.bytes(ACCOUNT_ID_BYTES),
      id: reader.bytes(FILE_ID_BYTES),
      owner: reader.text(AUTHOR_MAX_BYTES),
      log: reader.varint(),
      name: reader.text(FILE_NAME_MAX_BYTES),
      size: reader.varint(),
      type: reader.text(FILE_TYPE_MAX_BYTES),
      held: reader.varint(),
      created: reader.u48(),
      due: reader.u48(),
      hash: reader.block(FILE_HASH_BYTES),
      root: reader.block(FILE_HASH_BYTES),
      reason: reader.text(REASON_MAX_BYTES),
    };
  },
};
