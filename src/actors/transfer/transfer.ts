import { ErrorCode, NatterError } from '../../chat/error.js';
import { FileAnswer, FileState, type FinishReply } from '../../chat/operations.js';
import { Reader, Writer } from '../../net/bytes.js';
import { goneError } from '../../store/files/gone.js';
import { askBlobs, askMember } from '../asking.js';
import type * as Body from '../blobs/bodies.js';
import { packCbor, unpackCbor } from '../cbor.js';
import { BlobsMessage, SessionMessage, TransferMessage } from '../messages.js';
import { isInternal, passes } from '../refusal.js';
import { type Actor, type ActorContext, Kind, type Message, SystemMessage } from '../runtime/actor.js';
import { DeathReason } from '../runtime/cells.js';
import { BLOBS } from '../singletons.js';
import { Audience } from './audience.js';
import { Doors, type Way } from './doors.js';
import { Intake } from './intake.js';

const CODE_MAX_BYTES = 64;
const SENTENCE_MAX_BYTES = 1024;

/** A file as this actor knows it, from when blobs has told it what it is. */
interface Loaded {
  readonly intake: Intake;
  readonly audience: Audience;
}

type Handler = (file: Loaded, request: never) => Promise<object>;

/**
 * One file at the server, by its number: who may do what with it, over which connections it comes and goes, and
 * who is told. What lasts of it is blobs' row; whoever has it open opens it again when this actor was lost, so
 * that it needs no memory of its own. Chunks never pass through here.
 */
export class TransferActor implements Actor {
  readonly #context: ActorContext;
  readonly #file: number;
  readonly #doors: Doors;
  readonly #ready: Promise<Loaded>;
  #loaded: Loaded | undefined;
  #row: Body.FileRow | undefined;
  /** What was told last: state and reason. */
  #told = '';
  #tellAsked = false;

  readonly #handlers: Readonly<Record<number, Handler>> = {
    [TransferMessage.Upload]: (file, request: Body.FileRequest) => this.#upload(file, request),
    [TransferMessage.Finish]: (file, request: Body.FinishRequest) => this.#finish(file, request),
    [TransferMessage.Download]: (file, request: Body.FileRequest) => this.#download(file, request),
    [TransferMessage.Close]: (file, request: Body.CloseRequest) => this.#close(file, request),
    [TransferMessage.Withdraw]: (file, request: Body.FileRequest) => this.#withdraw(file, request),
    [TransferMessage.Answer]: (file, request: Body.AnswerRequest) => this.#answer(file, request),
  };

  constructor(context: ActorContext) {
    this.#context = context;
    this.#file = context.self.key;
    this.#doors = new Doors({
      context,
      shut: (conn) => this.#sessionGone(conn),
      assureUpload: () => this.#loaded?.intake.assure(),
    });
    context.watch(BLOBS);
    this.#ready = this.#load();
    // Whoever asked is told why; the next message makes a new actor, which tries again.
    this.#ready.catch(() => context.stop());
  }

  receive(message: Message): void {
    const reader = new Reader(message.body);
    switch (message.type) {
      case TransferMessage.Complete:
        this.#later(({ intake }) => intake.complete());
        return;
      case TransferMessage.Halted: {
        const failure = haltedBy(reader.text(CODE_MAX_BYTES), reader.text(SENTENCE_MAX_BYTES));
        this.#later(({ intake }) => intake.stalled(failure));
        return;
      }
      case TransferMessage.Gone: {
        const reason = reader.text(CODE_MAX_BYTES);
        this.#later((file) => this.#gone(file, reason));
        return;
      }
      case TransferMessage.ReaderStalled: {
        const conn = reader.varint();
        this.#later((file) => this.#readerStalled(file, conn));
        return;
      }
      case SystemMessage.Terminated:
        this.#terminated(reader.u8(), reader.u48(), reader.u8());
        return;
      default:
        this.#request(message);
    }
  }

  busy(): boolean {
    return this.#doors.size > 0;
  }

  stopping(): void {
    this.#loaded?.intake.stop();
  }

  describe() {
    return this.#loaded?.intake.describe() ?? { state: 'loading', facts: {} };
  }

  // ---- Coming to be -------------------------------------------------------------------------------------

  async #load(): Promise<Loaded> {
    const context = this.#context;
    const row = await askBlobs<Body.FileRow>(context, BlobsMessage.Load, { f: this.#file });
    const people = await askMember(context, row.l, row.a).catch((error: unknown) => {
      // An owner who left a room: nobody leaves a private conversation.
      if (error instanceof NatterError && error.code === 'NOT_A_MEMBER') return [];
      throw error;
    });
    this.#row = row;
    const intake = new Intake({
      context,
      row,
      changed: () => this.#tellLater(),
      held: (held) => {
        this.#row = held;
      },
      failed: (error) => void this.#lose(error),
      facts: () => ({ file: this.#file, bytes: row.s, open: this.#doors.size }),
    });
    this.#told = told(intake.state, undefined);
    this.#loaded = { intake, audience: new Audience(context, row, people) };
    return this.#loaded;
  }

  /** Once the file is loaded; in the order in which it was asked for. */
  #later(run: (file: Loaded) => void): void {
    this.#ready.then(run).catch((error: unknown) => {
      if (!passes(error) && isInternal(error)) this.#fail(error);
    });
  }

  #request(message: Message): void {
    const handler = this.#handlers[message.type];
    if (!handler) throw new Error(`message ${message.type} is not for a transfer`);
    const request = unpackCbor<never>(message.body);
    const held = this.#context.hold(message);
    this.#ready
      .then((file) => handler(file, request))
      .then(
        (answer) => this.#context.reply(held, packCbor(answer)),
        (error: Error) => this.#context.refuse(held, error),
      );
  }

  /** What was thrown outside of `receive` fails this actor as well. */
  #fail(error: unknown): void {
    this.#context.clock.setTimeout(() => {
      throw error;
    }, 0);
  }

  // ---- Requests. After each await the file may be gone --------------------------------------------------

  async #upload({ intake }: Loaded, { a, c }: Body.FileRequest): Promise<Body.UploadOpened> {
    const { l } = this.#own(a);
    const before = this.#doors.uploader;
    const reply = await this.#through(c, a, 'upload', () => intake.begin(c)).catch((error: unknown) => {
      intake.leave(c);
      throw error;
    });
    if (before !== undefined && before !== c) {
      const taken = new Writer(16).varint(this.#file).view();
      this.#context.tell({ kind: Kind.Session, key: before }, SessionMessage.UploadTaken, taken);
    }
    if (intake.state === FileState.Held) this.#doors.endUpload();
    return { ...reply, l };
  }

  async #finish({ intake }: Loaded, { a, h }: Body.FinishRequest): Promise<FinishReply> {
    const state = intake.finish(h, this.#own(a).h);
    return { s: present(state, intake) };
  }

  async #download({ intake }: Loaded, { a, c }: Body.FileRequest): Promise<Body.DownloadOpened> {
    this.#here();
    await this.#through(c, a, 'download', () => this.#doors.openDownload(c));
    const { l, s: z, h } = this.#here();
    const s = present(intake.state, intake);
    return s === FileState.Held && h ? { s, z, h, l } : { s, z, l };
  }

  /**
   * Opens a door to whoever belongs to the conversation. It is there from the first moment on, so that a Close, or
   * the end of the session, finds it whenever it comes.
   */
  async #through<T>(conn: number, account: Uint8Array, way: Way, open: () => Promise<T>): Promise<T> {
    this.#doors.open(conn, account, way);
    try {
      await askMember(this.#context, this.#here().l, account);
      this.#here();
      if (!this.#doors.has(conn, way))
        throw new NatterError('CANCELLED', 'This was closed before it was open; open it again.');
      return await open();
    } catch (error) {
      void this.#doors.close(conn, way);
      throw error;
    }
  }

  async #close({ intake }: Loaded, { c, u }: Body.CloseRequest): Promise<object> {
    await this.#doors.close(c, u ? 'upload' : 'download');
    if (u) intake.pause(c);
    return {};
  }

  async #withdraw(file: Loaded, { a }: Body.FileRequest): Promise<object> {
    if (this.#own(a, false).st === FileState.Gone) return {};
    const withdrawn: Body.RemoveFile = { f: this.#file, r: 'FILE_WITHDRAWN' };
    await askBlobs(this.#context, BlobsMessage.Remove, withdrawn);
    this.#gone(file, withdrawn.r);
    return {};
  }

  async #answer({ audience }: Loaded, request: Body.AnswerRequest): Promise<object> {
    const { a, s } = request;
    const row = this.#known();
    if (Buffer.compare(row.a, a) === 0)
      throw new NatterError('NOT_ALLOWED', 'You sent this file yourself; only others answer it.');
    if (s === FileAnswer.None)
      throw new NatterError(
        'BAD_ARGUMENT',
        'An answer says that a file is accepted, rejected or done; send one of these.',
      );
    if (row.st === FileState.Gone && s === FileAnswer.Accepted) throw goneError(row.r);
    await askMember(this.#context, row.l, a);
    await askBlobs(this.#context, BlobsMessage.Answer, { f: this.#file, a, s } satisfies Body.AnswerFile);
    await audience.notice(request);
    audience.answered(request);
    return {};
  }

  #known(): Body.FileRow {
    if (this.#row) return this.#row;
    throw goneError(undefined);
  }

  /** @throws NatterError FILE_WITHDRAWN or whatever else it is gone for */
  #here(): Body.FileRow {
    const row = this.#known();
    if (row.st === FileState.Gone) throw goneError(row.r);
    return row;
  }

  /** @throws NatterError NOT_ALLOWED to everybody but its owner */
  #own(account: Uint8Array, here = true): Body.FileRow {
    const row = here ? this.#here() : this.#known();
    if (Buffer.compare(row.a, account) === 0) return row;
    throw new NatterError('NOT_ALLOWED', 'Only who offered a file may do that; offer one of your own.');
  }

  // ---- Ends ---------------------------------------------------------------------------------------------

  /** The upload cannot come to an end: what is here of it goes. */
  async #lose({ code }: NatterError): Promise<void> {
    const file = this.#loaded;
    if (!file || this.#known().st === FileState.Gone) return;
    const lost: Body.RemoveFile = { f: this.#file, r: code };
    // If blobs does not take it now, its age ends the file later.
    await askBlobs(this.#context, BlobsMessage.Remove, lost).catch(() => undefined);
    this.#gone(file, code);
  }

  #gone({ intake }: Loaded, reason: string): void {
    const row = this.#known();
    if (row.st === FileState.Gone) return;
    this.#row = { ...row, st: FileState.Gone, r: reason };
    intake.cancel(goneError(reason));
    this.#tellLater();
  }

  /** What it wanted is forgotten: once it hears that, it reads again, and wants what is missing. */
  #readerStalled({ intake, audience }: Loaded, conn: number): void {
    const { f, l, h, st } = this.#known();
    if (st === FileState.Gone || !this.#doors.has(conn, 'download')) return;
    const s = intake.state;
    audience.one({ f, l, s, ...(s === FileState.Held && h && { h }), r: 'STALLED' }, conn);
  }

  #terminated(kind: number, key: number, reason: number): void {
    if (kind === Kind.Blobs) {
      this.#context.watch(BLOBS);
      this.#later(({ intake }) => intake.blobsLost());
      // What they wanted died with it.
      this.#doors.assure((conn) => this.#later((file) => this.#readerStalled(file, conn)));
    } else if (reason === DeathReason.ThreadDied) this.#doors.sessionLost(key);
    else this.#sessionGone(key);
  }

  #sessionGone(conn: number): void {
    const sends = this.#doors.has(conn, 'upload');
    void this.#doors.close(conn, 'download');
    void this.#doors.close(conn, 'upload');
    if (sends) this.#later(({ intake }) => intake.leave(conn));
  }

  // ---- Telling ------------------------------------------------------------------------------------------

  /** Once a turn: what was opened anew within it has not changed for anybody. */
  #tellLater(): void {
    if (this.#tellAsked) return;
    this.#tellAsked = true;
    this.#context.onTurnEnd(() => {
      this.#tellAsked = false;
      if (this.#loaded) this.#tell(this.#loaded);
    });
  }

  #tell({ intake, audience }: Loaded): void {
    const { f, l, h, r, st } = this.#known();
    const s = st === FileState.Gone ? st : intake.state;
    const waits = s === FileState.Waiting ? intake.failure?.code : undefined;
    const reason = s === FileState.Gone ? (r ?? intake.failure?.code) : waits;
    if (this.#told === told(s, reason)) return;
    // One that failed by itself is told when blobs has let go of it.
    if (s === FileState.Gone && st !== FileState.Gone) return;
    this.#told = told(s, reason);
    audience.state(
      { f, l, s, ...(s === FileState.Held && h && { h }), ...(reason !== undefined && { r: reason }) },
      this.#doors.all(),
    );
    if (s === FileState.Held) this.#doors.endUpload();
    else if (s === FileState.Gone) this.#doors.forgetAll();
  }
}

function told(state: FileState, reason: string | undefined): string {
  return `${state} ${reason ?? ''}`;
}

function haltedBy(code: string, message: string): NatterError {
  return new NatterError(ErrorCode.find((each) => each === code) ?? 'INTERNAL', message);
}

/** It may have come to its end a moment ago, before blobs has let go of it. @throws NatterError what it is gone for */
function present(state: FileState, { failure }: Intake): FileState {
  if (state === FileState.Gone) throw goneError(failure?.code);
  return state;
}
