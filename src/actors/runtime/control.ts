import type { MessagePort } from 'node:worker_threads';
import { NatterError } from '../../chat/error.js';
import type { DeadLetter } from './dead-letters.js';
import type { PlacementTable } from './placement.js';
import { decodeRefusal, encodeRefusal } from './refusal.js';
import type { ThreadWish } from './reporter.js';
import type { ThreadStats } from './stats.js';

/** What a worker is born with. */
export interface Birth {
  readonly name: string;
  readonly thread: number;
  readonly generation: number;
  /** URL of the module that exports `start`. */
  readonly module: string;
  readonly data: unknown;
  /** Gives way to the other threads. */
  readonly background: boolean;
  readonly placement: PlacementTable;
  readonly inherited: ReadonlyMap<number, Uint8Array>;
  /** Comlink's end. */
  readonly control: MessagePort;
}

/** A result that may be an error: Comlink alone would lose an error's code. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Uint8Array };

/** The control plane of a worker, over Comlink. Seldom used: it costs 70-100 microseconds a call. */
export interface ThreadControl {
  boot(): Promise<Answer<void>>;
  connect(thread: number, generation: number, port: MessagePort): Promise<Answer<void>>;
  disconnect(thread: number, lost: boolean): Promise<Answer<void>>;
  begin(): Promise<Answer<void>>;
  stop(deadlineMs: number): Promise<Answer<void>>;
  stats(): Promise<Answer<ThreadStats>>;
  deadLetters(): Promise<Answer<DeadLetter[]>>;
  call(method: string, args: readonly unknown[]): Promise<Answer<unknown>>;
  watch(wish: ThreadWish | undefined): Promise<Answer<void>>;
}

/** Runs a control method and packs what comes of it. */
export async function answer<T>(run: () => T | Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await run() };
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    return { ok: false, refusal: encodeRefusal(error) };
  }
}

/** The value of an answer; throws the NatterError it carries. */
export function unpack<T>(packed: Answer<T>): T {
  if (packed.ok) return packed.value;
  throw decodeRefusal(Buffer.from(packed.refusal));
}

/** A call to a worker that died never settles by itself (Comlink waits for its message), nor does one to a stuck one. */
export function within<T>(
  work: Promise<T>,
  gone: Promise<never>,
  deadlineMs: number,
  what: string,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new NatterError('DEADLINE', `${what} did not answer within ${deadlineMs} ms; try again.`));
    }, deadlineMs);
  });
  return Promise.race([work, gone, late]).finally(() => clearTimeout(timer));
}
