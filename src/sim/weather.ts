/**
 * What the network between machines is like: how long a datagram takes, and whether it arrives. Machines are
 * numbered from 0. A machine stands somewhere on a square, and what takes long between two takes long both ways.
 */
import { Chance, chanceOf } from './chance.js';

export interface WeatherOptions {
  readonly seed: number;
  /** Share of all datagrams that are lost at random. */
  readonly loss: number;
  /** Each machine has bad moments now and then, in which most of its datagrams are lost. */
  readonly bursts: boolean;
  /** Share of ordered pairs of machines between which nothing ever arrives that way. */
  readonly oneWay: number;
}

/** As the published simulations of GossipSub have them, one way. */
const LATENCY_MIN_MS = 10;
const LATENCY_MAX_MS = 150;
/** Added to a datagram's latency, at most this share of it, so that some overtake others. */
const JITTER = 0.1;
/** Of a bad moment, and of the good time between two. */
const BURST_MS = { low: 200, high: 2_000 };
const CALM_MS = { low: 2_000, high: 30_000 };
const BURST_LOSS = 0.8;

interface Standing {
  readonly x: number;
  readonly y: number;
  readonly chance: Chance;
  /** The next change between good and bad. */
  turnsAt: number;
  isBad: boolean;
}

export class Weather {
  readonly #options: WeatherOptions;
  readonly #places: Chance;
  readonly #fate: Chance;
  readonly #machines: Standing[] = [];
  /** Which side of the cut a machine is on; empty while there is none. */
  #sides: ReadonlySet<number> = new Set();

  constructor(options: WeatherOptions) {
    this.#options = options;
    this.#places = new Chance(options.seed, 'positions');
    this.#fate = new Chance(options.seed, 'loss');
  }

  get isCut(): boolean {
    return this.#sides.size > 0;
  }

  /** Cuts these machines off from all others; an empty set ends it. */
  cut(sides: ReadonlySet<number>): void {
    this.#sides = sides;
  }

  isCutOff(machine: number): boolean {
    return this.#sides.has(machine);
  }

  /** One way without jitter, ms: what a round trip is estimated from. */
  latencyMs(from: number, to: number): number {
    const [a, b] = [this.#standing(from), this.#standing(to)];
    const share = Math.hypot(a.x - b.x, a.y - b.y) / Math.SQRT2;
    return LATENCY_MIN_MS + share * (LATENCY_MAX_MS - LATENCY_MIN_MS);
  }

  /** How long this datagram takes; undefined when it is lost. */
  carry(from: number, to: number, now: number): number | undefined {
    if (this.isBlocked(from, to)) return undefined;
    const { loss, bursts } = this.#options;
    if (loss > 0 && this.#fate.next() < loss) return undefined;
    if (bursts && (this.#isBad(from, now) || this.#isBad(to, now)) && this.#fate.next() < BURST_LOSS)
      return undefined;
    return this.latencyMs(from, to) * (1 + JITTER * this.#fate.next());
  }

  /** Nothing at all gets through that way. */
  isBlocked(from: number, to: number): boolean {
    if (this.#sides.has(from) !== this.#sides.has(to)) return true;
    const { oneWay, seed } = this.#options;
    return oneWay > 0 && chanceOf(seed, from, to) < oneWay;
  }

  #isBad(machine: number, now: number): boolean {
    const standing = this.#standing(machine);
    while (standing.turnsAt <= now) {
      standing.isBad = !standing.isBad;
      const span = standing.isBad ? BURST_MS : CALM_MS;
      standing.turnsAt += standing.chance.between(span.low, span.high);
    }
    return standing.isBad;
  }

  #standing(machine: number): Standing {
    for (let next = this.#machines.length; next <= machine; next++) {
      const chance = new Chance(this.#options.seed, `bursts of ${next}`);
      const turnsAt = chance.between(0, CALM_MS.high);
      const [x, y] = [this.#places.next(), this.#places.next()];
      this.#machines.push({ x, y, chance, turnsAt, isBad: false });
    }
    const standing = this.#machines[machine];
    if (standing === undefined) throw new RangeError(`no machine ${machine}`);
    return standing;
  }
}
