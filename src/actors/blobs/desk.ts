import { NatterError } from '../../chat/error.js';
import { FileState, type UploadReply } from '../../chat/operations.js';
import { Writer } from '../../net/bytes.js';
import { FILES_PER_REPLY } from '../../net/constants.js';
import type { BlobStore } from '../../store/files/blobs.js';
import { Place, type StoredFile } from '../../store/files/file-row.js';
import { IoMessage, TransferMessage } from '../messages.js';
import { type ActorContext, Kind } from '../runtime/actor.js';
import { IO } from '../singletons.js';
import type * as Bodies from './bodies.js';
import { Downloads } from './downloads.js';
import type { FileCounters } from './figures.js';
import { Lingering } from './lingering.js';
import { type FileNow, infoOf, newFileOf, rowOf } from './rows.js';
import { Uploads } from './uploads.js';

/** A blob with which this is the matter will not come back. */
const LOST = new Set(['FILE_MISSING', 'DATA_CORRUPT']);
const NOTHING = Buffer.alloc(0);

/**
 * What can be asked about files: what there is, what is sent and fetched over which connection, until nobody uses a
 * file any more. Each question is a body of bodies.ts, and so is its answer; what cannot be done is a NatterError.
 */
export class FileDesk {
  readonly uploads: Uploads;
  readonly downloads: Downloads;
  readonly #context: ActorContext;
  readonly #store: BlobStore;
  readonly #lingering: Lingering;
  readonly #report: (error: Error) => void;

  constructor(
    context: ActorContext,
    store: BlobStore,
    counters: FileCounters,
    report: (error: Error) => void,
  ) {
    this.#context = context;
    this.#store = store;
    this.#lingering = new Lingering((number) => store.close(number));
    this.#report = report;
    const ended = (number: number): void => this.#ended(number);
    const parts = { context, store, counters, report, ended };
    this.downloads = new Downloads({
      ...parts,
      stalled: (number, connection) => this.#readerStalled(number, connection),
      damaged: (number, error) => this.#damaged(number, error),
    });
    this.uploads = new Uploads({
      ...parts,
      landed: (number, chunk, record) => this.downloads.landed(number, chunk, record),
    });
  }

  /**
   * Goes on where the desk of an actor that failed stood. Nobody else notices: connections are still there, and those
   * who asked for transfers are told nothing of an actor that comes back.
   */
  takeOver(before: FileDesk): void {
    this.#store.closeAll();
    this.#context.tell(IO, IoMessage.Renew, NOTHING);
    for (const { f, c } of before.uploads.list) this.#again(() => this.openUpload({ f, c }));
    for (const { f, c, wanted } of before.downloads.list) {
      this.#again(() => this.openDownload({ f, c }));
      for (const chunk of wanted) this.downloads.wanted(c, f, chunk, 1);
    }
  }

  /** Something is open, so time matters. */
  get isBusy(): boolean {
    return this.uploads.size > 0 || this.downloads.size > 0 || this.#lingering.size > 0;
  }

  tick(now: number): void {
    this.uploads.tick(now);
    this.downloads.tick(now);
    this.#lingering.tick(now);
  }

  /** Notes how far everything came that is being sent. */
  restAll(): void {
    for (const { f } of this.uploads.list) this.#rest(f);
  }

  create(file: Bodies.CreateFile): Bodies.FileRow {
    return this.#row(this.#store.create(newFileOf(file), this.#wall()));
  }

  load({ f }: Bodies.ByFile): Bodies.FileRow {
    return this.#row(this.#store.get(f));
  }

  openUpload({ f, c, assured = false }: Bodies.OpenUpload): UploadReply {
    const file = this.#store.present(f);
    if (file.place === Place.Blob) {
      this.#context.tell({ kind: Kind.Transfer, key: f }, TransferMessage.Complete, NOTHING);
      return { b: file.size };
    }
    if (this.#store.isFinishing(f))
      throw new NatterError('BUSY', 'The file is being checked just now; wait for the result.');
    this.uploads.open(f, c, file.account, assured);
    this.#lingering.delete(f);
    return { b: this.#store.heldOf(file) };
  }

  openDownload({ f, c }: Bodies.ByConnection): Bodies.FileRow {
    const file = this.#store.present(f);
    try {
      this.downloads.open(f, c);
    } catch (error) {
      if (error instanceof NatterError && LOST.has(error.code)) this.#damaged(f, error);
      throw error;
    }
    this.#lingering.delete(f);
    return this.#row(file);
  }

  close({ f, c, u }: Bodies.CloseFile): object {
    if (u) this.uploads.close(f, c);
    else this.downloads.close(f, c);
    return {};
  }

  async finish({ f, h }: Bodies.FinishFile): Promise<Bodies.FileRow> {
    this.#store.present(f);
    this.uploads.close(f);
    this.#lingering.delete(f);
    try {
      return this.#row(await this.#store.finish(f, Buffer.from(h), () => this.#wall()));
    } finally {
      this.#ended(f);
    }
  }

  async remove({ f, r }: Bodies.RemoveFile): Promise<Bodies.FileRow> {
    this.uploads.close(f);
    this.downloads.closeFile(f);
    const file = await this.#store.remove(f, r, this.#wall());
    this.#lingering.delete(f);
    return this.#row(file);
  }

  answer({ f, a, s }: Bodies.AnswerFile): object {
    this.#store.answer(f, Buffer.from(a), s);
    return {};
  }

  list({ l, a, b }: Bodies.ListFiles): Bodies.FileList {
    return this.#infos(this.#store.list(l, b, FILES_PER_REPLY), Buffer.from(a));
  }

  offers({ a, l, g }: Bodies.ListOffers): Bodies.FileList {
    const account = Buffer.from(a);
    return this.#infos(this.#store.offers(account, l, g, FILES_PER_REPLY), account);
  }

  /** One step of forgetting what is old. @returns true when there is more @throws NatterError when the disk takes no writes */
  sweep(): boolean {
    const { expired, more } = this.#store.sweep(this.#wall(), (number) => this.uploads.has(number));
    for (const { number, reason } of expired) {
      this.downloads.closeFile(number);
      this.#lingering.delete(number);
      this.#gone(number, reason);
    }
    return more;
  }

  /** What cannot be opened again is what its reader or sender will ask for again. */
  #again(open: () => object): void {
    try {
      open();
    } catch (error) {
      if (!(error instanceof NatterError)) throw error;
    }
  }

  #infos(files: readonly StoredFile[], account: Buffer): Bodies.FileList {
    return {
      f: files.map((file) => infoOf(file, this.#now(file), this.#store.answerOf(file.number, account))),
    };
  }

  #row(file: StoredFile): Bodies.FileRow {
    return rowOf(file, this.#now(file));
  }

  #now(file: StoredFile): FileNow {
    const held = file.place === Place.Spool ? this.#store.heldOf(file) : file.held;
    return { held, state: this.#stateOf(file) };
  }

  #stateOf({ number, place }: StoredFile): FileState {
    if (place === Place.Nowhere) return FileState.Gone;
    if (place === Place.Blob) return FileState.Held;
    if (this.#store.isFinishing(number)) return FileState.Verifying;
    return this.uploads.has(number) ? FileState.Uploading : FileState.Waiting;
  }

  /** One way of using a file has ended. */
  #ended(number: number): void {
    this.#rest(number);
    if (!this.uploads.has(number) && !this.downloads.has(number))
      this.#lingering.add(number, this.#context.clock.now());
  }

  /** How far it came is only for those who look at lists, the disk knows better: so it may fail. */
  #rest(number: number): void {
    try {
      this.#store.rest(number, this.#wall());
    } catch (error) {
      if (!(error instanceof NatterError)) throw error;
    }
  }

  /** The bytes of a file cannot be read. What is being sent may be sent anew; a blob is lost. */
  #damaged(number: number, error: NatterError): void {
    this.#report(error);
    this.downloads.closeFile(number);
    this.uploads.fail(number, error);
    this.#store.close(number);
    if (this.#store.get(number).place !== Place.Blob || !LOST.has(error.code)) return;
    this.#store.remove(number, 'FILE_MISSING', this.#wall()).then(
      ({ reason }) => this.#gone(number, reason),
      // A disk that takes no writes either: the next reader finds it damaged again.
      () => undefined,
    );
  }

  #readerStalled(number: number, connection: number): void {
    const body = new Writer(16).varint(connection).view();
    this.#context.tell({ kind: Kind.Transfer, key: number }, TransferMessage.ReaderStalled, body);
  }

  #gone(number: number, reason: string): void {
    const body = new Writer(64).text(reason).view();
    this.#context.tell({ kind: Kind.Transfer, key: number }, TransferMessage.Gone, body);
  }

  #wall(): number {
    return this.#context.clock.wall();
  }
}
