import { NatterError } from '../../chat/error.js';
import type { Buckets } from '../../net/bucket.js';
import { type ActorContext, type Address, Kind } from '../runtime/actor.js';

/** An honest client proves itself within a second; one of twenty on a slow machine takes some. */
const HOPE_MS = 10_000;
/** With what an ask takes besides, within the client's own patience of 20 s. */
export const LOGIN_WAIT_MS = 10_000;
/** Logins that wait, of one account and address and of all. */
const WAITING_MAX = 64;
const WAITING_ALTOGETHER_MAX = 1024;

interface Waiter {
  readonly conn: number;
  readonly timer: unknown;
  readonly resolve: () => void;
  readonly reject: (error: NatterError) => void;
}

/** One account at one address. */
interface Line {
  /** Connections whose attempt was charged and may yet give it back, with the timers that end the hope. */
  readonly hopes: Map<number, unknown>;
  /** In the order they came. */
  readonly waiting: Waiter[];
}

/**
 * Who may begin a login. Each takes a token of its account and address, and a proven one gives it back. Without
 * a token one waits for as long as an attempt under way may still give one: twenty commands of one person
 * started at once go through one after the other. Nothing is answered without a token, so that waiting lets
 * nobody guess more often; and where nobody may prove anything, one is refused at once.
 */
export class LoginQueue {
  readonly #context: ActorContext;
  readonly #buckets: Buckets;
  readonly #lines = new Map<string, Line>();
  /** The line that a connection stands in, waiting or under way. */
  readonly #places = new Map<number, string>();
  #waiting = 0;

  constructor(context: ActorContext, buckets: Buckets) {
    this.#context = context;
    this.#buckets = buckets;
  }

  /**
   * Resolves when an attempt of that connection may begin; what it had begun before is over with this.
   * @param key account and address
   * @throws NatterError TOO_MANY_ATTEMPTS with the seconds until there is a token anyway, at most 10 s from now
   */
  async enter(key: string, conn: number): Promise<void> {
    this.end(conn);
    const line = this.#lines.get(key) ?? { hopes: new Map(), waiting: [] };
    // A token that has come by itself meanwhile is for the first of those who wait.
    this.#admit(key, line);
    const now = this.#context.clock.now();
    if (line.waiting.length === 0 && this.#buckets.take(key, now) === 0) {
      this.#hope(key, line, conn);
      return;
    }
    const isFull = line.waiting.length >= WAITING_MAX || this.#waiting >= WAITING_ALTOGETHER_MAX;
    if (line.hopes.size === 0 || isFull) throw tooManyAttempts(this.#buckets.waitMs(key, now));
    await this.#wait(key, line, conn);
  }

  /** The attempt of that connection was proven: its token is given back. */
  proven(key: string, conn: number): void {
    this.#buckets.give(key);
    this.end(conn);
    const line = this.#lines.get(key);
    if (line) this.#advance(key, line);
  }

  /** Nothing will be proven over that connection: its attempt was wrong, was replaced, or it is gone. */
  end(conn: number): void {
    const key = this.#places.get(conn);
    const line = key === undefined ? undefined : this.#lines.get(key);
    if (key === undefined || !line) return;
    this.#leave(conn);
    this.#context.clock.clearTimeout(line.hopes.get(conn));
    line.hopes.delete(conn);
    const waiter = line.waiting.find((each) => each.conn === conn);
    if (waiter) this.#turnAway(key, line, waiter);
    this.#advance(key, line);
  }

  #wait(key: string, line: Line, conn: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = this.#context.clock.setTimeout(() => this.end(conn), LOGIN_WAIT_MS);
      line.waiting.push({ conn, timer, resolve, reject });
      this.#waiting++;
      this.#stand(key, conn);
    });
  }

  #hope(key: string, line: Line, conn: number): void {
    const timer = this.#context.clock.setTimeout(() => this.end(conn), HOPE_MS);
    line.hopes.set(conn, timer);
    this.#lines.set(key, line);
    this.#stand(key, conn);
  }

  /** Lets in whom there are tokens for, and sends the others away when nobody is left who may give one back. */
  #advance(key: string, line: Line): void {
    this.#admit(key, line);
    if (line.hopes.size > 0) return;
    for (const waiter of [...line.waiting]) {
      this.#leave(waiter.conn);
      this.#turnAway(key, line, waiter);
    }
    this.#lines.delete(key);
  }

  #admit(key: string, line: Line): void {
    for (const waiter of [...line.waiting]) {
      if (this.#buckets.take(key, this.#context.clock.now()) > 0) return;
      this.#remove(line, waiter);
      this.#hope(key, line, waiter.conn);
      waiter.resolve();
    }
  }

  /** What it is told is when there will be a token by itself. */
  #turnAway(key: string, line: Line, waiter: Waiter): void {
    this.#remove(line, waiter);
    waiter.reject(tooManyAttempts(this.#buckets.waitMs(key, this.#context.clock.now())));
  }

  #remove(line: Line, waiter: Waiter): void {
    this.#context.clock.clearTimeout(waiter.timer);
    line.waiting.splice(line.waiting.indexOf(waiter), 1);
    this.#waiting--;
  }

  #stand(key: string, conn: number): void {
    this.#places.set(conn, key);
    this.#context.watch(session(conn));
  }

  #leave(conn: number): void {
    this.#places.delete(conn);
    this.#context.unwatch(session(conn));
  }
}

const session = (conn: number): Address => ({ kind: Kind.Session, key: conn });

/** @param waitMs until the next is allowed */
export function tooManyAttempts(waitMs: number): NatterError {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  return new NatterError('TOO_MANY_ATTEMPTS', `Too many attempts; try again in ${seconds} s.`, { seconds });
}
