import { MessageChannel } from 'node:worker_threads';
import { NatterError } from '../../chat/error.js';
import type { Kind } from './actor.js';
import { RestartBudget } from './backoff.js';
import { realClock } from './clock.js';
import type { MainSpec, SystemEvent, SystemSpec, ThreadHandle, ThreadSpec } from './composition.js';
import { ThreadHost, type Uplink, type WorkerHost } from './host.js';
import { Life, type ThreadPeer } from './life.js';
import { Looks } from './looks.js';
import { mainPeer } from './main-peer.js';
import { type PlacementTable, placementOf } from './placement.js';
import { Snapshots } from './snapshots.js';

export type { MainSpec, SystemEvent, SystemSpec, ThreadHandle, ThreadSpec } from './composition.js';

type Phase = 'starting' | 'up' | 'down' | 'gave up';

/** One thread through all its lives. */
class Seat {
  readonly index: number;
  readonly name: string;
  readonly spec: ThreadSpec | undefined;
  readonly snapshots = new Snapshots();
  readonly budget: RestartBudget;
  generation = 0;
  phase: Phase = 'starting';
  life: Life | undefined;
  peer: ThreadPeer | undefined;
  restarts = 0;

  constructor(index: number, name: string, spec: ThreadSpec | undefined) {
    this.index = index;
    this.name = name;
    this.spec = spec;
    this.budget = new RestartBudget(spec?.restart);
  }
}

/** Starts every thread, wires each pair, then lets actors begin. Throws what a thread's `start` threw. */
export async function startSystem(spec: SystemSpec): Promise<Supervisor> {
  const supervisor = new Supervisor(spec);
  await supervisor.start();
  return supervisor;
}

/**
 * The main thread's part: it spawns the workers, hands each pair a direct port, keeps their actors' snapshots,
 * respawns what died within its budget, and stops everything in order. No message of an actor passes through it.
 */
export class Supervisor {
  readonly #spec: SystemSpec;
  readonly #placement: PlacementTable;
  readonly #seats: Seat[];
  readonly #clock = realClock();
  /** Whoever looks into its threads; `inspectableOf` makes sense of what these tell. */
  readonly looks = new Looks(() => this.#seats);
  readonly #timers = new Set<unknown>();
  #main: ThreadHost | undefined;
  #stopping = false;

  constructor(spec: SystemSpec) {
    this.#spec = spec;
    const all: { readonly kinds: readonly Kind[] }[] = [...spec.threads];
    if (spec.main !== undefined) all.push(spec.main);
    this.#placement = placementOf(all);
    this.#seats = spec.threads.map((thread, index) => new Seat(index, thread.name, thread));
  }

  /** Called once, by startSystem. */
  async start(): Promise<void> {
    try {
      for (const seat of this.#seats) await this.#spawn(seat, seat.spec);
      if (this.#spec.main !== undefined) await this.#startMain(this.#spec.main);
      for (const [i, seat] of this.#seats.entries()) {
        for (const other of this.#seats.slice(i + 1)) await this.#wire(seat, other);
      }
      for (const seat of this.#seats) {
        seat.phase = 'up';
        await seat.peer?.begin();
      }
    } catch (error) {
      await this.stop(1_000);
      throw error;
    }
    for (const seat of this.#seats) this.#guard(seat);
  }

  /** The main thread's own part; only in a composition with `main`. */
  get main(): WorkerHost {
    if (this.#main !== undefined) return this.#main;
    throw new NatterError('INTERNAL', 'This composition has no actors on the main thread; give it `main`.');
  }

  thread(name: string): ThreadHandle {
    const seat = this.#seat(name);
    const peer = () => {
      if (seat.peer !== undefined && seat.phase !== 'gave up' && seat.phase !== 'down') return seat.peer;
      throw new NatterError('ACTOR_DIED', `The thread ${name} is not running; try again in a moment.`);
    };
    return {
      name,
      get generation() {
        return seat.generation;
      },
      call: async (method, deadlineMs, ...args) => peer().call(method, deadlineMs, args),
      stats: async (deadlineMs) => peer().stats(deadlineMs),
      deadLetters: async (deadlineMs) => peer().deadLetters(deadlineMs),
    };
  }

  /** Threads in the order of their indexes. */
  get names(): string[] {
    return this.#seats.map((seat) => seat.name);
  }

  /** Times a thread was respawned. */
  restarts(name: string): number {
    return this.#seat(name).restarts;
  }

  /** Ends a worker at once, as a crash would: for tests of what follows. */
  async kill(name: string): Promise<void> {
    await this.#seat(name).life?.kill();
  }

  /** Stops every thread in the reverse order of their start, all within the deadline; then they are ended anyway. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) this.#clock.clearTimeout(timer);
    const end = this.#clock.now() + deadlineMs;
    for (const seat of [...this.#seats].reverse()) {
      const left = Math.max(1, end - this.#clock.now());
      // One that is stuck or dead does not keep the others from finishing.
      await seat.peer?.stop(left).catch(() => undefined);
    }
  }

  async #spawn(seat: Seat, spec: ThreadSpec | undefined): Promise<void> {
    if (spec === undefined) return;
    const birth = {
      name: spec.name,
      thread: seat.index,
      generation: seat.generation,
      module: spec.module.href,
      data: spec.data,
      background: spec.background === true,
      placement: this.#placement,
      inherited: seat.snapshots.all(),
    };
    const life = new Life(birth, (message) => this.#uplink(seat, message));
    seat.life = life;
    seat.peer = life;
    await life.boot();
  }

  async #startMain(spec: MainSpec): Promise<void> {
    const seat = new Seat(this.#seats.length, 'main', undefined);
    const host = new ThreadHost({
      name: 'main',
      thread: seat.index,
      generation: 0,
      placement: this.#placement,
      inherited: new Map(),
      data: undefined,
      uplink: (message) => this.#uplink(seat, message),
    });
    await host.boot(spec.start);
    this.#main = host;
    seat.peer = mainPeer(host);
    this.#seats.push(seat);
  }

  async #wire(one: Seat, other: Seat): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    await Promise.all([
      one.peer?.connect(other.index, other.generation, port1),
      other.peer?.connect(one.index, one.generation, port2),
    ]);
  }

  /** Waits for the end of the life at hand, and sees to what follows. */
  #guard(seat: Seat): void {
    const { life } = seat;
    life?.exited.then((error) => {
      if (!this.#stopping && seat.life === life) this.#died(seat, error);
    });
  }

  #died(seat: Seat, error: Error | undefined): void {
    seat.phase = 'down';
    seat.peer = undefined;
    this.#emit({ type: 'threadDied', thread: seat.name, generation: seat.generation, error });
    this.looks.died(seat, error);
    const delay = seat.budget.next(this.#clock.now());
    if (delay === undefined) seat.phase = 'gave up';
    for (const other of this.#others(seat)) {
      // A peer that dies meanwhile is wired anew by its own respawn.
      other.peer?.disconnect(seat.index, delay === undefined).catch(() => undefined);
    }
    if (delay === undefined) {
      this.looks.gaveUp(seat);
      this.#emit({ type: 'gaveUp', thread: seat.name, error });
      return;
    }
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      void this.#respawn(seat);
    }, delay);
    this.#timers.add(timer);
  }

  async #respawn(seat: Seat): Promise<void> {
    seat.generation++;
    seat.restarts++;
    seat.phase = 'starting';
    try {
      await this.#spawn(seat, seat.spec);
      // Before any other thread can reach it: its actors come with the first message, and some by themselves.
      this.looks.reborn(seat);
      seat.phase = 'up';
      // Wired in one go with its being `up`, so that of two threads that come back at once one wires the pair.
      await Promise.all(this.#others(seat).map((other) => this.#wireAgain(seat, other)));
      await seat.peer?.begin();
      this.looks.back(seat);
    } catch (error) {
      await seat.life?.kill();
      if (!this.#stopping) this.#died(seat, error instanceof Error ? error : new Error(String(error)));
      return;
    }
    this.#emit({ type: 'restarted', thread: seat.name, generation: seat.generation });
    this.#guard(seat);
  }

  async #wireAgain(seat: Seat, other: Seat): Promise<void> {
    try {
      await this.#wire(seat, other);
    } catch (error) {
      // The other died on the way: its respawn wires this pair. Our own death is for #respawn to handle.
      if (other.phase === 'up') throw error;
    }
  }

  /** The other threads that run. */
  #others(seat: Seat): Seat[] {
    return this.#seats.filter((other) => other !== seat && other.phase === 'up');
  }

  #uplink(seat: Seat, message: Uplink): void {
    switch (message.type) {
      case 'snapshots':
        seat.snapshots.apply(message.changes);
        break;
      case 'looked':
        this.looks.took(seat, message.report);
        break;
      default:
        this.#emit({ ...message, thread: seat.name });
    }
  }

  #emit(event: SystemEvent): void {
    this.#spec.onEvent?.(event);
  }

  #seat(name: string): Seat {
    const seat = this.#seats.find((each) => each.name === name);
    if (seat !== undefined) return seat;
    throw new NatterError(
      'INTERNAL',
      `There is no thread ${name}; the threads are ${this.names.join(', ')}.`,
    );
  }
}
