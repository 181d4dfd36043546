import { type AnyActorRef, type SnapshotFrom, waitFor } from 'xstate';
import { NatterError } from '../../chat/error.js';
import type { Clock } from '../runtime/actor.js';

/** Registrations and logins under way at once; more are told to come again. */
const ATTEMPTS_MAX = 4096;
/** Attempts that came to their end and are remembered, so that their last message may come again. */
const ENDED_MAX = 1024;

/** The state in which an attempt waits for its client, and for how long. */
export interface Patience {
  readonly state: string;
  readonly ms: number;
}

/** For an inspector. */
export type Facts = () => Record<string, string | number>;

/**
 * Machines of attempts, one per connection: a second attempt on a connection replaces the first. One that has
 * come to its end stays for a while: its answer may have been lost, or have come after whoever asked gave up.
 */
export class Attempts<A extends AnyActorRef> {
  readonly #underWay = new Map<number, A>();
  /** The oldest first. */
  readonly #ended = new Map<number, A>();
  readonly #clock: Clock;
  readonly #patience: Patience;

  constructor(clock: Clock, patience: Patience) {
    this.#clock = clock;
    this.#patience = patience;
  }

  /** @param prepare makes the machine, not started yet, with what it tells of itself. @throws NatterError BUSY */
  add(conn: number, prepare: (facts: Facts) => A): A {
    this.drop(conn);
    if (this.#underWay.size >= ATTEMPTS_MAX)
      throw new NatterError('BUSY', 'Too many people are logging in at once; try again in a few seconds.');
    const begun = this.#time();
    let waitsUntil: string | undefined;
    const attempt = prepare(() => ({ session: conn, begun, ...(waitsUntil && { waitsUntil }) }));
    this.#underWay.set(conn, attempt);
    attempt.subscribe({
      next: ({ value }) => {
        waitsUntil =
          value === this.#patience.state ? (waitsUntil ?? this.#time(this.#patience.ms)) : undefined;
      },
      complete: () => this.#end(conn, attempt),
      error: () => this.#end(conn, attempt),
    });
    attempt.start();
    return attempt;
  }

  /** So long from now, as ISO 8601 has it. */
  #time(ms = 0): string {
    return new Date(this.#clock.wall() + ms).toISOString();
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

/** The pool's own refusals (BUSY) are for people; anything else is what OPAQUE thinks of the message. */
export function refusedBy(error: unknown): NatterError {
  return error instanceof NatterError ? error : malformed();
}

export function malformed(): NatterError {
  return new NatterError('PROTOCOL', 'The login message is malformed; both sides need the same natter.');
}
