import { type Address, type Clock, MailLane } from './actor.js';
import { Batch, BODY_MAX_BYTES, What } from './batch.js';
import type { DeadLetters } from './dead-letters.js';
import { Link, LinkState } from './link.js';
import { Outbox } from './outbox.js';
import { type PlacementTable, threadOf } from './placement.js';

const LOCAL_BOUNDS = { windowBytes: Number.POSITIVE_INFINITY, queueBytes: 4 * 1024 * 1024 };
const EMPTY = new Uint8Array(0);

/**
 * The way out of a thread: a link to each other thread, and a pair of batches for the thread itself, so that
 * a message to a neighbour on the same thread takes the same road (copied, bounded, in order) less the port.
 *
 * Nothing is posted when a message is written. The pump flushes at the end of each turn; what is told outside
 * of one (from a socket's event, a timer, a continuation) asks the pump for a turn by `onWork`.
 */
export class Router {
  readonly thread: number;
  readonly #table: PlacementTable;
  readonly #clock: Clock;
  readonly #dead: DeadLetters;
  readonly #links: (Link | undefined)[] = [];
  readonly #local = [
    new Outbox(MailLane.Control, LOCAL_BOUNDS),
    new Outbox(MailLane.Data, LOCAL_BOUNDS),
  ] as const;
  readonly #onWork: () => void;
  /** The turn's time, while there is one: reading the clock costs more than writing a small message. */
  turnTime: number | undefined;

  constructor(thread: number, table: PlacementTable, clock: Clock, dead: DeadLetters, onWork: () => void) {
    this.thread = thread;
    this.#table = table;
    this.#clock = clock;
    this.#dead = dead;
    this.#onWork = onWork;
  }

  now(): number {
    return this.turnTime ?? this.#clock.now();
  }

  threadOf(address: Address): number | undefined {
    return threadOf(this.#table, address);
  }

  /** The link to another thread; made when first needed, since messages may precede the wire. */
  link(thread: number): Link {
    const known = this.#links[thread];
    if (known !== undefined) return known;
    const link = new Link(thread);
    this.#links[thread] = link;
    return link;
  }

  *links(): Iterable<Link> {
    for (const link of this.#links) if (link !== undefined) yield link;
  }

  /**
   * Writes one message for a thread. False when there is no room, or that thread was given up; the caller
   * answers for it. `askThread` is the asker's thread, or this one for messages between runtimes.
   */
  send(
    thread: number,
    lane: MailLane,
    what: What,
    type: number,
    to: Address,
    from: Address,
    askId: number,
    askThread: number,
    body: Uint8Array,
  ): boolean {
    if (this.turnTime === undefined) this.#onWork();
    const now = this.now();
    if (thread === this.thread) {
      return this.#local[lane].add(what, type, to, from, askId, askThread, now, body);
    }
    return this.link(thread).add(lane, what, type, to, from, askId, askThread, now, body);
  }

  /** The supervisor gave that thread up. */
  lost(thread: number): boolean {
    return thread !== this.thread && this.link(thread).state === LinkState.Lost;
  }

  /** Writes a tell, or records it among the dead letters. */
  tell(lane: MailLane, type: number, to: Address, from: Address, body: Uint8Array): boolean {
    const thread = this.threadOf(to);
    if (thread === undefined) {
      this.#dead.add(this.now(), 'nobody', type, to, from, body.length);
      return false;
    }
    if (this.send(thread, lane, What.Tell, type, to, from, 0, 0, body)) return true;
    this.#dead.add(this.now(), this.lost(thread) ? 'gone' : 'outbox', type, to, from, body.length);
    return false;
  }

  /** Writes an answer. An answer that could not be carried anywhere becomes an error at its asker. */
  answer(
    what: typeof What.Reply | typeof What.Refusal,
    lane: MailLane,
    to: Address,
    from: Address,
    askId: number,
    askThread: number,
    body: Uint8Array,
  ): void {
    if (body.length > BODY_MAX_BYTES)
      throw new RangeError(`an answer of ${body.length} bytes is above ${BODY_MAX_BYTES}`);
    this.send(askThread, lane, what, 0, to, from, askId, askThread, body);
  }

  /** A word between runtimes, about an actor. */
  signal(thread: number, what: What, about: Address, body: Uint8Array = EMPTY): void {
    this.send(thread, MailLane.Control, what, 0, about, about, 0, this.thread, body);
  }

  /** Hands over what was written for this very thread, control first. */
  takeLocal(accept: (batch: Batch) => void): void {
    for (const outbox of this.#local) {
      if (outbox.queuedBytes > 0) outbox.flush((buffer) => accept(new Batch(buffer)));
    }
  }

  get hasLocal(): boolean {
    return this.#local[0].queuedBytes > 0 || this.#local[1].queuedBytes > 0;
  }

  /** Posts what there is credit for, on every link. */
  flush(): void {
    for (const link of this.#links) link?.flush();
  }

  /** Closes every port. */
  close(): void {
    for (const link of this.#links) link?.detach();
  }
}
