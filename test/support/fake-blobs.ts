import type * as Body from '../../src/actors/blobs/bodies.js';
import { packCbor, unpackCbor } from '../../src/actors/cbor.js';
import { BlobsMessage, TransferMessage } from '../../src/actors/messages.js';
import {
  type Actor,
  type ActorContext,
  type ActorType,
  type Held,
  Kind,
} from '../../src/actors/runtime/actor.js';
import { type ErrorCode, NatterError } from '../../src/chat/error.js';
import { FileAnswer, FileState } from '../../src/chat/operations.js';
import { Reader, Writer } from '../../src/net/bytes.js';

type Handler = (body: never) => object | undefined;

interface Row extends Body.FileRow {
  st: FileState;
  b: number;
  h?: Uint8Array;
  r?: string;
}

/**
 * Blobs without chunks: rows that outlive its thread, as they do on a disk, and a list of who has what open. The
 * test says when everything is here.
 */
export class FakeBlobs {
  readonly rows = new Map<number, Row>();
  readonly answers = new Map<string, FileAnswer>();
  /** "f conn up" and "f conn down". */
  readonly open = new Set<string>();
  /** What the next of these messages is refused with. */
  readonly refusals = new Map<number, ErrorCode>();
  /** Messages that get no answer for now. */
  readonly silent = new Set<number>();
  /** What it was asked, in order. */
  readonly asked: { readonly type: number; readonly body: object }[] = [];
  #silenced: { readonly type: number; readonly run: () => void }[] = [];
  #context: ActorContext | undefined;

  readonly type: ActorType = {
    kind: Kind.Blobs,
    name: 'blobs',
    create: (context) => {
      this.#context = context;
      this.open.clear();
      this.#silenced = [];
      return {
        receive: (message) => {
          if (message.type === BlobsMessage.Closed) {
            this.#closed(new Reader(message.body).varint());
            return;
          }
          const body = unpackCbor<never>(message.body);
          const { type } = message;
          this.asked.push({ type, body });
          const held = context.hold(message);
          const run = () => this.#answer(context, held, type, body);
          if (this.silent.has(type)) this.#silenced.push({ type, run });
          else run();
        },
      } satisfies Actor;
    },
  };

  readonly #handlers: Readonly<Record<number, Handler>> = {
    [BlobsMessage.Create]: (body: Body.CreateFile) => this.#create(body),
    [BlobsMessage.Load]: ({ f }: Body.ByFile) => this.#row(f),
    [BlobsMessage.OpenUpload]: (body: Body.ByConnection) => this.#openUpload(body),
    [BlobsMessage.OpenDownload]: ({ f, c }: Body.ByConnection) => {
      this.#here(f);
      this.open.add(`${f} ${c} down`);
      return undefined;
    },
    [BlobsMessage.Close]: ({ f, c, u }: Body.CloseFile) => {
      this.open.delete(`${f} ${c} ${u ? 'up' : 'down'}`);
      return undefined;
    },
    [BlobsMessage.Finish]: ({ f, h }: Body.FinishFile) => {
      for (const each of this.openOf(f)) if (each.endsWith('up')) this.open.delete(`${f} ${each}`);
      return Object.assign(this.#here(f), { h, st: FileState.Held });
    },
    [BlobsMessage.Remove]: ({ f, r }: Body.RemoveFile) => {
      for (const each of this.open) if (each.startsWith(`${f} `)) this.open.delete(each);
      return Object.assign(this.#row(f), { st: FileState.Gone, r });
    },
    [BlobsMessage.Answer]: ({ f, a, s }: Body.AnswerFile) => {
      this.answers.set(`${f} ${Buffer.from(a).toString('hex')}`, s);
      return {};
    },
    [BlobsMessage.List]: ({ l, a, b }: Body.ListFiles) => ({
      f: this.#infos(a, (row) => row.l === l && (b === 0 || row.f < b)).reverse(),
    }),
    [BlobsMessage.Offers]: ({ l, a, g }: Body.ListOffers) => ({
      f: this.#infos(a, (row) => l.includes(row.l) && row.f > g && Buffer.compare(row.a, a) !== 0).filter(
        (info) => info.a === FileAnswer.None,
      ),
    }),
  };

  /** Every chunk of a file is here. */
  complete(f: number): void {
    const row = this.#here(f);
    row.b = row.s;
    this.#tell(f, TransferMessage.Complete, new Uint8Array());
  }

  halted(f: number, code: ErrorCode): void {
    this.#tell(f, TransferMessage.Halted, new Writer().text(code).text('It stands still.').view());
  }

  readerStalled(f: number, conn: number): void {
    this.open.delete(`${f} ${conn} down`);
    this.#tell(f, TransferMessage.ReaderStalled, new Writer().varint(conn).view());
  }

  gone(f: number, code: ErrorCode): void {
    Object.assign(this.#row(f), { st: FileState.Gone, r: code });
    this.#tell(f, TransferMessage.Gone, new Writer().text(code).view());
  }

  /** What was silent until now. */
  answerSilenced(): void {
    for (const { run } of this.#silenced.splice(0)) run();
  }

  /** What is open of a file: "conn up", "conn down". */
  openOf(f: number): string[] {
    const mine = [...this.open].filter((each) => each.startsWith(`${f} `));
    return mine.map((each) => each.slice(`${f} `.length)).sort();
  }

  #answer(context: ActorContext, held: Held, type: number, body: never): void {
    try {
      const answer = this.#handle(type, body);
      context.reply(held, answer ? packCbor(answer) : Buffer.alloc(0));
    } catch (error) {
      if (held.ask === 0 || !(error instanceof Error)) throw error;
      context.refuse(held, error);
    }
  }

  #handle(type: number, body: never): object | undefined {
    const code = this.refusals.get(type);
    this.refusals.delete(type);
    // The chunks at fault are missing again.
    if (code === 'HASH_MISMATCH') for (const row of this.rows.values()) row.b = 0;
    if (code) throw new NatterError(code, 'It was told to refuse.');
    const handler = this.#handlers[type];
    if (!handler) throw new Error(`message ${type} is not for blobs`);
    return handler(body);
  }

  #closed(conn: number): void {
    for (const each of this.open) if (each.split(' ')[1] === String(conn)) this.open.delete(each);
  }

  #create(body: Body.CreateFile): Row {
    const same = ({ a, i }: Row): boolean =>
      Buffer.compare(a, body.a) === 0 && Buffer.compare(i, body.i) === 0;
    const known = [...this.rows.values()].find(same);
    if (known) return known;
    const row: Row = { ...body, f: this.rows.size + 1, st: FileState.Waiting, b: 0, w: 1 };
    this.rows.set(row.f, row);
    return row;
  }

  #openUpload({ f, c }: Body.ByConnection): object {
    const row = this.#here(f);
    if (this.#silenced.some(({ type }) => type === BlobsMessage.Finish))
      throw new NatterError('BUSY', 'It is being checked.');
    for (const each of this.open) if (each.startsWith(`${f} `) && each.endsWith('up')) this.open.delete(each);
    this.open.add(`${f} ${c} up`);
    if (row.b === row.s) this.#tell(f, TransferMessage.Complete, new Uint8Array());
    return { b: row.b };
  }

  #infos(account: Uint8Array, wanted: (row: Row) => boolean): (object & { a: FileAnswer })[] {
    const hex = Buffer.from(account).toString('hex');
    return [...this.rows.values()].filter(wanted).map(({ a: _owner, r: _reason, ...row }) => ({
      ...row,
      a: this.answers.get(`${row.f} ${hex}`) ?? FileAnswer.None,
    }));
  }

  #row(f: number): Row {
    const row = this.rows.get(f);
    if (!row) throw new NatterError('NO_SUCH_FILE', 'There is no such file.');
    return row;
  }

  #here(f: number): Row {
    const row = this.#row(f);
    if (row.st === FileState.Gone) throw new NatterError('FILE_WITHDRAWN', 'It is gone.');
    return row;
  }

  #tell(f: number, type: number, body: Uint8Array): void {
    this.#context?.tell({ kind: Kind.Transfer, key: f }, type, body);
  }
}
