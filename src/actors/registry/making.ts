import { NatterError } from '../../chat/error.js';
import { ConversationKind } from '../../chat/operations.js';
import { Buckets } from '../../net/bucket.js';
import { LOG_ID_BYTES } from '../../net/constants.js';
import type { ServerLimits } from '../limits.js';
import { rateLimited } from '../refusal.js';
import type { ActorContext } from '../runtime/actor.js';
import type * as Body from './bodies.js';
import type { Ledger } from './ledger.js';
import type { Account, Conversation } from './state.js';

/**
 * A client loads all of its conversations at login, in one welcome of at most 64 KiB: a room with the longest
 * name and topic takes 290 bytes of it, a private conversation 130, a geo group 135. They are counted apart, so that
 * strangers who open private conversations or found groups around somebody keep nobody from joining rooms.
 */
const ROOMS_MAX = 100;
const DIRECTS_MAX = 250;
const GEO_MAX = 25;

/** What rooms and groups have in common where they are made, and where accounts enter them. */
export class Making {
  readonly #ledger: Ledger;
  readonly #context: ActorContext;
  readonly #newPerAddress: Buckets;

  constructor(context: ActorContext, ledger: Ledger, limits: ServerLimits) {
    const perMinute = limits.newConversationsPerAddressPerMinute;
    this.#context = context;
    this.#ledger = ledger;
    this.#newPerAddress = new Buckets(perMinute / 60, perMinute);
  }

  /** @throws NatterError NO_SUCH_ROOM */
  conversation(log: number): Conversation {
    const conversation = this.#ledger.state.conversations.get(log);
    if (!conversation)
      throw new NatterError('NO_SUCH_ROOM', 'There is no such conversation; join a room by its name.');
    return conversation;
  }

  /** @throws NatterError NOT_LOGGED_IN */
  account(id: Uint8Array): Account {
    const account = this.#ledger.state.account(id);
    if (!account) throw new NatterError('NOT_LOGGED_IN', 'This account is gone; log in again.');
    return account;
  }

  /** Interests are joined as rooms are, and counted with them. @throws NatterError NOT_ALLOWED */
  checkRooms(account: Account): void {
    const rooms = this.#count(account, ConversationKind.Room);
    if (rooms + this.#count(account, ConversationKind.Interest) < ROOMS_MAX) return;
    throw new NatterError(
      'NOT_ALLOWED',
      `You are in ${ROOMS_MAX} rooms and interests, as many as one may be in; leave one first.`,
    );
  }

  /** @param who begins the sentence: `You are`, or `ana is`. @throws NatterError NOT_ALLOWED */
  checkDirects(account: Account, who: string): void {
    if (this.#count(account, ConversationKind.Direct) < DIRECTS_MAX) return;
    throw new NatterError(
      'NOT_ALLOWED',
      `${who} in ${DIRECTS_MAX} private conversations, as many as one may have; meet in a room instead.`,
    );
  }

  /** Whether one more group may be founded around somebody. */
  hasRoomForGeo(account: Account): boolean {
    return this.#count(account, ConversationKind.Geo) < GEO_MAX;
  }

  /** Why somebody was not let into a group of people nearby. */
  noGeo(account: Account): NatterError {
    const why = this.hasRoomForGeo(account)
      ? 'Only people nearby are in that group; they are let in by themselves.'
      : `You are in ${GEO_MAX} groups of people nearby, as many as one may be in; leave one first.`;
    return new NatterError('NOT_ALLOWED', why);
  }

  /** What is made here stays for good, so nobody makes it without end. @throws NatterError RATE_LIMITED */
  charge(address: string): void {
    const waitMs = this.#newPerAddress.take(address, this.#context.clock.now());
    if (waitMs > 0) throw rateLimited(waitMs);
  }

  newId(): Buffer {
    const id = Buffer.alloc(LOG_ID_BYTES);
    this.#context.random(id);
    return id;
  }

  /** A conversation as one account sees it. */
  seed(conversation: Conversation, account: Account): Body.ConversationSeed {
    const { state } = this.#ledger;
    const { log, id, kind, topic } = conversation;
    const direct = kind === ConversationKind.Direct;
    const name = direct ? (state.other(conversation, account.id)?.name ?? '') : conversation.name;
    const facts = this.facts(conversation);
    return { l: log, i: id, k: kind, n: name, t: topic, m: state.memberCount(conversation), ...facts };
  }

  /** What is said of a group besides. */
  facts({ kind, group }: Conversation): Pick<Body.ConversationSeed, 'b' | 'r'> {
    if (kind === ConversationKind.Geo && group) return { r: group.km };
    const founder = kind === ConversationKind.Interest && group && this.#ledger.state.account(group.founder);
    return founder ? { b: founder.name } : {};
  }

  #count({ conversations }: Account, kind: ConversationKind): number {
    let count = 0;
    for (const log of conversations) if (this.#ledger.state.conversations.get(log)?.kind === kind) count++;
    return count;
  }
}
