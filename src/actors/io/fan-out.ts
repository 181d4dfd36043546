import type { Reader } from '../../net/bytes.js';
import { Writer } from '../../net/bytes.js';
import { FrameType, SUBJECT_MAX_BYTES } from '../../net/constants.js';
import { type Connection, Lane } from '../../net/types.js';
import { IoMessage } from '../messages.js';
import type { ActorContext } from '../runtime/actor.js';
import { Feed } from './feed.js';

/** Feeds without readers that are kept for late repairs; the oldest go first. */
const IDLE_FEEDS_MAX = 1024;
/** Sending to one reader takes about 6 us: in a burst at most a third of the io thread's time goes to one feed. */
const GATHER_MS_PER_READER = 0.02;
const GATHER_MS_MAX = 10;

export interface FanOutOptions {
  readonly context: ActorContext;
  /** By number, as messages name them. */
  readonly connections: ReadonlyMap<number, Connection>;
  /** The feeds that a connection reads. */
  readonly feedsOf: (connection: Connection) => Set<Feed>;
  /** Asks for a flush at the end of this turn. */
  readonly wake: () => void;
}

/**
 * What rooms say about their logs, multiplied over the connections that read them. A room's Subscribe is its
 * word for their rights.
 *
 * Entries published in one turn are handed to each reader once, at the end of the turn, as one range.
 */
export class FanOut {
  /** Entries handed to readers. */
  deliveries = 0;
  /** By type of message. */
  readonly handlers: Readonly<Record<number, (reader: Reader) => void>> = {
    [IoMessage.Subscribe]: (reader) => this.#subscribe(reader),
    [IoMessage.Unsubscribe]: (reader) => this.#unsubscribe(reader),
    [IoMessage.Table]: (reader) => this.#table(reader),
    [IoMessage.Publish]: (reader) => this.#publish(reader),
    [IoMessage.Ephemeral]: (reader) => this.#ephemeral(reader),
    [IoMessage.Forget]: (reader) => this.#forget(reader.varint()),
  };
  readonly #context: ActorContext;
  readonly #connections: ReadonlyMap<number, Connection>;
  readonly #feedsOf: (connection: Connection) => Set<Feed>;
  readonly #wake: () => void;
  readonly #feeds = new Map<number, Feed>();
  readonly #published: Feed[] = [];
  readonly #writer = new Writer(2048);

  constructor({ context, connections, feedsOf, wake }: FanOutOptions) {
    this.#context = context;
    this.#connections = connections;
    this.#feedsOf = feedsOf;
    this.#wake = wake;
  }

  /** How many logs are known here. */
  get feeds(): number {
    return this.#feeds.size;
  }

  #publish(reader: Reader): void {
    const feed = this.#feed(reader.varint());
    if (!this.#current(feed, reader.u32())) return;
    const epoch = reader.u32();
    const seq = reader.varint();
    // A repeat, or an entry from before a restart that the readers were given a HEAD for.
    if (epoch === feed.epoch && seq <= feed.newest) return;
    if (feed.unsent === 0) {
      if (this.#published.length === 0) this.#context.onTurnEnd(() => this.#handAll());
      this.#published.push(feed);
    }
    feed.append(epoch, seq, reader.rest());
  }

  #handAll(): void {
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
    this.deliveries += readers.length * (to - from + 1);
  }

  #ephemeral(reader: Reader): void {
    const feed = this.#feeds.get(reader.varint());
    if (feed === undefined || !this.#current(feed, reader.u32())) return;
    const kind = reader.u8();
    const except = reader.varint();
    const subject = reader.text(SUBJECT_MAX_BYTES);
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
    const connection = this.#connections.get(reader.varint());
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
    const connection = this.#connections.get(reader.varint());
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
      const connection = this.#connections.get(reader.varint());
      if (connection !== undefined) readers.add(connection);
    }
    for (const connection of [...feed.readers]) {
      if (!readers.has(connection)) this.#part(feed, connection);
    }
    for (const connection of readers) this.#join(feed, connection);
    this.#wake();
  }

  // ---- Readers --------------------------------------------------------------------------------------------

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
    this.#feedsOf(connection).add(feed);
    const writer = this.#writer.reset().varint(feed.log).u32(feed.epoch).varint(feed.newest);
    connection.send(FrameType.Head, writer.view(), Lane.Talk);
  }

  #part(feed: Feed, connection: Connection): void {
    feed.remove(connection);
    connection.unpush(feed);
    this.#feedsOf(connection).delete(feed);
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
}
