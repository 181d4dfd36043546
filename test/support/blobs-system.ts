import { blobsPart } from '../../src/actors/blobs/blobs.js';
import type { FileRow } from '../../src/actors/blobs/bodies.js';
import type { FileFigures } from '../../src/actors/blobs/figures.js';
import { packCbor, unpackCbor } from '../../src/actors/cbor.js';
import { ChunkGate, type ChunkLink } from '../../src/actors/io/chunks.js';
import { LIMITS, type ServerLimits } from '../../src/actors/limits.js';
import { BlobsMessage, IoMessage, TransferMessage } from '../../src/actors/messages.js';
import { type Actor, type ActorType, Kind, SystemMessage } from '../../src/actors/runtime/actor.js';
import { BLOBS } from '../../src/actors/singletons.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import type { CloseReason } from '../../src/net/types.js';
import { BlobStore } from '../../src/store/files/blobs.js';
import { recordOf } from '../store/chunk-files.js';
import { LocalSystem } from './local-system.js';

const ASK_MS = 60_000;

/** A client at the other end of a connection: what it was asked for, what it was given. */
export class FileClient implements ChunkLink {
  readonly id: number;
  closed: CloseReason | undefined;
  /** What it answers wants from, by file; it only notes what is wanted of others. */
  readonly contents = new Map<number, Buffer>();
  /** Wanted and not answered, by file, in the order of asking. */
  readonly wanted = new Map<number, Set<number>>();
  /** Every chunk it was ever asked for. */
  readonly asked: { readonly file: number; readonly chunk: number; readonly bytes: number }[] = [];
  /** Records it was given, by file and chunk. */
  readonly got = new Map<number, Map<number, Buffer>>();
  /** Says that it has what it is given. */
  takes = true;
  /** What it sends in the place of a record. */
  forge: ((chunk: number, record: Buffer) => Buffer) | undefined;
  #held: { readonly file: number; readonly chunk: number }[] = [];
  readonly #gate: () => ChunkGate;

  constructor(id: number, gate: () => ChunkGate) {
    this.id = id;
    this.#gate = gate;
  }

  /** Chunks of a file that were asked for, in order. */
  askedOf(file: number): number[] {
    return this.asked.filter((one) => one.file === file).map(({ chunk }) => chunk);
  }

  /** Records that were given and not acknowledged. */
  get holding(): number {
    return this.#held.length;
  }

  /** Wants chunks of a file. */
  fetch(file: number, first: number, count: number): void {
    this.#gate().wanted(this, file, first, count);
  }

  /** Sends a record, asked for or not. */
  send(file: number, chunk: number, record: Buffer): void {
    this.wanted.get(file)?.delete(chunk);
    this.#gate().chunk(this, file, chunk, record);
  }

  /** Sends the first of what is wanted. */
  answer(file: number, content: Buffer, count = Number.POSITIVE_INFINITY): void {
    for (const chunk of [...(this.wanted.get(file) ?? [])].slice(0, count))
      this.send(file, chunk, recordOf(content, chunk));
  }

  /** Acknowledges what it has kept quiet about. */
  acknowledge(): void {
    for (const { file, chunk } of this.#held.splice(0)) this.#gate().supplied(this, file, chunk);
  }

  want(file: number, chunk: number, bytes: number): boolean {
    this.asked.push({ file, chunk, bytes });
    this.wanted.set(file, (this.wanted.get(file) ?? new Set()).add(chunk));
    const content = this.contents.get(file);
    if (content === undefined) return true;
    const record = recordOf(content, chunk);
    this.send(file, chunk, this.forge?.(chunk, record) ?? record);
    return true;
  }

  unwant(file: number): void {
    this.wanted.delete(file);
  }

  supply(file: number, chunk: number, record: Buffer): boolean {
    // The client has bytes of its own: the record's are used again.
    const got = Buffer.from(record);
    this.got.set(file, (this.got.get(file) ?? new Map<number, Buffer>()).set(chunk, got));
    this.#held.push({ file, chunk });
    if (this.takes) this.acknowledge();
    return true;
  }

  unsupply(file: number): void {
    this.#held = this.#held.filter((one) => one.file !== file);
  }
}

/** Blobs with everything around it played: io with its clients, transfers that only listen. */
export class BlobsSystem {
  readonly clients = new Map<number, FileClient>();
  /** What transfers were told. */
  readonly told: { readonly file: number; readonly type: number; readonly code: string }[] = [];
  readonly local: LocalSystem;
  /** While false io says nothing of what it took in. */
  marks = true;
  /** What the server would have logged. */
  readonly reported: Error[] = [];
  /** The I/O actor fails at its next message. */
  fail = false;
  readonly #folder: string;
  readonly #limits: ServerLimits;
  #store: BlobStore | undefined;
  #figures: (() => FileFigures) | undefined;
  #gate: ChunkGate | undefined;
  #heldMarks: number[] = [];

  constructor(folder: string, seed = 1, limits: Partial<ServerLimits> = {}) {
    this.#folder = folder;
    this.#limits = { ...LIMITS, ...limits };
    let type = this.#openStore(0);
    this.local = new LocalSystem(seed, [
      { name: 'io', types: () => [this.#ioType()] },
      { name: 'files', types: () => [type] },
      { name: 'core', types: () => [this.#transferType()] },
    ]);
    this.respawnFiles = () => {
      type = this.#openStore(this.local.clock.wall());
      this.local.respawn('files');
    };
  }

  /** The files thread comes back after `local.kill('files')`, with what is on the disk. */
  respawnFiles: () => void;

  get gate(): ChunkGate {
    if (this.#gate === undefined) throw new Error('not started');
    return this.#gate;
  }

  get figures(): FileFigures {
    if (this.#figures === undefined) throw new Error('not started');
    return this.#figures();
  }

  async ask<T = FileRow>(type: number, body: object): Promise<T> {
    return unpackCbor<T>(await this.local.until(this.local.ask(BLOBS, type, packCbor(body), ASK_MS)));
  }

  /** Makes a file; account and id are made of one byte each. */
  create(size: number, options: { account?: number; id?: number; log?: number } = {}): Promise<FileRow> {
    const { account = 1, id = 1, log = 5 } = options;
    const a = Buffer.alloc(16, account);
    return this.ask(BlobsMessage.Create, {
      a,
      i: Buffer.alloc(16, id),
      o: `owner ${account}`,
      l: log,
      n: `file ${id}`,
      s: size,
      t: 'text/plain',
    });
  }

  connect(conn: number): FileClient {
    const client = new FileClient(conn, () => this.gate);
    this.clients.set(conn, client);
    return client;
  }

  disconnect(client: FileClient): void {
    this.clients.delete(client.id);
    this.gate.closed(client);
  }

  /** io takes in what it was told while `marks` was false. */
  mark(): void {
    for (const mark of this.#heldMarks.splice(0)) this.#mark(mark);
  }

  toldOf(file: number): string[] {
    return this.told.filter((one) => one.file === file).map(({ type, code }) => `${type} ${code}`.trim());
  }

  async close(): Promise<void> {
    await this.local.until(this.#store?.shut() ?? Promise.resolve());
  }

  #openStore(wall: number): ActorType {
    this.#store = BlobStore.open(this.#folder, this.#limits, wall);
    const { type, figures } = blobsPart(this.#store, (error) => this.reported.push(error));
    this.#figures = figures;
    return type;
  }

  /** The real gate, between connections that are played. */
  #ioType(): ActorType {
    return {
      kind: Kind.Io,
      name: 'io',
      eager: true,
      mailbox: { control: 65_536, data: 65_536 },
      create: (context) => {
        this.#gate = new ChunkGate({
          context,
          connections: this.clients,
          wake: () => {},
          dropped: () => {
            throw new Error('a record was dropped');
          },
        });
        context.watch(BLOBS);
        if (this.clients.size > 0) this.gate.renewed();
        return { receive: ({ type, body }) => this.#receive(type, body) } satisfies Actor;
      },
    };
  }

  #transferType(): ActorType {
    return {
      kind: Kind.Transfer,
      name: 'transfer',
      create: ({ self }) => ({
        receive: ({ type, body }) => {
          this.told.push({ file: self.key, type, code: whatOf(type, new Reader(body)) });
        },
      }),
    };
  }

  #receive(type: number, body: Buffer): void {
    if (this.fail) {
      this.fail = false;
      throw new Error('as the test wants');
    }
    if (type === SystemMessage.Terminated) this.gate.forgetAll();
    else if (type === IoMessage.Mark && !this.marks) this.#heldMarks.push(new Reader(body).varint());
    else this.#handle(type, body);
  }

  #mark(mark: number): void {
    this.#handle(IoMessage.Mark, new Writer(8).varint(mark).view());
  }

  #handle(type: number, body: Buffer): void {
    this.gate.handlers[type]?.(new Reader(body));
  }
}

/** A code, or the connection that is meant. */
function whatOf(type: number, reader: Reader): string {
  if (type === TransferMessage.Complete) return '';
  return type === TransferMessage.ReaderStalled ? String(reader.varint()) : reader.text(64);
}
