import { NatterError } from '../../chat/error.js';
import { nameKey, parseRoomName } from '../../chat/name.js';
import { ConversationKind, type RoomsReply } from '../../chat/operations.js';
import { ROOMS_PER_REPLY } from '../../net/constants.js';
import type * as Body from './bodies.js';
import type { Ledger } from './ledger.js';
import type { Making } from './making.js';
import { type Account, idKey, LOBBY, LOBBY_NAME } from './state.js';

/** What people join by themselves. */
const JOINED: ReadonlySet<ConversationKind> = new Set([ConversationKind.Room, ConversationKind.Interest]);

/** Rooms, direct conversations and who belongs to them. */
export class Rooms {
  readonly #ledger: Ledger;
  readonly #making: Making;

  constructor(ledger: Ledger, making: Making) {
    this.#ledger = ledger;
    this.#making = making;
  }

  /** Makes the lobby of a new server. */
  async found(): Promise<void> {
    await this.#ledger.commit(() =>
      this.#ledger.state.conversations.has(LOBBY) ? [] : [{ t: 'lobby', id: this.#making.newId() }],
    );
  }

  /** A room by name, made if it does not exist. @throws NatterError NAME_*, NOT_ALLOWED, RATE_LIMITED */
  async open({ a, n, p }: Body.RoomOpen): Promise<Body.ByLog> {
    const { state } = this.#ledger;
    const { name, key, skeleton } = parseRoomName(n);
    if (key === LOBBY_NAME) return { l: LOBBY };
    let log = state.roomByKey(key)?.log;
    await this.#ledger.commit(() => {
      log = state.roomByKey(key)?.log;
      if (log !== undefined) return [];
      const alike = state.roomBySkeleton(skeleton);
      if (alike) throw looksAlike(alike.name);
      // Whoever could not join it would leave an empty room behind.
      this.#making.checkRooms(this.#making.account(a));
      this.#making.charge(p);
      log = state.nextLog;
      return [{ t: 'room', log, id: this.#making.newId(), name, key, skeleton }];
    });
    return { l: log ?? LOBBY };
  }

  /** @throws NatterError NO_SUCH_USER, YOURSELF, NOT_ALLOWED, RATE_LIMITED */
  async openDirect({ a, n, p }: Body.DirectOpen): Promise<Body.DirectOpened> {
    const { state } = this.#ledger;
    const mine = this.#making.account(a);
    const other = this.byName(n);
    if (other === mine) throw new NatterError('YOURSELF', 'That is you; choose somebody else to write to.');
    await this.#ledger.commit(() => {
      if (state.direct(mine.id, other.id)) return [];
      this.#making.checkDirects(mine, 'You are');
      this.#making.checkDirects(other, `${other.name} is`);
      this.#making.charge(p);
      return [{ t: 'direct', log: state.nextLog, id: this.#making.newId(), a: mine.id, b: other.id }];
    });
    const direct = state.direct(mine.id, other.id);
    if (!direct) throw new NatterError('INTERNAL', 'The conversation could not be made; try again.');
    return { o: other.id, mine: this.#making.seed(direct, mine), theirs: this.#making.seed(direct, other) };
  }

  /** @throws NatterError NO_SUCH_ROOM */
  load({ l }: Body.ByLog): Body.RoomLoaded {
    const conversation = this.#making.conversation(l);
    const members = [...conversation.members].flatMap((member) => {
      const account = this.#ledger.state.accounts.get(member);
      return account ? [{ a: account.id, n: account.name }] : [];
    });
    return {
      i: conversation.id,
      k: conversation.kind,
      n: conversation.name,
      t: conversation.topic,
      m: members,
      ...this.#making.facts(conversation),
    };
  }

  async addMember({ l, a }: Body.Membership): Promise<object> {
    await this.#ledger.commit(() => {
      const conversation = this.#making.conversation(l);
      if (this.#ledger.state.isMember(l, a)) return [];
      if (conversation.kind === ConversationKind.Geo) throw this.#making.noGeo(this.#making.account(a));
      if (!JOINED.has(conversation.kind))
        throw new NatterError('NOT_ALLOWED', 'A private conversation is between two; open one of your own.');
      const account = this.#making.account(a);
      this.#making.checkRooms(account);
      return [{ t: 'member', log: l, account: account.id }];
    });
    return {};
  }

  async removeMember({ l, a }: Body.Membership): Promise<object> {
    await this.#ledger.commit(() => {
      const { kind } = this.#making.conversation(l);
      if (!JOINED.has(kind) && kind !== ConversationKind.Geo)
        throw new NatterError(
          'NOT_ALLOWED',
          'Neither the lobby nor a private conversation can be left; name a room.',
        );
      if (!this.#ledger.state.isMember(l, a)) return [];
      // Whoever is near would be enrolled again at once.
      const declined = kind === ConversationKind.Geo;
      return [{ t: 'memberGone', log: l, account: Buffer.from(a), declined }];
    });
    return {};
  }

  async setTopic({ l, t }: Body.TopicSet): Promise<object> {
    await this.#ledger.commit(() => {
      const conversation = this.#making.conversation(l);
      if (conversation.kind !== ConversationKind.Room)
        throw new NatterError(
          'NOT_ALLOWED',
          'The topic of the lobby is not for anybody to set, and groups have none; join a room and set its topic.',
        );
      return conversation.topic === t ? [] : [{ t: 'topic', log: l, topic: t }];
    });
    return {};
  }

  /** Rooms in the order of their keys, after the given name. */
  list({ a }: Body.RoomsAfter): RoomsReply {
    const after = nameKey(a.replace(/^#/u, ''));
    const rooms = [...this.#ledger.state.rooms()]
      .filter((room) => room.key > after)
      .sort((one, two) => (one.key < two.key ? -1 : 1));
    return {
      r: rooms
        .slice(0, ROOMS_PER_REPLY)
        .map(({ name, topic, members }) => ({ n: name, t: topic, m: members.size })),
    };
  }

  /** All conversations of an account, the lobby first. @throws NatterError DEVICE_UNKNOWN */
  conversations({ a, k }: Body.DeviceOf): Body.ConversationsReply {
    const account = this.#making.account(a);
    if (!account.devices.has(idKey(k)))
      throw new NatterError('DEVICE_UNKNOWN', 'This device was forgotten; log in with your password.');
    const logs = [LOBBY, ...account.conversations];
    return {
      n: account.name,
      c: logs.map((log) => this.#making.seed(this.#making.conversation(log), account)),
    };
  }

  /** @throws NatterError NO_SUCH_USER */
  byName(name: string): Account {
    const account = this.#ledger.state.accountByKey(nameKey(name.replace(/^@/u, '')));
    if (!account)
      throw new NatterError(
        'NO_SUCH_USER',
        `Nobody of that name is registered (${name}); check the spelling.`,
      );
    return account;
  }
}

export function looksAlike(name: string): NatterError {
  return new NatterError('NAME_LOOKS_ALIKE', `That looks like ${name}, which exists; choose another name.`);
}
