import type { EventKind } from '../chat/operations.js';
import { encodeBody } from '../chat/wire.js';
import { Writer } from '../net/bytes.js';
import { cutText } from '../net/closing.js';
import { FrameType, MESSAGE_MAX_BYTES, REASON_MAX_BYTES } from '../net/constants.js';
import { ReplyStatus } from '../net/talk.js';
import { type CloseCode, Lane } from '../net/types.js';
import { IoMessage } from './messages.js';
import { refusalOf } from './refusal.js';
import type { ActorContext } from './runtime/actor.js';
import { IO } from './singletons.js';

const writer = new Writer(1024, MESSAGE_MAX_BYTES + 64);

/** What the server's actors send to one client, by way of the I/O actor. */
export class Downlink {
  readonly #context: ActorContext;
  readonly #conn: number;

  constructor(context: ActorContext, conn: number) {
    this.#context = context;
    this.#conn = conn;
  }

  frame(type: number, body: Uint8Array, lane: Lane): void {
    this.#context.tell(
      IO,
      IoMessage.Send,
      writer.reset().varint(this.#conn).u8(type).u8(lane).bytes(body).view(),
    );
  }

  /** `body` is CBOR. */
  reply(request: number, status: number, body: Uint8Array): void {
    const frame = writer.reset().varint(this.#conn).u8(FrameType.Reply).u8(Lane.Control);
    this.#context.tell(IO, IoMessage.Send, frame.varint(request).u8(status).bytes(body).view());
  }

  refuse(request: number, error: unknown): void {
    this.reply(request, ReplyStatus.Refused, encodeBody(refusalOf(error)));
  }

  event(kind: EventKind, body: object): void {
    const frame = writer.reset().varint(this.#conn).u8(FrameType.Event).u8(Lane.Control);
    this.#context.tell(IO, IoMessage.Send, frame.u8(kind).bytes(encodeBody(body)).view());
  }

  /** Kept with the connection, and given back if this thread dies. */
  identity(identity: Uint8Array): void {
    this.#context.tell(IO, IoMessage.Identity, writer.reset().varint(this.#conn).bytes(identity).view());
  }

  close(code: CloseCode, text: string): void {
    const reason = cutText(text, REASON_MAX_BYTES);
    this.#context.tell(
      IO,
      IoMessage.Close,
      writer.reset().varint(this.#conn).varint(code).block(reason).view(),
    );
  }
}
