import { type AnyActorRef, type SnapshotFrom, waitFor } from 'xstate';
import { NatterError } from '../../chat/error.js';

/** Registrations and logins under way at once; more are told to come again. */
const ATTEMPTS_MAX = 4096;
/** Attempts that came to their end and are remembered, so that their last message may come again. */
const ENDED_MAX = 1024;

/**
 * Machines of attempts, one per connection: a second attempt on a connection replaces the first. One that has
 * come to its end stays for a while: its answer may have been lost, or have come after whoever asked gave up.
 */
export class Attempts<A extends AnyActorRef> {
  readonly #underWay = new Map<number, A>();
  /** The oldest first. */
  readonly #ended = new Map<number, A>();

  /** @throws NatterError BUSY */
  add(conn: number, attempt: A): void {
    this.drop(conn);
    if (this.#underWay.size >= ATTEMPTS_MAX)
      throw new NatterError('BUSY', 'Too many people are logging in at once; try again in a few seconds.');
    this.#underWay.set(conn, attempt);
    attempt.subscribe({
      complete: () => this.#end(conn, attempt),
      error: () => this.#end(conn, attempt),
    });
    attempt.start();
  }

  get(conn: number): A | undefined {
    return this.#underWay.get(conn) ?? this.#ended.get(conn);
  }

  drop(conn: number): void {
    this.#ended.delete(conn);
    const attempt = this.#underWay.get(conn);
    // First: stopping it is an end like any other.
    this.#underWay.delete(conn);
    attempt?.stop();
  }

  #end(conn: number, attempt: A): void {
    if (this.#underWay.get(conn) !== attempt) return;
    this.#underWay.delete(conn);
    this.#ended.set(conn, attempt);
    if (this.#ended.size <= ENDED_MAX) return;
    for (const oldest of this.#ended.keys()) {
      this.#ended.delete(oldest);
      break;
    }
  }
}

/** What registrations and logins have in common. */
interface Begun {
  getSnapshot(): {
    readonly value: string;
    readonly status: string;
    readonly context: { readonly start: { readonly user: string; readonly request: string } };
  };
}

/**
 * Was the attempt begun by this very message? Then it is a repeat, which must not begin another: the client may
 * be working with the answer to the first already, and what it proves would not fit the second.
 */
export function begunBy(attempt: Begun, user: string, request: string): boolean {
  const { value, status, context } = attempt.getSnapshot();
  const isGood = status === 'active' || value === 'proven' || value === 'enrolled';
  return isGood && context.start.user === user && context.start.request === request;
}

/** As `waitFor`; an attempt that another one on its connection has replaced ends in an error for people. */
export async function reach<A extends AnyActorRef>(
  attempt: A,
  there: (state: SnapshotFrom<A>) => boolean,
): Promise<SnapshotFrom<A>> {
  try {
    return await waitFor(attempt, there);
  } catch {
    throw tooLate();
  }
}

export function tooLate(): NatterError {
  return new NatterError('NOT_LOGGED_IN', 'That took too long or was begun elsewhere; start again.');
}
