import { NatterError } from '../../chat/error.js';
import { nameKey, parseRoomName } from '../../chat/name.js';
import { ConversationKind, type RoomsReply } from '../../chat/operations.js';
import { Buckets } from '../../net/bucket.js';
import { LOG_ID_BYTES, ROOMS_PER_REPLY } from '../../net/constants.js';
import type { ServerLimits } from '../limits.js';
import { rateLimited } from '../refusal.js';
import type { ActorContext } from '../runtime/actor.js';
import type * as Body from './bodies.js';
import type { Ledger } from './ledger.js';
import { type Account, type Conversation, idKey, LOBBY, LOBBY_NAME } from './state.js';

/**
 * A client loads all of its conversations at login, in one welcome of at most 64 KiB: a room with the longest
 * name and topic takes 290 bytes of it, a private conversation 130. They are counted apart, so that strangers
 * who open private conversations keep nobody from joining rooms.
 */
const ROOMS_MAX = 100;
const DIRECTS_MAX = 250;

/** Rooms, direct conversations and who belongs to them. */
export class Rooms {
  readonly #ledger: Ledger;
  readonly #context: ActorContext;
  readonly #newPerAddress: Buckets;

  constructor(context: ActorContext, ledger: Ledger, limits: ServerLimits) {
    const perMinute = limits.newConversationsPerAddressPerMinute;
    this.#context = context;
    this.#ledger = ledger;
    this.#newPerAddress = new Buckets(perMinute / 60, perMinute);
  }

  /** Makes the lobby of a new server. */
  async found(): Promise<void> {
    await this.#ledger.commit(() =>
      this.#ledger.state.conversations.has(LOBBY) ? [] : [{ t: 'lobby', id: this.#newId() }],
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
      this.#checkRooms(this.#account(a));
      this.#charge(p);
      log = state.nextLog;
      return [{ t: 'room', log, id: this.#newId(), name, key, skeleton }];
    });
    return { l: log ?? LOBBY };
  }

  /** @throws NatterError NO_SUCH_USER, YOURSELF, NOT_ALLOWED, RATE_LIMITED */
  async openDirect({ a, n, p }: Body.DirectOpen): Promise<Body.DirectOpened> {
    const { state } = this.#ledger;
    const mine = this.#account(a);
    const other = this.byName(n);
    if (other === mine) throw new NatterError('YOURSELF', 'That is you; choose somebody else to write to.');
    await this.#ledger.commit(() => {
      if (state.direct(mine.id, other.id)) return [];
      this.#checkDirects(mine, 'You are');
      this.#checkDirects(other, `${other.name} is`);
      this.#charge(p);
      return [{ t: 'direct', log: state.nextLog, id: this.#newId(), a: mine.id, b: other.id }];
    });
    const direct = state.direct(mine.id, other.id);
    if (!direct) throw new NatterError('INTERNAL', 'The conversation could not be made; try again.');
    return { o: other.id, mine: this.#seed(direct, mine), theirs: this.#seed(direct, other) };
  }

  /** @throws NatterError NO_SUCH_ROOM */
  load({ l }: Body.ByLog): Body.RoomLoaded {
    const conversation = this.#conversation(l);
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
    };
  }

  async addMember({ l, a }: Body.Membership): Promise<object> {
    await this.#ledger.commit(() => {
      const conversation = this.#conversation(l);
      if (this.#ledger.state.isMember(l, a)) return [];
      if (conversation.kind !== ConversationKind.Room)
        throw new NatterError('NOT_ALLOWED', 'A private conversation is between two; open one of your own.');
      const account = this.#account(a);
      this.#checkRooms(account);
      return [{ t: 'member', log: l, account: account.id }];
    });
    return {};
  }

  async removeMember({ l, a }: Body.Membership): Promise<object> {
    await this.#ledger.commit(() => {
      if (this.#conversation(l).kind !== ConversationKind.Room)
        throw new NatterError(
          'NOT_ALLOWED',
          'Neither the lobby nor a private conversation can be left; name a room.',
        );
      return this.#ledger.state.isMember(l, a) ? [{ t: 'memberGone', log: l, account: Buffer.from(a) }] : [];
    });
    return {};
  }

  async setTopic({ l, t }: Body.TopicSet): Promise<object> {
    await this.#ledger.commit(() => {
      const conversation = this.#conversation(l);
      if (conversation.kind !== ConversationKind.Room)
        throw new NatterError('NOT_ALLOWED', 'Only rooms have a topic; join one first.');
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
    const account = this.#account(a);
    if (!account.devices.has(idKey(k)))
      throw new NatterError('DEVICE_UNKNOWN', 'This device was forgotten; log in with your password.');
    const logs = [LOBBY, ...account.conversations];
    return { n: account.name, c: logs.map((log) => this.#seed(this.#conversation(log), account)) };
  }

  /** @throws NatterError NO_SUCH_USER */
  byName(name: string): Account {
    const account = this.#ledger.state.accountByKey(nameKey(name.replace(/^@/u, '')));
    if (!account)
      throw new NatterError('NO_SUCH_USER', 'Nobody of that name is registered; check the spelling.');
    return account;
  }

  #seed(conversation: Conversation, account: Account): Body.ConversationSeed {
    const { log, id, kind, topic } = conversation;
    const direct = kind === ConversationKind.Direct;
    const name = direct
      ? (this.#ledger.state.other(conversation, account.id)?.name ?? '')
      : conversation.name;
    return { l: log, i: id, k: kind, n: name, t: topic, m: this.#ledger.state.memberCount(conversation) };
  }

  #conversation(log: number): Conversation {
    const conversation = this.#ledger.state.conversations.get(log);
    if (!conversation)
      throw new NatterError('NO_SUCH_ROOM', 'There is no such conversation; join a room by its name.');
    return conversation;
  }

  #account(id: Uint8Array): Account {
    const account = this.#ledger.state.account(id);
    if (!account) throw new NatterError('NOT_LOGGED_IN', 'This account is gone; log in again.');
    return account;
  }

  #checkRooms(account: Account): void {
    if (this.#count(account, ConversationKind.Room) < ROOMS_MAX) return;
    throw new NatterError(
      'NOT_ALLOWED',
      `You are in ${ROOMS_MAX} rooms, as many as one may be in; leave one first.`,
    );
  }

  #checkDirects(account: Account, who: string): void {
    if (this.#count(account, ConversationKind.Direct) < DIRECTS_MAX) return;
    throw new NatterError(
      'NOT_ALLOWED',
      `${who} in ${DIRECTS_MAX} private conversations, as many as one may have; meet in a room instead.`,
    );
  }

  #count({ conversations }: Account, kind: ConversationKind): number {
    let count = 0;
    for (const log of conversations) if (this.#ledger.state.conversations.get(log)?.kind === kind) count++;
    return count;
  }

  /** What is made here stays for good, so nobody makes it without end. */
  #charge(address: string): void {
    const waitMs = this.#newPerAddress.take(address, this.#context.clock.now());
    if (waitMs > 0) throw rateLimited(waitMs);
  }

  #newId(): Buffer {
    const id = Buffer.alloc(LOG_ID_BYTES);
    this.#context.random(id);
    return id;
  }
}

export function looksAlike(name: string): NatterError {
  return new NatterError('NAME_LOOKS_ALIKE', `That looks like ${name}, which exists; choose another name.`);
}
