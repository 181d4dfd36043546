import { NatterError } from '../../chat/error.js';
import type { MessageKind, Target } from '../../chat/events.js';
import { findSticker } from '../../chat/sticker.js';
import { parseText } from '../../chat/text.js';
import type { Rows } from '../../store/feeds/types.js';
import { entryKind } from '../client/conversation.js';
import { LOBBY } from '../ring/groups.js';
import type { RingPeer } from '../ring/peer.js';
import { Keys } from './keys.js';
import type { RingRooms } from './rooms.js';

export interface SpeechOptions {
  readonly peer: () => RingPeer;
  readonly rooms: RingRooms;
  /** What was said under keys. */
  readonly rows: Rows;
}

/** Says things: to a group as an entry of one's own feed there, to one person as a letter. */
export class Speech {
  readonly #options: SpeechOptions;
  readonly #keys: Keys;

  constructor(options: SpeechOptions) {
    this.#options = options;
    this.#keys = new Keys(options.rows);
  }

  /** Shown at once. @returns its id @throws NatterError what cannot be said, or to whom */
  say(target: Target, text: string, kind: MessageKind, key: string): string {
    const { rooms } = this.#options;
    const { feeds, parts, people } = this.#options.peer();
    const room = rooms.get(target);
    const body = Buffer.from(checked(text, kind));
    if (room.peer !== undefined) return parts.talk.say(room.peer, entryKind(kind), body, key);
    const group = room.group ?? LOBBY;
    const said = this.#keys.next(group.id, key);
    if (said.id !== undefined) return said.id;
    const entry = feeds.compose(group.bytes, entryKind(kind), people.own.name, body);
    rooms.saying(entry);
    feeds.post(entry, (error) => {
      if (error !== undefined) rooms.unsaid(entry, error.message);
    });
    return said.keep(entry.id.toString('hex'));
  }
}

function checked(text: string, kind: MessageKind): string {
  if (kind === 'text' || kind === 'action') return parseText(text);
  if (kind === 'sticker') return findSticker(text).name;
  throw new NatterError('BAD_ARGUMENT', `A message of kind ${kind} cannot be said; send it as text.`);
}
