import { BlobsMessage, IoMessage, SessionMessage } from '../../src/actors/messages.js';
import {
  type Actor,
  type ActorContext,
  type ActorType,
  Kind,
  MailLane,
  type Message,
  SystemMessage,
} from '../../src/actors/runtime/actor.js';
import { BLOBS } from '../../src/actors/singletons.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { CloseCode } from '../../src/net/types.js';

/** A frame as a client would see it. */
export interface Received {
  readonly type: number;
  readonly body: Buffer;
}

export interface FakeConnection {
  readonly key: Buffer;
  readonly hash: Buffer;
  readonly path: string;
  identity: Buffer;
  closed: { code: number; text: string } | undefined;
  readonly inbox: Received[];
}

interface Table {
  generation: number;
  readonly readers: Set<number>;
}

/** The I/O actor without a network: connections are inboxes, tables and generations work as in the real one. */
export class FakeIo {
  readonly connections = new Map<number, FakeConnection>();
  readonly tables = new Map<number, Table>();
  /** Whoever asks to have a connection closed hears nothing of it. */
  closesSilently = false;
  context: ActorContext | undefined;
  #last = 0;

  readonly type: ActorType = {
    kind: Kind.Io,
    name: 'io',
    eager: true,
    create: (context) => {
      this.context = context;
      // One that comes back has its connections still, but knows nothing of who reads what.
      this.tables.clear();
      for (const conn of this.connections.keys()) this.#open(conn);
      return { receive: (message) => this.#receive(message) } satisfies Actor;
    },
  };

  /** A handshake came to its end. */
  open(key: Buffer, path = '192.0.2.1 4000'): number {
    const conn = ++this.#last;
    this.connections.set(conn, {
      key,
      hash: Buffer.alloc(64, conn),
      path,
      identity: Buffer.alloc(0),
      closed: undefined,
      inbox: [],
    });
    this.#open(conn);
    return conn;
  }

  frame(conn: number, type: number, body: Uint8Array): void {
    this.#tell(conn, SessionMessage.Frame, new Writer(256, 1 << 17).u8(type).bytes(body).view());
  }

  /** The connection is gone: its client said goodbye, unless another code says why. */
  close(conn: number, code: CloseCode = CloseCode.Done): void {
    if (!this.connections.delete(conn)) return;
    for (const { readers } of this.tables.values()) readers.delete(conn);
    this.context?.unwatch({ kind: Kind.Session, key: conn });
    this.#tell(conn, SessionMessage.Closed, new Writer().varint(code).text('').view(), MailLane.Control);
    this.context?.tell(BLOBS, BlobsMessage.Closed, new Writer().varint(conn).view());
  }

  #open(conn: number): void {
    const connection = this.connections.get(conn);
    if (!connection) return;
    const { key, hash, path, identity } = connection;
    this.context?.watch({ kind: Kind.Session, key: conn });
    const body = new Writer().bytes(key).block(hash).text(path).bytes(identity);
    this.#tell(conn, SessionMessage.Open, body.view(), MailLane.Control);
  }

  #tell(conn: number, type: number, body: Uint8Array, lane?: MailLane): void {
    this.context?.tell({ kind: Kind.Session, key: conn }, type, body, lane);
  }

  #receive(message: Message): void {
    const reader = new Reader(Buffer.from(message.body));
    switch (message.type) {
      case IoMessage.Send: {
        const inbox = this.connections.get(reader.varint())?.inbox;
        const type = reader.u8();
        reader.u8();
        inbox?.push({ type, body: reader.rest() });
        return;
      }
      case IoMessage.Identity: {
        const connection = this.connections.get(reader.varint());
        if (connection) connection.identity = reader.rest();
        return;
      }
      case IoMessage.Close: {
        const conn = reader.varint();
        const connection = this.connections.get(conn);
        if (connection) connection.closed = { code: reader.varint(), text: reader.text(256) };
        if (!this.closesSilently) this.close(conn);
        return;
      }
      case IoMessage.Forget:
        this.tables.delete(reader.varint());
        return;
      case SystemMessage.Terminated: {
        const kind = reader.u8();
        const conn = reader.u48();
        if (kind === Kind.Session && reader.u8() !== 0) this.#open(conn);
        return;
      }
      default:
        this.#log(message.type, reader);
    }
  }

  #log(type: number, reader: Reader): void {
    const log = reader.varint();
    const generation = reader.u32();
    const table = this.tables.get(log) ?? { generation, readers: new Set<number>() };
    this.tables.set(log, table);
    if (generation < table.generation) return;
    if (generation > table.generation) table.readers.clear();
    table.generation = generation;
    const writer = new Writer(256, 1 << 17).varint(log);
    if (type === IoMessage.Subscribe) {
      const epoch = reader.u32();
      const conn = reader.varint();
      if (!this.connections.has(conn)) return;
      table.readers.add(conn);
      this.#push(conn, FrameType.Head, writer.u32(epoch).varint(reader.varint()).copy());
    } else if (type === IoMessage.Unsubscribe) table.readers.delete(reader.varint());
    else if (type === IoMessage.Publish) {
      reader.u32();
      const body = writer.varint(reader.varint()).bytes(reader.rest()).copy();
      for (const conn of table.readers) this.#push(conn, FrameType.Push, body);
    } else if (type === IoMessage.Ephemeral) {
      const kind = reader.u8();
      const except = reader.varint();
      const body = writer.u8(kind).bytes(reader.rest()).copy();
      for (const conn of table.readers) if (conn !== except) this.#push(conn, FrameType.Ephemeral, body);
    }
  }

  #push(conn: number, type: number, body: Buffer): void {
    this.connections.get(conn)?.inbox.push({ type, body });
  }
}
