/** One run of a scenario, from the first member to its figures. The same scenario gives the same figures. */
import sodium from 'sodium-native';
import { COMMUNITY_ID_BYTES } from '../net/ring/constants.js';
import type { PathAddress } from '../net/types.js';
import { Chance } from './chance.js';
import { type Deliveries, deliveriesOf, mean, type SimFigure, type Stay } from './figures.js';
import { Health } from './health.js';
import { Ledger } from './ledger.js';
import { Member } from './member.js';
import { Network } from './network.js';
import { Payloads } from './payloads.js';
import { hopsBetween } from './routes.js';
import { PARTITION_AT_MS, RUN_MS, type Scenario, SETTLING_MS, STEADY_AT_MS } from './scenario.js';
import { Script } from './script.js';
import { Timeline } from './timeline.js';
import type { Trace } from './trace.js';
import { sharedVerify } from './verifying.js';
import { Weather } from './weather.js';

/** How often everybody's pointers are looked at; in a small community also whenever one of them has changed. */
const CHECK_EVERY_MS = 250;
const SMALL = 64;
/** Pairs between which a private message would be routed, a moment before anything happens to the network. */
const ROUTES = 1_000;
const ROUTES_AT_MS = PARTITION_AT_MS - 1_000;

export class Run {
  readonly scenario: Scenario;
  readonly timeline = new Timeline();
  readonly #network: Network;
  readonly #members: Member[] = [];
  readonly #ledger: Ledger;
  readonly #health: Health;
  readonly #script: Script;
  readonly #verify = sharedVerify();
  readonly #community = Buffer.alloc(COMMUNITY_ID_BYTES);
  readonly #isLiar: (number: number) => boolean;
  readonly #trace: Trace | undefined;
  #payloadBytes = 0;
  /** Control bytes sent before everybody was in. */
  #joiningBytes = 0;
  #memberMs = 0;
  #routes: readonly (number | undefined)[] = [];
  #isCheckDue = false;

  constructor(scenario: Scenario, trace?: Trace) {
    this.scenario = scenario;
    this.#trace = trace;
    const { seed, loss, bursts, oneWay, liars } = scenario;
    const weather = new Weather({ seed, loss, bursts, oneWay });
    this.#network = new Network(this.timeline, weather);
    sodium.crypto_generichash(this.#community, Buffer.from(`simulation ${seed}`));
    const lies = new Chance(seed, 'liars');
    const isLiar = Array.from({ length: scenario.nodes }, (_, number) => number > 0 && lies.next() < liars);
    this.#isLiar = (number) => isLiar[number] ?? false;
    const liarCount = isLiar.filter((lying) => lying).length;
    this.#health = new Health(() => this.#members.filter((member) => member.isIn));
    this.#health.lied(liarCount);
    this.#script = new Script(scenario, this.timeline, weather, () => this.#alive(), {
      join: (bootstrap) => this.#join(bootstrap),
      say: (member, text) => this.#say(member, text),
      leave: (member) => this.#leave(member),
      kill: (members) => this.#kill(members),
      killed: () => this.#health.killed(this.timeline.now),
      cut: () => this.#health.cut(),
      rejoined: () => this.#health.joined(this.timeline.now),
    });
    this.#ledger = new Ledger(scenario.nodes + this.#script.newcomers);
    this.#watch();
    this.#script.begin();
    this.timeline.plan(0, () => this.#check());
    this.timeline.plan(ROUTES_AT_MS, () => this.#route());
    this.timeline.plan(STEADY_AT_MS, () => {
      this.#joiningBytes = this.#network.bytesSent - this.#payloadBytes;
    });
  }

  /** Lives on up to that moment. */
  advance(until: number): void {
    this.timeline.run(until);
  }

  /** What went wrong that nothing explains, as sentences for people. */
  get faults(): readonly string[] {
    return this.#health.faults.map(({ at, what }) => `${(at / 1000).toFixed(3)} s  ${what}`);
  }

  /** Ask once, at the end. */
  figure(): SimFigure {
    const { scenario, timeline } = this;
    const health = this.#health;
    const deliveries = deliveriesOf(this.#ledger, this.#stays());
    const differences = scenario.oneWay > 0 ? [] : health.atRest(timeline.now, this.#outside());
    // Lies make lists wrong, but must not keep words from anybody.
    const isExplained = health.assumptionBreaks > 0 && differences.length > 0 && scenario.liars === 0;
    const waiting = health.waitingMs(timeline.now);
    const lost = scenario.liars > 0 ? 0 : this.#routes.filter((hops) => hops === undefined).length;
    this.#blame(deliveries, lost, isExplained);
    return {
      event: 'sim',
      system: scenario.system,
      nodes: scenario.nodes,
      seed: scenario.seed,
      delivered: deliveries.delivered,
      deliveredBeforeRepair: deliveries.deliveredBeforeRepair,
      rmr: deliveries.rmr,
      lastHop: deliveries.lastHop,
      p50Ms: deliveries.p50Ms,
      p99Ms: deliveries.p99Ms,
      unicastHops: rounded(mean(this.#routes.filter((hops) => hops !== undefined))),
      detectMs: Math.round(mean(health.detections)),
      falseDeaths: health.falseDeaths,
      healMs: Math.round(health.healMs ?? (scenario.kill > 0 ? waiting : 0)),
      mergeMs: Math.round(health.mergeMs ?? (scenario.partition > 0 ? waiting : 0)),
      controlBytesPerPeerS: Math.round(this.#controlBytes()),
      unexplained:
        health.faultCount + deliveries.doubled + lost + (isExplained ? 0 : deliveries.missed.length),
      assumptionBreaks: health.assumptionBreaks,
    };
  }

  // ---- The books ----------------------------------------------------------------------------------------

  #watch(): void {
    const payloads = new Payloads({
      entry: (id, to, way, hops, bytes) => {
        this.#payloadBytes += bytes;
        this.#ledger.came(id, to, way, hops);
      },
      notice: (subject, version) => this.#health.notice(subject, version, this.timeline.now),
    });
    this.#network.watch = (from, to, type, body) => {
      payloads.see(to, type, body);
      this.#trace?.frame(this.timeline.now, from, to, type, body);
    };
  }

  #join(bootstrap: readonly PathAddress[]): void {
    const number = this.#members.length;
    const member = new Member({
      scenario: this.scenario,
      number,
      network: this.#network,
      community: this.#community,
      verify: this.#verify,
      bootstrap,
      isLiar: this.#isLiar(number),
      port: {
        shown: (who, entry) => this.#ledger.shown(entry, who.number, this.timeline.now),
        moved: (who) => this.#moved(who),
      },
    });
    this.#members.push(member);
    this.#trace?.happens(this.timeline.now, number, 'joins');
    member.begin();
  }

  #say(member: Member, text: string): void {
    const id = member.say(text);
    this.#ledger.say(id, member.number, this.timeline.now);
    this.#trace?.happens(this.timeline.now, member.number, `says ${id}`);
  }

  #leave(member: Member): void {
    this.#trace?.happens(this.timeline.now, member.number, 'leaves');
    this.#health.left(member.id);
    member.leave();
  }

  #kill(members: readonly Member[]): void {
    for (const member of members) {
      this.#trace?.happens(this.timeline.now, member.number, 'dies');
      member.kill();
    }
    const ids = members.map(({ id }) => id);
    this.#health.died(ids, this.timeline.now);
  }

  #moved(member: Member): void {
    this.#trace?.moved(this.timeline.now, member);
    if (member.isLiar) return;
    this.#health.checkList(member, this.timeline.now);
    if (this.#isCheckDue || this.scenario.nodes > SMALL) return;
    this.#isCheckDue = true;
    this.timeline.plan(this.timeline.now, () => {
      this.#isCheckDue = false;
      this.#health.checkAll(this.timeline.now);
    });
  }

  #check(): void {
    const { now } = this.timeline;
    this.#health.checkAll(now);
    if (now >= STEADY_AT_MS) this.#memberMs += CHECK_EVERY_MS * this.#alive().length;
    if (now < RUN_MS) this.timeline.plan(now + CHECK_EVERY_MS, () => this.#check());
  }

  #route(): void {
    const chance = new Chance(this.scenario.seed, 'routes');
    const present = this.#members.filter(({ isIn }) => isIn);
    if (present.length < 2) return;
    this.#routes = Array.from({ length: ROUTES }, () => {
      const [from, to] = chance.some(present, 2);
      return from && to ? hopsBetween(from, to, (id) => present.find((member) => member.id === id)) : 0;
    });
  }

  #blame({ missed, doubled }: Deliveries, lost: number, isExplained: boolean): void {
    const { now } = this.timeline;
    if (!isExplained)
      for (const { id, member } of missed.slice(0, 10))
        this.#health.faults.push({ at: now, what: `${member}: never got ${id}` });
    if (lost > 0)
      this.#health.faults.push({ at: ROUTES_AT_MS, what: `${lost} ways between two members lead astray` });
    if (doubled > 0) this.#health.faults.push({ at: now, what: `${doubled} entries were shown twice` });
  }

  /** Who should have joined long ago and has not. */
  #outside(): readonly number[] {
    const isLate = ({ bornAt }: Member) => bornAt < this.timeline.now - SETTLING_MS;
    return this.#alive()
      .filter((member) => isLate(member) && !member.isIn)
      .map(({ number }) => number);
  }

  #stays(): Stay[] {
    const { now } = this.timeline;
    return this.#members.map(({ number, bornAt, goneAt }) => ({
      number,
      from: bornAt,
      until: goneAt,
      isSurvivor: goneAt > now && bornAt < now - SETTLING_MS,
    }));
  }

  #controlBytes(): number {
    const bytes = this.#network.bytesSent - this.#payloadBytes - this.#joiningBytes;
    return this.#memberMs === 0 ? 0 : (bytes / this.#memberMs) * 1000;
  }

  #alive(): readonly Member[] {
    return this.#members.filter(({ isAlive }) => isAlive);
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
