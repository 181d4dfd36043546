/** What leaves a thread for the inspector, before messages have their names; all of it survives structured cloning. */
import type { ActorDetail, ActorEvent, ActorRow, Mishap } from './frames.js';

export type RawRow = Omit<ActorRow, 'thread'>;
export type RawDetail = { readonly actor: string } & Omit<ActorDetail, 'row'>;

/** `type` is the number of a message, which belongs to its receiver's kind; without one `name` is all there is. */
export interface RawEvent extends Omit<ActorEvent, 'seq' | 'at'> {
  readonly actor: string;
  readonly type: number | undefined;
  /** Milliseconds since 1970. */
  readonly wall: number;
}

/** `id` is unique within the life of a thread. */
export interface RawMishap extends Pick<Mishap, 'kind' | 'actor' | 'cause'> {
  readonly id: number;
  readonly wall: number;
}

/** A message that reached nobody. */
export interface RawLetter {
  /** How many there were before it. */
  readonly id: number;
  readonly wall: number;
  readonly reason: string;
  readonly type: number;
  readonly to: string;
  readonly from: string;
  readonly bytes: number;
}

export interface RawThread {
  readonly actors: number;
  readonly deadLetters: number;
  readonly handled: number;
  readonly mailbox: number;
  readonly loopDelayP99Ms: number;
}

export interface RawReport {
  /** The first since watching began. */
  readonly fresh: boolean;
  readonly thread: RawThread | undefined;
  readonly actors: readonly RawRow[];
  readonly gone: readonly string[];
  readonly mishaps: readonly RawMishap[];
  readonly letters: readonly RawLetter[];
  readonly details: readonly RawDetail[];
  readonly events: readonly RawEvent[];
}
