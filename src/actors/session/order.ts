import { POSTS_IN_FLIGHT_MAX } from '../../net/constants.js';

/** One post that waits for those before it. */
export interface HeldPost {
  readonly request: number;
  readonly counter: number;
  readonly kind: number;
  readonly body: Uint8Array;
}

/** What to do with a post that has just come. */
export type Verdict = 'forward' | 'hold' | 'drop';

/**
 * The order of one stream's posts in one log. A lossy link brings them in any order; the store takes only
 * the next one. Those that come early wait here, so that a loss costs one repeat and not all that follow.
 *
 *   counter   1 2 3 4 5 6 7
 *             = = =   + +        = forwarded   + held
 *                   ^ next
 *
 * A session that has just begun does not know `next`: the first counter it sees is taken for it, and a copy
 * of what it forwards is kept until the store has had time to object.
 */
export class StreamOrder {
  readonly stream: Buffer;
  readonly log: number;
  /** The counter to be forwarded next; 0 before the first post. */
  #next = 0;
  /** Still a guess: the store may name a lower one. */
  #guessed = false;
  readonly #held = new Map<number, HeldPost>();
  readonly #copies = new Map<number, HeldPost>();
  /** Counters that went back from copies to held: each is refused once more, for its first way out. */
  readonly #recovered = new Set<number>();
  #expected = 0;

  constructor(stream: Buffer, log: number) {
    this.stream = stream;
    this.log = log;
  }

  get next(): number {
    return this.#next;
  }

  get held(): number {
    return this.#held.size;
  }

  judge(counter: number): Verdict {
    if (this.#next === 0) {
      this.#next = counter;
      this.#guessed = counter !== 1;
    }
    // A repeat, or what the guess jumped over: the store knows which.
    if (counter <= this.#next) return 'forward';
    return this.#held.size < POSTS_IN_FLIGHT_MAX ? 'hold' : 'drop';
  }

  /** A post with this counter was forwarded. */
  forwarded(counter: number): void {
    if (counter === this.#next) this.#next++;
  }

  /** While `guessed`: remembers what was forwarded. */
  keepCopy(post: HeldPost): void {
    if (this.#copies.size >= POSTS_IN_FLIGHT_MAX) this.settle();
    else this.#copies.set(post.counter, post);
  }

  hold(post: HeldPost): void {
    this.#held.set(post.counter, post);
  }

  /** The held post whose turn has come, or undefined; the caller forwards it. */
  takeNext(): HeldPost | undefined {
    const post = this.#held.get(this.#next);
    if (post) this.#held.delete(this.#next);
    return post;
  }

  /**
   * The store refused `counter` and wants `expected`. What was in flight behind it is refused for the same
   * reason; only the first such answer counts. @returns true when the sender is to be told: false when the
   * post is still here and goes out again in its turn, or when it was told already.
   */
  expect(counter: number, expected: number): boolean {
    if (this.#recovered.has(counter) || expected === this.#expected) return false;
    this.#expected = expected;
    this.#next = expected;
    for (const post of this.#copies.values()) {
      if (post.counter < expected) continue;
      this.#held.set(post.counter, post);
      this.#recovered.add(post.counter);
    }
    this.settle();
    return !this.#recovered.has(counter);
  }

  /** The guess has held: the copies go. */
  settle(): void {
    this.#guessed = false;
    this.#copies.clear();
  }

  get guessed(): boolean {
    return this.#guessed;
  }

  /** Gives up waiting: what was held is handed back, lowest first, and the next post is a guess again. */
  giveUp(): HeldPost[] {
    const posts = [...this.#held.values()].sort((a, b) => a.counter - b.counter);
    this.#held.clear();
    this.#recovered.clear();
    this.#next = 0;
    this.#expected = 0;
    return posts;
  }
}
