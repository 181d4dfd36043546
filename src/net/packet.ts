/** Headers of the datagrams, one codec each. docs/PROTOCOL.md, "Datagrams". */
import { Malformed, Reader, type Writer } from './bytes.js';
import {
  CONNECTION_ID_BYTES,
  DatagramType,
  HANDSHAKE_MESSAGE_MAX_BYTES,
  INITIATION_BYTES,
  Pattern,
  TOKEN_MAX_BYTES,
  VERSION,
} from './constants.js';

/** Writes and reads one kind of datagram. What `decode` returns are views into the datagram. */
export interface DatagramCodec<T> {
  encode(writer: Writer, value: T): void;
  /** Throws Malformed. The type byte was looked at already. */
  decode(datagram: Buffer): T;
}

export interface Initiation {
  readonly pattern: Pattern;
  readonly senderId: Buffer;
  /** Empty when the sender has none. */
  readonly token: Buffer;
  readonly message: Buffer;
}

export interface Retry {
  /** The initiation's connection id. */
  readonly receiverId: Buffer;
  readonly token: Buffer;
}

export interface Response {
  readonly receiverId: Buffer;
  readonly senderId: Buffer;
  readonly message: Buffer;
}

export interface Finish {
  readonly receiverId: Buffer;
  readonly message: Buffer;
}

/** Where the receiver's connection id stands in RESPONSE, RETRY and FINISH, and in SEALED. */
export const HANDSHAKE_ID_AT = 2;
export const SEALED_ID_AT = 1;

const PADDING = Buffer.alloc(INITIATION_BYTES);

const reader = new Reader();

function open(datagram: Buffer): Reader {
  reader.reset(datagram).skip(1);
  if (reader.u8() !== VERSION) throw new Malformed('of another version');
  return reader;
}

function end(): void {
  if (reader.remaining > 0) throw new Malformed('goes on behind its end');
}

export const initiation: DatagramCodec<Initiation> = {
  encode(writer, value) {
    const start = writer.length;
    writer.u8(DatagramType.Initiation).u8(VERSION).u8(value.pattern);
    writer.bytes(value.senderId).block(value.token).block(value.message);
    writer.bytes(PADDING.subarray(0, INITIATION_BYTES - (writer.length - start)));
  },
  decode(datagram) {
    // Not padded: an answer might be larger than what asked for it.
    if (datagram.length !== INITIATION_BYTES) throw new Malformed('an initiation of another size');
    const from = open(datagram);
    const pattern = from.u8();
    if (pattern !== Pattern.XX && pattern !== Pattern.IK && pattern !== Pattern.XXpsk0)
      throw new Malformed('an unknown pattern');
    const senderId = from.bytes(CONNECTION_ID_BYTES);
    const token = from.block(TOKEN_MAX_BYTES);
    return { pattern, senderId, token, message: from.block(HANDSHAKE_MESSAGE_MAX_BYTES) };
  },
};

export const retry: DatagramCodec<Retry> = {
  encode(writer, value) {
    writer.u8(DatagramType.Retry).u8(VERSION).bytes(value.receiverId).block(value.token);
  },
  decode(datagram) {
    const from = open(datagram);
    const value = { receiverId: from.bytes(CONNECTION_ID_BYTES), token: from.block(TOKEN_MAX_BYTES) };
    end();
    return value;
  },
};

export const response: DatagramCodec<Response> = {
  encode(writer, value) {
    writer.u8(DatagramType.Response).u8(VERSION);
    writer.bytes(value.receiverId).bytes(value.senderId).block(value.message);
  },
  decode(datagram) {
    const from = open(datagram);
    const value = {
      receiverId: from.bytes(CONNECTION_ID_BYTES),
      senderId: from.bytes(CONNECTION_ID_BYTES),
      message: from.block(HANDSHAKE_MESSAGE_MAX_BYTES),
    };
    end();
    return value;
  },
};

export const finish: DatagramCodec<Finish> = {
  encode(writer, value) {
    writer.u8(DatagramType.Finish).u8(VERSION).bytes(value.receiverId).block(value.message);
  },
  decode(datagram) {
    const from = open(datagram);
    const value = {
      receiverId: from.bytes(CONNECTION_ID_BYTES),
      message: from.block(HANDSHAKE_MESSAGE_MAX_BYTES),
    };
    end();
    return value;
  },
};
