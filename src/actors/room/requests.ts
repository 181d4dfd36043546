import { ConversationKind, EventKind } from '../../chat/operations.js';
import { NAME_TYPED_MAX_BYTES } from '../../chat/schemas.js';
import { type Reader, Writer } from '../../net/bytes.js';
import {
  ACCOUNT_ID_BYTES,
  AUTHOR_MAX_BYTES,
  FETCH_BYTES_MAX,
  FETCH_ENTRIES_MAX,
  FrameType,
  MESSAGE_MAX_BYTES,
} from '../../net/constants.js';
import { Lane } from '../../net/types.js';
import { ASK_MS, askRegistry } from '../asking.js';
import { packCbor } from '../cbor.js';
import { Downlink } from '../downlink.js';
import { RegistryMessage, RoomMessage, StoreMessage } from '../messages.js';
import { notAMember, passes } from '../refusal.js';
import type * as Body from '../registry/bodies.js';
import type { ActorContext, Held } from '../runtime/actor.js';
import { STORE } from '../singletons.js';
import { conversationOf, type GroupFacts } from './conversation.js';
import { enrolment } from './enrolment.js';
import type { Members } from './members.js';
import type { Readers } from './readers.js';

const TOPIC_MAX_BYTES = 1024;
const NOTHING = new Uint8Array();

/** What requests see and change of their room. */
export interface RoomState {
  readonly context: ActorContext;
  readonly log: number;
  readonly logId: Buffer;
  readonly kind: ConversationKind;
  readonly name: string;
  topic: string;
  readonly facts: GroupFacts;
  readonly epoch: number;
  readonly head: number;
  readonly members: Members;
  readonly readers: Readers;
  /** Shows the room's readers somebody coming or going. */
  announce(name: string, here: boolean): void;
  /** Posts an entry of the server's own. */
  notice(account: Uint8Array, author: string, text: string): void;
}

/** A request, read and ready to run. */
export type Run = () => Promise<Uint8Array> | Uint8Array;

/** What is asked of a room besides posting. Membership is checked each time: what was allowed may not be any more. */
export class RoomRequests {
  readonly #room: RoomState;
  readonly #context: ActorContext;
  readonly #parsers: Readonly<Record<number, (reader: Reader) => Run>>;
  pending = 0;

  constructor(room: RoomState) {
    this.#room = room;
    this.#context = room.context;
    this.#parsers = {
      [RoomMessage.Attach]: (reader) => this.#attach(reader),
      [RoomMessage.Join]: (reader) => this.#join(reader),
      [RoomMessage.Leave]: (reader) => this.#leave(reader),
      [RoomMessage.Topic]: (reader) => this.#topic(reader),
      [RoomMessage.Who]: (reader) => this.#who(reader),
      [RoomMessage.Member]: (reader) => this.#member(reader),
      ...enrolment(room),
    };
  }

  handle(type: number, reader: Reader, held: Held): void {
    if (type === RoomMessage.Fetch) {
      void this.#fetch(reader);
      return;
    }
    const parse = this.#parsers[type];
    if (!parse) throw new Error(`message ${type} is not for a room`);
    void this.#answer(held, parse(reader));
  }

  async #answer({ from, ask }: Held, run: Run): Promise<void> {
    // A message is reused once `receive` has returned; what an answer needs of it is kept.
    const held = { from, ask };
    this.pending++;
    try {
      const answer = await run();
      if (ask !== 0) this.#context.reply(held, answer);
    } catch (error) {
      if (ask !== 0) this.#context.refuse(held, error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.pending--;
    }
  }

  #attach(reader: Reader): Run {
    const conn = reader.varint();
    const account = Buffer.from(reader.bytes(ACCOUNT_ID_BYTES));
    return () => {
      const { members, readers, epoch, head } = this.#room;
      if (!members.has(account)) throw notAMember();
      readers.add(conn, account, epoch, head);
      return new Writer(16).u32(epoch).varint(head).view();
    };
  }

  #join(reader: Reader): Run {
    const account = Buffer.from(reader.bytes(ACCOUNT_ID_BYTES));
    const name = reader.text(AUTHOR_MAX_BYTES);
    const conn = reader.varint();
    return async () => {
      const room = this.#room;
      const fresh = !room.members.has(account);
      const member: Body.Membership = { l: room.log, a: account };
      await askRegistry(this.#context, RegistryMessage.MemberAdd, member);
      room.members.add(account, name);
      room.readers.add(conn, account, room.epoch, room.head);
      if (fresh) room.announce(name, true);
      return packCbor(conversationOf(room));
    };
  }

  #leave(reader: Reader): Run {
    const account = Buffer.from(reader.bytes(ACCOUNT_ID_BYTES));
    const name = reader.text(AUTHOR_MAX_BYTES);
    return async () => {
      const room = this.#room;
      const member: Body.Membership = { l: room.log, a: account };
      await askRegistry(this.#context, RegistryMessage.MemberRemove, member);
      const belonged = room.members.has(account);
      room.members.remove(account);
      room.readers.removeAccount(account);
      if (belonged) room.announce(name, false);
      return NOTHING;
    };
  }

  #topic(reader: Reader): Run {
    const account = Buffer.from(reader.bytes(ACCOUNT_ID_BYTES));
    const name = reader.text(AUTHOR_MAX_BYTES);
    const topic = reader.text(TOPIC_MAX_BYTES);
    return async () => {
      const room = this.#room;
      if (!room.members.has(account)) throw notAMember();
      const set: Body.TopicSet = { l: room.log, t: topic };
      await askRegistry(this.#context, RegistryMessage.TopicSet, set);
      if (room.topic === topic) return NOTHING;
      room.topic = topic;
      room.notice(account, name, topic === '' ? 'cleared the topic' : `set the topic to: ${topic}`);
      for (const conn of room.readers.connections())
        new Downlink(this.#context, conn).event(EventKind.Topic, { l: room.log, t: topic });
      return NOTHING;
    };
  }

  #who(reader: Reader): Run {
    const account = Buffer.from(reader.bytes(ACCOUNT_ID_BYTES));
    const after = reader.text(NAME_TYPED_MAX_BYTES);
    return async () => {
      if (!this.#room.members.has(account)) throw notAMember();
      return packCbor(await this.#room.members.who(this.#context, after));
    };
  }

  #member(reader: Reader): Run {
    const account = Buffer.from(reader.bytes(ACCOUNT_ID_BYTES));
    return () => {
      const { kind, members } = this.#room;
      if (!members.has(account)) throw notAMember();
      const writer = new Writer(64).u8(kind);
      if (kind === ConversationKind.Direct) for (const each of members.accounts()) writer.bytes(each);
      return writer.view();
    };
  }

  /** Answers with ENTRIES through io: what the store gave stands behind request and log as it is. */
  async #fetch(reader: Reader): Promise<void> {
    const conn = reader.varint();
    const request = reader.varint();
    const account = reader.bytes(ACCOUNT_ID_BYTES);
    const downlink = new Downlink(this.#context, conn);
    if (!this.#room.members.has(account)) {
      downlink.refuse(request, notAMember());
      return;
    }
    const after = reader.varint();
    const entries = Math.min(reader.varint(), FETCH_ENTRIES_MAX);
    const read = new Writer(32).varint(this.#room.log).varint(after).varint(entries).varint(FETCH_BYTES_MAX);
    this.pending++;
    try {
      const answer = await this.#context.ask(STORE, StoreMessage.Read, read.view(), ASK_MS);
      const frame = new Writer(answer.length + 32, MESSAGE_MAX_BYTES).varint(request).varint(this.#room.log);
      downlink.frame(FrameType.Entries, frame.bytes(answer).view(), Lane.Bulk);
    } catch (error) {
      if (!passes(error)) downlink.refuse(request, error);
    } finally {
      this.pending--;
    }
  }
}
