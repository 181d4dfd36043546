import { Malformed, Reader, Writer } from '../../net/bytes.js';
import { FrameType } from '../../net/constants.js';
import {
  type CloseCode,
  type CloseReason,
  type Connection,
  type Endpoint,
  type EndpointHandler,
  type Lane,
  Lane as Lanes,
} from '../../net/types.js';
import { IoMessage, SessionMessage } from '../messages.js';
import {
  type Actor,
  type ActorContext,
  Kind,
  MailLane,
  type Message,
  SystemMessage,
} from '../runtime/actor.js';
import { Feed } from './feed.js';
import { type FrameLimits, Peer } from './peer.js';

/** Feeds without readers that are kept for late repairs; the oldest go first. */
const IDLE_FEEDS_MAX = 1024;
/** Sending to one reader takes about 6 us: in a burst at most a third of the io thread's time goes to one feed. */
const GATHER_MS_PER_READER = 0.02;
const GATHER_MS_MAX = 10;

export interface IoCounters {
  /** Entries handed to readers. */
  deliveries: number;
  /** Application frames taken in. */
  framesIn: number;
  /** Frames not queued because a connection's bounds were reached. */
  framesDropped: number;
  /** Frames not taken in because their connection said too much. */
  framesRefused: number;
}

/**
 * The UDP I/O actor: the only way out. It keeps every connection, hands what they say to their sessions, and
 * multiplies what a room publishes over its readers. It knows no accounts and checks no rights: a room's
 * Subscribe is its word for them.
 *
 * Entries published in one turn are handed to each reader once, at the end of the turn, as one range.
 */
export class IoActor implements Actor, EndpointHandler {
  readonly counters: IoCounters = { deliveries: 0, framesIn: 0, framesDropped: 0, framesRefused: 0 };
  readonly #context: ActorContext;
  readonly #endpoint: Endpoint;
  readonly #wake: () => void;
  readonly #limits: FrameLimits;
  readonly #feeds = new Map<number, Feed>();
  readonly #published: Feed[] = [];
  readonly #reader = new Reader();
  readonly #handlers: Readonly<Record<number, (reader: Reader) => void>> = {
    // The message has done its work when this actor is there.
    [IoMessage.Listen]: () => {},
    [IoMessage.Send]: (reader) => this.#send(reader),
    [IoMessage.Identity]: (reader) => this.#identity(reader),
    [IoMessage.Close]: (reader) => this.#close(reader),
    [IoMessage.Subscribe]: (reader) => this.#subscribe(reader),
    [IoMessage.Unsubscribe]: (reader) => this.#unsubscribe(reader),
    [IoMessage.Table]: (reader) => this.#table(reader),
    [IoMessage.Publish]: (reader) => this.#publish(reader),
    [IoMessage.Ephemeral]: (reader) => this.#ephemeral(reader),
    [IoMessage.Forget]: (reader) => this.#forget(reader.varint()),
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
    // An I/O actor before this one failed: its connections are still there, its feeds are not.
    for (const connection of this.#endpoint.connections.values()) {
      this.#peer(connection).feeds.clear();
      this.#openSession(connection);
    }
  }

  get connections(): number {
    return this.#endpoint.connections.size;
  }

  get feeds(): number {
    return this.#feeds.size;
  }

  // ---- From the network ---------------------------------------------------------------------------------

  opened(connection: Connection): void {
    this.#openSession(connection);
  }

  frame(connection: Connection, type: number, body: Buffer): void {
    this.counters.framesIn++;
    if (this.#peer(connection).frames.take(this.#context.clock.now()) > 0) {
      this.counters.framesRefused++;
      return;
    }
    const writer = this.#writer.reset().u8(type).bytes(body);
    this.#context.tell({ kind: Kind.Session, key: connection.id }, SessionMessage.Frame, writer.view());
  }

  closed(connection: Connection, reason: CloseReason): void {
    for (const feed of this.#peer(connection).feeds) feed.remove(connection);
    this.#context.unwatch({ kind: Kind.Session, key: connection.id });
    const writer = this.#writer.reset().varint(reason.code).text(reason.text);
    this.#context.tell(
      { kind: Kind.Session, key: connection.id },
      SessionMessage.Closed,
      writer.view(),
      MailLane.Control,
    );
  }

  #openSession(connection: Connection): void {
    const to = { kind: Kind.Session, key: connection.id } as const;
    const { address, port } = connection.path;
    const writer = this.#writer
      .reset()
      .bytes(connection.remoteKey)
      .block(connection.handshakeHash)
      .text(`${address} ${port}`)
      .bytes(this.#peer(connection).identity);
    this.#context.watch(to);
    this.#context.tell(to, SessionMessage.Open, writer.view(), MailLane.Control);
  }

  // ---- From sessions and rooms --------------------------------------------------------------------------

  receive(message: Message): void {
    const handle = this.#handlers[message.type];
    if (handle === undefined) throw new Malformed(`message ${message.type} is not for the I/O actor`);
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
    if (connection !== undefined) this.#peer(connection).identity = Buffer.from(reader.rest());
  }

  #close(reader: Reader): void {
    const connection = this.#endpoint.connections.get(reader.varint());
    if (connection === undefined) return;
    const code = reader.varint() as CloseCode;
    connection.close(code, reader.text(256));
    this.#wake();
  }

  #publish(reader: Reader): void {
    const feed = this.#feed(reader.varint());
    if (!this.#current(feed, reader.u32())) return;
    const epoch = reader.u32();
    const seq = reader.varint();
    // A repeat, or an entry from before a restart that the readers were given a HEAD for.
    if (epoch === feed.epoch && seq <= feed.newest) return;
    if (feed.unsent === 0) {
      if (this.#published.length === 0) this.#context.onTurnEnd(() => this.#fanOut());
      this.#published.push(feed);
    }
    feed.append(epoch, seq, reader.rest());
  }

  #fanOut(): void {
    for (const feed of this.#published) {
      const waitMs = this.#gatherMs(feed);
      if (waitMs <= 0) this.#hand(feed);
      else this.#context.clock.setTimeout(() => this.#handLater(feed), waitMs);
    }
    this.#published.length = 0;
    this.#wake();
  }

  /**
   * How long a feed still gathers. A message on its own goes out at once. When several came together more are
   * on their way, and one datagram with ten of them costs a reader's share of the processor what one with one
   * does: then fan-outs keep a distance that grows with the readers, and is never felt by a person.
   */
  #gatherMs(feed: Feed): number {
    const count = feed.newest - feed.unsent + 1;
    if (count === 1 && feed.handedCount <= 1) return 0;
    const gapMs = Math.min(GATHER_MS_MAX, feed.readers.length * GATHER_MS_PER_READER);
    return feed.handedAt + gapMs - this.#context.clock.now();
  }

  #handLater(feed: Feed): void {
    this.#hand(feed);
    this.#wake();
  }

  #hand(feed: Feed): void {
    const from = feed.unsent;
    if (from === 0) return;
    const to = feed.newest;
    feed.unsent = 0;
    feed.handedAt = this.#context.clock.now();
    feed.handedCount = to - from + 1;
    const readers = feed.readers;
    for (let i = 0; i < readers.length; i++) readers[i]?.push(feed, from, to);
    this.counters.deliveries += readers.length * (to - from + 1);
  }

  #ephemeral(reader: Reader): void {
    const feed = this.#feeds.get(reader.varint());
    if (feed === undefined || !this.#current(feed, reader.u32())) return;
    const kind = reader.u8();
    const except = reader.varint();
    const subject = reader.text(256);
    const body = this.#writer.reset().varint(feed.log).u8(kind).text(subject).bytes(reader.rest()).view();
    const key = `${feed.log} ${kind} ${subject}`;
    for (const connection of feed.readers) {
      if (connection.id !== except) connection.latest(key, FrameType.Ephemeral, body);
    }
    this.#wake();
  }

  #subscribe(reader: Reader): void {
    const feed = this.#feed(reader.varint());
    if (!this.#current(feed, reader.u32())) return;
    const epoch = reader.u32();
    const connection = this.#endpoint.connections.get(reader.varint());
    const after = reader.varint();
    if (connection === undefined) return;
    this.#hand(feed);
    if (epoch !== feed.epoch || feed.newest < after) feed.reset(epoch, after);
    this.#join(feed, connection);
    if (after < feed.newest) connection.push(feed, after + 1, feed.newest);
    this.#wake();
  }

  #unsubscribe(reader: Reader): void {
    const feed = this.#feeds.get(reader.varint());
    if (feed === undefined || !this.#current(feed, reader.u32())) return;
    const connection = this.#endpoint.connections.get(reader.varint());
    if (connection !== undefined) this.#part(feed, connection);
  }

  #table(reader: Reader): void {
    const feed = this.#feed(reader.varint());
    if (!this.#current(feed, reader.u32())) return;
    const epoch = reader.u32();
    const head = reader.varint();
    this.#hand(feed);
    if (epoch !== feed.epoch || head > feed.newest) feed.reset(epoch, head);
    const count = reader.varint();
    const readers = new Set<Connection>();
    for (let i = 0; i < count; i++) {
      const connection = this.#endpoint.connections.get(reader.varint());
      if (connection !== undefined) readers.add(connection);
    }
    for (const connection of [...feed.readers]) {
      if (!readers.has(connection)) this.#part(feed, connection);
    }
    for (const connection of readers) this.#join(feed, connection);
    this.#wake();
  }

  // ---- Feeds --------------------------------------------------------------------------------------------

  #feed(log: number): Feed {
    let feed = this.#feeds.get(log);
    if (feed === undefined) {
      feed = new Feed(log);
      this.#feeds.set(log, feed);
      if (this.#feeds.size > IDLE_FEEDS_MAX) this.#dropIdle();
    }
    return feed;
  }

  /**
   * A room that came back after its thread died counts a generation up. What an older one said is void, and
   * its readers are gone until the new one names them: it alone knows who may read.
   */
  #current(feed: Feed, generation: number): boolean {
    if (generation < feed.generation) return false;
    if (generation > feed.generation) {
      feed.generation = generation;
      for (const connection of [...feed.readers]) this.#part(feed, connection);
    }
    return true;
  }

  /** Every new reader is told the head: whoever is behind fetches. */
  #join(feed: Feed, connection: Connection): void {
    feed.add(connection);
    this.#peer(connection).feeds.add(feed);
    const writer = this.#writer.reset().varint(feed.log).u32(feed.epoch).varint(feed.newest);
    connection.send(FrameType.Head, writer.view(), Lanes.Talk);
  }

  #part(feed: Feed, connection: Connection): void {
    feed.remove(connection);
    connection.unpush(feed);
    this.#peer(connection).feeds.delete(feed);
  }

  #forget(log: number): void {
    const feed = this.#feeds.get(log);
    if (feed === undefined) return;
    for (const connection of [...feed.readers]) this.#part(feed, connection);
    this.#feeds.delete(log);
  }

  #dropIdle(): void {
    for (const [log, feed] of this.#feeds) {
      if (this.#feeds.size <= IDLE_FEEDS_MAX) return;
      if (feed.readers.length === 0 && feed.unsent === 0) this.#feeds.delete(log);
    }
  }

  #peer(connection: Connection): Peer {
    return Peer.of(connection, this.#limits, this.#context.clock.now());
  }

  /** A session's actor ended while its connection lives. It failed or its thread died: it is opened again. */
  #terminated(reader: Reader): void {
    const kind = reader.u8();
    const key = reader.u48();
    const reason = reader.u8();
    const connection = this.#endpoint.connections.get(key);
    if (kind !== Kind.Session || connection === undefined || connection.closed !== undefined) return;
    if (reason === STOPPED) return;
    this.#openSession(connection);
  }
}

const STOPPED = 0;
