import { randomFillSync } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { MessagePort } from 'node:worker_threads';
import { NatterError } from '../../chat/error.js';
import type { RawReport } from '../inspect/raw.js';
import type { ActorType, Address, Clock, MailLane } from './actor.js';
import { realClock } from './clock.js';
import type { DeadLetter } from './dead-letters.js';
import { LoopDelay } from './loop-delay.js';
import { type PlacementTable, threadOf } from './placement.js';
import { reportedThread } from './reported.js';
import { Reporter, type ThreadWish } from './reporter.js';
import type { SnapshotChange } from './snapshots.js';
import type { ThreadStats } from './stats.js';
import { type ActorFailure, ActorSystem } from './system.js';
import { attachPort } from './wire.js';

/** A control method of a thread: arguments and result must survive structured cloning. */
export type ControlMethod = (...args: never[]) => unknown;

/** What a worker's module gets: the world of code that is no actor. */
export interface WorkerHost {
  readonly name: string;
  readonly thread: number;
  /** 0 in the thread's first life, then one more after each death. */
  readonly generation: number;
  /** What the composition gave this thread. */
  readonly data: unknown;
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  /** Runs after the actors have stopped; the last one registered runs first. */
  onStop(run: () => void | Promise<void>): void;
  /** Methods the main thread may call: `system.thread(name).call(method, deadlineMs, ...args)`. */
  expose(methods: Readonly<Record<string, ControlMethod>>): void;
  /** Raises a `posted` event at the supervisor; structured-cloneable. */
  post(value: unknown): void;
  /** See ActorContext; only once the thread has started. */
  tell(to: Address, type: number, body: Uint8Array, lane?: MailLane): void;
  ask(to: Address, type: number, body: Uint8Array, deadlineMs: number, lane?: MailLane): Promise<Buffer>;
  /** The index of the thread on which that address lives, or undefined. */
  threadOf(address: Address): number | undefined;
  stats(): ThreadStats;
}

/** What a worker's module exports as `start`: prepares the thread, and says which actors can live on it. */
export type Start = (host: WorkerHost) => readonly ActorType[] | Promise<readonly ActorType[]>;

/** What a thread says to its supervisor unasked. */
export type Uplink =
  | { readonly type: 'snapshots'; readonly changes: readonly SnapshotChange[] }
  | { readonly type: 'looked'; readonly report: RawReport }
  | { readonly type: 'posted'; readonly value: unknown }
  | ActorFailure;

export interface HostOptions {
  readonly name: string;
  readonly thread: number;
  readonly generation: number;
  readonly placement: PlacementTable;
  readonly inherited: ReadonlyMap<number, Uint8Array>;
  readonly data: unknown;
  readonly uplink: (message: Uplink) => void;
  readonly clock?: Clock;
}

/** One thread's part of an actor system: what its supervisor controls, and what its module sees. */
export class ThreadHost implements WorkerHost {
  readonly name: string;
  readonly thread: number;
  readonly generation: number;
  readonly data: unknown;
  readonly clock: Clock;
  readonly random = (target: Buffer): void => {
    randomFillSync(target);
  };
  readonly #options: HostOptions;
  readonly #methods = new Map<string, ControlMethod>();
  readonly #stops: (() => void | Promise<void>)[] = [];
  readonly #loopDelay = new LoopDelay();
  #system: ActorSystem | undefined;
  #reporter: Reporter | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    this.name = options.name;
    this.thread = options.thread;
    this.generation = options.generation;
    this.data = options.data;
    this.clock = options.clock ?? realClock();
  }

  /** Lets the module prepare, and makes the actor system with what it returns. */
  async boot(start: Start): Promise<void> {
    const types = await start(this);
    const { uplink } = this.#options;
    const inherited = new Map<number, Buffer>();
    for (const [number, state] of this.#options.inherited) inherited.set(number, Buffer.from(state));
    this.#system = new ActorSystem({
      thread: this.thread,
      generation: this.generation,
      placement: this.#options.placement,
      types,
      clock: this.clock,
      random: this.random,
      schedule: setImmediate,
      report: uplink,
      keepSnapshots: (changes) => uplink({ type: 'snapshots', changes }),
      inherited,
    });
    this.#loopDelay.start();
  }

  /** Wires another thread: the first time, or anew because it was respawned. */
  connect(thread: number, generation: number, port: MessagePort): void {
    attachPort(this.system, thread, generation, port);
  }

  disconnect(thread: number, lost: boolean): void {
    this.system.detach(thread, lost);
  }

  /** All threads are wired: actors may begin. */
  begin(): void {
    this.system.start();
  }

  /** Lets actors finish, then runs the module's own hooks. What they tell on the way still goes out. */
  async stop(deadlineMs: number): Promise<void> {
    const end = this.clock.now() + deadlineMs;
    // What other threads said before they stopped is on its way here: let it come in first.
    await nextTurn();
    await nextTurn();
    await this.#system?.stop(deadlineMs);
    for (const run of this.#stops.reverse()) {
      if (this.clock.now() >= end) break;
      await run();
    }
    await nextTurn();
    this.#reporter?.wish(undefined);
    this.#loopDelay.stop();
  }

  close(): void {
    this.#system?.router.close();
  }

  deadLetters(): DeadLetter[] {
    return this.system.deadLetters.list();
  }

  stats(): ThreadStats {
    return { ...this.system.stats(), loopDelayP99Ms: this.#loopDelay.readP99Ms() };
  }

  call(method: string, args: readonly unknown[]): unknown {
    const run = this.#methods.get(method);
    if (run === undefined)
      throw new NatterError('INTERNAL', `The thread ${this.name} has no method ${method}.`);
    return run(...(args as never[]));
  }

  /** How its actors are is told to the supervisor from now on, as it wants; undefined: no more. */
  watch(wish: ThreadWish | undefined): void {
    this.#reporter ??= new Reporter(
      reportedThread(this.system, () => this.#loopDelay.glanceP99Ms()),
      (report) => this.#options.uplink({ type: 'looked', report }),
    );
    this.#reporter.wish(wish);
  }

  blame(error: unknown): boolean {
    return this.#system?.blame(error) ?? false;
  }

  onStop(run: () => void | Promise<void>): void {
    this.#stops.push(run);
  }

  expose(methods: Readonly<Record<string, ControlMethod>>): void {
    for (const [name, run] of Object.entries(methods)) this.#methods.set(name, run);
  }

  post(value: unknown): void {
    this.#options.uplink({ type: 'posted', value });
  }

  tell(to: Address, type: number, body: Uint8Array, lane?: MailLane): void {
    this.system.tellFromOutside(to, type, body, lane);
  }

  ask(to: Address, type: number, body: Uint8Array, deadlineMs: number, lane?: MailLane): Promise<Buffer> {
    return this.system.askFromOutside(to, type, body, deadlineMs, lane);
  }

  threadOf(address: Address): number | undefined {
    return threadOf(this.#options.placement, address);
  }

  get system(): ActorSystem {
    if (this.#system !== undefined) return this.#system;
    throw new NatterError(
      'INTERNAL',
      `The thread ${this.name} has not started yet; use it from its actors on.`,
    );
  }
}
