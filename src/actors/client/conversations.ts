import { NatterError } from '../../chat/error.js';
import type { ClientEvent, Message, Presence, Room, Target } from '../../chat/events.js';
import { mentions } from '../../chat/mention.js';
import { nameKey } from '../../chat/name.js';
import { type ConversationBody, EphemeralKind, type WhoReply } from '../../chat/operations.js';
import { CONVERSATIONS_MAX } from '../../chat/schemas.js';
import type { Entry } from '../../net/entry.js';
import type { Entries, Ephemeral, Head, Push } from '../../net/talk.js';
import type { Clock } from '../runtime/actor.js';
import { Conversation, targetOf } from './conversation.js';
import { Replica } from './replica.js';
import { presenceWord } from './roster.js';
import { Typing } from './typing.js';

export interface ConversationsOptions {
  readonly clock: Clock;
  /** Entries before the head that count as news when a conversation is first seen. */
  readonly backlog: number;
  rttMs(): number;
  fetch(log: number, after: number, entries: number, done: (answer: Entries | NatterError) => void): void;
  /** A conversation has everything up to its head. */
  caughtUp(room: Target, seq: number): void;
  /** Everything up to here counts as read, since one has said something behind it. */
  answered(log: number, seq: number): void;
  /** Did this process say the entry with this id? It is reported as a delivery then. */
  said(id: string, seq: number, at: number): boolean;
  /** A file was offered there. @param isNew everything before was seen already */
  offered(conversation: Conversation, message: Message, entry: Entry, isNew: boolean): void;
  /** A conversation is there that was not. */
  opened(conversation: Conversation): void;
  /** Somebody came into a conversation or left it; the lobby: is there, is away, is gone. */
  presence(conversation: Conversation, user: string, state: Presence): void;
  /** Somebody shares something else now: an AboutBody. */
  shared(user: string, version: number, value: Uint8Array): void;
  emit(event: ClientEvent): void;
  /** `settle` has something to say at the end of this turn. */
  changed(): void;
}

/** Logs whose news came before they were known here; more are not remembered. */
const AHEAD_MAX = 1_024;

/** Every conversation of the account: what was said there, who is there, what is unread. */
export class Conversations {
  readonly #options: ConversationsOptions;
  readonly #byLog = new Map<number, Conversation>();
  readonly #byTarget = new Map<string, Conversation>();
  /** Their `room` event is due; one per turn is enough, however many entries came. */
  readonly #changed = new Set<Conversation>();
  /**
   * Highest seq heard of logs that are not known yet. The frame that makes one known may be lost and come after
   * its first pushes, with the head of before them: without this they would stay unseen until the next one.
   */
  readonly #ahead = new Map<number, number>();
  readonly #typing: Typing;
  #user = '';
  #userKey = '';

  constructor(options: ConversationsOptions) {
    this.#options = options;
    this.#typing = new Typing(options.clock, (room, user, on) =>
      options.emit({ event: 'typing', room, user, on }),
    );
  }

  get all(): IterableIterator<Conversation> {
    return this.#byLog.values();
  }

  /** Something of what was missed is still to come. */
  get behind(): boolean {
    for (const each of this.#byLog.values()) if (each.replica.behind) return true;
    return false;
  }

  get user(): string {
    return this.#user;
  }

  byLog(log: number): Conversation | undefined {
    return this.#byLog.get(log);
  }

  /** The lobby everyone lands in. */
  get lobby(): Conversation | undefined {
    for (const each of this.#byLog.values()) if (each.kind === 'lobby') return each;
    return undefined;
  }

  find(room: Target): Conversation | undefined {
    return this.#byTarget.get(targetKey(room));
  }

  /** @throws NatterError NOT_A_MEMBER */
  get(room: Target): Conversation {
    const found = this.find(room);
    if (found === undefined) throw new NatterError('NOT_A_MEMBER', `You are not in ${room}; join it first.`);
    return found;
  }

  /** The answer to a login: what is listed is there, and caught up from where we were; what is not is gone. */
  welcome(user: string, bodies: readonly ConversationBody[]): void {
    if (user !== this.#user) this.#forget();
    this.#user = user;
    this.#userKey = nameKey(user);
    this.#ahead.clear();
    this.#typing.clear();
    const listed = new Set(bodies.map((body) => body.l));
    for (const log of [...this.#byLog.keys()]) if (!listed.has(log)) this.gone(log);
    for (const conversation of this.#byLog.values()) conversation.roster.renew();
    for (const body of bodies) this.open(body);
  }

  /**
   * A conversation is there, or something of it changed.
   * @param backlog entries before the head that count as news if it was not known yet, as far as they are unread
   */
  open(body: ConversationBody, backlog = this.#options.backlog): Conversation {
    const known = this.#byLog.get(body.l);
    if (known !== undefined && known.target === targetOf(body)) {
      known.topic = body.t;
      known.members = body.m;
      known.unread.move(body.c);
      known.replica.sync(body.e, body.h);
      this.#touch(known);
      return known;
    }
    const before = this.find(targetOf(body));
    for (const each of [known, before]) if (each !== undefined) this.gone(each.log);
    if (this.#byLog.size >= CONVERSATIONS_MAX)
      throw new NatterError('PROTOCOL', `The server tells of more than ${CONVERSATIONS_MAX} conversations.`);
    const conversation = this.#create(body, Math.max(Math.min(body.c, body.h), body.h - backlog));
    const head = Math.max(body.h, this.#ahead.get(body.l) ?? 0);
    this.#ahead.delete(body.l);
    this.#byLog.set(body.l, conversation);
    this.#byTarget.set(targetKey(conversation.target), conversation);
    this.#options.emit({ event: 'room', room: conversation.room() });
    this.#options.opened(conversation);
    conversation.replica.sync(body.e, head);
    return conversation;
  }

  gone(log: number): void {
    const conversation = this.#byLog.get(log);
    if (conversation === undefined) return;
    conversation.replica.stop();
    this.#byLog.delete(log);
    this.#changed.delete(conversation);
    // A group founded anew has the name of the one before, whose end may be told later.
    const key = targetKey(conversation.target);
    if (this.#byTarget.get(key) !== conversation) return;
    this.#byTarget.delete(key);
    this.#options.emit({ event: 'left', room: conversation.target });
  }

  /** Gives out the `room` events that became due in this turn. */
  settle(): void {
    for (const conversation of this.#changed)
      this.#options.emit({ event: 'room', room: conversation.room() });
    this.#changed.clear();
  }

  #touch(conversation: Conversation): void {
    this.#changed.add(conversation);
    this.#options.changed();
  }

  // ---- From the server ----------------------------------------------------------------------------------

  push({ log, seq, entry }: Push): void {
    const conversation = this.#byLog.get(log);
    if (conversation === undefined) this.#heard(log, seq);
    else conversation.replica.push(seq, entry);
  }

  head({ log, epoch, seq }: Head): void {
    const conversation = this.#byLog.get(log);
    if (conversation === undefined) this.#heard(log, seq);
    else conversation.replica.announce(epoch, seq);
  }

  #heard(log: number, seq: number): void {
    const before = this.#ahead.get(log);
    if (before === undefined && this.#ahead.size >= AHEAD_MAX) return;
    this.#ahead.set(log, Math.max(before ?? 0, seq));
  }

  ephemeral(ephemeral: Ephemeral): void {
    const conversation = this.#byLog.get(ephemeral.log);
    if (conversation === undefined) return;
    const { subject, version } = ephemeral;
    const value = ephemeral.value[0] ?? 0;
    if (ephemeral.kind === EphemeralKind.Presence) {
      const state = presenceWord(value);
      if (conversation.roster.update(subject, state, version))
        this.#options.presence(conversation, subject, state);
    } else if (ephemeral.kind === EphemeralKind.About) {
      if (conversation.kind === 'lobby') this.#options.shared(subject, version, ephemeral.value);
    } else if (ephemeral.kind === EphemeralKind.Typing && nameKey(subject) !== this.#userKey) {
      this.#typing.heard(conversation.target, subject, value === 1, version);
    }
  }

  /**
   * A whole list of who is there: differences to what was known are told as presence.
   * @param mark of the roster, from before the list was asked for
   */
  roster(conversation: Conversation, list: WhoReply['u'], mark: number): void {
    const { roster } = conversation;
    for (const { n, s, v } of list) {
      const state = presenceWord(s);
      if (roster.update(n, state, v)) this.#options.presence(conversation, n, state);
    }
    for (const user of roster.prune(new Set(list.map(({ n }) => n)), mark))
      this.#options.presence(conversation, user, 'offline');
  }

  topic(log: number, topic: string): void {
    const conversation = this.#byLog.get(log);
    if (conversation === undefined) return;
    conversation.topic = topic;
    this.#touch(conversation);
  }

  /** Moves the read cursor, whoever moved it. @returns true when it was behind. */
  read(conversation: Conversation, seq: number): boolean {
    const moved = conversation.unread.move(Math.min(seq, conversation.replica.head));
    if (moved) this.#touch(conversation);
    return moved;
  }

  cursor(log: number, seq: number): void {
    const conversation = this.#byLog.get(log);
    if (conversation !== undefined) this.read(conversation, seq);
  }

  /**
   * Everything behind `after`, from now on too; without it, what comes from now on.
   * @returns the room with the last entry before what follows as its head
   */
  follow(conversation: Conversation, after: number | undefined): Room {
    const { replica, unread } = conversation;
    const room = { ...conversation.room(), head: replica.next - 1 };
    if (after === undefined) {
      replica.follow(replica.next - 1);
      return room;
    }
    unread.restart(after + 1);
    replica.follow(after);
    return conversation.room();
  }

  isMine(author: string): boolean {
    return nameKey(author) === this.#userKey;
  }

  // ---- Within -------------------------------------------------------------------------------------------

  #create(body: ConversationBody, after: number): Conversation {
    const options = this.#options;
    const conversation: Conversation = new Conversation(
      body,
      new Replica(body.l, body.e, body.h, after, {
        clock: options.clock,
        get rttMs() {
          return options.rttMs();
        },
        fetch: (log, from, entries, done) =>
          options.fetch(log, from, entries, (answer) => done(answer instanceof Error ? undefined : answer)),
        deliver: (seq, entry) => this.#deliver(conversation, seq, entry),
        caughtUp: (seq) => {
          conversation.caughtUp = true;
          options.caughtUp(conversation.target, seq);
        },
      }),
    );
    return conversation;
  }

  #deliver(conversation: Conversation, seq: number, entry: Entry): void {
    const mine = this.isMine(entry.author);
    const message = conversation.message(seq, entry, mine);
    this.#touch(conversation);
    this.#typing.said(conversation.target, entry.author);
    if (!mine)
      conversation.unread.add(seq, conversation.kind === 'direct' || mentions(message.text, this.#user));
    else if (conversation.unread.own(seq)) this.#options.answered(conversation.log, seq);
    if (mine && this.#options.said(message.id, seq, entry.at)) return;
    this.#options.emit({ event: 'message', message, history: false });
    if (message.file !== undefined)
      this.#options.offered(
        conversation,
        message,
        entry,
        conversation.caughtUp || this.#options.backlog === 0,
      );
  }

  #forget(): void {
    for (const conversation of this.#byLog.values()) conversation.replica.stop();
    this.#byLog.clear();
    this.#byTarget.clear();
    this.#changed.clear();
  }
}

function targetKey(room: Target): string {
  return nameKey(room);
}
