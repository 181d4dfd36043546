import { NatterError } from '../../chat/error.js';
import { Writer } from '../../net/bytes.js';
import { CHUNK_RECORD_MAX_BYTES, WANTED_BYTES_MAX } from '../../net/constants.js';
import type { BlobStore } from '../../store/files/blobs.js';
import { IoMessage, TransferMessage } from '../messages.js';
import { type ActorContext, Kind } from '../runtime/actor.js';
import { IO } from '../singletons.js';
import type { ByConnection } from './bodies.js';
import { stalled, tooMany, wrong } from './failures.js';
import type { FileCounters } from './figures.js';
import { asTold, told } from './told.js';
import { Upload, type WantedRun } from './upload.js';

/** Outstanding over all connections, shared by the uploads that are open. */
const WINDOW_ALTOGETHER_BYTES = 64 * 1024 * 1024;
const WINDOW_MIN_BYTES = CHUNK_RECORD_MAX_BYTES;
/** Over one connection: more could not have one chunk each outstanding. */
const UPLOADS_PER_CONNECTION_MAX = 32;
/** Of one account, however many its connections are: nobody takes the places of all others. */
const UPLOADS_PER_ACCOUNT_MAX = 64;
/** Each has a chunk outstanding, and takes two of the handles that the process may have. */
const UPLOADS_MAX = 2_048;
/** Asked for again when it did not come for this long: it was lost between the threads. */
const REPEAT_MS = 10_000;
/** Nothing of an upload came for this long: it is ended. */
const STALLED_MS = 30_000;
/** Nothing at all came over a connection for this long: it may have forgotten what it was asked. A slow one takes seconds for a record. */
const FORGOTTEN_MS = 25_000;
/** As long as other files still come over the same connection, which is slow then. */
const STALLED_BESIDE_OTHERS_MS = 120_000;
/** Kept between two looks at the disk's free space. */
const LOOK_EVERY_BYTES = 16 * 1024 * 1024;
const WRONGS_MAX = 2;
/** Opened again over its connection, and nothing came for this long: all is asked for again. */
const REOPEN_MS = 1_000;

/** Who sends over one connection. */
interface Sender {
  readonly uploads: Set<Upload>;
  progressAt: number;
}

export interface UploadsOptions {
  readonly context: ActorContext;
  readonly store: BlobStore;
  readonly counters: FileCounters;
  /** A chunk was kept; `record` is a view. */
  readonly landed: (number: number, chunk: number, record: Buffer) => void;
  /** What the server's own log should say. */
  readonly report: (error: Error) => void;
  /** Nobody sends that file any more. */
  readonly ended: (number: number) => void;
}

/** The files that are being sent to this server: asks for what is missing of each, and keeps what comes. */
export class Uploads {
  readonly #options: UploadsOptions;
  readonly #uploads = new Map<number, Upload>();
  readonly #senders = new Map<number, Sender>();
  readonly #hungry = new Set<Upload>();
  readonly #writer = new Writer(64);

  constructor(options: UploadsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#uploads.size;
  }

  /** What is sent over which connection. */
  get list(): ByConnection[] {
    return [...this.#uploads.values()].map(({ number, connection }) => ({ f: number, c: connection }));
  }

  has(number: number): boolean {
    return this.#uploads.has(number);
  }

  /**
   * Asks that connection for what is missing, until all is here; who sent it before is not asked any more.
   * @param account 16 bytes: its owner
   * @param assured nobody asked for it anew: what goes on goes on
   * @throws NatterError BUSY, DISK_FULL, or what BlobStore.open throws
   */
  open(number: number, connection: number, account: Buffer, assured: boolean): void {
    const { context, store } = this.#options;
    const before = this.#uploads.get(number);
    const now = context.clock.now();
    if (before?.connection === connection) {
      // A repeated request, unless the client has forgotten what it was asked for.
      if (!assured && now - before.progressAt >= REOPEN_MS) this.#repeat(before);
      return;
    }
    const sender = this.#senders.get(connection) ?? { uploads: new Set<Upload>(), progressAt: now };
    if (sender.uploads.size >= UPLOADS_PER_CONNECTION_MAX) throw tooMany();
    if (before === undefined && !this.#hasRoom(account)) throw tooMany();
    if (store.crowded) throw told('DISK_FULL');
    const upload = new Upload({ number, connection, account }, store.open(number), now);
    if (before !== undefined) this.#detach(before);
    this.#uploads.set(number, upload);
    this.#senders.set(connection, sender);
    sender.uploads.add(upload);
    // What an earlier life of this actor may have asked for.
    this.#tell(upload, IoMessage.Unwant);
    this.#feed(upload);
  }

  /** @param connection only if it is sent over that one */
  close(number: number, connection = this.#uploads.get(number)?.connection): void {
    const upload = this.#uploads.get(number);
    if (upload === undefined || upload.connection !== connection) return;
    this.#end(upload);
  }

  /** Ends an upload that cannot go on, and tells its transfer why. */
  fail(number: number, error: NatterError): void {
    const upload = this.#uploads.get(number);
    if (upload !== undefined) this.#halt(upload, error);
  }

  connectionClosed(connection: number): void {
    for (const upload of this.#senders.get(connection)?.uploads ?? []) this.#end(upload, false);
  }

  chunk(connection: number, number: number, chunk: number, record: Buffer): void {
    const { context, counters, landed } = this.#options;
    const upload = this.#uploads.get(number);
    counters.bytesIn += record.length;
    if (upload === undefined || upload.connection !== connection) {
      counters.chunksStray++;
      return;
    }
    switch (this.#put(upload, chunk, record)) {
      case 'failed':
        return;
      case 'wrong':
        counters.chunksWrong++;
        upload.again(chunk);
        if (++upload.wrongs >= WRONGS_MAX) this.#halt(upload, wrong());
        else this.#feed(upload);
        return;
      case 'known':
        counters.chunksRepeated++;
        break;
      case 'written':
        counters.chunksVerified++;
        landed(number, chunk, record);
    }
    upload.wrongs = 0;
    upload.settle(chunk);
    upload.progressAt = context.clock.now();
    const sender = this.#senders.get(connection);
    this.#look(upload, record.length);
    if (sender === undefined) return;
    sender.progressAt = upload.progressAt;
    // All of them: one that found no room beside the others finds some now.
    for (const each of sender.uploads) this.#feed(each);
  }

  /** Once a second or so: asks again for what was lost, ends what stands still. */
  tick(now: number): void {
    for (const upload of [...this.#uploads.values()]) {
      if (!upload.waits) continue;
      const besides = this.#senders.get(upload.connection)?.progressAt ?? 0;
      const patience = now - besides < STALLED_MS ? STALLED_BESIDE_OTHERS_MS : STALLED_MS;
      if (now - upload.progressAt >= patience) {
        this.#options.counters.uploadsStalled++;
        this.#halt(upload, stalled());
        continue;
      }
      const repeated = upload.repeat(now - REPEAT_MS, now);
      if (repeated.length === 0) continue;
      // What came in part is lost by this.
      if (now - besides >= FORGOTTEN_MS) this.#tell(upload, IoMessage.Unwant);
      for (const run of repeated) this.#want(upload, run);
    }
  }

  /** The I/O actor lives anew with the connections of before: what it was handing over is lost. */
  repeatAll(): void {
    for (const upload of this.#uploads.values()) this.#repeat(upload);
  }

  /** Ends all, as when every connection is gone. */
  closeAll(): void {
    for (const upload of [...this.#uploads.values()]) this.#end(upload, false);
  }

  #hasRoom(account: Buffer): boolean {
    if (this.#uploads.size >= UPLOADS_MAX) return false;
    let own = 0;
    for (const upload of this.#uploads.values()) if (upload.account.equals(account)) own++;
    return own < UPLOADS_PER_ACCOUNT_MAX;
  }

  #repeat(upload: Upload): void {
    upload.restart();
    this.#tell(upload, IoMessage.Unwant);
    this.#feed(upload);
  }

  #put(upload: Upload, chunk: number, record: Buffer): 'written' | 'known' | 'wrong' | 'failed' {
    try {
      return this.#options.store.put(upload.number, chunk, record);
    } catch (error) {
      if (!(error instanceof NatterError)) throw error;
      this.#options.report(error);
      this.#halt(upload, error);
      return 'failed';
    }
  }

  /** What people say must still find room on the disk. */
  #look(upload: Upload, bytes: number): void {
    upload.unlookedBytes += bytes;
    if (upload.unlookedBytes < LOOK_EVERY_BYTES) return;
    upload.unlookedBytes = 0;
    if (this.#options.store.crowded && !upload.chunks.complete) this.#halt(upload, told('DISK_FULL'));
  }

  /** Asks at the end of this turn, so that neighbours are asked for together. */
  #feed(upload: Upload): void {
    if (this.#hungry.size === 0) this.#options.context.onTurnEnd(() => this.#feedAll());
    this.#hungry.add(upload);
  }

  #feedAll(): void {
    const hungry = [...this.#hungry];
    this.#hungry.clear();
    for (const upload of hungry) {
      if (this.#uploads.get(upload.number) !== upload) continue;
      if (upload.chunks.complete) this.#complete(upload);
      else this.#fill(upload);
    }
  }

  /** Each has its share of what all together, and of what its connection may have outstanding. */
  #fill(upload: Upload): void {
    const beside = this.#senders.get(upload.connection)?.uploads ?? new Set();
    const window = Math.min(
      Math.max(WINDOW_ALTOGETHER_BYTES / this.#uploads.size, WINDOW_MIN_BYTES),
      WANTED_BYTES_MAX / beside.size,
    );
    // Those that were there before may still have more than their share of now.
    let room = WANTED_BYTES_MAX;
    for (const { outstandingBytes } of beside) room -= outstandingBytes;
    for (const run of upload.fill(window, room, this.#options.context.clock.now())) this.#want(upload, run);
  }

  #complete(upload: Upload): void {
    this.#end(upload, false);
    const to = { kind: Kind.Transfer, key: upload.number };
    this.#options.context.tell(to, TransferMessage.Complete, this.#writer.reset().view());
  }

  #halt(upload: Upload, failure: NatterError): void {
    this.#end(upload);
    const error = asTold(failure);
    const body = new Writer(256, 4096).text(error.code).text(error.message).view();
    this.#options.context.tell({ kind: Kind.Transfer, key: upload.number }, TransferMessage.Halted, body);
  }

  /** @param isThere the connection is there and may still be sending */
  #end(upload: Upload, isThere = true): void {
    this.#uploads.delete(upload.number);
    this.#detach(upload, isThere);
    this.#options.ended(upload.number);
  }

  #detach(upload: Upload, isThere = true): void {
    this.#hungry.delete(upload);
    const sender = this.#senders.get(upload.connection);
    sender?.uploads.delete(upload);
    if (sender?.uploads.size === 0) this.#senders.delete(upload.connection);
    if (isThere) this.#tell(upload, IoMessage.Unwant);
  }

  #want({ connection, number }: Upload, { first, count, bytes, lastBytes }: WantedRun): void {
    const body = this.#writer
      .reset()
      .varint(connection)
      .varint(number)
      .varint(first)
      .varint(count)
      .varint(bytes)
      .varint(lastBytes);
    this.#options.context.tell(IO, IoMessage.Want, body.view());
  }

  #tell({ connection, number }: Upload, type: number): void {
    this.#options.context.tell(IO, type, this.#writer.reset().varint(connection).varint(number).view());
  }
}
