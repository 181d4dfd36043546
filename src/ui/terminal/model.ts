/**
 * What the screen knows: built from ClientEvents alone, without a screen, a clock or a client. Everything
 * remote passes `sanitise` here, once, so nothing behind this file holds a string a terminal would obey.
 */
import type { Mode } from '../../chat/commands.js';
import type {
  ClientEvent,
  Group,
  Message,
  Person,
  Presence,
  Room,
  Target,
  Transfer,
} from '../../chat/events.js';
import { mentions } from '../../chat/mention.js';
import type { Preview } from '../../chat/preview.js';
import { sanitise, sanitiseLine } from '../../chat/text.js';
import { cleanGroup, takeGroup, takeMembers, takePresence } from './attendance.js';
import type { Conversation } from './conversation.js';
import { ConversationList } from './conversation-list.js';
import { fileNews } from './file-news.js';
import { Link } from './link.js';
import type { OwnPeer } from './own-peer.js';
import { type Neighbour, type Suggestion, Surroundings } from './surroundings.js';
import type { NoticeItem } from './timeline.js';
import { cleanOffer, type FileEntry, isOffered, TransferList } from './transfers.js';

/** A typing note is shown at most this long after it came; ms. */
const TYPING_MS = 8_000;

/** What happened that a screen may want to react to besides drawing itself. */
export type Effect =
  | { readonly effect: 'mention'; readonly room: Target; readonly from: string; readonly text: string }
  | { readonly effect: 'opened'; readonly room: Target }
  /** Somebody offers a file privately. */
  | { readonly effect: 'offered'; readonly entry: FileEntry }
  | { readonly effect: 'received'; readonly entry: FileEntry }
  /** Nothing but how far a file has come. */
  | { readonly effect: 'progress' }
  | { readonly effect: 'none' };

/** A peer of the ring meets everybody who is there within about so long; ms. */
const MEETING_MS = 5_000;

const NONE: Effect = { effect: 'none' };

export class Model {
  readonly #list = new ConversationList();
  readonly link = new Link();
  readonly surroundings = new Surroundings();
  readonly mode: Mode;
  readonly transfers: TransferList;
  /** One's own name, '' before the welcome. */
  me = '';
  /** Notes from before there was a conversation to show them in. */
  readonly #early: NoticeItem[] = [];
  /** Does the current conversation count as read: is its end shown on a screen that has the focus? */
  isReading = true;

  /** The name of the ring one is in. */
  readonly community: string | undefined;
  /** In the ring, where a name may be marked: the fingerprint of one's own key. */
  readonly #key: string | undefined;
  /** Whoever is met before then, ms since 1970, was there already. */
  #newcomersFrom = 0;

  /** @param home see `TransferList` @param peer one's own, in the ring */
  constructor(home = '', peer?: Pick<OwnPeer, 'key' | 'community'>) {
    this.mode = peer === undefined ? 'server' : 'ring';
    this.community = peer?.community;
    this.#key = peer?.key;
    this.transfers = new TransferList(home);
  }

  get conversations(): readonly Conversation[] {
    return this.#list.all;
  }

  get current(): Conversation | undefined {
    return this.#list.current;
  }

  get lobby(): Conversation | undefined {
    return this.#list.lobby;
  }

  /** Whether a person is there; undefined as long as nobody told. Everyone who is online is in the lobby. */
  stateOf(user: string): Presence | undefined {
    const everyone = this.lobby?.members;
    if (everyone === undefined || everyone.size === 0) return undefined;
    return everyone.named(user)?.state ?? 'offline';
  }

  /** The other one of a private conversation, as they are called now. @returns undefined as long as nobody told */
  other({ room, info: { author } }: Conversation): Person | undefined {
    const everyone = this.lobby?.members;
    if (everyone === undefined || everyone.size === 0) return undefined;
    const user = room.slice(1);
    const found = author === undefined ? everyone.named(user) : everyone.keyed(author);
    return found ?? { user, state: 'offline' };
  }

  /** Oneself, as others see one. */
  get self(): Person {
    const everyone = this.lobby?.members;
    const found = this.#key === undefined ? everyone?.named(this.me) : everyone?.keyed(this.#key);
    return found ?? { user: this.me, state: 'offline' };
  }

  /** Who is near oneself. */
  get neighbours(): readonly Neighbour[] {
    return this.surroundings.neighbours(this.lobby?.members, (person) => this.isMe(person));
  }

  /** What others are interested in. */
  get suggestions(): readonly Suggestion[] {
    return this.surroundings.suggestions(this.lobby?.members, (person) => this.isMe(person));
  }

  isMe({ user, author }: Person): boolean {
    return author === undefined || this.#key === undefined ? user === this.me : author === this.#key;
  }

  find(room: Target): Conversation | undefined {
    return this.#list.find(room);
  }

  /** Makes a conversation the current one; its new-messages line appears when something in it is unread. */
  open(room: Target): void {
    this.#list.open(room);
  }

  /** The person leaves a conversation: what comes next is another one. */
  leaving(room: Target, isStill = true): void {
    this.#list.leaving(room, isStill);
  }

  /** Marks the current conversation as read; returns the seq to tell the server, or 0 for nothing new. */
  markRead(): number {
    const conversation = this.current;
    if (conversation === undefined || !this.isReading) return 0;
    const head = conversation.timeline.head;
    conversation.unread = 0;
    conversation.mentions = 0;
    if (head <= conversation.cursor) return 0;
    conversation.cursor = head;
    return head;
  }

  /** A line of the program's own, shown in the conversation at hand. */
  note(text: string, at: number, isWarning = false, room?: Target): void {
    const conversation = (room === undefined ? undefined : this.find(room)) ?? this.current;
    const item = { type: 'notice', at, text: sanitise(text), isWarning } as const;
    if (conversation === undefined) this.#early.push(item);
    else conversation.timeline.add(item);
  }

  /** What can be seen of a file, in the conversation it was said in. */
  show(preview: Preview, at: number, room: Target): void {
    this.find(room)?.timeline.add({ type: 'preview', at, preview });
  }

  /** @param now ms since 1970, for what has no time of its own */
  apply(event: ClientEvent, now: number): Effect {
    switch (event.event) {
      case 'link':
        this.link.apply(event, now);
        return NONE;
      case 'welcome':
        this.me = sanitiseLine(event.user);
        if (this.mode === 'ring') this.#newcomersFrom = now + MEETING_MS;
        return NONE;
      case 'pinned':
        this.note(`First contact with ${event.server}. Its key is ${event.fingerprint}.`, now);
        return NONE;
      case 'room':
        return this.#room(event.room);
      case 'left':
        if (this.find(event.room) !== undefined) this.surroundings.groups.delete(event.room);
        this.#list.left(event.room);
        return NONE;
      case 'message':
        return this.#message(event.message, event.history);
      case 'delivery':
        this.#add(event.message, event.was);
        return NONE;
      case 'presence':
        this.#presence(event.room, event, now);
        return NONE;
      case 'members': {
        const conversation = this.find(event.room);
        if (conversation !== undefined) takeMembers(conversation, event.members);
        return NONE;
      }
      case 'group':
        this.#group(cleanGroup(event), now);
        return NONE;
      case 'ring':
        this.surroundings.ring = { ...event, since: now - event.sinceMs };
        return NONE;
      case 'typing':
        this.#typing(event.room, sanitiseLine(event.user), event.on, now);
        return NONE;
      case 'transfer':
        return this.#transfer(event.transfer, now);
      case 'beginning': {
        const conversation = this.find(event.room);
        if (conversation !== undefined) conversation.isAtBeginning = true;
        return NONE;
      }
      case 'notice':
        this.note(event.text, now);
        return NONE;
      case 'error':
        // Before the welcome it answers a login, and whoever asked for that shows it.
        if (this.me !== '') this.note(event.message, now, true, event.room);
        return NONE;
      case 'directory':
      case 'devices':
      case 'caughtUp':
        // Answers to commands, which return them too; the screen shows them from there.
        return NONE;
    }
  }

  /** Who is typing in a conversation, oneself left out. */
  typing(conversation: Conversation, now: number): string[] {
    for (const [user, until] of conversation.typing) if (until <= now) conversation.typing.delete(user);
    return [...conversation.typing.keys()];
  }

  /** The next conversation with something unread, those that mention oneself first; else undefined. */
  nextActive(): Conversation | undefined {
    return this.#list.nextActive();
  }

  #room(info: Room): Effect {
    if (!this.#list.take({ ...info, topic: sanitiseLine(info.topic) })) return NONE;
    for (const item of this.#early.splice(0)) this.current?.timeline.add(item);
    return { effect: 'opened', room: info.room };
  }

  #message(message: Message, isHistory: boolean): Effect {
    const conversation = this.find(message.room);
    if (conversation === undefined) return NONE;
    const isNew = this.#add(message) && !isHistory && !message.mine && message.seq > conversation.cursor;
    conversation.typing.delete(sanitiseLine(message.from));
    if (!isNew) return NONE;
    const isHere = conversation === this.current && this.isReading;
    const isMention = conversation.info.kind === 'direct' || mentions(message.text, this.me);
    if (isHere) return NONE;
    if (conversation === this.current && conversation.newAfter === undefined)
      conversation.newAfter = conversation.cursor;
    // A `room` event that came first has counted what is up to its head.
    if (message.seq > conversation.info.head) {
      conversation.unread++;
      if (isMention) conversation.mentions++;
    }
    if (!isMention) return NONE;
    return {
      effect: 'mention',
      room: message.room,
      from: sanitiseLine(message.from),
      text: sanitise(message.text),
    };
  }

  /** @returns whether it was not there before */
  #add(message: Message, was?: string): boolean {
    const conversation = this.find(message.room);
    if (conversation === undefined) return false;
    const clean: Message = {
      ...message,
      from: sanitiseLine(message.from),
      text: sanitise(message.text),
      ...(message.reason === undefined ? {} : { reason: sanitiseLine(message.reason) }),
      ...(message.file === undefined ? {} : { file: cleanOffer(message.file) }),
    };
    this.transfers.said(clean);
    return conversation.timeline.put(clean, !message.mine && mentions(message.text, this.me), was);
  }

  /** What a person should hear of stands in the conversation too; the line of the file says the rest. */
  #transfer(raw: Transfer, now: number): Effect {
    const { entry, transfer, before } = this.transfers.apply(raw);
    const { state, direction } = transfer;
    if (before?.state === state) return before.answer === transfer.answer ? { effect: 'progress' } : NONE;
    const news = fileNews(entry, transfer);
    if (news !== undefined) this.note(news.text, now, news.isWarning, news.room);
    if (direction === 'out') return NONE;
    if (state === 'done') return { effect: 'received', entry };
    return isOffered(entry) ? { effect: 'offered', entry } : NONE;
  }

  #presence(room: Target, person: Person, now: number): void {
    const conversation = this.find(room);
    if (conversation === undefined) return;
    const isNews = now >= this.#newcomersFrom && !this.isMe(person);
    takePresence(conversation, person, isNews, now);
  }

  #group(group: Group, now: number): void {
    const { groups } = this.surroundings;
    // Who is in a group when one comes to it is no news.
    const isNews = groups.has(group.group);
    groups.set(group.group, group);
    const conversation = this.find(group.group);
    // Everybody is in the lobby, and presence tells of each.
    if (conversation !== undefined && group.kind !== 'lobby')
      takeGroup(conversation, group, this.lobby, (person) => isNews && !this.isMe(person), now);
  }

  #typing(room: Target, user: string, isOn: boolean, now: number): void {
    const conversation = this.find(room);
    if (conversation === undefined || user === this.me) return;
    if (isOn) conversation.typing.set(user, now + TYPING_MS);
    else conversation.typing.delete(user);
  }
}
