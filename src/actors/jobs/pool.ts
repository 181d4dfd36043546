import { fileURLToPath } from 'node:url';
import { Piscina } from 'piscina';
import { NatterError } from '../../chat/error.js';
import type * as opaque from './opaque.js';

/** The tasks by name; calling one runs it somewhere else. */
export type OpaqueTasks = Pick<
  typeof opaque,
  | 'serverRegistration'
  | 'serverLoginStart'
  | 'serverLoginFinish'
  | 'clientRegistrationStart'
  | 'clientRegistrationFinish'
  | 'clientLoginStart'
  | 'clientLoginFinish'
>;

const THREADS_MAX = 2;
/** Tasks waiting at most; a flood of logins beyond it is refused instead of remembered. */
const QUEUE_MAX = 512;
/** A client logs in once: threads that have nothing to do end after this. */
const IDLE_MS = 10_000;

/** Threads for OPAQUE's steps, made at the first task and gone again when idle. */
export class OpaquePool implements OpaqueTasks {
  #pool: Piscina | undefined;

  readonly serverRegistration = this.#task<OpaqueTasks['serverRegistration']>('serverRegistration');
  readonly serverLoginStart = this.#task<OpaqueTasks['serverLoginStart']>('serverLoginStart');
  readonly serverLoginFinish = this.#task<OpaqueTasks['serverLoginFinish']>('serverLoginFinish');
  readonly clientRegistrationStart =
    this.#task<OpaqueTasks['clientRegistrationStart']>('clientRegistrationStart');
  readonly clientRegistrationFinish =
    this.#task<OpaqueTasks['clientRegistrationFinish']>('clientRegistrationFinish');
  readonly clientLoginStart = this.#task<OpaqueTasks['clientLoginStart']>('clientLoginStart');
  readonly clientLoginFinish = this.#task<OpaqueTasks['clientLoginFinish']>('clientLoginFinish');

  /** Ends the threads; tasks that still run are abandoned. */
  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.destroy();
  }

  #task<F extends (task: never) => Promise<unknown>>(name: string): F {
    const run = async (task: unknown): Promise<unknown> => {
      this.#pool ??= startPool();
      if (this.#pool.queueSize >= QUEUE_MAX)
        throw new NatterError('BUSY', 'Too many people are logging in at once; try again in a few seconds.');
      return this.#pool.run(task, { name });
    };
    return run as unknown as F;
  }
}

function startPool(): Piscina {
  const pool = new Piscina({
    filename: fileURLToPath(new URL('./opaque.js', import.meta.url)),
    minThreads: 0,
    maxThreads: THREADS_MAX,
    maxQueue: QUEUE_MAX,
    idleTimeout: IDLE_MS,
  });
  // A thread that fails without a task has nobody to tell, and would end the process.
  pool.on('error', () => undefined);
  return pool;
}
