import { type ErrorCode, NatterError } from '../../chat/error.js';
import { FrameType, POSTS_IN_FLIGHT_MAX } from '../../net/constants.js';
import { entryId } from '../../net/entry.js';
import { type Accepted, postCodec } from '../../net/talk.js';
import { Lane as Lanes } from '../../net/types.js';
import type { Clock } from '../runtime/actor.js';
import type { Post, PostEvents, PostLog } from './post.js';
import type { Requests } from './requests.js';

/** After a refusal that time heals, when the server did not say how long. */
const PAUSE_MS = 500;
const PAUSE_MAX_MS = 60_000;

/** Refusals that say nothing about the post: the same one is sent again later. */
const TEMPORARY: ReadonlySet<ErrorCode> = new Set([
  'RATE_LIMITED',
  'BUSY',
  'DEADLINE',
  'MAILBOX_FULL',
  'ACTOR_DIED',
  'STOPPED',
]);

export interface LaneOptions {
  readonly to: PostLog;
  readonly clock: Clock;
  readonly requests: Pick<Requests<Accepted>, 'open' | 'cancel'>;
  /** 16 bytes. */
  readonly account: Uint8Array;
  /** 16 bytes to begin with. */
  readonly stream: Buffer;
  /** A new stream when the old one cannot go on; undefined when it was derived from a key and must not change. */
  readonly freshStream: (() => Buffer) | undefined;
  readonly events: PostEvents;
}

/**
 * What one stream says in one log: posts with counters in sequence, of which the server takes only the next.
 *
 *   counter   7    8    9    10   11   12
 *   state   [sent sent sent held | waiting ...     head of the queue on the left; the first `window` may be sent
 *
 * A refused post uses up no counter on the server, so all behind it are stuck: their counters can never
 * come. They wait until everything before the refused one is answered, then go on in a fresh stream under
 * new ids. Numbering them anew in the same stream would be shorter, but a late copy of the refused post could
 * then take the number of another, which would be lost. In a stream derived from a key the counters are the
 * lines of a file; there everything behind a refused line fails with it.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #queue: Post[] = [];
  #stream: Buffer;
  #last = 0;
  #window = POSTS_IN_FLIGHT_MAX;
  /** Counter from which on nothing can be accepted in this stream. */
  #fence = Number.POSITIVE_INFINITY;
  #pause: unknown;

  constructor(options: LaneOptions) {
    this.#options = options;
    this.#stream = options.stream;
  }

  get size(): number {
    return this.#queue.length;
  }

  /** Numbers the post and sends it when its turn comes. */
  add(post: Post): void {
    this.#number(post);
    this.#queue.push(post);
    this.#fill();
  }

  /** The post was seen in the log, or its answer came. */
  accept(post: Post, seq: number, at: number): void {
    const index = this.#queue.indexOf(post);
    if (index < 0) return;
    this.#unsend(post);
    this.#queue.splice(index, 1);
    this.#window = Math.min(this.#window * 2, POSTS_IN_FLIGHT_MAX);
    this.#options.events.accepted(post, seq, at);
    if (index === 0) this.#release();
    if (this.#fenceReached()) this.#renew();
    this.#fill();
  }

  /** Takes a post out that has never left. @returns false when it may be at the server already. */
  withdraw(post: Post): boolean {
    const index = this.#queue.indexOf(post);
    if (index < 0 || post.everSent) return false;
    this.#queue.splice(index, 1);
    this.#last = post.counter - 1;
    for (const behind of this.#queue.slice(index)) this.#renumber(behind);
    return true;
  }

  /** Fails everything that is not answered. */
  failAll(error: NatterError): void {
    this.#failFrom(0, error);
  }

  // ---- Sending ------------------------------------------------------------------------------------------

  #fill(): void {
    if (this.#pause !== undefined) return;
    for (let i = 0; i < this.#window; i++) {
      const post = this.#queue[i];
      if (post === undefined || post.counter >= this.#fence) return;
      if (post.state === 'waiting') this.#send(post);
    }
  }

  #send(post: Post): void {
    post.state = 'sent';
    post.everSent = true;
    post.ledWhenSent = post === this.#queue[0];
    const stream = this.#stream;
    const { log } = post.to;
    const { counter, kind, body } = post;
    post.request = this.#options.requests.open({
      type: FrameType.Post,
      lane: Lanes.Talk,
      deadlineMs: Number.POSITIVE_INFINITY,
      encode: (writer, request) => postCodec.encode(writer, { request, stream, log, counter, kind, body }),
      answered: (accepted) => {
        post.request = 0;
        this.accept(post, accepted.seq, accepted.at);
      },
      failed: (error) => {
        post.request = 0;
        this.#refused(post, error);
      },
    });
  }

  #unsend(post: Post): void {
    post.state = 'waiting';
    if (post.request !== 0) this.#options.requests.cancel(post.request);
    post.request = 0;
  }

  // ---- Refusals -----------------------------------------------------------------------------------------

  #refused(post: Post, error: NatterError): void {
    const index = this.#queue.indexOf(post);
    if (index < 0) return;
    this.#unsend(post);
    if (error.code === 'GAP') this.#gap(post, index);
    else if (error.code === 'STREAM_EXPIRED' && this.#options.freshStream !== undefined) this.#renew();
    else if (TEMPORARY.has(error.code)) this.#rest(error);
    else this.#reject(post, index, error);
    this.#fill();
  }

  /** Something before it is missing: it goes again once that is answered. */
  #gap(post: Post, index: number): void {
    if (index > 0) {
      post.state = 'held';
    } else if (post.ledWhenSent) {
      // Everything before it was acknowledged and is not there any more: the server lost its table.
      if (this.#options.freshStream !== undefined) this.#renew();
      else this.#failFrom(0, forgotten());
    }
  }

  #release(): void {
    for (const post of this.#queue) if (post.state === 'held') post.state = 'waiting';
  }

  /** Time heals it. Those behind were, or will be, refused as gaps: begin again with one. */
  #rest(error: NatterError): void {
    this.#window = 1;
    if (this.#pause !== undefined) return;
    this.#pause = this.#options.clock.setTimeout(() => {
      this.#pause = undefined;
      this.#release();
      this.#fill();
    }, pauseMs(error));
  }

  #reject(post: Post, index: number, error: NatterError): void {
    if (this.#options.freshStream === undefined) {
      this.#failFrom(index, error);
      return;
    }
    this.#queue.splice(index, 1);
    this.#fence = Math.min(this.#fence, post.counter);
    for (const behind of this.#queue.slice(index)) this.#unsend(behind);
    this.#fail(post, error);
    if (this.#fenceReached()) this.#renew();
  }

  /** Fails a post and everything behind it; the next one added takes the first one's counter. */
  #failFrom(index: number, error: NatterError): void {
    const failed = this.#queue.splice(index);
    const [first] = failed;
    if (first === undefined) return;
    for (const post of failed) this.#unsend(post);
    this.#last = first.counter - 1;
    for (const post of failed) this.#fail(post, post === first ? error : behind(error));
  }

  #fail(post: Post, error: NatterError): void {
    post.state = 'failed';
    this.#options.events.failed(post, error);
  }

  // ---- Numbers ------------------------------------------------------------------------------------------

  #fenceReached(): boolean {
    const [first] = this.#queue;
    return this.#fence !== Number.POSITIVE_INFINITY && (first === undefined || first.counter >= this.#fence);
  }

  /** A fresh stream: whatever waits is numbered from 1. */
  #renew(): void {
    const fresh = this.#options.freshStream;
    if (fresh === undefined) return;
    this.#stream = fresh();
    this.#fence = Number.POSITIVE_INFINITY;
    this.#last = 0;
    for (const post of this.#queue) {
      this.#unsend(post);
      this.#renumber(post);
    }
  }

  #renumber(post: Post): void {
    const was = post.id;
    this.#number(post);
    if (post.id !== was) this.#options.events.renamed(post, was);
  }

  #number(post: Post): void {
    post.counter = ++this.#last;
    post.id = entryId(this.#options.account, this.#stream, post.to.logId, post.counter).toString('hex');
    post.state = 'waiting';
  }
}

function pauseMs(error: NatterError): number {
  const { seconds } = error.details;
  return typeof seconds === 'number' && seconds > 0 ? Math.min(seconds * 1000, PAUSE_MAX_MS) : PAUSE_MS;
}

function behind(error: NatterError): NatterError {
  return new NatterError(error.code, `Not sent, because a message before it was not: ${error.message}`);
}

function forgotten(): NatterError {
  return new NatterError(
    'STREAM_EXPIRED',
    'The server no longer knows what was sent under this key; use a new key to send it again.',
  );
}
