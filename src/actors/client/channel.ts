import type { NatterError } from '../../chat/error.js';
import { type Reader, Writer } from '../../net/bytes.js';
import { FrameType, MESSAGE_MAX_BYTES } from '../../net/constants.js';
import {
  type Accepted,
  acceptedCodec,
  type Entries,
  entriesCodec,
  fetchCodec,
  ReplyStatus,
  replyCodec,
} from '../../net/talk.js';
import { type Connection, Lane } from '../../net/types.js';
import type { Clock } from '../runtime/actor.js';
import { Calls, refusalError } from './calls.js';
import { REQUEST_DEADLINE_MS, RequestNumbers, Requests } from './requests.js';

/** Everything asked of the server once logged in, by kind of answer, over whichever connection is live. */
export class Channel {
  readonly numbers = new RequestNumbers();
  readonly writer = new Writer(1024, MESSAGE_MAX_BYTES);
  readonly calls: Calls;
  readonly posts: Requests<Accepted>;
  readonly #fetches: Requests<Entries>;
  readonly #detached: () => void;
  #connection: Connection | undefined;

  /** @param detached called when the connection is gone */
  constructor(clock: Clock, detached: () => void = () => {}) {
    this.#detached = detached;
    this.calls = new Calls(clock, this.numbers, this.writer);
    this.posts = new Requests(clock, this.numbers, this.writer);
    this.#fetches = new Requests(clock, this.numbers, this.writer);
  }

  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** How many wait for an answer. */
  get owed(): number {
    return this.calls.size + this.posts.size + this.#fetches.size;
  }

  attach(connection: Connection, sent: () => void): void {
    this.#connection = connection;
    for (const each of [this.calls, this.posts, this.#fetches]) each.attach(connection, sent);
  }

  detach(): void {
    this.#connection = undefined;
    for (const each of [this.calls, this.posts, this.#fetches]) each.detach();
    this.#detached();
  }

  failAll(error: NatterError): void {
    for (const each of [this.calls, this.posts, this.#fetches]) each.failAll(error);
  }

  /** At most `entries` entries behind `after`; the answer's bytes are views. */
  fetch(log: number, after: number, entries: number, done: (answer: Entries | NatterError) => void): void {
    this.#fetches.open({
      type: FrameType.Fetch,
      lane: Lane.Talk,
      deadlineMs: REQUEST_DEADLINE_MS,
      encode: (writer, request) => fetchCodec.encode(writer, { request, log, after, entries }),
      answered: done,
      failed: done,
    });
  }

  /** @returns true when the frame was an answer. */
  frame(type: number, reader: Reader): boolean {
    switch (type) {
      case FrameType.Accepted: {
        const accepted = acceptedCodec.decode(reader);
        this.posts.answer(accepted.request, accepted);
        return true;
      }
      case FrameType.Entries: {
        const entries = entriesCodec.decode(reader);
        this.#fetches.answer(entries.request, entries);
        return true;
      }
      case FrameType.Reply:
        this.#reply(reader);
        return true;
      default:
        return false;
    }
  }

  /** A refusal may answer any kind of request; the numbers tell them apart. */
  #reply(reader: Reader): void {
    const reply = replyCodec.decode(reader);
    if (reply.status === ReplyStatus.Done) {
      this.calls.answer(reply.request, reply.body);
      return;
    }
    const error = refusalError(reply.body);
    this.calls.refuse(reply.request, error);
    this.posts.refuse(reply.request, error);
    this.#fetches.refuse(reply.request, error);
  }
}
