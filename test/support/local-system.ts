import { setImmediate as realTurn } from 'node:timers/promises';
import type { ActorType, Address, MailLane } from '../../src/actors/runtime/actor.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import type { DeadLetter } from '../../src/actors/runtime/dead-letters.js';
import { placementOf } from '../../src/actors/runtime/placement.js';
import { Snapshots } from '../../src/actors/runtime/snapshots.js';
import { type ActorFailure, ActorSystem } from '../../src/actors/runtime/system.js';

export interface LocalThread {
  readonly name: string;
  /** Called for each life of the thread. A kind that several threads have is spread over them by key. */
  readonly types: () => readonly ActorType[];
}

interface Seat {
  readonly name: string;
  readonly types: () => readonly ActorType[];
  readonly snapshots: Snapshots;
  generation: number;
  system: ActorSystem | undefined;
}

/**
 * All threads of an actor system in one, with time that stands still: for tests of actors. It is the real
 * runtime with the ports replaced: a batch is cloned as a port would, and a seeded generator decides whose turn
 * it is next, so the same seed gives the same order, and another seed another one that could happen as well.
 *
 *   const local = new LocalSystem(7, [{ name: 'core', types: () => [roomType] }]);
 *   const answer = await local.until(local.ask(room, RoomMessage.Who, body, 1_000));
 *   await local.advance(30_000);
 */
export class LocalSystem {
  readonly clock = new ManualClock();
  readonly failures: ActorFailure[] = [];
  readonly #seats: Seat[];
  readonly #random: () => number;
  /** What could happen next: turns asked for, and batches on their way, which keep their order per wire. */
  readonly #turns: (() => void)[] = [];
  readonly #wires: ArrayBuffer[][] = [];
  readonly #arrivals = new Map<ArrayBuffer[], (buffer: ArrayBuffer) => void>();
  readonly #placement;

  constructor(seed: number, threads: readonly LocalThread[]) {
    this.#random = mulberry32(seed);
    // The test itself speaks from one more thread that holds no actors.
    const all = [...threads, { name: 'outside', types: () => [] }];
    this.#placement = placementOf(all.map(({ types }) => ({ kinds: types().map((type) => type.kind) })));
    this.#seats = all.map(({ name, types }) => ({
      name,
      types,
      snapshots: new Snapshots(),
      generation: 0,
      system: undefined,
    }));
    for (const index of this.#seats.keys()) this.#boot(index);
    for (const index of this.#seats.keys())
      for (let other = 0; other < index; other++) this.#wire(index, other);
    for (const seat of this.#seats) seat.system?.start();
  }

  tell(to: Address, type: number, body: Uint8Array, lane?: MailLane): void {
    this.system('outside').tellFromOutside(to, type, body, lane);
  }

  ask(to: Address, type: number, body: Uint8Array, deadlineMs: number, lane?: MailLane): Promise<Buffer> {
    const answer = this.system('outside').askFromOutside(to, type, body, deadlineMs, lane);
    // A test may let time pass before it looks.
    answer.catch(() => undefined);
    return answer;
  }

  /** The actors of one thread, as its host has them. */
  system(name: string): ActorSystem {
    const system = this.#seats.find((seat) => seat.name === name)?.system;
    if (system === undefined) throw new Error(`there is no thread ${name}, or it is dead`);
    return system;
  }

  deadLetters(name: string): DeadLetter[] {
    return this.system(name).deadLetters.list();
  }

  /** Runs until nothing is left to do at this time; what waits for real I/O is not waited for: see `until`. */
  async settle(): Promise<void> {
    for (;;) {
      if (!this.#step()) {
        await realTurn();
        if (!this.#step()) return;
      }
      await realTurn();
    }
  }

  /** Runs until the promise settles, real I/O included; virtual time stands still. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = () => {
      settled = true;
    };
    promise.then(done, done);
    while (!settled) {
      this.#step();
      await realTurn();
    }
    return promise;
  }

  /** Lets time go on, settling at every timer. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    do await this.settle();
    while (this.clock.step(end));
  }

  /** A thread dies: its actors, its mail and what was on its way to and from it are gone. */
  kill(name: string): void {
    const dead = this.#index(name);
    const seat = this.#seats[dead] as Seat;
    seat.system = undefined;
    for (const [index, other] of this.#seats.entries()) {
      this.#cut(dead, index);
      if (index !== dead) other.system?.detach(dead, false);
    }
  }

  /** A dead thread comes back with the snapshots of its actors. */
  respawn(name: string): void {
    const index = this.#index(name);
    (this.#seats[index] as Seat).generation++;
    this.#boot(index);
    for (const other of this.#seats.keys()) if (other !== index) this.#wire(index, other);
    this.system(name).start();
  }

  #boot(index: number): void {
    const seat = this.#seats[index] as Seat;
    const inherited = new Map<number, Buffer>();
    for (const [number, state] of seat.snapshots.all()) inherited.set(number, Buffer.from(state));
    seat.system = new ActorSystem({
      thread: index,
      generation: seat.generation,
      placement: this.#placement,
      types: seat.types(),
      clock: this.clock,
      random: (target) => {
        for (let i = 0; i < target.length; i++) target[i] = this.#random() * 256;
      },
      schedule: (run) => this.#turns.push(run),
      report: (failure) => this.failures.push(failure),
      keepSnapshots: (changes) => seat.snapshots.apply(changes),
      inherited,
    });
  }

  #wire(one: number, other: number): void {
    this.#wireOneWay(one, other);
    this.#wireOneWay(other, one);
  }

  #wireOneWay(from: number, to: number): void {
    const receiver = this.#seats[to]?.system;
    const sender = this.#seats[from] as Seat;
    if (receiver === undefined || sender.system === undefined) return;
    const queue: ArrayBuffer[] = [];
    this.#wires[from * this.#seats.length + to] = queue;
    this.#arrivals.set(queue, (buffer) => {
      receiver.receive(from, buffer);
      receiver.pump.run();
    });
    sender.system.attach(to, (this.#seats[to] as Seat).generation, {
      post: (buffer) => queue.push(structuredClone(buffer, { transfer: [buffer] })),
      close: () => undefined,
    });
  }

  #cut(one: number, other: number): void {
    for (const slot of [one * this.#seats.length + other, other * this.#seats.length + one]) {
      const queue = this.#wires[slot];
      if (queue === undefined) continue;
      this.#arrivals.delete(queue);
      queue.length = 0;
    }
  }

  /** Does one thing that could happen next; false when there is none. */
  #step(): boolean {
    const ready = [...this.#arrivals.keys()].filter((queue) => queue.length > 0);
    const choices = ready.length + this.#turns.length;
    if (choices === 0) return false;
    const choice = Math.floor(this.#random() * choices);
    if (choice < this.#turns.length) {
      const [run] = this.#turns.splice(choice, 1);
      run?.();
      return true;
    }
    const queue = ready[choice - this.#turns.length] as ArrayBuffer[];
    const buffer = queue.shift();
    if (buffer !== undefined) this.#arrivals.get(queue)?.(buffer);
    return true;
  }

  #index(name: string): number {
    const index = this.#seats.findIndex((seat) => seat.name === name);
    if (index < 0) throw new Error(`there is no thread ${name}`);
    return index;
  }
}

/** A small seeded generator, uniform over [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
