import { type Reader, Writer } from '../../net/bytes.js';
import { CHUNK_RECORD_MAX_BYTES } from '../../net/constants.js';
import type { Connection } from '../../net/types.js';
import { BlobsMessage, IoMessage } from '../messages.js';
import type { ActorContext } from '../runtime/actor.js';
import { BLOBS } from '../singletons.js';
import { Valve } from '../valve.js';
import { Records } from './records.js';

const HEAD_MAX_BYTES = 24;
/** Records that wait while blobs is slower than the network: as many as it may have asked for. */
const QUEUE_MAX_BYTES = 64 * 1024 * 1024;

/** What of a connection chunks need. */
export type ChunkLink = Pick<Connection, 'id' | 'closed' | 'want' | 'unwant' | 'supply' | 'unsupply'>;

export interface ChunkGateOptions {
  readonly context: ActorContext;
  readonly connections: ReadonlyMap<number, ChunkLink>;
  /** Asks for a flush at the end of this turn. */
  readonly wake: () => void;
  /** A record found no room here. */
  readonly dropped: () => void;
}

/** What waits: a message of its own bytes. */
interface Waiting {
  readonly type: number;
  readonly body: Buffer;
}

/**
 * Chunks of files between connections and blobs. Records are told to blobs no faster than it takes them in, and what
 * it does not take now waits here: they were asked for, so they are bounded, and dropped they would have to be sent
 * again. A connection's end waits behind its last chunks.
 */
export class ChunkGate {
  readonly handlers: Readonly<Record<number, (reader: Reader) => void>> = {
    [IoMessage.Want]: (reader) => this.#want(reader),
    [IoMessage.Unwant]: (reader) => {
      const connection = this.#connection(reader.varint());
      connection?.unwant(reader.varint());
    },
    [IoMessage.Supply]: (reader) => this.#supply(reader),
    [IoMessage.Unsupply]: (reader) => {
      const connection = this.#connection(reader.varint());
      if (connection !== undefined) this.#unsupply(connection, reader.varint());
    },
    [IoMessage.Mark]: (reader) =>
      this.#tell(BlobsMessage.Marked, this.#small.reset().varint(reader.varint())),
    [IoMessage.Marked]: (reader) => {
      this.#valve.marked(reader.varint());
      this.#pump();
    },
    [IoMessage.Renew]: () => this.forgetAll(),
  };
  readonly #options: ChunkGateOptions;
  readonly #valve: Valve;
  readonly #small = new Writer(64);
  readonly #record = new Writer(HEAD_MAX_BYTES + CHUNK_RECORD_MAX_BYTES);
  readonly #records = new Records();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;

  constructor(options: ChunkGateOptions) {
    this.#options = options;
    this.#valve = new Valve((mark) => this.#tell(BlobsMessage.Mark, this.#small.reset().varint(mark)));
  }

  /** This gate follows another with the same connections. */
  renewed(): void {
    this.#tell(BlobsMessage.Renewed, this.#small.reset());
  }

  /** The client wants chunks. */
  wanted(connection: ChunkLink, file: number, first: number, count: number): void {
    const body = this.#small.reset().varint(connection.id).varint(file).varint(first).varint(count);
    this.#tell(BlobsMessage.Wanted, body);
  }

  /** A record that was asked for; a view. */
  chunk(connection: ChunkLink, file: number, chunk: number, record: Buffer): void {
    const body = this.#record.reset().varint(connection.id).varint(file).varint(chunk).bytes(record).view();
    if (this.#waiting.length === 0 && this.#valve.open) {
      this.#pass(BlobsMessage.Chunk, body);
      return;
    }
    if (this.#waitingBytes + body.length > QUEUE_MAX_BYTES) {
      this.#options.dropped();
      return;
    }
    this.#wait(BlobsMessage.Chunk, body);
  }

  /** The client has a record. */
  supplied(connection: ChunkLink, file: number, chunk: number): void {
    this.#records.free(connection.id, file, chunk);
    this.#tell(BlobsMessage.Supplied, this.#small.reset().varint(connection.id).varint(file).varint(chunk));
  }

  closed(connection: ChunkLink): void {
    this.#records.forget(connection.id);
    this.#tellClosed(connection.id);
  }

  /** Blobs lives anew, or its thread does, and knows nothing of what it asked for and gave. */
  forgetAll(): void {
    this.#valve.reset();
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const [id, file] of this.#records.files()) {
      const connection = this.#options.connections.get(id);
      connection?.unwant(file);
      if (connection !== undefined) this.#unsupply(connection, file);
    }
  }

  #want(reader: Reader): void {
    const connection = this.#connection(reader.varint());
    const file = reader.varint();
    const first = reader.varint();
    const end = first + reader.varint();
    const bytes = reader.varint();
    const lastBytes = reader.varint();
    if (connection === undefined) return;
    this.#records.note(connection.id, file);
    for (let chunk = first; chunk < end; chunk++)
      if (!connection.want(file, chunk, chunk === end - 1 ? lastBytes : bytes)) break;
    this.#options.wake();
  }

  #supply(reader: Reader): void {
    const connection = this.#connection(reader.varint());
    const file = reader.varint();
    const chunk = reader.varint();
    if (connection === undefined) return;
    // A copy, since the message's body is used again. One that is on its way already comes but once.
    const record = this.#records.copy(connection.id, file, chunk, reader.rest());
    if (record === undefined) return;
    // Refused, it is no more here than one that has arrived; the client will want it again.
    if (!connection.supply(file, chunk, record)) this.supplied(connection, file, chunk);
    this.#options.wake();
  }

  #unsupply(connection: ChunkLink, file: number): void {
    connection.unsupply(file);
    this.#records.freeFile(connection.id, file);
  }

  /** Blobs may open a file over a connection that has just gone: it is told (again). */
  #connection(id: number): ChunkLink | undefined {
    const connection = this.#options.connections.get(id);
    if (connection !== undefined && connection.closed === undefined) return connection;
    this.#tellClosed(id);
    return undefined;
  }

  #tellClosed(id: number): void {
    const body = this.#small.reset().varint(id).view();
    if (this.#waiting.length === 0) this.#pass(BlobsMessage.Closed, body);
    else this.#wait(BlobsMessage.Closed, body);
  }

  #wait(type: number, body: Buffer): void {
    this.#waitingBytes += body.length;
    this.#waiting.push({ type, body: Buffer.from(body) });
  }

  #pump(): void {
    let passed = 0;
    for (const { type, body } of this.#waiting) {
      if (!this.#valve.open) break;
      passed++;
      this.#waitingBytes -= body.length;
      this.#pass(type, body);
    }
    if (passed > 0) this.#waiting = this.#waiting.slice(passed);
  }

  #pass(type: number, body: Buffer): void {
    this.#options.context.tell(BLOBS, type, body);
    this.#valve.pass(body.length);
  }

  #tell(type: number, body: Writer): void {
    this.#options.context.tell(BLOBS, type, body.view());
  }
}
