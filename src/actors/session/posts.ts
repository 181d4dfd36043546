import { isUtf8 } from 'node:buffer';
import { NatterError } from '../../chat/error.js';
import { EntryKind } from '../../chat/operations.js';
import { findSticker } from '../../chat/sticker.js';
import { parseText } from '../../chat/text.js';
import { Bucket } from '../../net/bucket.js';
import { Reader, Writer } from '../../net/bytes.js';
import { MESSAGE_MAX_BYTES } from '../../net/constants.js';
import { type Post, postCodec } from '../../net/talk.js';
import type { Downlink } from '../downlink.js';
import type { ServerLimits } from '../limits.js';
import { RoomMessage } from '../messages.js';
import { notAMember, rateLimited } from '../refusal.js';
import { type ActorContext, Kind } from '../runtime/actor.js';
import { type HeldPost, StreamOrder } from './order.js';

/** Posts that came early wait this long for those before them. */
const HOLD_MS = 1000;
/** (stream, log) pairs one session posts in; the one unused longest is forgotten. */
const ORDERS_MAX = 64;

const reader = new Reader();
const writer = new Writer(1024, MESSAGE_MAX_BYTES + 1024);

export interface Author {
  /** 16 bytes. */
  readonly account: Buffer;
  readonly name: string;
}

/** A session's posts on their way to the rooms: checked, slowed down, put in order. No promise, no machine event. */
export class Posts {
  readonly #context: ActorContext;
  readonly #conn: number;
  readonly #downlink: Downlink;
  readonly #bucket: Bucket;
  readonly #orders = new Map<string, StreamOrder>();
  readonly #timers = new Map<StreamOrder, unknown>();

  constructor(context: ActorContext, conn: number, downlink: Downlink, limits: ServerLimits) {
    this.#context = context;
    this.#conn = conn;
    this.#downlink = downlink;
    this.#bucket = new Bucket(limits.postsPerS, limits.postsBurst, context.clock.now());
  }

  /** Takes in the body of a POST frame. @throws Malformed */
  receive(frame: Buffer, author: Author, belongs: (log: number) => boolean): void {
    const post = postCodec.decode(reader.reset(frame));
    try {
      if (!belongs(post.log)) throw notAMember();
      this.#order(post, checkedBody(post.kind, post.body), author);
    } catch (error) {
      this.#downlink.refuse(post.request, error);
    }
  }

  /** The store refused a post and named the counter it wants. */
  expected(
    stream: Buffer,
    log: number,
    counter: number,
    expected: number,
    request: number,
    author: Author,
  ): void {
    const order = this.#orders.get(orderKey(stream, log));
    if (!order || order.expect(counter, expected)) this.#downlink.refuse(request, gap(expected));
    if (!order) return;
    this.#drain(order, author);
    if (order.held > 0) this.#arm(order, author);
  }

  stop(): void {
    for (const timer of this.#timers.values()) this.#context.clock.clearTimeout(timer);
    this.#timers.clear();
    this.#orders.clear();
  }

  #order(post: Post, body: Uint8Array, author: Author): void {
    const { request, counter, kind } = post;
    const order = this.#orderOf(post.stream, post.log);
    switch (order.judge(counter)) {
      case 'forward':
        this.#forward(order, { request, counter, kind, body }, author);
        if (order.held > 0) this.#drain(order, author);
        return;
      case 'hold':
        order.hold({ request, counter, kind, body: Buffer.from(body) });
        this.#arm(order, author);
        return;
      case 'drop':
        // Further ahead than a client may be. It comes again; only the store can say that something is missing.
        return;
    }
  }

  #forward(order: StreamOrder, post: HeldPost, author: Author): void {
    const waitMs = this.#bucket.take(this.#context.clock.now());
    if (waitMs > 0) {
      this.#downlink.refuse(post.request, rateLimited(waitMs));
      return;
    }
    const { request, counter, kind, body } = post;
    writer.reset().varint(this.#conn).varint(request).bytes(author.account).text(author.name);
    writer.bytes(order.stream).varint(counter).u8(kind).bytes(body);
    this.#context.tell({ kind: Kind.Room, key: order.log }, RoomMessage.Post, writer.view());
    order.forwarded(counter);
    if (!order.guessed) return;
    order.keepCopy({ ...post, body: Buffer.from(body) });
    this.#arm(order, author);
  }

  #drain(order: StreamOrder, author: Author): void {
    for (let post = order.takeNext(); post; post = order.takeNext()) this.#forward(order, post, author);
  }

  /**
   * Waits for what is missing. After that the store decides, which alone knows what it has: it takes the held
   * posts, if the missing one came to it by a way of which this session did not hear, or refuses them.
   */
  #arm(order: StreamOrder, author: Author): void {
    if (this.#timers.has(order)) return;
    const next = order.next;
    const due = (): void => {
      this.#timers.delete(order);
      order.settle();
      if (order.held === 0) return;
      // Something moved meanwhile: the hole is another one and gets its own time.
      if (order.next !== next) this.#arm(order, author);
      else for (const post of order.giveUp()) this.#forward(order, post, author);
    };
    this.#timers.set(order, this.#context.clock.setTimeout(due, HOLD_MS));
  }

  #orderOf(stream: Uint8Array, log: number): StreamOrder {
    const key = orderKey(stream, log);
    const found = this.#orders.get(key);
    if (found) return found;
    const order = new StreamOrder(Buffer.from(stream), log);
    this.#orders.set(key, order);
    if (this.#orders.size > ORDERS_MAX) this.#forgetOldest();
    return order;
  }

  #forgetOldest(): void {
    for (const [key, order] of this.#orders) {
      this.#orders.delete(key);
      this.#context.clock.clearTimeout(this.#timers.get(order));
      this.#timers.delete(order);
      return;
    }
  }
}

/** @throws NatterError TEXT_*, NO_SUCH_STICKER, NOT_ALLOWED */
function checkedBody(kind: number, body: Uint8Array): Uint8Array {
  if (!isUtf8(body)) throw new NatterError('TEXT_NOT_ALLOWED', 'That is not UTF-8 text; send it as a file.');
  const typed = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString();
  switch (kind) {
    case EntryKind.Text:
    case EntryKind.Action: {
      const text = parseText(typed);
      return text === typed ? body : Buffer.from(text);
    }
    case EntryKind.Sticker:
      findSticker(typed);
      return body;
    default:
      throw new NatterError(
        'NOT_ALLOWED',
        'Only texts, actions and stickers can be posted; use a command instead.',
      );
  }
}

function orderKey(stream: Uint8Array, log: number): string {
  return `${Buffer.from(stream.buffer, stream.byteOffset, stream.byteLength).toString('latin1')}${log}`;
}

function gap(expected: number): NatterError {
  return new NatterError('GAP', `An earlier message is missing; send number ${expected} first.`, {
    expected,
  });
}
