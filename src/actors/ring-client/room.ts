import type { Message, Room, Target } from '../../chat/events.js';
import { mentions } from '../../chat/mention.js';
import { EntryKind } from '../../chat/operations.js';
import { clockMs, clockText } from '../../net/ring/clock.js';
import type { FeedEntry } from '../../net/ring/entry.js';
import type { PeerId } from '../../net/ring/types.js';
import type { StoredLetter } from '../../store/mail/letters.js';
import { messageKind } from '../client/conversation.js';
import { offeredIn } from '../client/files/entry.js';
import { Unread } from '../client/unread.js';
import type { RingGroup } from '../ring/groups.js';

/** Stands for the name of a file whose entry makes no sense. */
const UNREADABLE_FILE = '(a file that this natter cannot read)';

/** Who speaks, and who listens. */
export interface Voices {
  readonly self: PeerId;
  /** One's own name. */
  readonly nick: string;
  nameOf(id: PeerId, said: string): string;
  fingerprintOf(id: PeerId): string;
}

interface Said {
  readonly author: PeerId;
  readonly name: string;
  readonly seq: number;
  readonly id: string;
  readonly clock: Buffer;
  readonly kind: number;
  readonly body: Buffer;
}

/** A conversation of the ring as a screen knows it: a group, or somebody alone. */
export class RingRoom {
  readonly target: Target;
  readonly kind: Room['kind'];
  /** Of a group. */
  readonly group: RingGroup | undefined;
  /** Of a private conversation: the other one. */
  readonly peer: PeerId | undefined;
  readonly unread: Unread;
  /** What was said before is history, ms since 1970. */
  readonly since: number;
  head: number;
  members = 0;
  readonly #voices: Voices;

  constructor(
    target: Target,
    where: { readonly group: RingGroup } | { readonly peer: PeerId },
    at: { readonly cursor: number; readonly since: number; readonly head: number },
    voices: Voices,
  ) {
    this.target = target;
    this.group = 'group' in where ? where.group : undefined;
    this.peer = 'peer' in where ? where.peer : undefined;
    this.kind = this.group?.kind ?? 'direct';
    this.unread = new Unread(at.cursor, at.cursor + 1);
    this.since = at.since;
    this.head = at.head;
    this.#voices = voices;
  }

  room(): Room {
    return {
      room: this.target,
      kind: this.kind,
      topic: '',
      head: this.head,
      cursor: this.unread.cursor,
      unread: this.unread.count,
      mentions: this.unread.mentions,
      members: this.members,
      ...(this.peer === undefined ? {} : { author: this.#voices.fingerprintOf(this.peer) }),
    };
  }

  /** Counts what has come. */
  count(message: Message): void {
    this.head = Math.max(this.head, message.seq);
    if (message.mine) this.unread.own(message.seq);
    else if (message.at >= this.since)
      this.unread.add(message.seq, this.kind === 'direct' || mentions(message.text, this.#voices.nick));
  }

  entry(entry: FeedEntry, number: number): Message {
    const { author, name, id, clock, kind, body } = entry;
    return this.#message({
      author: author.toString('hex'),
      name,
      seq: number,
      id: id.toString('hex'),
      clock,
      kind,
      body,
    });
  }

  letter(letter: StoredLetter): Message {
    const { mine, peer, reason, state } = letter;
    const message = this.#message({ ...letter, author: mine ? this.#voices.self : peer });
    return { ...message, delivery: state, ...(reason === '' ? {} : { reason }) };
  }

  #message({ author, name, seq, id, clock, kind, body }: Said): Message {
    const file = kind === EntryKind.File ? offeredIn(body)?.offer : undefined;
    const mine = author === this.#voices.self;
    return {
      room: this.target,
      seq,
      id,
      from: this.#voices.nameOf(author, name),
      text: kind === EntryKind.File ? (file?.name ?? UNREADABLE_FILE) : body.toString('utf8'),
      at: clockMs(clock),
      kind: messageKind(kind),
      mine,
      delivery: 'ok',
      ...(file === undefined ? {} : { file }),
      author: this.#voices.fingerprintOf(author),
      clock: clockText(clock),
    };
  }
}
