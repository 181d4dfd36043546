/** One machine of the simulation: its clock, its chance, and the turns in which everything on it runs. */
import type { Clock } from '../actors/runtime/actor.js';
import { Chance } from './chance.js';
import type { Planned, Timeline } from './timeline.js';

interface Timer {
  readonly planned: Planned;
  /** Also one that fell due while its process stood still can be cleared. */
  isCleared: boolean;
}

/** When virtual time begins, milliseconds since 1970. */
const EPOCH_MS = Date.UTC(2024, 0, 1);
/** People's clocks differ by so much from the true time, either way. */
const SKEW_MAX_MS = 2_000;
/** Datagrams that a socket keeps for a process which does not run: about what 208 KB hold. */
const BACKLOG_MAX = 256;

export type HostState = 'running' | 'stalled' | 'dead';

export class Host {
  readonly number: number;
  readonly timeline: Timeline;
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  #state: HostState = 'running';
  #turnEnds: (() => void)[] = [];
  /** What fell due while the process stood still, in order. */
  #missed: (() => void)[] = [];
  #datagramsMissed = 0;
  #depth = 0;

  constructor(number: number, timeline: Timeline, seed: number) {
    this.number = number;
    this.timeline = timeline;
    const chance = new Chance(seed, `machine ${number}`);
    this.random = (target) => chance.fill(target);
    const skew = chance.between(-SKEW_MAX_MS, SKEW_MAX_MS);
    this.clock = {
      now: () => timeline.now,
      wall: () => Math.floor(EPOCH_MS + timeline.now + skew),
      setTimeout: (run, ms) => this.#setTimeout(run, ms),
      clearTimeout: (id) => this.#clearTimeout(id as Timer | undefined),
    };
  }

  get state(): HostState {
    return this.#state;
  }

  /** Runs something on this machine, then what asked to run at the end of the turn. Within a turn it is part of it. */
  turn(run: () => void): void {
    if (this.#state === 'dead') return;
    this.#depth++;
    try {
      run();
      while (this.#depth === 1 && this.#turnEnds.length > 0) {
        const ends = this.#turnEnds;
        this.#turnEnds = [];
        for (const end of ends) end();
      }
    } finally {
      this.#depth--;
    }
  }

  turnEnd(run: () => void): void {
    this.#turnEnds.push(run);
  }

  /** Something local is due: it runs now, or when the process goes on, or never. */
  due(run: () => void): void {
    if (this.#state === 'stalled') this.#missed.push(run);
    else this.turn(run);
  }

  /** As `due`, for a datagram: @returns false when there is nobody, or no room, to take it. */
  arrives(run: () => void): boolean {
    if (this.#state === 'dead') return false;
    if (this.#state === 'running') {
      this.turn(run);
      return true;
    }
    if (this.#datagramsMissed >= BACKLOG_MAX) return false;
    this.#datagramsMissed++;
    this.#missed.push(run);
    return true;
  }

  /** The process is stopped, as by SIGSTOP: its socket stays. */
  stall(): void {
    if (this.#state === 'running') this.#state = 'stalled';
  }

  resume(): void {
    if (this.#state !== 'stalled') return;
    this.#state = 'running';
    const missed = this.#missed;
    this.#missed = [];
    this.#datagramsMissed = 0;
    for (const run of missed) this.turn(run);
  }

  /** Gone without a word. */
  kill(): void {
    this.#state = 'dead';
    this.#missed = [];
    this.#turnEnds = [];
  }

  #setTimeout(run: () => void, ms: number): Timer {
    const wake = () => {
      if (!timer.isCleared) run();
    };
    const planned = this.timeline.plan(this.timeline.now + Math.max(0, ms), () => this.due(wake));
    const timer: Timer = { planned, isCleared: false };
    return timer;
  }

  #clearTimeout(timer: Timer | undefined): void {
    if (timer === undefined) return;
    timer.isCleared = true;
    this.timeline.callOff(timer.planned);
  }
}
