import type { Kind } from './actor.js';
import type { RestartIntensity } from './backoff.js';
import type { DeadLetter } from './dead-letters.js';
import type { Start } from './host.js';
import type { ThreadStats } from './stats.js';
import type { ActorFailure } from './system.js';

/** One worker thread of a composition. */
export interface ThreadSpec {
  readonly name: string;
  /** Exports `start` (host.ts). */
  readonly module: URL;
  /** Kinds of actors it holds; what several threads name is spread over them by key. */
  readonly kinds: readonly Kind[];
  /** Handed to `start`; structured-cloneable. */
  readonly data?: unknown;
  /** Gives way to the other threads when the processors are busy. */
  readonly background?: boolean;
  readonly restart?: RestartIntensity;
}

/** The main thread as a peer with ports and actors of its own: a client's screen. */
export interface MainSpec {
  readonly kinds: readonly Kind[];
  readonly start: Start;
}

export type SystemEvent =
  | {
      readonly type: 'threadDied';
      readonly thread: string;
      readonly generation: number;
      readonly error: Error | undefined;
    }
  | { readonly type: 'restarted'; readonly thread: string; readonly generation: number }
  /** Its restart budget is spent: what it held is gone until the whole program starts again. */
  | { readonly type: 'gaveUp'; readonly thread: string; readonly error: Error | undefined }
  | (ActorFailure & { readonly thread: string })
  | { readonly type: 'posted'; readonly thread: string; readonly value: unknown };

/** Which threads there are, and what each holds. */
export interface SystemSpec {
  /** Started in this order, stopped in the reverse one. */
  readonly threads: readonly ThreadSpec[];
  readonly main?: MainSpec;
  readonly onEvent?: (event: SystemEvent) => void;
}

/** What the rest of the program may do with one thread. */
export interface ThreadHandle {
  readonly name: string;
  readonly generation: number;
  /** Calls a method the thread exposed. Rejects with ACTOR_DIED or DEADLINE, never hangs. */
  call(method: string, deadlineMs: number, ...args: readonly unknown[]): Promise<unknown>;
  stats(deadlineMs: number): Promise<ThreadStats>;
  deadLetters(deadlineMs: number): Promise<DeadLetter[]>;
}
