/**
 * The application's frames (types from 0x10 on), one codec each. `encode` writes the body without type and
 * length, which the connection adds; `decode` reads a body to its end and throws `Malformed` on anything
 * else. Byte fields are views into what was read. Layouts: docs/PROTOCOL.md.
 */
import { Malformed, type Reader, type Writer } from './bytes.js';
import { FETCH_ENTRIES_MAX, MESSAGE_MAX_BYTES, STREAM_ID_BYTES, SUBJECT_MAX_BYTES } from './constants.js';

export interface Codec<T> {
  encode(writer: Writer, value: T): void;
  decode(reader: Reader): T;
}

export interface Post {
  readonly request: number;
  /** 16 bytes. */
  readonly stream: Uint8Array;
  readonly log: number;
  readonly counter: number;
  readonly kind: number;
  readonly body: Uint8Array;
}

export const postCodec: Codec<Post> = {
  encode(writer, post) {
    writer.varint(post.request).bytes(post.stream).varint(post.log).varint(post.counter);
    writer.u8(post.kind).block(post.body);
  },
  decode(reader) {
    const request = reader.varint();
    const stream = reader.bytes(STREAM_ID_BYTES);
    const log = reader.varint();
    const counter = reader.varint();
    const kind = reader.u8();
    return { request, stream, log, counter, kind, body: last(reader, reader.block(MESSAGE_MAX_BYTES)) };
  },
};

export interface Accepted {
  readonly request: number;
  readonly log: number;
  readonly counter: number;
  readonly seq: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export const acceptedCodec: Codec<Accepted> = {
  encode(writer, accepted) {
    writer.varint(accepted.request).varint(accepted.log).varint(accepted.counter);
    writer.varint(accepted.seq).u48(accepted.at);
  },
  decode(reader) {
    const request = reader.varint();
    const log = reader.varint();
    const counter = reader.varint();
    const seq = reader.varint();
    return { request, log, counter, seq, at: last(reader, reader.u48()) };
  },
};

export interface Push {
  readonly log: number;
  readonly seq: number;
  /** Encoded, see `entryCodec`. */
  readonly entry: Buffer;
}

export const pushCodec: Codec<Push> = {
  encode(writer, push) {
    writer.varint(push.log).varint(push.seq).bytes(push.entry);
  },
  decode(reader) {
    const log = reader.varint();
    const seq = reader.varint();
    return { log, seq, entry: reader.rest() };
  },
};

export interface Fetch {
  readonly request: number;
  readonly log: number;
  /** Entries with a seq above this are wanted. */
  readonly after: number;
  /** At most so many. */
  readonly entries: number;
}

export const fetchCodec: Codec<Fetch> = {
  encode(writer, fetch) {
    writer.varint(fetch.request).varint(fetch.log).varint(fetch.after).varint(fetch.entries);
  },
  decode(reader) {
    const request = reader.varint();
    const log = reader.varint();
    const after = reader.varint();
    const entries = last(reader, reader.varint());
    if (entries > FETCH_ENTRIES_MAX) throw new Malformed('more entries asked for than allowed');
    return { request, log, after, entries };
  },
};

export interface Entries {
  readonly request: number;
  readonly log: number;
  readonly epoch: number;
  readonly head: number;
  /** Seq of the first entry; the others follow without a gap. */
  readonly first: number;
  /** Encoded, see `entryCodec`. */
  readonly entries: readonly Buffer[];
}

export const entriesCodec: Codec<Entries> = {
  encode(writer, value) {
    writer.varint(value.request).varint(value.log).u32(value.epoch).varint(value.head);
    writer.varint(value.first).varint(value.entries.length);
    for (const entry of value.entries) writer.block(entry);
  },
  decode(reader) {
    const request = reader.varint();
    const log = reader.varint();
    const epoch = reader.u32();
    const head = reader.varint();
    const first = reader.varint();
    const count = reader.varint();
    if (count > FETCH_ENTRIES_MAX) throw new Malformed('more entries than allowed');
    const entries: Buffer[] = [];
    for (let i = 0; i < count; i++) entries.push(reader.block(MESSAGE_MAX_BYTES));
    return { request, log, epoch, head, first, entries: last(reader, entries) };
  },
};

export interface Head {
  readonly log: number;
  readonly epoch: number;
  /** Seq of the newest entry, 0 when there is none. */
  readonly seq: number;
}

export const headCodec: Codec<Head> = {
  encode(writer, head) {
    writer.varint(head.log).u32(head.epoch).varint(head.seq);
  },
  decode(reader) {
    const log = reader.varint();
    const epoch = reader.u32();
    return { log, epoch, seq: last(reader, reader.varint()) };
  },
};

export interface Ephemeral {
  readonly log: number;
  /** An EphemeralKind of the vocabulary. */
  readonly kind: number;
  /** Whom it is about: a name. */
  readonly subject: string;
  /** The newest version per (log, kind, subject) wins. */
  readonly version: number;
  readonly value: Uint8Array;
}

export const ephemeralCodec: Codec<Ephemeral> = {
  encode(writer, ephemeral) {
    writer.varint(ephemeral.log).u8(ephemeral.kind).text(ephemeral.subject);
    writer.varint(ephemeral.version).bytes(ephemeral.value);
  },
  decode(reader) {
    const log = reader.varint();
    const kind = reader.u8();
    const subject = reader.text(SUBJECT_MAX_BYTES);
    const version = reader.varint();
    return { log, kind, subject, version, value: reader.rest() };
  },
};

export interface Request {
  readonly request: number;
  /** An Operation of the vocabulary. */
  readonly operation: number;
  /** CBOR. */
  readonly body: Uint8Array;
}

export const requestCodec: Codec<Request> = {
  encode(writer, value) {
    writer.varint(value.request).u8(value.operation).bytes(value.body);
  },
  decode(reader) {
    const request = reader.varint();
    const operation = reader.u8();
    return { request, operation, body: reader.rest() };
  },
};

export const ReplyStatus = { Done: 0, Refused: 1 } as const;

export interface Reply {
  readonly request: number;
  /** A ReplyStatus. */
  readonly status: number;
  /** CBOR: the operation's reply, or a Refusal. */
  readonly body: Uint8Array;
}

export const replyCodec: Codec<Reply> = {
  encode(writer, reply) {
    writer.varint(reply.request).u8(reply.status).bytes(reply.body);
  },
  decode(reader) {
    const request = reader.varint();
    const status = reader.u8();
    return { request, status, body: reader.rest() };
  },
};

export interface Event {
  /** An EventKind of the vocabulary. */
  readonly event: number;
  /** CBOR. */
  readonly body: Uint8Array;
}

export const eventCodec: Codec<Event> = {
  encode(writer, event) {
    writer.u8(event.event).bytes(event.body);
  },
  decode(reader) {
    const event = reader.u8();
    return { event, body: reader.rest() };
  },
};

/** Passes on the last field read, after checking that nothing stands behind it. */
function last<T>(reader: Reader, value: T): T {
  if (reader.remaining > 0) throw new Malformed('bytes behind the end');
  return value;
}
