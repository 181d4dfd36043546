import { NatterError } from '../../chat/error.js';
import type { ClientEvent, Delivery, Message, MessageKind } from '../../chat/events.js';
import { findSticker } from '../../chat/sticker.js';
import { parseText } from '../../chat/text.js';
import type { Clock } from '../runtime/actor.js';
import type { Channel } from './channel.js';
import { entryKind, messageKind } from './conversation.js';
import { Outbox } from './outbox.js';
import type { Post, PostEvents, PostLog } from './post.js';

export interface TalkerOptions {
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  readonly channel: Channel;
  user(): string;
  emit(event: ClientEvent): void;
}

/** One's own messages, from the keyboard to the log, as the screen sees them. */
export class Talker implements PostEvents {
  readonly outbox: Outbox;
  readonly #options: TalkerOptions;

  constructor(options: TalkerOptions) {
    this.#options = options;
    const { clock, random, channel } = options;
    this.outbox = new Outbox({ clock, random, requests: channel.posts, events: this });
  }

  /** @throws NatterError TEXT_EMPTY, TEXT_TOO_LONG, TEXT_NOT_ALLOWED, NO_SUCH_STICKER, BAD_ARGUMENT */
  say(to: PostLog, text: string, kind: MessageKind, key: string): string {
    const post = this.outbox.add(to, entryKind(kind), Buffer.from(checked(text, kind)), key);
    this.#options.emit({ event: 'message', message: this.#message(post, 'sending'), history: false });
    return post.id;
  }

  retry(id: string): void {
    this.outbox.retry(id);
  }

  accepted(post: Post, seq: number, at: number): void {
    this.#tell({ ...this.#message(post, 'ok'), seq, at });
  }

  failed(post: Post, error: NatterError): void {
    this.#tell({ ...this.#message(post, 'failed'), reason: error.message });
  }

  renamed(post: Post, was: string): void {
    this.#options.emit({ event: 'delivery', message: this.#message(post, 'sending'), was });
  }

  #tell(message: Message): void {
    this.#options.emit({ event: 'delivery', message });
  }

  #message(post: Post, delivery: Delivery): Message {
    return {
      room: post.to.target,
      seq: 0,
      id: post.id,
      from: this.#options.user(),
      text: post.body.toString('utf8'),
      at: this.#options.clock.wall(),
      kind: messageKind(post.kind),
      mine: true,
      delivery,
    };
  }
}

function checked(text: string, kind: MessageKind): string {
  switch (kind) {
    case 'text':
    case 'action':
      return parseText(text);
    case 'sticker':
      return findSticker(text).name;
    default:
      throw new NatterError('BAD_ARGUMENT', `A message of kind ${kind} cannot be said; send it as text.`);
  }
}
