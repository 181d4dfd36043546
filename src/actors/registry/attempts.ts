import type { AnyActorRef } from 'xstate';
import { NatterError } from '../../chat/error.js';

/** Registrations and logins under way at once; more are told to come again. */
const ATTEMPTS_MAX = 4096;

/** Machines of attempts under way, one per connection: a second attempt on a connection replaces the first. */
export class Attempts<A extends AnyActorRef> {
  readonly #byConnection = new Map<number, A>();

  /** @throws NatterError BUSY */
  add(conn: number, attempt: A): void {
    this.drop(conn);
    if (this.#byConnection.size >= ATTEMPTS_MAX)
      throw new NatterError('BUSY', 'Too many people are logging in at once; try again in a few seconds.');
    this.#byConnection.set(conn, attempt);
    attempt.subscribe({
      complete: () => this.#forget(conn, attempt),
      error: () => this.#forget(conn, attempt),
    });
    attempt.start();
  }

  get(conn: number): A | undefined {
    return this.#byConnection.get(conn);
  }

  drop(conn: number): void {
    this.#byConnection.get(conn)?.stop();
    this.#byConnection.delete(conn);
  }

  #forget(conn: number, attempt: A): void {
    if (this.#byConnection.get(conn) === attempt) this.#byConnection.delete(conn);
  }
}
