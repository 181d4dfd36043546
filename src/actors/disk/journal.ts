/** The journal as other actors use it: questions to the store, with their bodies written and read. */

import { Reader, Writer } from '../../net/bytes.js';
import { StoreMessage } from '../messages.js';
import type { ActorContext } from '../runtime/actor.js';
import { STORE } from '../singletons.js';

const INSTANCE_BYTES = 16;
const RECORD_MAX_BYTES = 1 << 20;
const WRITER_BYTES_MAX = 4 << 20;
const TEXT_MAX_BYTES = 4096;
/** A commit takes a millisecond; a disk that stalls may take seconds. */
const DEADLINE_MS = 10_000;

export interface StoreInfo {
  /** 16 bytes, as old as the store. */
  readonly instance: Buffer;
  readonly epoch: number;
  /** Number of the last journal record. */
  readonly journalLast: number;
  /** Why nothing can be written now; undefined while all is well. */
  readonly fault: { readonly code: string; readonly message: string } | undefined;
}

/** Each method rejects with what the store refuses with, or DEADLINE, ACTOR_DIED, MAILBOX_FULL. */
export class JournalClient {
  readonly #context: ActorContext;

  constructor(context: ActorContext) {
    this.#context = context;
  }

  /** Appends records, all or none; durable when it resolves, with the number of the last. */
  async append(records: readonly Uint8Array[]): Promise<number> {
    const writer = new Writer(1024, WRITER_BYTES_MAX).varint(records.length);
    for (const record of records) writer.block(record);
    return (await this.#ask(StoreMessage.Journal, writer)).varint();
  }

  /** Records after a number, as many as fit into an answer; none at the end. */
  async read(after: number): Promise<{ last: number; records: Buffer[] }> {
    const reader = await this.#ask(StoreMessage.JournalRead, new Writer(16).varint(after));
    const last = reader.varint();
    const records: Buffer[] = [];
    for (let left = reader.varint(); left > 0; left--)
      records.push(Buffer.from(reader.block(RECORD_MAX_BYTES)));
    return { last, records };
  }

  /** A snapshot holds the records up to this number: the store may forget them. */
  async trim(through: number): Promise<void> {
    await this.#ask(StoreMessage.JournalTrim, new Writer(16).varint(through));
  }

  async info(): Promise<StoreInfo> {
    const reader = await this.#ask(StoreMessage.Info, new Writer(1));
    const instance = Buffer.from(reader.bytes(INSTANCE_BYTES));
    const epoch = reader.u32();
    const journalLast = reader.varint();
    const code = reader.text(TEXT_MAX_BYTES);
    const message = reader.text(TEXT_MAX_BYTES);
    return { instance, epoch, journalLast, fault: code === '' ? undefined : { code, message } };
  }

  async #ask(type: number, body: Writer): Promise<Reader> {
    return new Reader(await this.#context.ask(STORE, type, body.view(), DEADLINE_MS));
  }
}
