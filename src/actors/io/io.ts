import { Malformed, Reader, Writer } from '../../net/bytes.js';
import { REASON_MAX_BYTES } from '../../net/constants.js';
import type { CloseCode, CloseReason, Connection, Endpoint, EndpointHandler, Lane } from '../../net/types.js';
import { IoMessage, SessionMessage } from '../messages.js';
import {
  type Actor,
  type ActorContext,
  Kind,
  MailLane,
  type Message,
  SystemMessage,
} from '../runtime/actor.js';
import { DeathReason } from '../runtime/cells.js';
import { BLOBS } from '../singletons.js';
import { ChunkGate } from './chunks.js';
import { ConnectedClient, type FrameLimits } from './connected-client.js';
import { FanOut } from './fan-out.js';

export interface IoCounters {
  /** Application frames taken in. */
  framesIn: number;
  /** Frames not queued because a connection's bounds were reached. */
  framesDropped: number;
  /** Frames not taken in because their connection said too much. */
  framesRefused: number;
  /** Chunks of files that blobs was too slow for. */
  chunksDropped: number;
}

/**
 * The UDP I/O actor: the only way out. It keeps every connection, hands what they say to their sessions, and
 * by its FanOut what a room publishes to its readers. It knows no accounts and checks no rights.
 */
export class IoActor implements Actor, EndpointHandler {
  readonly counters: IoCounters = { framesIn: 0, framesDropped: 0, framesRefused: 0, chunksDropped: 0 };
  readonly #context: ActorContext;
  readonly #endpoint: Endpoint;
  readonly #wake: () => void;
  readonly #limits: FrameLimits;
  readonly #fanOut: FanOut;
  readonly #chunks: ChunkGate;
  readonly #reader = new Reader();
  readonly #handlers: Readonly<Record<number, (reader: Reader) => void>> = {
    // The message has done its work when this actor is there.
    [IoMessage.Listen]: () => {},
    [IoMessage.Send]: (reader) => this.#send(reader),
    [IoMessage.Identity]: (reader) => this.#identity(reader),
    [IoMessage.Close]: (reader) => this.#close(reader),
    [SystemMessage.Terminated]: (reader) => this.#terminated(reader),
  };
  readonly #writer = new Writer(2048);

  /**
   * @param makeEndpoint receives this actor as the endpoint's handler
   * @param wake asks for a flush at the end of this turn
   * @param limits of what one connection says
   */
  constructor(
    context: ActorContext,
    makeEndpoint: (handler: EndpointHandler) => Endpoint,
    wake: () => void,
    limits: FrameLimits,
  ) {
    this.#context = context;
    this.#wake = wake;
    this.#limits = limits;
    this.#endpoint = makeEndpoint(this);
    this.#fanOut = new FanOut({
      context,
      connections: this.#endpoint.connections,
      feedsOf: (connection) => this.#client(connection).feeds,
      wake,
    });
    this.#chunks = new ChunkGate({
      context,
      connections: this.#endpoint.connections,
      wake,
      dropped: () => this.counters.chunksDropped++,
    });
    context.watch(BLOBS);
    // An I/O actor before this one failed: its connections are still there, its feeds are not.
    for (const connection of this.#endpoint.connections.values()) {
      this.#client(connection).feeds.clear();
      this.#openSession(connection);
    }
    if (this.#endpoint.connections.size > 0) this.#chunks.renewed();
  }

  get connections(): number {
    return this.#endpoint.connections.size;
  }

  /** Entries handed to readers. */
  get deliveries(): number {
    return this.#fanOut.deliveries;
  }

  get feeds(): number {
    return this.#fanOut.feeds;
  }

  // ---- From the network ---------------------------------------------------------------------------------

  opened(connection: Connection): void {
    this.#openSession(connection);
  }

  frame(connection: Connection, type: number, body: Buffer): void {
    this.counters.framesIn++;
    if (this.#client(connection).frames.take(this.#context.clock.now()) > 0) {
      this.counters.framesRefused++;
      return;
    }
    const writer = this.#writer.reset().u8(type).bytes(body);
    this.#context.tell({ kind: Kind.Session, key: connection.id }, SessionMessage.Frame, writer.view());
  }

  closed(connection: Connection, reason: CloseReason): void {
    for (const feed of this.#client(connection).feeds) feed.remove(connection);
    this.#chunks.closed(connection);
    this.#context.unwatch({ kind: Kind.Session, key: connection.id });
    const writer = this.#writer.reset().varint(reason.code).text(reason.text);
    this.#context.tell(
      { kind: Kind.Session, key: connection.id },
      SessionMessage.Closed,
      writer.view(),
      MailLane.Control,
    );
  }

  wanted(connection: Connection, file: number, first: number, count: number): void {
    if (this.#client(connection).wants.take(this.#context.clock.now()) > 0) this.counters.framesRefused++;
    else this.#chunks.wanted(connection, file, first, count);
  }

  chunk(connection: Connection, file: number, chunk: number, record: Buffer): void {
    this.#chunks.chunk(connection, file, chunk, record);
  }

  supplied(connection: Connection, file: number, chunk: number): void {
    this.#chunks.supplied(connection, file, chunk);
  }

  #openSession(connection: Connection): void {
    const to = { kind: Kind.Session, key: connection.id } as const;
    const { address, port } = connection.path;
    const writer = this.#writer
      .reset()
      .bytes(connection.remoteKey)
      .block(connection.handshakeHash)
      .text(`${address} ${port}`)
      .bytes(this.#client(connection).identity);
    this.#context.watch(to);
    this.#context.tell(to, SessionMessage.Open, writer.view(), MailLane.Control);
  }

  // ---- From sessions --------------------------------------------------------------------------

  receive(message: Message): void {
    const { type } = message;
    const handle = this.#handlers[type] ?? this.#fanOut.handlers[type] ?? this.#chunks.handlers[type];
    if (handle === undefined) throw new Malformed(`message ${type} is not for the I/O actor`);
    handle(this.#reader.reset(message.body));
  }

  #send(reader: Reader): void {
    const connection = this.#endpoint.connections.get(reader.varint());
    if (connection === undefined) return;
    const type = reader.u8();
    const lane = reader.u8() as Lane;
    if (connection.send(type, reader.rest(), lane) === 0) this.counters.framesDropped++;
    this.#wake();
  }

  #identity(reader: Reader): void {
    const connection = this.#endpoint.connections.get(reader.varint());
    if (connection !== undefined) this.#client(connection).identity = Buffer.from(reader.rest());
  }

  #close(reader: Reader): void {
    const connection = this.#endpoint.connections.get(reader.varint());
    if (connection === undefined) return;
    const code = reader.varint() as CloseCode;
    connection.close(code, reader.text(REASON_MAX_BYTES));
    this.#wake();
  }

  #client(connection: Connection): ConnectedClient {
    return ConnectedClient.of(connection, this.#limits, this.#context.clock.now());
  }

  /** A session's actor ended while its connection lives. It failed or its thread died: it is opened again. So is blobs. */
  #terminated(reader: Reader): void {
    const kind = reader.u8();
    const key = reader.u48();
    const reason = reader.u8();
    if (kind === Kind.Blobs) {
      this.#chunks.forgetAll();
      this.#context.watch(BLOBS);
      return;
    }
    const connection = this.#endpoint.connections.get(key);
    if (kind !== Kind.Session || connection === undefined || connection.closed !== undefined) return;
    if (reason === DeathReason.Stopped) return;
    this.#openSession(connection);
  }
}
