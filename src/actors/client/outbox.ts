import sodium from 'sodium-native';
import { NatterError } from '../../chat/error.js';
import { STREAM_ID_BYTES } from '../../net/constants.js';
import type { Accepted } from '../../net/talk.js';
import type { Clock } from '../runtime/actor.js';
import { Lane } from './lane.js';
import type { Post, PostEvents, PostLog } from './post.js';
import { RecentIds } from './recent.js';
import type { Requests } from './requests.js';

/** Own entries that come back from the server are known by their ids. */
const OWN_IDS_MAX = 4_096;
/** Messages that wait at once; whoever says more is told to wait. */
const WAITING_MAX = 100_000;

export interface OutboxOptions {
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  readonly requests: Pick<Requests<Accepted>, 'open' | 'cancel'>;
  readonly events: PostEvents;
}

/**
 * Everything said that is not yet in its log. Each process has one stream of its own per log; a script's key
 * gives it a stream that is the same whenever the script is run again.
 */
export class Outbox implements PostEvents {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #posts = new Map<string, Post>();
  readonly #own = new RecentIds(OWN_IDS_MAX);
  #account: Uint8Array = Buffer.alloc(0);
  #unanswered = 0;
  #drained: (() => void)[] = [];

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Who speaks from now on. Another account's unanswered posts fail. */
  become(account: Uint8Array): void {
    if (Buffer.compare(this.#account, account) === 0) return;
    this.failAll(new NatterError('NOT_LOGGED_IN', 'Somebody else logged in; say it again.'));
    this.#lanes.clear();
    this.#posts.clear();
    this.#account = account;
  }

  /** How many are neither accepted nor failed. */
  get unanswered(): number {
    return this.#unanswered;
  }

  /** @throws NatterError BUSY */
  add(to: PostLog, kind: number, body: Buffer, key: string): Post {
    if (this.#unanswered >= WAITING_MAX) {
      throw new NatterError('BUSY', `${WAITING_MAX} messages wait to be sent; wait until some are answered.`);
    }
    const post: Post = {
      to,
      kind,
      body,
      key,
      id: '',
      counter: 0,
      state: 'waiting',
      everSent: false,
      request: 0,
      ledWhenSent: false,
    };
    this.#enqueue(post);
    return post;
  }

  /** Says a failed post again, as a new one at the end. */
  retry(id: string): Post {
    const post = this.#find(id);
    if (post.state !== 'failed')
      throw new NatterError(
        'NOT_ALLOWED',
        'This message is under way already; only a failed one is retried.',
      );
    this.#posts.delete(id);
    post.everSent = false;
    this.#enqueue(post);
    if (post.id !== id) this.#options.events.renamed(post, id);
    return post;
  }

  /** Forgets a post that failed or has not left yet. */
  discard(id: string): Post {
    const post = this.#find(id);
    if (post.state !== 'failed') {
      if (!this.#lane(post).withdraw(post))
        throw new NatterError(
          'NOT_ALLOWED',
          'This message was sent already and can no longer be taken back.',
        );
      this.#answered();
    }
    this.#posts.delete(post.id);
    return post;
  }

  /** An entry of ours appeared in a log. @returns true when this process said it. */
  seen(id: string, seq: number, at: number): boolean {
    const post = this.#posts.get(id);
    if (post !== undefined) this.#lane(post).accept(post, seq, at);
    // A post that counted as refused may have got through after all, by a copy of it.
    if (post?.state === 'failed') this.#settle(post, seq, at);
    return this.#own.has(id);
  }

  /** Fails everything that is not answered. */
  failAll(error: NatterError): void {
    for (const lane of this.#lanes.values()) lane.failAll(error);
  }

  /** Resolves when nothing is unanswered. */
  drained(): Promise<void> {
    if (this.#unanswered === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  // ---- From the lanes -----------------------------------------------------------------------------------

  accepted(post: Post, seq: number, at: number): void {
    this.#settle(post, seq, at);
    this.#answered();
  }

  failed(post: Post, error: NatterError): void {
    this.#options.events.failed(post, error);
    this.#answered();
  }

  renamed(post: Post, was: string): void {
    this.#posts.delete(was);
    this.#posts.set(post.id, post);
    this.#options.events.renamed(post, was);
  }

  #settle(post: Post, seq: number, at: number): void {
    this.#posts.delete(post.id);
    this.#own.add(post.id);
    this.#options.events.accepted(post, seq, at);
  }

  #answered(): void {
    this.#unanswered--;
    if (this.#unanswered > 0) return;
    const drained = this.#drained;
    this.#drained = [];
    for (const resolve of drained) resolve();
  }

  #enqueue(post: Post): void {
    this.#unanswered++;
    this.#lane(post).add(post);
    this.#posts.set(post.id, post);
  }

  #find(id: string): Post {
    const post = this.#posts.get(id);
    if (post === undefined)
      throw new NatterError('BAD_ARGUMENT', 'There is no such message waiting; it may have been sent.');
    return post;
  }

  #lane(post: Post): Lane {
    const name = `${post.to.log} ${post.key}`;
    let lane = this.#lanes.get(name);
    if (lane === undefined) {
      const { clock, requests } = this.#options;
      const keyed = post.key !== '';
      const stream = keyed ? keyedStream(post.key, this.#account) : this.#freshStream();
      const freshStream = keyed ? undefined : () => this.#freshStream();
      lane = new Lane({
        to: post.to,
        clock,
        requests,
        account: this.#account,
        stream,
        freshStream,
        events: this,
      });
      this.#lanes.set(name, lane);
    }
    return lane;
  }

  #freshStream(): Buffer {
    const stream = Buffer.alloc(STREAM_ID_BYTES);
    this.#options.random(stream);
    return stream;
  }
}

/** The stream of a script's key: BLAKE2b-128 over account and key, so that a repeat is known as one. */
function keyedStream(key: string, account: Uint8Array): Buffer {
  const stream = Buffer.alloc(STREAM_ID_BYTES);
  sodium.crypto_generichash(stream, Buffer.concat([account, Buffer.from(key)]));
  return stream;
}
