/**
 * The store actor: the one writer of the logs. Appends of a turn become one transaction; what arrives while
 * it commits waits in the mailbox and is the next one. Rooms are told only after the commit.
 */
import { NatterError } from '../../chat/error.js';
import { Reader, Writer } from '../../net/bytes.js';
import {
  ACCOUNT_ID_BYTES,
  AUTHOR_MAX_BYTES,
  FETCH_ENTRIES_MAX,
  LOG_ID_BYTES,
  STREAM_ID_BYTES,
} from '../../net/constants.js';
import type { Append, AppendResult, LogStore } from '../../store/types.js';
import { RoomMessage, StoreMessage } from '../messages.js';
import type { Actor, ActorContext, ActorType, Clock, Message } from '../runtime/actor.js';
import { Kind } from '../runtime/actor.js';

/** An answer to Read or JournalRead holds at most this, and the first record whatever its size. */
const ANSWER_BYTES_MAX = 1 << 20;
const WRITER_BYTES_MAX = 4 << 20;
const JOURNAL_RECORD_MAX_BYTES = 1 << 20;
/** A round of sweeping starts this often and takes one step at a time. */
const SWEEP_EVERY_MS = 60_000;
const SWEEP_STEP_MS = 20;

/** Who waits for an append. */
interface Poster {
  readonly conn: number;
  readonly request: number;
}

/**
 * @param open opens the logs; called once per thread, since a restarted actor goes on with the open ones
 */
export function storeType(open: (context: ActorContext) => LogStore): ActorType {
  let held: { readonly logs: LogStore; readonly sweeper: Sweeper } | undefined;
  return {
    kind: Kind.Store,
    name: 'store',
    create(context) {
      if (held === undefined) {
        const logs = open(context);
        held = { logs, sweeper: new Sweeper(logs, context.clock) };
      }
      const { logs, sweeper } = held;
      return new StoreActor(context, logs, async () => {
        held = undefined;
        sweeper.stop();
        await logs.close();
      });
    },
  };
}

/** Expires streams, one small step at a time, for as long as the logs are open. */
class Sweeper {
  readonly #logs: LogStore;
  readonly #clock: Clock;
  #timer: unknown;
  #stopped = false;

  constructor(logs: LogStore, clock: Clock) {
    this.#logs = logs;
    this.#clock = clock;
    this.#stepIn(SWEEP_EVERY_MS);
  }

  stop(): void {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #stepIn(ms: number): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#logs.sweep(this.#clock.wall()).then(
        (more) => this.#stepIn(more ? SWEEP_STEP_MS : SWEEP_EVERY_MS),
        // A disk that takes no writes now: expired streams can wait.
        () => this.#stepIn(SWEEP_EVERY_MS),
      );
    }, ms);
  }
}

type Handler = (message: Message, reader: Reader) => void;

class StoreActor implements Actor {
  readonly #context: ActorContext;
  readonly #logs: LogStore;
  readonly #close: () => Promise<void>;
  readonly #writer = new Writer(4096, WRITER_BYTES_MAX);
  readonly #reader = new Reader();
  #appends: Append[] = [];
  #posters: Poster[] = [];
  #commits = 0;

  readonly #handlers: Readonly<Record<number, Handler>> = {
    [StoreMessage.Read]: (message, reader) => this.#read(message, reader),
    [StoreMessage.Head]: (message, reader) => this.#head(message, reader),
    [StoreMessage.Journal]: (message, reader) => this.#journal(message, reader),
    [StoreMessage.JournalRead]: (message, reader) => this.#journalRead(message, reader),
    [StoreMessage.JournalTrim]: (message, reader) =>
      this.#later(message, this.#logs.journalTrim(reader.varint())),
    [StoreMessage.Cursor]: (message, reader) => this.#cursor(message, reader),
    [StoreMessage.Cursors]: (message, reader) => this.#cursors(message, reader),
    [StoreMessage.Info]: (message) => this.#info(message),
  };

  constructor(context: ActorContext, logs: LogStore, close: () => Promise<void>) {
    this.#context = context;
    this.#logs = logs;
    this.#close = close;
  }

  receive(message: Message): void {
    if (message.type === StoreMessage.Append) {
      this.#gather(message.body);
      return;
    }
    try {
      const handler = this.#handlers[message.type];
      if (handler === undefined)
        throw new NatterError('INTERNAL', `The store knows no message ${message.type}.`);
      handler(message, this.#reader.reset(message.body));
    } catch (error) {
      // Asking for what is damaged or malformed is the asker's trouble, not a reason to restart the store.
      if (message.ask === 0 || !(error instanceof Error)) throw error;
      this.#context.refuse(message, error);
    }
  }

  async stopping(): Promise<void> {
    this.#commit();
    await this.#close();
  }

  describe(): { state: string; facts: Record<string, string | number> } {
    const { fault, journalLast } = this.#logs;
    return {
      state: fault === undefined ? 'writing' : 'readOnly',
      facts: { commits: this.#commits, journalLast, fault: fault?.code ?? '' },
    };
  }

  #gather(body: Buffer): void {
    // One copy for all of it: the fields are views into it and live until the commit.
    const reader = this.#reader.reset(Buffer.from(body));
    const log = reader.varint();
    const logId = reader.bytes(LOG_ID_BYTES);
    this.#posters.push({ conn: reader.varint(), request: reader.varint() });
    this.#appends.push({
      log,
      logId,
      account: reader.bytes(ACCOUNT_ID_BYTES),
      author: reader.text(AUTHOR_MAX_BYTES),
      stream: reader.bytes(STREAM_ID_BYTES),
      counter: reader.varint(),
      kind: reader.u8(),
      body: reader.rest(),
    });
    if (this.#appends.length === 1) this.#context.onTurnEnd(() => this.#commit());
  }

  #commit(): void {
    const appends = this.#appends;
    const posters = this.#posters;
    if (appends.length === 0) return;
    this.#appends = [];
    this.#posters = [];
    this.#commits++;
    void this.#logs.append(appends, this.#context.clock.wall()).then((results) => {
      for (let index = 0; index < results.length; index++) {
        const append = appends[index];
        const poster = posters[index];
        const result = results[index];
        if (append && poster && result) this.#tell(append, poster, result);
      }
    });
  }

  #tell(append: Append, poster: Poster, result: AppendResult): void {
    const room = { kind: Kind.Room, key: append.log };
    const writer = this.#writer
      .reset()
      .varint(poster.conn)
      .varint(poster.request)
      .bytes(append.stream)
      .varint(append.counter);
    if (result.ok) {
      writer
        .u8(result.repeat ? 1 : 0)
        .u32(result.epoch)
        .varint(result.seq)
        .u48(result.at)
        .bytes(result.entry);
      this.#context.tell(room, RoomMessage.Appended, writer.view());
    } else {
      writer.text(result.code).text(result.message).varint(result.expected);
      this.#context.tell(room, RoomMessage.AppendRefused, writer.view());
    }
  }

  /** Answers when the commit is durable: with the number it brought, if any. */
  #later(message: Message, done: Promise<unknown>): void {
    const held = this.#context.hold(message);
    done.then(
      (value) => {
        const writer = this.#writer.reset();
        if (typeof value === 'number') writer.varint(value);
        this.#context.reply(held, writer.view());
      },
      (error: Error) => this.#context.refuse(held, error),
    );
  }

  #head(message: Message, reader: Reader): void {
    const { epoch, seq } = this.#logs.head(reader.varint());
    this.#context.reply(message, this.#writer.reset().u32(epoch).varint(seq).view());
  }

  #journal(message: Message, reader: Reader): void {
    const records: Buffer[] = [];
    for (let left = reader.varint(); left > 0; left--)
      records.push(Buffer.from(reader.block(JOURNAL_RECORD_MAX_BYTES)));
    this.#later(message, this.#logs.journal(records));
  }

  #cursor(message: Message, reader: Reader): void {
    const account = Buffer.from(reader.bytes(ACCOUNT_ID_BYTES));
    this.#later(message, this.#logs.cursor(account, reader.varint(), reader.varint()));
  }

  #read(message: Message, reader: Reader): void {
    const log = reader.varint();
    const after = reader.varint();
    const entriesMax = Math.min(reader.varint(), FETCH_ENTRIES_MAX);
    const bytesMax = Math.min(reader.varint(), ANSWER_BYTES_MAX);
    const { head, first, entries } = this.#logs.read(log, after, entriesMax, bytesMax);
    const writer = this.#writer.reset().u32(head.epoch).varint(head.seq).varint(first).varint(entries.length);
    for (const entry of entries) writer.block(entry);
    this.#context.reply(message, writer.view());
  }

  #journalRead(message: Message, reader: Reader): void {
    const { last, records } = this.#logs.journalRead(reader.varint(), ANSWER_BYTES_MAX);
    const writer = this.#writer.reset().varint(last).varint(records.length);
    for (const record of records) writer.block(record);
    this.#context.reply(message, writer.view());
  }

  #cursors(message: Message, reader: Reader): void {
    const account = Buffer.from(reader.bytes(ACCOUNT_ID_BYTES));
    const logs: number[] = [];
    for (let left = reader.varint(); left > 0; left--) logs.push(reader.varint());
    const writer = this.#writer.reset().varint(logs.length);
    for (const cursor of this.#logs.cursors(account, logs)) writer.varint(cursor);
    this.#context.reply(message, writer.view());
  }

  #info(message: Message): void {
    const { instance, epoch, journalLast, fault } = this.#logs;
    const writer = this.#writer.reset().bytes(instance).u32(epoch).varint(journalLast);
    writer.text(fault?.code ?? '').text(fault?.message ?? '');
    this.#context.reply(message, writer.view());
  }
}
