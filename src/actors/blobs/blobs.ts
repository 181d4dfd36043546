import { NatterError } from '../../chat/error.js';
import { Malformed, Reader, Writer } from '../../net/bytes.js';
import type { BlobStore } from '../../store/files/blobs.js';
import { packCbor, unpackCbor } from '../cbor.js';
import { BlobsMessage, IoMessage } from '../messages.js';
import {
  type Actor,
  type ActorContext,
  type ActorType,
  type Held,
  Kind,
  type Message,
  SystemMessage,
} from '../runtime/actor.js';
import { IO } from '../singletons.js';
import { FileDesk } from './desk.js';
import { type FileCounters, type FileFigures, newCounters } from './figures.js';
import { asTold } from './told.js';

const TICK_MS = 1_000;
/** A round of sweeping starts this often and takes one step at a time. */
const SWEEP_EVERY_MS = 60_000;
const SWEEP_STEP_MS = 20;
/** What is told about chunks is small and comes often; io bounds it. */
const MAILBOX = { control: 1_024, data: 65_536 };

/** What the thread of this actor needs of it besides its type. */
export interface BlobsPart {
  readonly type: ActorType;
  figures(): FileFigures;
}

/**
 * @param store outlives an actor that failed: the next one goes on with it
 * @param report is told what the server's own log should say of the disk
 */
export function blobsPart(store: BlobStore, report: (error: Error) => void): BlobsPart {
  const counters = newCounters();
  let actor: BlobsActor | undefined;
  return {
    type: {
      kind: Kind.Blobs,
      name: 'blobs',
      eager: true,
      mailbox: MAILBOX,
      create(context) {
        const before = actor?.desk;
        actor = new BlobsActor(context, store, counters, report);
        if (before !== undefined) actor.desk.takeOver(before);
        return actor;
      },
    },
    figures: () => {
      const { blobs, bytes } = store.figures;
      return { ...counters, ...(actor?.open ?? { uploads: 0, downloads: 0 }), blobs, bytesHeld: bytes };
    },
  };
}

/**
 * What files there are, and their chunks on the way in and out. Chunks come from io and go to io without touching a
 * core thread; the lives of files are their Transfers', which ask here.
 */
class BlobsActor implements Actor {
  readonly desk: FileDesk;
  readonly #context: ActorContext;
  readonly #store: BlobStore;
  readonly #counters: FileCounters;
  readonly #reader = new Reader();
  #ticking = false;

  readonly #asks: Readonly<Record<number, (body: Buffer) => object | Promise<object>>> = {
    [BlobsMessage.Create]: (body) => this.desk.create(unpackCbor(body)),
    [BlobsMessage.Load]: (body) => this.desk.load(unpackCbor(body)),
    [BlobsMessage.OpenUpload]: (body) => this.desk.openUpload(unpackCbor(body)),
    [BlobsMessage.OpenDownload]: (body) => this.desk.openDownload(unpackCbor(body)),
    [BlobsMessage.Close]: (body) => this.desk.close(unpackCbor(body)),
    [BlobsMessage.Finish]: (body) => this.desk.finish(unpackCbor(body)),
    [BlobsMessage.Remove]: (body) => this.desk.remove(unpackCbor(body)),
    [BlobsMessage.Answer]: (body) => this.desk.answer(unpackCbor(body)),
    [BlobsMessage.List]: (body) => this.desk.list(unpackCbor(body)),
    [BlobsMessage.Offers]: (body) => this.desk.offers(unpackCbor(body)),
  };

  readonly #tells: Readonly<Record<number, (reader: Reader) => void>> = {
    [BlobsMessage.Wanted]: (reader) =>
      this.desk.downloads.wanted(reader.varint(), reader.varint(), reader.varint(), reader.varint()),
    [BlobsMessage.Chunk]: (reader) =>
      this.desk.uploads.chunk(reader.varint(), reader.varint(), reader.varint(), reader.rest()),
    [BlobsMessage.Supplied]: (reader) =>
      this.desk.downloads.supplied(reader.varint(), reader.varint(), reader.varint()),
    [BlobsMessage.Closed]: (reader) => this.#closed(reader.varint()),
    [BlobsMessage.Marked]: (reader) => this.desk.downloads.marked(reader.varint()),
    [BlobsMessage.Mark]: (reader) =>
      this.#context.tell(IO, IoMessage.Marked, new Writer(8).varint(reader.varint()).view()),
    [BlobsMessage.Renewed]: () => {
      this.desk.uploads.repeatAll();
      this.desk.downloads.repeatAll();
    },
    [SystemMessage.Terminated]: () => this.#ioLost(),
  };

  constructor(
    context: ActorContext,
    store: BlobStore,
    counters: FileCounters,
    report: (error: Error) => void,
  ) {
    this.#context = context;
    this.#store = store;
    this.#counters = counters;
    this.desk = new FileDesk(context, store, counters, report);
    context.watch(IO);
    this.#sweepIn(SWEEP_EVERY_MS);
  }

  get open(): { readonly uploads: number; readonly downloads: number } {
    return { uploads: this.desk.uploads.size, downloads: this.desk.downloads.size };
  }

  receive(message: Message): void {
    const tell = this.#tells[message.type];
    if (tell !== undefined) {
      tell(this.#reader.reset(message.body));
      return;
    }
    try {
      const ask = this.#asks[message.type];
      if (ask === undefined)
        throw new NatterError('INTERNAL', `The blobs actor knows no message ${message.type}.`);
      this.#answer(message, ask(message.body));
    } catch (error) {
      // What cannot be done for one file is its asker's trouble, not a reason to restart.
      if (!(error instanceof NatterError) && !(error instanceof Malformed)) throw error;
      this.#refuse(message, error);
    }
    this.#tickSoon();
  }

  stopping(): void {
    this.desk.restAll();
  }

  describe(): { state: string; facts: Record<string, string | number> } {
    const { blobs, bytes } = this.#store.figures;
    const state = this.open.uploads + this.open.downloads === 0 ? 'idle' : 'moving';
    return { state, facts: { ...this.open, ...this.#counters, blobs, bytesHeld: bytes } };
  }

  #answer(message: Message, answer: object | Promise<object>): void {
    if (!(answer instanceof Promise)) {
      this.#context.reply(message, packCbor(answer));
      return;
    }
    const held = this.#context.hold(message);
    answer.then(
      (body) => this.#context.reply(held, packCbor(body)),
      (error: Error) => this.#refuse(held, error),
    );
  }

  #refuse(to: Message | Held, error: Error): void {
    this.#context.refuse(to, error instanceof NatterError ? asTold(error) : error);
  }

  #closed(connection: number): void {
    this.desk.uploads.connectionClosed(connection);
    this.desk.downloads.connectionClosed(connection);
  }

  /** The io thread died: its connections are gone, and their numbers will come again. */
  #ioLost(): void {
    this.desk.uploads.closeAll();
    this.desk.downloads.closeAll();
    this.#context.watch(IO);
  }

  #tickSoon(): void {
    if (this.#ticking || !this.desk.isBusy) return;
    this.#ticking = true;
    this.#context.clock.setTimeout(() => {
      this.#ticking = false;
      this.desk.tick(this.#context.clock.now());
      this.#tickSoon();
    }, TICK_MS);
  }

  #sweepIn(ms: number): void {
    this.#context.clock.setTimeout(() => this.#sweepIn(this.#sweep() ? SWEEP_STEP_MS : SWEEP_EVERY_MS), ms);
  }

  #sweep(): boolean {
    try {
      return this.desk.sweep();
    } catch (error) {
      // A disk that takes no writes now: what is old can wait.
      if (error instanceof NatterError) return false;
      throw error;
    }
  }
}
