import { nameKey } from '../../chat/name.js';
import { PresenceState, type WhoReply } from '../../chat/operations.js';
import { Reader, Writer } from '../../net/bytes.js';
import { ACCOUNT_ID_BYTES, AUTHOR_MAX_BYTES } from '../../net/entry.js';
import { packCbor } from '../cbor.js';
import { PresenceMessage, RoomMessage } from '../messages.js';
import { idKey, LOBBY } from '../registry/state.js';
import { type Actor, type ActorContext, Kind, type Message, SystemMessage } from '../runtime/actor.js';
import { Person, type Surroundings } from './person.js';

/** A reconnect takes a round trip and a handshake; a core worker's restart less than this. */
const LINGER_MS = 2_000;
const WHO_PER_REPLY = 500;
const LOBBY_ROOM = { kind: Kind.Room, key: LOBBY } as const;

export interface PresenceOptions {
  readonly lingerMs?: number;
}

/** Who is here, by which sessions; also the way to all sessions of an account. */
export class PresenceActor implements Actor {
  readonly #context: ActorContext;
  readonly #around: Surroundings;
  readonly #people = new Map<string, Person>();
  readonly #byConn = new Map<number, Person>();
  readonly #reader = new Reader();
  readonly #writer = new Writer(256, 1 << 20);

  constructor(context: ActorContext, { lingerMs = LINGER_MS }: PresenceOptions = {}) {
    this.#context = context;
    this.#around = {
      context,
      lingerMs,
      changed: (person) => this.#publish(person),
      gone: (person) => this.#people.delete(idKey(person.account)),
    };
  }

  receive(message: Message): void {
    const reader = this.#reader.reset(message.body);
    switch (message.type) {
      case PresenceMessage.Enter:
        this.#enter(reader.varint(), reader.bytes(ACCOUNT_ID_BYTES), reader.text(AUTHOR_MAX_BYTES));
        return;
      case PresenceMessage.Exit:
        this.#exit(reader.varint());
        return;
      case PresenceMessage.Away: {
        const conn = reader.varint();
        this.#byConn.get(conn)?.set(conn, reader.u8() === 1);
        return;
      }
      case PresenceMessage.Who:
        this.#context.reply(message, packCbor(this.#who(reader.text(AUTHOR_MAX_BYTES * 8))));
        return;
      case PresenceMessage.Notify:
        this.#notify(reader.bytes(ACCOUNT_ID_BYTES), reader.u16(), reader.rest());
        return;
      case PresenceMessage.States:
        this.#context.reply(message, this.#states(reader));
        return;
      case SystemMessage.Terminated:
        if (reader.u8() === Kind.Session) this.#exit(reader.u48());
    }
  }

  stopping(): void {
    for (const person of this.#people.values()) person.stop();
  }

  describe() {
    return { state: 'counting', facts: { people: this.#people.size, sessions: this.#byConn.size } };
  }

  #enter(conn: number, account: Buffer, name: string): void {
    const key = idKey(account);
    const before = this.#byConn.get(conn);
    if (before && idKey(before.account) !== key) this.#exit(conn);
    let person = this.#people.get(key);
    if (!person) {
      person = new Person(Buffer.from(account), name, this.#around);
      this.#people.set(key, person);
    }
    this.#byConn.set(conn, person);
    this.#context.watch({ kind: Kind.Session, key: conn });
    // A session that comes again after a restart is what it was.
    person.set(conn, person.sessions.get(conn) ?? false);
  }

  #exit(conn: number): void {
    const person = this.#byConn.get(conn);
    if (!person) return;
    this.#byConn.delete(conn);
    this.#context.unwatch({ kind: Kind.Session, key: conn });
    person.remove(conn);
  }

  #publish({ name, state, version }: Person): void {
    const body = this.#writer.reset().text(name).u8(state).varint(version).view();
    this.#context.tell(LOBBY_ROOM, RoomMessage.Presence, body);
  }

  #notify(account: Buffer, type: number, body: Buffer): void {
    const person = this.#people.get(idKey(account));
    if (!person) return;
    for (const conn of person.sessions.keys())
      this.#context.tell({ kind: Kind.Session, key: conn }, type, body);
  }

  #who(after: string): WhoReply {
    const key = nameKey(after);
    const here = [...this.#people.values()]
      .filter(({ state, sortKey }) => state !== PresenceState.Offline && sortKey > key)
      .sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1));
    return {
      u: here.slice(0, WHO_PER_REPLY).map(({ name, state, version }) => ({ n: name, s: state, v: version })),
    };
  }

  #states(reader: Reader): Buffer {
    const count = reader.varint();
    const writer = this.#writer.reset().varint(count);
    for (let i = 0; i < count; i++) {
      const person = this.#people.get(idKey(reader.bytes(ACCOUNT_ID_BYTES)));
      writer.u8(person?.state ?? PresenceState.Offline).varint(person?.version ?? 0);
    }
    return writer.view();
  }
}
