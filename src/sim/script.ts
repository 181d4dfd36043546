/** Makes a scenario happen: who joins when, who speaks, who goes, and what becomes of the network meanwhile. */
import { clockwise } from '../net/ring/place.js';
import type { PathAddress } from '../net/types.js';
import { Chance } from './chance.js';
import type { Member } from './member.js';
import {
  CHURN_MS,
  JOINING_MS,
  KILL_AT_MS,
  PARTITION_AT_MS,
  type Scenario,
  STALL_MS,
  TALK_MS,
} from './scenario.js';
import type { Timeline } from './timeline.js';
import type { Weather } from './weather.js';

/** Addresses that a newcomer is given, as by an invite link. */
const INVITED_BY = 3;
const MINUTE_MS = 60_000;

/** What the script has done to the community; the run keeps the books. */
export interface ScriptPort {
  /** @param bootstrap where somebody was a moment ago */
  join(bootstrap: readonly PathAddress[]): void;
  say(member: Member, text: string): void;
  leave(member: Member): void;
  /** All at once. */
  kill(members: readonly Member[]): void;
  killed(): void;
  cut(): void;
  rejoined(): void;
}

export class Script {
  readonly #scenario: Scenario;
  readonly #timeline: Timeline;
  readonly #weather: Weather;
  readonly #alive: () => readonly Member[];
  readonly #port: ScriptPort;

  constructor(
    scenario: Scenario,
    timeline: Timeline,
    weather: Weather,
    alive: () => readonly Member[],
    port: ScriptPort,
  ) {
    this.#scenario = scenario;
    this.#timeline = timeline;
    this.#weather = weather;
    this.#alive = alive;
    this.#port = port;
  }

  /** Plans everything. */
  begin(): void {
    const { kill, partition, stall, churn } = this.#scenario;
    this.#joins();
    this.#talk();
    if (churn > 0) this.#churn();
    if (partition > 0) this.#partition();
    if (kill > 0) this.#timeline.plan(KILL_AT_MS, () => this.#kill());
    if (stall > 0) this.#timeline.plan(STALL_MS.from, () => this.#stall());
  }

  /** Members that come after the first. */
  get newcomers(): number {
    const { nodes, churn } = this.#scenario;
    return Math.round((nodes * churn * (CHURN_MS.to - CHURN_MS.from)) / MINUTE_MS);
  }

  #joins(): void {
    const chance = this.#chance('joining');
    for (let number = 0; number < this.#scenario.nodes; number++) {
      const at = number === 0 ? 0 : chance.between(0, JOINING_MS);
      this.#timeline.plan(at, () => this.#join(chance));
    }
  }

  #join(chance: Chance): void {
    this.#port.join(chance.some(this.#alive(), INVITED_BY).map(({ address }) => address));
  }

  #talk(): void {
    const { entries } = this.#scenario;
    const chance = this.#chance('talk');
    const step = (TALK_MS.to - TALK_MS.from) / entries;
    for (let number = 0; number < entries; number++) {
      this.#timeline.plan(TALK_MS.from + step * (number + chance.next()), () => {
        const speaker = chance.pick(this.#alive().filter(({ host }) => host.state === 'running'));
        if (speaker !== undefined) this.#port.say(speaker, `entry ${number}`);
      });
    }
  }

  #churn(): void {
    const chance = this.#chance('churn');
    for (let count = this.newcomers; count > 0; count--) {
      this.#timeline.plan(chance.between(CHURN_MS.from, CHURN_MS.to), () => {
        const goes = chance.pick(this.#alive());
        if (goes !== undefined && chance.next() < 0.5) this.#port.leave(goes);
        else if (goes !== undefined) this.#port.kill([goes]);
        this.#join(chance);
      });
    }
  }

  #kill(): void {
    const alive = this.#alive();
    const count = Math.round(alive.length * this.#scenario.kill);
    const chance = this.#chance('kill');
    this.#port.kill(this.#scenario.consecutive ? stretch(alive, count, chance) : chance.some(alive, count));
    this.#port.killed();
  }

  #partition(): void {
    this.#timeline.plan(PARTITION_AT_MS, () => {
      const alive = this.#alive();
      const side = this.#chance('partition').some(alive, Math.floor(alive.length / 2));
      this.#weather.cut(new Set(side.map(({ number }) => number)));
      this.#port.cut();
    });
    this.#timeline.plan(PARTITION_AT_MS + this.#scenario.partition * 1_000, () => {
      this.#weather.cut(new Set());
      this.#port.rejoined();
    });
  }

  #stall(): void {
    const chance = this.#chance('stall');
    const alive = this.#alive();
    for (const { host } of chance.some(alive, Math.round(alive.length * this.#scenario.stall))) {
      const at = chance.between(STALL_MS.from, STALL_MS.to);
      const forMs = chance.between(STALL_MS.shortest, STALL_MS.longest);
      this.#timeline.plan(at, () => host.stall());
      this.#timeline.plan(at + forMs, () => host.resume());
    }
  }

  #chance(of: string): Chance {
    return new Chance(this.#scenario.seed, of);
  }
}

/** So many who follow each other on the ring, from anywhere. */
function stretch(members: readonly Member[], count: number, chance: Chance): readonly Member[] {
  const from = chance.pick(members)?.place ?? 0;
  return [...members].sort((a, b) => clockwise(from, a.place) - clockwise(from, b.place)).slice(0, count);
}
