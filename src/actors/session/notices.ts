import {
  type ConversationBody,
  EventKind,
  type FileEventBody,
  type GoneEventBody,
  type GoneReason,
} from '../../chat/operations.js';
import { type Reader, Writer } from '../../net/bytes.js';
import { KEY_BYTES, MESSAGE_MAX_BYTES, STREAM_ID_BYTES } from '../../net/constants.js';
import { Lane } from '../../net/types.js';
import { unpackCbor } from '../cbor.js';
import type { Downlink } from '../downlink.js';
import { SessionMessage } from '../messages.js';
import type { ActorContext } from '../runtime/actor.js';
import { type Conversations, complete } from './conversations.js';
import type { OpenFiles } from './open-files.js';
import type { Author, Posts } from './posts.js';

/** In a Revoked message: close the sessions of this device; without it, close all others. */
export const ONLY_THIS = 1;

export interface NoticesOptions {
  readonly context: ActorContext;
  readonly downlink: Downlink;
  readonly conversations: Conversations;
  readonly posts: Posts;
  readonly files: OpenFiles;
  /** Ends the session: its device may not be here any more. */
  readonly revoked: () => void;
}

/** What rooms and other sessions of the account have to tell a session, most of it for its client. */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #conn: number;
  readonly #answer = new Writer(256, MESSAGE_MAX_BYTES * 2);

  constructor(options: NoticesOptions) {
    this.#options = options;
    this.#conn = options.context.self.key;
  }

  handle(type: number, reader: Reader, author: Author, device: Buffer): void {
    const { downlink } = this.#options;
    switch (type) {
      case SessionMessage.Answer: {
        const answer = this.#answer.reset().varint(reader.varint());
        downlink.frame(reader.u8(), answer.bytes(reader.rest()).view(), Lane.Control);
        return;
      }
      case SessionMessage.Expected:
        this.#expected(reader, author);
        return;
      case SessionMessage.Conversation:
        void this.#appeared(unpackCbor<Omit<ConversationBody, 'c'>>(reader.rest()), author);
        return;
      case SessionMessage.ConversationGone:
        this.gone(reader.varint(), reader.remaining > 0 ? (reader.u8() as GoneReason) : undefined);
        return;
      case SessionMessage.CursorMoved: {
        const [l, s] = [reader.varint(), reader.varint()];
        if (reader.varint() !== this.#conn) downlink.event(EventKind.Cursor, { l, s });
        return;
      }
      case SessionMessage.Event:
        this.#event(reader);
        return;
      case SessionMessage.UploadTaken:
        this.#options.files.taken(reader.varint());
        return;
      case SessionMessage.Revoked: {
        const ours = device.equals(reader.bytes(KEY_BYTES));
        const onlyThis = reader.remaining > 0 && reader.u8() === ONLY_THIS;
        if (onlyThis === ours) this.#options.revoked();
        return;
      }
      default:
        throw new Error(`message ${type} is not for a session`);
    }
  }

  /** The account does not belong to a conversation any more. @param r why, if it did not leave by itself */
  gone(log: number, r?: GoneReason): void {
    const { conversations, downlink } = this.#options;
    const body: GoneEventBody = r === undefined ? { l: log } : { l: log, r };
    if (conversations.close(log)) downlink.event(EventKind.ConversationGone, body);
  }

  /** About a file: whoever is not in its conversation any more hears no more of it. */
  #event(reader: Reader): void {
    const { conversations, downlink, files } = this.#options;
    const kind = reader.u8() as EventKind;
    const except = reader.varint();
    const body = unpackCbor<FileEventBody>(reader.rest());
    if (except === this.#conn || !conversations.has(body.l)) return;
    downlink.event(kind, body);
    if (kind === EventKind.File) files.told(body.f, body.s);
  }

  #expected(reader: Reader, author: Author): void {
    const stream = reader.bytes(STREAM_ID_BYTES);
    const log = reader.varint();
    const [counter, expected, request] = [reader.varint(), reader.varint(), reader.varint()];
    this.#options.posts.expected(stream, log, counter, expected, request, author);
  }

  async #appeared(seed: Omit<ConversationBody, 'c'>, { account }: Author): Promise<void> {
    const { context, conversations, downlink } = this.#options;
    if (conversations.has(seed.l)) return;
    conversations.open(seed.l, account);
    const [conversation] = await complete(context, account, [seed]).catch(() => [{ ...seed, c: 0 }]);
    if (conversation) downlink.event(EventKind.Conversation, conversation);
  }
}
