import { EntryKind, EventKind, FileAnswer, type FileEventBody } from '../../chat/operations.js';
import { encodeBody } from '../../chat/wire.js';
import { Writer } from '../../net/bytes.js';
import { entryId } from '../../net/entry.js';
import { enterEntry } from '../asking.js';
import type { AnswerRequest, FileRow } from '../blobs/bodies.js';
import { PresenceMessage, SessionMessage } from '../messages.js';
import { type ActorContext, Kind } from '../runtime/actor.js';
import { PRESENCE } from '../singletons.js';

const EVENT_MAX_BYTES = 1024;
const NO_LOG = Buffer.alloc(16);

/** Who hears of a file: its owner, whoever has it open, and in a private conversation both. */
export class Audience {
  readonly #context: ActorContext;
  readonly #row: FileRow;
  /** Both accounts of a private conversation; of any other its owner alone. */
  readonly #accounts: readonly Uint8Array[];
  readonly #private: boolean;

  /** @param people both accounts of a private conversation, else nobody */
  constructor(context: ActorContext, row: FileRow, people: readonly Uint8Array[]) {
    this.#context = context;
    this.#row = row;
    this.#private = people.length > 0;
    this.#accounts = this.#private ? people : [row.a];
  }

  /** @param doors whoever else has the file open: connections and their accounts */
  state(body: FileEventBody, doors: readonly (readonly [conn: number, account: Buffer])[]): void {
    const event = eventOf(EventKind.File, 0, body);
    for (const account of this.#accounts) this.#notify(account, event);
    for (const [conn, account] of doors) {
      if (this.#accounts.some((told) => account.equals(told))) continue;
      this.#context.tell({ kind: Kind.Session, key: conn }, SessionMessage.Event, event);
    }
  }

  /** For one connection alone. */
  one(body: FileEventBody, conn: number): void {
    const event = eventOf(EventKind.File, 0, body);
    this.#context.tell({ kind: Kind.Session, key: conn }, SessionMessage.Event, event);
  }

  /** What somebody did with the file: for its owner, and for the other devices of who did it. */
  answered({ a, c, n, s }: AnswerRequest): void {
    const { f, l, a: owner } = this.#row;
    const event = eventOf(EventKind.Answer, c, { f, l, n, s });
    for (const account of [owner, a]) this.#notify(account, event);
  }

  /**
   * An entry in a private conversation that says what became of the file, in the name of who decided. However
   * often it is asked for it is one entry: its stream follows from the file and the answer.
   */
  async notice({ a, n, s }: AnswerRequest): Promise<void> {
    if (!this.#private || (s !== FileAnswer.Done && s !== FileAnswer.Rejected)) return;
    const { i, l, n: name } = this.#row;
    const text = s === FileAnswer.Done ? `received ${name}` : `declined ${name}`;
    const body = Buffer.from(text);
    const stream = entryId(Buffer.from(a), Buffer.from(i), NO_LOG, s);
    await enterEntry(this.#context, l, { account: a, author: n, stream, kind: EntryKind.Notice, body });
  }

  #notify(account: Uint8Array, event: Uint8Array): void {
    const writer = new Writer(256, EVENT_MAX_BYTES * 2).bytes(account).u16(SessionMessage.Event).bytes(event);
    this.#context.tell(PRESENCE, PresenceMessage.Notify, writer.view());
  }
}

function eventOf(kind: EventKind, except: number, body: object): Buffer {
  return new Writer(256, EVENT_MAX_BYTES).u8(kind).varint(except).bytes(encodeBody(body)).copy();
}
