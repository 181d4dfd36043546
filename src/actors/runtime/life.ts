import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { NatterError } from '../../chat/error.js';
import { endBetweenTransactions } from '../../store/guard.js';
import { type Answer, type Birth, type ThreadControl, unpack, within } from './control.js';
import type { DeadLetter } from './dead-letters.js';
import type { Uplink } from './host.js';
import type { ThreadWish } from './reporter.js';
import type { ThreadStats } from './stats.js';

const CONTROL_MS = 5_000;
/** A start may open files and sockets. */
const BOOT_MS = 30_000;
/**
 * For what lives a turn. V8 would let it grow to 48 MB a thread before it looks whether anything of it is needed; a
 * server under a large file took 45 MB more, and not less processor time.
 */
const YOUNG_MB = 8;

/** How a supervisor speaks to a thread, be it a worker or its own. */
export interface ThreadPeer {
  connect(thread: number, generation: number, port: MessagePort): Promise<void>;
  disconnect(thread: number, lost: boolean): Promise<void>;
  begin(): Promise<void>;
  stop(deadlineMs: number): Promise<void>;
  stats(deadlineMs: number): Promise<ThreadStats>;
  deadLetters(deadlineMs: number): Promise<DeadLetter[]>;
  call(method: string, deadlineMs: number, args: readonly unknown[]): Promise<unknown>;
  watch(wish: ThreadWish | undefined): Promise<void>;
}

/** One life of a worker thread, from its birth to its exit. Every call is raced with that exit and a deadline. */
export class Life implements ThreadPeer {
  readonly name: string;
  /** Settles when the worker has ended, with the error that ended it, if any. */
  readonly exited: Promise<Error | undefined>;
  readonly #worker: Worker;
  readonly #control: Comlink.Remote<ThreadControl>;
  readonly #port: MessagePort;
  readonly #gone: Promise<never>;

  constructor(birth: Omit<Birth, 'control'>, uplink: (message: Uplink) => void) {
    this.name = birth.name;
    const { port1, port2 } = new MessageChannel();
    const whole: Birth = { ...birth, control: port2 };
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: whole,
      transferList: [port2],
      name: birth.name,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#port = port1;
    this.#control = Comlink.wrap<ThreadControl>(nodeEndpoint(port1));
    this.#worker.on('message', uplink);
    let failure: Error | undefined;
    this.#worker.on('error', (error) => {
      failure = error;
    });
    this.exited = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.#port.close();
        resolve(failure);
      });
    });
    this.#gone = this.exited.then((error) => {
      const why = error === undefined ? '' : ` (${error.message})`;
      throw new NatterError('ACTOR_DIED', `The thread ${this.name} has ended${why}; try again.`, {}, error);
    });
    // Nobody may be calling when it ends.
    this.#gone.catch(() => undefined);
  }

  /** Imports the module and runs its `start`; throws what that threw. */
  boot(): Promise<void> {
    return this.#call(this.#control.boot(), BOOT_MS);
  }

  connect(thread: number, generation: number, port: MessagePort): Promise<void> {
    return this.#call(this.#control.connect(thread, generation, Comlink.transfer(port, [port])));
  }

  disconnect(thread: number, lost: boolean): Promise<void> {
    return this.#call(this.#control.disconnect(thread, lost));
  }

  begin(): Promise<void> {
    return this.#call(this.#control.begin());
  }

  /** Lets it finish, then ends it either way. */
  async stop(deadlineMs: number): Promise<void> {
    try {
      await this.#call(this.#control.stop(deadlineMs), deadlineMs);
    } finally {
      await this.kill();
    }
  }

  stats(deadlineMs: number): Promise<ThreadStats> {
    return this.#call(this.#control.stats(), deadlineMs);
  }

  deadLetters(deadlineMs: number): Promise<DeadLetter[]> {
    return this.#call(this.#control.deadLetters(), deadlineMs);
  }

  call(method: string, deadlineMs: number, args: readonly unknown[]): Promise<unknown> {
    return this.#call(this.#control.call(method, args), deadlineMs);
  }

  watch(wish: ThreadWish | undefined): Promise<void> {
    return this.#call(this.#control.watch(wish));
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    // Ended inside a transaction, a thread with a store would hang the process.
    await endBetweenTransactions(() => this.#worker.terminate());
  }

  async #call<T>(work: Promise<Answer<T>>, deadlineMs = CONTROL_MS): Promise<T> {
    return unpack(await within(work, this.#gone, deadlineMs, `The thread ${this.name}`));
  }
}
