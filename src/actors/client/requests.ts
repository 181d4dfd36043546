import { NatterError } from '../../chat/error.js';
import type { Writer } from '../../net/bytes.js';
import { REQUEST_RETRY_FIRST_MS, REQUEST_RETRY_MAX_MS } from '../../net/constants.js';
import type { Connection, Lane } from '../../net/types.js';
import type { Clock } from '../runtime/actor.js';

/** A command that nobody answered for this long has failed (docs: exit code 4). */
export const REQUEST_DEADLINE_MS = 20_000;
/** A repeat before this many round trips would only double the traffic of a slow link. */
const RETRY_ROUND_TRIPS = 3;

/** A request of any frame type: it is sent until it is answered, cancelled, or too old. */
export interface Ask<A> {
  readonly type: number;
  readonly lane: Lane;
  /** Writes the frame's body. */
  encode(writer: Writer, request: number): void;
  /** Infinity: as long as it takes. */
  readonly deadlineMs: number;
  answered(answer: A): void;
  failed(error: NatterError): void;
}

interface Pending<A> {
  readonly ask: Ask<A>;
  readonly request: number;
  /** On the current connection; 0 when nothing is queued there. */
  handle: number;
  retryMs: number;
  retry: unknown;
  deadline: unknown;
}

/** What carries requests: a connection to a server, or to a peer. */
export type RequestConnection = Pick<Connection, 'send' | 'cancel' | 'rttMs'>;

/** Request numbers are never used twice in a process, whatever connection they go over. */
export class RequestNumbers {
  #last = 0;

  next(): number {
    return ++this.#last;
  }
}

/**
 * Requests and what answers them. A packet's acknowledgement answers no request: each is sent again on its
 * own timer, through a busy server, a lost connection and the next one, until the answer is here.
 *
 * @typeParam A the answers: any of REPLY, ACCEPTED and ENTRIES, decoded
 */
export class Requests<A> {
  readonly #clock: Clock;
  readonly #numbers: RequestNumbers;
  readonly #writer: Writer;
  readonly #pending = new Map<number, Pending<A>>();
  #connection: RequestConnection | undefined;
  #sent: () => void = () => {};
  readonly #drained: (() => void)[] = [];

  constructor(clock: Clock, numbers: RequestNumbers, writer: Writer) {
    this.#clock = clock;
    this.#numbers = numbers;
    this.#writer = writer;
  }

  /** How many wait for an answer. */
  get size(): number {
    return this.#pending.size;
  }

  /** Resolves when nothing waits for an answer. */
  drained(): Promise<void> {
    if (this.#pending.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /** @returns the request's number, for `cancel`. */
  open(ask: Ask<A>): number {
    const request = this.#numbers.next();
    const pending: Pending<A> = {
      ask,
      request,
      handle: 0,
      retryMs: 0,
      retry: undefined,
      deadline: undefined,
    };
    this.#pending.set(request, pending);
    if (ask.deadlineMs !== Number.POSITIVE_INFINITY)
      pending.deadline = this.#clock.setTimeout(() => this.#expire(pending), ask.deadlineMs);
    if (this.#connection !== undefined) this.#send(pending);
    return request;
  }

  /** Nobody waits for the answer any more. */
  cancel(request: number): void {
    const pending = this.#pending.get(request);
    if (pending !== undefined) this.#drop(pending);
  }

  /**
   * Sends everything unanswered over this connection, and what is asked from now on.
   * @param sent called after each frame that was queued
   */
  attach(connection: RequestConnection, sent: () => void): void {
    this.detach();
    this.#connection = connection;
    this.#sent = sent;
    for (const pending of this.#pending.values()) this.#send(pending);
  }

  /** The connection is gone: keeps everything for the next. */
  detach(): void {
    this.#connection = undefined;
    for (const pending of this.#pending.values()) {
      this.#clock.clearTimeout(pending.retry);
      pending.retry = undefined;
      pending.handle = 0;
      pending.retryMs = 0;
    }
  }

  /** Ends a request as answered. Unknown numbers are late repeats. */
  answer(request: number, answer: A): void {
    this.#end(request)?.ask.answered(answer);
  }

  /** Ends a request as refused. */
  refuse(request: number, error: NatterError): void {
    this.#end(request)?.ask.failed(error);
  }

  /** Ends everything with this error. */
  failAll(error: NatterError): void {
    for (const pending of [...this.#pending.values()]) {
      this.#drop(pending);
      pending.ask.failed(error);
    }
  }

  #end(request: number): Pending<A> | undefined {
    const pending = this.#pending.get(request);
    if (pending === undefined) return undefined;
    this.#drop(pending);
    return pending;
  }

  #drop(pending: Pending<A>): void {
    this.#pending.delete(pending.request);
    this.#clock.clearTimeout(pending.retry);
    this.#clock.clearTimeout(pending.deadline);
    if (pending.handle !== 0) this.#connection?.cancel(pending.handle);
    if (this.#pending.size > 0) return;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  #send(pending: Pending<A>): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    // What is still queued or unacknowledged from the last time would only go out twice.
    if (pending.handle !== 0) connection.cancel(pending.handle);
    pending.ask.encode(this.#writer.reset(), pending.request);
    pending.handle = connection.send(pending.ask.type, this.#writer.view(), pending.ask.lane);
    const roundTrips = connection.rttMs * RETRY_ROUND_TRIPS;
    pending.retryMs =
      pending.retryMs === 0
        ? Math.max(REQUEST_RETRY_FIRST_MS, roundTrips)
        : Math.min(pending.retryMs * 2, Math.max(REQUEST_RETRY_MAX_MS, roundTrips));
    pending.retry = this.#clock.setTimeout(() => this.#send(pending), pending.retryMs);
    this.#sent();
  }

  #expire(pending: Pending<A>): void {
    this.#drop(pending);
    pending.ask.failed(noAnswer());
  }
}

function noAnswer(): NatterError {
  return new NatterError(
    'NO_ANSWER',
    'The server did not answer for 20 seconds; check its address and your network, then try again.',
  );
}
