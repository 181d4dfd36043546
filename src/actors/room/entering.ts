import { type ErrorCode, NatterError } from '../../chat/error.js';
import { type Reader, Writer } from '../../net/bytes.js';
import { ACCOUNT_ID_BYTES, MESSAGE_MAX_BYTES, STREAM_ID_BYTES } from '../../net/constants.js';
import { ASK_MS } from '../asking.js';
import { StoreMessage } from '../messages.js';
import { notAMember } from '../refusal.js';
import type { ActorContext, Held } from '../runtime/actor.js';
import { STORE } from '../singletons.js';
import type { Members } from './members.js';

/** What entering needs of its room. */
export interface EnteredRoom {
  readonly context: ActorContext;
  readonly log: number;
  readonly logId: Buffer;
  readonly members: Members;
}

interface Waiting {
  readonly held: Held;
  /** With the counter it says which entry this is, also against what an earlier life of the room had appended. */
  readonly stream: Buffer;
  readonly counter: number;
  readonly timer: unknown;
}

/** Entries that other actors ask for, on their way through the store. To the store they have no connection. */
export class Entering {
  readonly #room: EnteredRoom;
  readonly #writer = new Writer(1024, MESSAGE_MAX_BYTES * 2);
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(room: EnteredRoom) {
    this.#room = room;
  }

  get pending(): number {
    return this.#waiting.size;
  }

  /** Takes in the body of an Enter: like a Post behind connection and request, and the store's Append likewise. */
  enter(reader: Reader, { from, ask }: Held): void {
    const { context, log, logId, members } = this.#room;
    const held = { from, ask };
    const body = reader.rest();
    const fields = reader.reset(body);
    if (!members.has(fields.bytes(ACCOUNT_ID_BYTES))) {
      context.refuse(held, notAMember());
      return;
    }
    fields.block(body.length);
    const stream = Buffer.from(fields.bytes(STREAM_ID_BYTES));
    const counter = fields.varint();
    const request = ++this.#last;
    // A store that dies answers nothing: then the asker's own deadline has passed as well.
    const timer = context.clock.setTimeout(() => this.#waiting.delete(request), ASK_MS);
    this.#waiting.set(request, { held, stream, counter, timer });
    const append = this.#writer.reset().varint(log).bytes(logId).varint(0).varint(request).bytes(body);
    context.tell(STORE, StoreMessage.Append, append.view());
  }

  appended(request: number, stream: Buffer, counter: number, seq: number): void {
    const held = this.#take(request, stream, counter);
    if (held) this.#room.context.reply(held, this.#writer.reset().varint(seq).view());
  }

  refused(request: number, stream: Buffer, counter: number, code: string, message: string): void {
    const held = this.#take(request, stream, counter);
    if (held) this.#room.context.refuse(held, new NatterError(code as ErrorCode, message));
  }

  #take(request: number, stream: Buffer, counter: number): Held | undefined {
    const waiting = this.#waiting.get(request);
    if (!waiting || waiting.counter !== counter || !waiting.stream.equals(stream)) return undefined;
    this.#waiting.delete(request);
    this.#room.context.clock.clearTimeout(waiting.timer);
    return waiting.held;
  }
}
