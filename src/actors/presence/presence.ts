import { nameKey } from '../../chat/name.js';
import { PresenceState, type WhoReply } from '../../chat/operations.js';
import { NAME_TYPED_MAX_BYTES } from '../../chat/schemas.js';
import { Reader, Writer } from '../../net/bytes.js';
import { ACCOUNT_ID_BYTES, AUTHOR_MAX_BYTES, WHO_PER_REPLY } from '../../net/constants.js';
import { packCbor } from '../cbor.js';
import { PresenceMessage, RoomMessage } from '../messages.js';
import { idKey, LOBBY } from '../registry/state.js';
import { type Actor, type ActorContext, Kind, type Message, SystemMessage } from '../runtime/actor.js';
import { DeathReason } from '../runtime/cells.js';
import { Person, type Surroundings } from './person.js';

/** A reconnect takes a round trip and a handshake; a core worker's restart less than this. */
const LINGER_MS = 2_000;
/** What was published this shortly before the lobby's room died may have died with it. */
const RECENT_MS = 5_000;
/** By then the readers of a lobby that came back have attached themselves again. */
const REPEAT_MS = 1_000;
const LOBBY_ROOM = { kind: Kind.Room, key: LOBBY } as const;

interface Published {
  readonly name: string;
  readonly state: PresenceState;
  readonly version: number;
  readonly at: number;
}

export interface PresenceOptions {
  readonly lingerMs?: number;
}

/** Who is here, by which sessions; also the way to all sessions of an account. */
export class PresenceActor implements Actor {
  readonly #context: ActorContext;
  readonly #around: Surroundings;
  readonly #people = new Map<string, Person>();
  readonly #byConn = new Map<number, Person>();
  /** What was published lately, oldest first. */
  readonly #recent = new Map<string, Published>();
  readonly #reader = new Reader();
  readonly #writer = new Writer(256, 1 << 20);

  constructor(context: ActorContext, { lingerMs = LINGER_MS }: PresenceOptions = {}) {
    this.#context = context;
    context.watch(LOBBY_ROOM);
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
        this.#enter(
          reader.varint(),
          reader.bytes(ACCOUNT_ID_BYTES),
          reader.text(AUTHOR_MAX_BYTES),
          reader.u8() === 1,
        );
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
        this.#context.reply(message, packCbor(this.#who(reader.text(NAME_TYPED_MAX_BYTES))));
        return;
      case PresenceMessage.Notify:
        this.#notify(reader.bytes(ACCOUNT_ID_BYTES), reader.u16(), reader.rest());
        return;
      case PresenceMessage.States:
        this.#context.reply(message, this.#states(reader));
        return;
      case SystemMessage.Terminated:
        this.#terminated(reader.u8(), reader.u48(), reader.u8());
    }
  }

  stopping(): void {
    for (const person of this.#people.values()) person.stop();
  }

  describe() {
    return { state: 'counting', facts: { people: this.#people.size, sessions: this.#byConn.size } };
  }

  #enter(conn: number, account: Buffer, name: string, away: boolean): void {
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
    person.set(conn, away);
  }

  #exit(conn: number): void {
    const person = this.#byConn.get(conn);
    if (!person) return;
    this.#byConn.delete(conn);
    this.#context.unwatch({ kind: Kind.Session, key: conn });
    person.remove(conn);
  }

  #terminated(kind: number, key: number, reason: number): void {
    if (kind === Kind.Session) {
      this.#exit(key);
      return;
    }
    this.#context.watch(LOBBY_ROOM);
    // A lobby that fell asleep had no readers.
    if (reason !== DeathReason.Stopped) this.#context.clock.setTimeout(() => this.#repeat(), REPEAT_MS);
  }

  #publish({ name, state, version }: Person): void {
    const at = this.#context.clock.now();
    for (const [key, old] of this.#recent) {
      if (at - old.at < RECENT_MS) break;
      this.#recent.delete(key);
    }
    this.#recent.delete(name);
    this.#recent.set(name, { name, state, version, at });
    this.#tell(name, state, version);
  }

  /** The lobby came back. Who was told already sees that the version is no newer. */
  #repeat(): void {
    for (const { name, state, version } of this.#recent.values()) this.#tell(name, state, version);
  }

  #tell(name: string, state: PresenceState, version: number): void {
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
