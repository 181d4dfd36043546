import type { Message, MessageKind, Room, Target } from '../../chat/events.js';
import { type ConversationBody, ConversationKind, EntryKind } from '../../chat/operations.js';
import type { Entry } from '../../net/entry.js';
import { offeredIn } from './files/entry.js';
import type { Replica } from './replica.js';
import { Roster } from './roster.js';
import { Unread } from './unread.js';

const KINDS: Readonly<Record<ConversationKind, Room['kind']>> = {
  [ConversationKind.Lobby]: 'lobby',
  [ConversationKind.Room]: 'room',
  [ConversationKind.Direct]: 'direct',
  [ConversationKind.Interest]: 'interest',
  [ConversationKind.Geo]: 'geo',
};

const SIGNS: Readonly<Record<ConversationKind, string>> = {
  [ConversationKind.Lobby]: '#',
  [ConversationKind.Room]: '#',
  [ConversationKind.Direct]: '@',
  [ConversationKind.Interest]: '+',
  [ConversationKind.Geo]: '~',
};

const MESSAGE_KINDS: Readonly<Record<number, MessageKind>> = {
  [EntryKind.Text]: 'text',
  [EntryKind.Action]: 'action',
  [EntryKind.Sticker]: 'sticker',
  [EntryKind.File]: 'file',
  [EntryKind.Notice]: 'notice',
};

const ENTRY_KINDS: Readonly<Record<MessageKind, EntryKind>> = {
  text: EntryKind.Text,
  action: EntryKind.Action,
  sticker: EntryKind.Sticker,
  file: EntryKind.File,
  notice: EntryKind.Notice,
};

export function entryKind(kind: MessageKind): EntryKind {
  return ENTRY_KINDS[kind];
}

/** A kind that this version does not know is shown as text: better than not at all. */
export function messageKind(kind: number): MessageKind {
  return MESSAGE_KINDS[kind] ?? 'text';
}

/** How people write a conversation. */
export function targetOf(body: Pick<ConversationBody, 'k' | 'n'>): Target {
  return SIGNS[body.k] + body.n;
}

/** Stands for the name of a file whose entry makes no sense. */
const UNREADABLE_FILE = '(a file that this natter cannot read)';

/** One log with what the account knows of it. */
export class Conversation {
  readonly log: number;
  /** 16 bytes. */
  readonly logId: Buffer;
  readonly kind: Room['kind'];
  readonly target: Target;
  readonly replica: Replica;
  readonly unread: Unread;
  readonly roster = new Roster();
  /** Everything up to some head was shown: what comes now is news. */
  caughtUp = false;
  /** Of a group: who founded it. */
  readonly by: string | undefined;
  /** Of people nearby: how far it reaches. */
  readonly km: number | undefined;
  topic: string;
  members: number;

  constructor(body: ConversationBody, replica: Replica) {
    this.log = body.l;
    this.logId = Buffer.from(body.i);
    this.kind = KINDS[body.k];
    this.target = targetOf(body);
    this.topic = body.t;
    this.members = body.m;
    this.by = body.k === ConversationKind.Geo ? body.n : body.b;
    this.km = body.r;
    this.replica = replica;
    this.unread = new Unread(body.c, replica.next);
  }

  room(): Room {
    return {
      room: this.target,
      kind: this.kind,
      topic: this.topic,
      head: this.replica.head,
      cursor: this.unread.cursor,
      unread: this.unread.count,
      mentions: this.unread.mentions,
      members: this.members,
    };
  }

  message(seq: number, entry: Entry, mine: boolean): Message {
    const kind = messageKind(entry.kind);
    const file = kind === 'file' ? offeredIn(entry.body)?.offer : undefined;
    const text = kind === 'file' ? (file?.name ?? UNREADABLE_FILE) : entry.body.toString('utf8');
    return {
      room: this.target,
      seq,
      id: entry.id.toString('hex'),
      from: entry.author,
      text,
      at: entry.at,
      kind,
      mine,
      delivery: 'ok',
      ...(file === undefined ? {} : { file }),
    };
  }
}
