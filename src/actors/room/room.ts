import { NatterError } from '../../chat/error.js';
import { ConversationKind, EntryKind, EphemeralKind, PresenceState } from '../../chat/operations.js';
import { encodeBody } from '../../chat/wire.js';
import { Reader, Writer } from '../../net/bytes.js';
import {
  ACCOUNT_ID_BYTES,
  AUTHOR_MAX_BYTES,
  FrameType,
  LOG_ID_BYTES,
  MESSAGE_MAX_BYTES,
  STREAM_ID_BYTES,
} from '../../net/constants.js';
import { ReplyStatus } from '../../net/talk.js';
import { Lane } from '../../net/types.js';
import { ASK_MS, askRegistry } from '../asking.js';
import { IoMessage, RegistryMessage, RoomMessage, SessionMessage, StoreMessage } from '../messages.js';
import { notAMember, refusalOf } from '../refusal.js';
import type * as Body from '../registry/bodies.js';
import {
  type Actor,
  type ActorContext,
  type Held,
  Kind,
  type Message,
  SystemMessage,
} from '../runtime/actor.js';
import { HostedMachine } from '../runtime/machine.js';
import { IO, STORE } from '../singletons.js';
import { type GroupFacts, groupFacts } from './conversation.js';
import { Entering } from './entering.js';
import { Members } from './members.js';
import { Readers } from './readers.js';
import { RoomRequests, type RoomState } from './requests.js';
import { type RoomPort, roomMachine } from './room.machine.js';

/** A room that nobody reads is forgotten after this; the next message wakes it in a millisecond or two. */
const IDLE_MS = 5 * 60 * 1000;
/** Messages kept while a room wakes; what is beyond comes again by itself. */
const WAITING_MAX = 4096;
const CODE_MAX_BYTES = 64;
const SENTENCE_MAX_BYTES = 1024;

export interface RoomOptions {
  readonly idleMs?: number;
}

/** A message that came before the room was awake. */
interface Waiting {
  readonly type: number;
  readonly body: Buffer;
  readonly held: Held;
}

/**
 * A conversation: it alone lets posts in and says who reads them. Entries are told only after the store has
 * committed them. The machine holds its life; members, readers and posts stand in plain code beside it.
 */
export class RoomActor implements Actor, RoomPort, RoomState {
  readonly log: number;
  readonly context: ActorContext;
  readonly members = new Members();
  readonly readers: Readers;
  kind: ConversationKind = ConversationKind.Room;
  logId: Buffer = Buffer.alloc(LOG_ID_BYTES);
  name = '';
  topic = '';
  facts: GroupFacts = {};
  epoch = 0;
  head = 0;
  readonly #machine: HostedMachine<typeof roomMachine>;
  readonly #requests: RoomRequests;
  readonly #entering = new Entering(this);
  readonly #waiting: Waiting[] = [];
  readonly #reader = new Reader();
  readonly #writer = new Writer(1024, MESSAGE_MAX_BYTES * 2);
  /** The server's own stream, for notices. */
  readonly #stream = Buffer.alloc(STREAM_ID_BYTES);
  #counter = 0;
  #version = 0;
  #awake = false;

  constructor(context: ActorContext, snapshot: Buffer | undefined, { idleMs = IDLE_MS }: RoomOptions = {}) {
    this.context = context;
    this.log = context.self.key;
    this.readers = new Readers(context, this.log, snapshot);
    this.#requests = new RoomRequests(this);
    context.random(this.#stream);
    this.#machine = new HostedMachine(context, roomMachine, {
      input: { port: this, idleMs },
      facts: () => ({
        members: this.members.size,
        readers: this.readers.size,
        head: this.head,
      }),
    });
  }

  describe() {
    return this.#machine.describe();
  }

  stopping(): void {
    this.#machine.stop();
  }

  receive(message: Message): void {
    if (this.#awake) this.#handle(message.type, message.body, message);
    else if (this.#waiting.length < WAITING_MAX)
      this.#waiting.push({
        type: message.type,
        body: Buffer.from(message.body),
        held: this.context.hold(message),
      });
    else if (message.ask !== 0)
      this.context.refuse(
        message,
        new NatterError('BUSY', 'The room is waking up; try again in a few seconds.'),
      );
  }

  // ---- What the machine does ----------------------------------------------------------------------------

  load(): void {
    void this.#load();
  }

  async #load(): Promise<void> {
    const { context, log } = this;
    try {
      const [loaded, head] = await Promise.all([
        askRegistry<Body.RoomLoaded>(context, RegistryMessage.RoomLoad, { l: log } satisfies Body.ByLog),
        context.ask(STORE, StoreMessage.Head, new Writer(16).varint(log).view(), ASK_MS),
      ]);
      this.kind = loaded.k;
      this.logId = Buffer.from(loaded.i);
      this.name = loaded.n;
      this.topic = loaded.t;
      this.facts = groupFacts(loaded);
      this.members.load(loaded.m, loaded.k === ConversationKind.Lobby);
      const reader = new Reader(head);
      this.epoch = reader.u32();
      this.head = reader.varint();
      this.#machine.send({ type: 'LOADED' });
    } catch (error) {
      const missing = error instanceof NatterError && error.code === 'NO_SUCH_ROOM';
      this.#machine.send({ type: missing ? 'MISSING' : 'LOST' });
    }
  }

  open(): void {
    this.#awake = true;
    for (const { type, body, held } of this.#waiting.splice(0)) this.#handle(type, body, held);
  }

  turnAway(): void {
    const error = new NatterError('NO_SUCH_ROOM', 'There is no such conversation; join a room by its name.');
    for (const { held } of this.#waiting.splice(0)) if (held.ask !== 0) this.context.refuse(held, error);
  }

  sleep(): void {
    this.readers.forget();
  }

  idle(): boolean {
    return this.readers.size === 0 && this.#requests.pending === 0 && this.#entering.pending === 0;
  }

  // ---- Traffic ------------------------------------------------------------------------------------------

  #handle(type: number, body: Buffer, held: Held): void {
    const reader = this.#reader.reset(body);
    switch (type) {
      case RoomMessage.Post:
        this.#post(reader, body);
        return;
      case RoomMessage.Enter:
        this.#entering.enter(reader, held);
        return;
      case RoomMessage.Appended:
        this.#appended(reader);
        return;
      case RoomMessage.AppendRefused:
        this.#appendRefused(reader);
        return;
      case RoomMessage.Typing:
        this.#typing(reader);
        return;
      case RoomMessage.Presence:
        this.#presence(reader);
        return;
      case RoomMessage.About:
        this.#about(reader);
        return;
      case RoomMessage.Detach:
        this.readers.remove(reader.varint());
        return;
      case SystemMessage.Terminated:
        if (reader.u8() === Kind.Session) this.readers.sessionLost(reader.u48());
        return;
      default:
        this.#requests.handle(type, reader, held);
    }
  }

  /** The store's Append is our Post behind the log's number and id: its fields have the same order. */
  #post(reader: Reader, body: Buffer): void {
    const conn = reader.varint();
    const request = reader.varint();
    if (!this.members.has(reader.bytes(ACCOUNT_ID_BYTES))) {
      this.#refuse(conn, request, notAMember());
      return;
    }
    const writer = this.#writer.reset().varint(this.log).bytes(this.logId).bytes(body);
    this.context.tell(STORE, StoreMessage.Append, writer.view());
  }

  /** It is durable: now the sender is told, and the readers. */
  #appended(reader: Reader): void {
    const conn = reader.varint();
    const request = reader.varint();
    const stream = reader.bytes(STREAM_ID_BYTES);
    const counter = reader.varint();
    const repeat = reader.u8() === 1;
    const epoch = reader.u32();
    const seq = reader.varint();
    const at = reader.u48();
    if (conn !== 0) {
      const writer = this.#writer.reset().varint(conn).u8(FrameType.Accepted).u8(Lane.Talk);
      writer.varint(request).varint(this.log).varint(counter).varint(seq).u48(at);
      this.context.tell(IO, IoMessage.Send, writer.view());
    } else if (request !== 0) this.#entering.appended(request, stream, counter, seq);
    if (repeat) return;
    this.epoch = epoch;
    this.head = Math.max(this.head, seq);
    this.readers.publish(epoch, seq, reader.rest());
  }

  #appendRefused(reader: Reader): void {
    const conn = reader.varint();
    const request = reader.varint();
    const stream = reader.bytes(STREAM_ID_BYTES);
    const counter = reader.varint();
    const code = reader.text(CODE_MAX_BYTES);
    const message = reader.text(SENTENCE_MAX_BYTES);
    const expected = reader.varint();
    if (conn === 0 && request !== 0) this.#entering.refused(request, stream, counter, code, message);
    else if (conn === 0) {
      // A notice was lost; the next one begins a stream of its own.
      this.context.random(this.#stream);
      this.#counter = 0;
    } else if (code === 'GAP') {
      const writer = this.#writer.reset().bytes(stream).varint(this.log);
      writer.varint(counter).varint(expected).varint(request);
      this.context.tell({ kind: Kind.Session, key: conn }, SessionMessage.Expected, writer.view());
    } else {
      this.#refuse(conn, request, new NatterError(code as NatterError['code'], message));
    }
  }

  #presence(reader: Reader): void {
    const name = reader.text(AUTHOR_MAX_BYTES);
    const state = reader.u8();
    this.readers.ephemeral(EphemeralKind.Presence, 0, name, reader.varint(), Buffer.of(state));
  }

  #about(reader: Reader): void {
    const name = reader.text(AUTHOR_MAX_BYTES);
    this.readers.ephemeral(EphemeralKind.About, 0, name, reader.varint(), reader.rest());
  }

  #typing(reader: Reader): void {
    const conn = reader.varint();
    const name = reader.text(AUTHOR_MAX_BYTES);
    if (!this.readers.has(conn)) return;
    this.readers.ephemeral(EphemeralKind.Typing, conn, name, this.nextVersion(), Buffer.of(reader.u8()));
  }

  // ---- For requests -------------------------------------------------------------------------------------

  announce(name: string, here: boolean): void {
    const state = here ? PresenceState.Online : PresenceState.Offline;
    this.readers.ephemeral(EphemeralKind.Presence, 0, name, this.nextVersion(), Buffer.of(state));
  }

  notice(account: Uint8Array, author: string, text: string): void {
    this.#counter++;
    const writer = this.#writer.reset().varint(this.log).bytes(this.logId).varint(0).varint(0).bytes(account);
    writer
      .text(author)
      .bytes(this.#stream)
      .varint(this.#counter)
      .u8(EntryKind.Notice)
      .bytes(Buffer.from(text));
    this.context.tell(STORE, StoreMessage.Append, writer.view());
  }

  /** Grows also beyond a restart, since clients keep the newest version they saw. */
  nextVersion(): number {
    this.#version = Math.max(this.#version + 1, this.context.clock.wall());
    return this.#version;
  }

  #refuse(conn: number, request: number, error: NatterError): void {
    const writer = this.#writer.reset().varint(request).u8(FrameType.Reply);
    writer.u8(ReplyStatus.Refused).bytes(encodeBody(refusalOf(error)));
    this.context.tell({ kind: Kind.Session, key: conn }, SessionMessage.Answer, writer.view());
  }
}
