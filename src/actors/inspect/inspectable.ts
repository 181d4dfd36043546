import type { ActorDetail, ActorEvent, ActorRow, Mishap, RingRow, ThreadRow } from './frames.js';

/** What a thread has to tell since its last report. A row replaces the one before of that actor. */
export interface Report {
  readonly thread: string;
  /** Whatever was known of the thread's actors is no more: watching has begun, or the thread was born anew. */
  readonly fresh?: boolean;
  readonly row?: ThreadRow;
  readonly actors?: readonly Omit<ActorRow, 'thread'>[];
  readonly gone?: readonly string[];
  /** `id` tells each from every other of its thread: one that is told twice is known. */
  readonly mishaps?: readonly ({ readonly id: string } & Omit<Mishap, 'seq' | 'thread'>)[];
  /** Of chosen actors only, as are `events`. */
  readonly details?: readonly ({ readonly actor: string } & Omit<ActorDetail, 'row'>)[];
  readonly events?: readonly ({ readonly actor: string } & Omit<ActorEvent, 'seq'>)[];
  /** The ring that the thread holds; told at once, and seen when somebody wishes to. */
  readonly ring?: Omit<RingRow, 'thread'>;
}

/** What all who watch want together. */
export interface Wish {
  /** `thread actor` of everyone who is wanted in detail. */
  readonly chosen: readonly string[];
  readonly ring: boolean;
}

/**
 * A running system that can be looked into. `new Inspector([...])` makes frames of it. It is had from
 * `RunningServer.inspectable` (serve, and a server started beside a chat), `Ring.inspectable`, and
 * `Client.inspectable` of a client with a thread of its own.
 */
export interface Inspectable {
  /** Its threads report from now on until the look is closed, at most ten times a second each. */
  look(report: (report: Report) => void): Look;
}

export interface Look {
  wish(next: Wish): void;
  close(): void;
}
