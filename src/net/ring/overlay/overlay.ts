import { type Reader, Writer } from '../../bytes.js';
import {
  EVICTED_MS,
  FOUND_CONTACTS_MAX,
  FrameType,
  LINKS_DELAY_MS,
  NEIGHBOURS_DELAY_MS,
  PASSIVE_MAX,
  PROBE_HELPERS,
  STABILISE_MS,
  VISIT_ALONE_MS,
  VISIT_LOST_MS,
  VISIT_MS,
} from '../../constants.js';
import { distance, type Place, roughly } from '../place.js';
import type { Contact, Neighbourhood, Part, PartPort, PeerId } from '../types.js';
import { Chance } from './chance.js';
import { Detector } from './detector.js';
import { Favours } from './favours.js';
import { type Done, Finds } from './finds.js';
import {
  type Around,
  Asking,
  FindFrame,
  LinksFrame,
  NeighboursFrame,
  ProbeForFrame,
  StabiliseFrame,
} from './frames.js';
import { Acquaintance, type Health, Known } from './known.js';
import { Longs } from './longs.js';
import { Needs } from './needs.js';
import { Passive } from './passive.js';
import { Pointers } from './pointers.js';
import { Rounds } from './rounds.js';
import { Routes } from './routes.js';

/** What the overlay asks of the links below it, and what it tells the peer around it. */
export interface OverlayPort extends PartPort {
  /**
   * A link to that peer is wanted from now on, whether there is one already or not: ends in `linked` or
   * `unreachable`, not before this call has returned.
   */
  dial(contact: Contact): void;
  /** It is not wanted by the overlay any more. */
  release(peer: PeerId): void;
  /** `neighbourhood` is another one. */
  changed(): void;
  /** Does not answer, nor do others reach it; followed by `trusted` or `died`. */
  suspected(peer: PeerId): void;
  trusted(peer: PeerId): void;
  /** Evicted, after all that. It was linked once: its key is proven. */
  died(contact: Contact): void;
}

export interface OverlayOptions {
  readonly self: Contact;
  /** 32 bytes. */
  readonly community: Uint8Array;
  readonly random: (target: Buffer) => void;
  readonly port: OverlayPort;
  /** Peers of last time. */
  readonly passive: readonly Contact[];
}

/** What was refused or went wrong, since the start. */
export interface OverlayCounters {
  /** Hearsay that would have made us dial more than the budget allows. */
  dialsRefused: number;
  /** FOUND or PROBED_FOR that nobody had asked for. */
  unasked: number;
  evictions: number;
}

/** Whoever is tried has so long to show what they are good for. */
const TRIAL_MS = 5_000;
/** Pointers are looked at again so long after the first of the changes that give reason to. */
const LOOK_DELAY_MS = 20;
/** Who asked to be told is told for so long. */
const FOLLOW_MS = 60_000;
/** Of the peers of last time, so many are tried at once while one is alone. */
const VISITS_ALONE = 4;
/** Of all whom a list names, so many are tried on either side of us. */
const NEAREST_TRIED = 3;
/** When somebody is suspect, so many of those around are asked. */
const NEIGHBOURS_DOUBTED = 6;

// One frame is written at a time on a thread.
const writer = new Writer(2048);

/**
 * The overlay of one peer: its place among the others, kept by Zave's join, stabilise and rectify.
 *
 *     predecessor ── self ── successors 1 2 3 (linked) 4 ... r (told by those)
 *                      └── long links, or everybody while they are few
 *
 * A pointer leads only to somebody who was linked and has answered. Everything else (what others tell, peers of
 * last time, whom the user names) is hearsay: a reason to dial, within a budget.
 */
export class Overlay implements Part {
  readonly counters: OverlayCounters = { dialsRefused: 0, unasked: 0, evictions: 0 };
  readonly #self: Contact;
  readonly #community: Uint8Array;
  readonly #port: OverlayPort;
  readonly #chance: Chance;
  readonly #acquaintance: Acquaintance;
  readonly #pointers: Pointers;
  readonly #routes: Routes;
  readonly #needs: Needs;
  readonly #detector: Detector;
  readonly #finds: Finds;
  readonly #longs: Longs;
  readonly #passive: Passive;
  readonly #rounds: Rounds;
  readonly #favours = new Favours();
  #running = false;
  /** When pointers are looked at again, if there is reason to. */
  #lookAt = Number.POSITIVE_INFINITY;
  /** Links are wanted for which there was no budget. */
  #waits = false;
  #stabiliseAt = Number.POSITIVE_INFINITY;
  #visitAt = Number.POSITIVE_INFINITY;
  #tellAt = Number.POSITIVE_INFINITY;
  #linksAt = Number.POSITIVE_INFINITY;

  constructor(options: OverlayOptions) {
    const { self, community, random, port, passive } = options;
    this.#self = self;
    this.#community = community;
    this.#port = port;
    this.#chance = new Chance(random);
    this.#acquaintance = new Acquaintance(self);
    this.#passive = new Passive(passive, this.#chance);
    this.#detector = new Detector({
      ask: (known, number) => this.#ask(known, number),
      askOthers: (known, number) => this.#askOthers(known, number),
      missed: (known, now) => this.#missed(known, now),
      turned: (known, was, now) => this.#turned(known, was, now),
    });
    this.#finds = new Finds(
      {
        send: (to, type, body) => port.send(to, type, body),
        nearer: (place, without) => this.#routes.next(place, false, without),
        around: (place) => this.#routes.around(place, FOUND_CONTACTS_MAX),
      },
      community,
      writer,
    );
    this.#longs = new Longs(
      {
        size: () => this.#pointers.successors.size,
        find: (place, done, now) => this.#finds.find(place, done, now),
      },
      self.place,
      this.#acquaintance,
      this.#chance,
    );
    const version = 1 + this.#chance.below(2 ** 31);
    this.#pointers = new Pointers(self, this.#acquaintance, this.#longs, version);
    this.#rounds = new Rounds(this.#pointers, this.#acquaintance);
    this.#routes = new Routes(self, this.#acquaintance, this.#pointers.successors);
    this.#needs = new Needs(
      {
        dial: (contact) => port.dial(contact),
        release: (known) => this.#release(known),
      },
      this.#acquaintance,
    );
  }

  get neighbourhood(): Neighbourhood {
    return this.#pointers.neighbourhood;
  }

  /** Peers worth remembering for the next start, those one is linked to first. At most PASSIVE_MAX. */
  get passive(): readonly Contact[] {
    const linked = this.#acquaintance.all.filter(({ usable }) => usable).map(({ contact }) => contact);
    const ids = new Set(linked.map(({ id }) => id));
    return [...linked, ...this.#passive.contacts.filter(({ id }) => !ids.has(id))].slice(0, PASSIVE_MAX);
  }

  /** Looks for the others: those of last time, and whoever is introduced. */
  begin(now: number): void {
    this.#running = true;
    this.#stabiliseAt = now + this.#chance.unit() * STABILISE_MS;
    this.#visitAt = now;
    this.#look(now);
  }

  /** Somebody whom the user names, or who was seen on the local network. In whatever ring they are, it becomes one. */
  introduce(contact: Contact, now: number): void {
    const known = this.#acquaintance.meet(contact);
    if (known === undefined || !this.#running) return;
    this.#passive.add(contact, false);
    known.restsUntil = 0;
    if (known.health === 'dead') known.health = 'good';
    this.#visit(known, now);
    this.#look(now);
  }

  /** Tells the neighbours, so that they close ranks at once. Nothing is due afterwards. */
  leave(): void {
    if (!this.#running) return;
    const body = NeighboursFrame.encode(writer, 0, this.#pointers.view, true);
    for (const known of this.#acquaintance.all)
      if (known.linked) this.#port.send(known.contact.id, FrameType.Neighbours, body);
    this.#running = false;
    for (const known of this.#acquaintance.all) this.#detector.drop(known);
  }

  /**
   * The linked peer over which it is nearest to a place; undefined when none of them is nearer than oneself.
   * @param without peers that were tried already
   */
  next(place: Place, without?: ReadonlySet<PeerId>): PeerId | undefined {
    return this.#routes.next(place, true, without);
  }

  /** Whoever is linked and nearest to a place, and nearer than oneself; `current` until another is twice as near. */
  nearest(place: Place, current: PeerId | undefined): PeerId | undefined {
    return this.#routes.nearest(place, current);
  }

  /** The live successors of a place, as far as one knows: right for places between oneself and one's last successor. */
  holders(place: Place, count: number): Contact[] {
    return this.#routes.holders(place, count);
  }

  /** Asks along the ring who is around a place. `done` is called once, at once when nobody is nearer than oneself. */
  find(place: Place, done: (around: Around | undefined) => void, now: number): void {
    this.#finds.find(place, done, now);
  }

  /** A frame of any part came from that peer: it lives. */
  heard(peer: PeerId, now: number): void {
    const known = this.#acquaintance.get(peer);
    if (known === undefined) return;
    this.#detector.heard(known, now);
    this.#favours.heard(peer, now, (asker, number) => this.#number(asker, FrameType.ProbedFor, number));
  }

  /** Somebody says, signed, that this peer is dead: no reason to believe it, but to look. */
  reported(peer: PeerId, now: number): void {
    const known = this.#acquaintance.get(peer);
    if (known?.linked || known?.needed) this.#detector.doubt(known, now);
    else {
      const listed = this.#pointers.successors.list.find(({ id }) => id === peer);
      const rumoured = known ?? (listed === undefined ? undefined : this.#acquaintance.meet(listed));
      if (rumoured !== undefined) {
        rumoured.health = 'dead';
        rumoured.restsUntil = now + EVICTED_MS;
        this.#look(now);
      }
    }
  }

  linked(peer: Contact, now: number): void {
    const known = this.#acquaintance.meet(peer);
    if (known === undefined) return;
    known.contact = peer;
    known.linked = true;
    this.#needs.linked(known);
    known.proven = true;
    known.hasLeft = false;
    known.versionSeen = 0;
    known.around = undefined;
    this.#passive.found(peer);
    this.#detector.answered(known, 0, now);
    this.#favours.heard(peer.id, now, (asker, number) => this.#number(asker, FrameType.ProbedFor, number));
    this.#linksSoon(now);
    if (!this.#running) return;
    if (known.toVisit) this.#askAround(known, now);
    if (this.#pointers.isNear(known) || known.triedUntil > now) this.#detector.doubt(known, now);
    this.#look(now);
  }

  unlinked(peer: PeerId, now: number): void {
    const known = this.#acquaintance.get(peer);
    if (known === undefined || !known.linked) return;
    known.linked = false;
    known.needed = false;
    known.around = undefined;
    known.followsUntil = 0;
    this.#finds.unlinked(peer, now);
    this.#linksSoon(now);
    if (this.#running) {
      if (!this.#pointers.holds(known)) this.#passive.add(known.contact, false);
      this.#look(now);
    }
  }

  unreachable(peer: PeerId, now: number): void {
    const known = this.#acquaintance.get(peer);
    if (known === undefined || known.linked) return;
    known.needed = false;
    known.triedUntil = 0;
    known.toVisit = false;
    this.#passive.failed(peer, now);
    this.#detector.restLonger(known, now);
    this.#longs.drop(known, now);
    if (known.watch !== undefined) this.#detector.failed(known, now);
    this.#look(now);
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    const known = this.#acquaintance.get(from);
    if (known?.hasLeft) return isOurs(type);
    switch (type) {
      case FrameType.Stabilise:
        if (known) this.#stabilised(known, body, now);
        break;
      case FrameType.Neighbours:
        if (known) this.#neighbours(known, body, now);
        break;
      case FrameType.Probe:
        this.#number(from, FrameType.Probed, body.varint());
        break;
      case FrameType.Probed:
        if (known) this.#detector.answered(known, body.varint(), now);
        break;
      case FrameType.ProbeFor:
        this.#probeFor(from, body, now);
        break;
      case FrameType.ProbedFor:
        this.#probedFor(body.varint(), now);
        break;
      case FrameType.Find:
        this.#finds.asked(from, FindFrame.decode(body), now);
        break;
      case FrameType.Found:
        if (!this.#finds.found(from, body, now)) this.counters.unasked++;
        break;
      case FrameType.Links:
        if (known) known.around = LinksFrame.decode(body);
        break;
      default:
        return false;
    }
    return true;
  }

  tick(now: number): void {
    if (!this.#running) return;
    this.#detector.tick(now);
    this.#finds.tick(now);
    this.#longs.tick(now);
    if (this.#stabiliseAt <= now) this.#stabilise(now);
    if (this.#visitAt <= now) this.#visitSomebody(now);
    if (this.#tellAt <= now) this.#tell(now);
    if (this.#linksAt <= now) this.#tellLinks();
    if (this.#lookAt <= now) this.#settle(now);
  }

  deadline(): number {
    if (!this.#running) return Number.POSITIVE_INFINITY;
    return Math.min(
      this.#lookAt,
      this.#stabiliseAt,
      this.#visitAt,
      this.#tellAt,
      this.#linksAt,
      this.#detector.deadline(),
      this.#finds.deadline(),
      this.#longs.deadline(),
    );
  }

  // ---- Stabilise and rectify

  /** Once a second: the first successor is asked for its pointers, and one other peer whether it lives. */
  #stabilise(now: number): void {
    this.#stabiliseAt = Math.max(this.#stabiliseAt + STABILISE_MS, now + STABILISE_MS / 2);
    for (const known of this.#rounds.next(now)) this.#detector.doubt(known, now);
    this.#sweep(now);
    if (this.#waits) this.#look(now);
  }

  /** Somebody asks for our pointers. Being linked it is a candidate for our predecessor anyway (rectify). */
  #stabilised(known: Known, body: Reader, now: number): void {
    const { number, flags, version } = StabiliseFrame.decode(body);
    const pointers = this.#pointers;
    if ((flags & Asking.Follow) !== 0) known.followsUntil = now + FOLLOW_MS;
    known.toldVersion = pointers.version;
    const answer =
      version === pointers.version
        ? NeighboursFrame.unchanged(writer, number, version)
        : NeighboursFrame.encode(writer, number, pointers.view, false);
    this.#port.send(known.contact.id, FrameType.Neighbours, answer);
  }

  #neighbours(known: Known, body: Reader, now: number): void {
    const { number, leaving, view } = NeighboursFrame.decode(body, this.#community);
    if (leaving) this.#left(known, now);
    else if (number !== 0) this.#detector.answered(known, number, now);
    known.toldAt = now;
    // Frames may overtake each other: what is older than what we have is no news.
    if (view === undefined || view.version < known.versionSeen) return;
    known.view = view;
    known.versionSeen = view.version;
    this.#look(now);
    const told = view.predecessor === undefined ? view.successors : [view.predecessor, ...view.successors];
    this.#consider(told, now);
    const [some] = this.#chance.some(told, 1);
    if (some !== undefined && this.#acquaintance.get(some.id) === undefined) this.#passive.add(some, false);
  }

  /** Hearsay: the nearest of those who would be pointers are dialled, and adopted once they answer themselves. */
  #consider(told: readonly Contact[], now: number): void {
    const near: Known[] = [];
    for (const contact of told) {
      if (contact.id === this.#self.id) continue;
      const before = this.#acquaintance.get(contact.id);
      if (before !== undefined && (before.linked || before.restsUntil > now || !before.alive)) continue;
      const known = before ?? new Known(this.#self.place, contact);
      if (this.#pointers.isNear(known) && !this.#pointers.holds(known)) near.push(known);
    }
    near.sort((a, b) => a.way - b.way);
    for (const [index, { contact }] of near.entries()) {
      if (index >= NEAREST_TRIED && index < near.length - NEAREST_TRIED) continue;
      this.#acquaintance.meet(contact);
      this.#try(contact.id, now);
    }
  }

  #try(id: PeerId, now: number): void {
    const known = this.#acquaintance.get(id);
    if (known === undefined) return;
    known.triedUntil = now + TRIAL_MS;
    this.#look(now);
  }

  #left(known: Known, now: number): void {
    known.hasLeft = true;
    known.health = 'dead';
    known.restsUntil = now + EVICTED_MS;
    known.triedUntil = 0;
    this.#detector.drop(known);
    this.#longs.drop(known, now);
    this.#passive.remove(known.contact.id);
    this.#look(now);
  }

  // ---- Who is alive

  #ask(known: Known, number: number): void {
    const { id } = known.contact;
    const { head, successors } = this.#pointers;
    if (known !== head && !successors.tellers.includes(known) && !this.#pointers.isNear(known)) {
      this.#number(id, FrameType.Probe, number);
      return;
    }
    const flags = Asking.Follow | (known === head ? Asking.Successor : 0);
    const version = known.view?.version ?? 0;
    this.#port.send(id, FrameType.Stabilise, StabiliseFrame.encode(writer, { number, flags, version }));
  }

  /** Those who are linked to it according to their LINKS, else any. */
  #askOthers(known: Known, number: number): boolean {
    const others = this.#acquaintance.all.filter((other) => other.usable && other !== known);
    const { place } = known.contact;
    const near = others.filter(({ around }) => around?.includes(roughly(place)));
    const helpers = this.#chance.some(near, PROBE_HELPERS);
    if (helpers.length < PROBE_HELPERS) {
      const rest = others.filter((other) => !helpers.includes(other));
      helpers.push(...this.#chance.some(rest, PROBE_HELPERS - helpers.length));
    }
    for (const helper of helpers) {
      const body = ProbeForFrame.encode(writer, number, known.contact);
      this.#port.send(helper.contact.id, FrameType.ProbeFor, body);
    }
    return helpers.length > 0;
  }

  #probeFor(from: PeerId, body: Reader, now: number): void {
    const { number, contact } = ProbeForFrame.decode(body, this.#community);
    const known = this.#acquaintance.meet(contact);
    if (known === undefined) {
      this.#number(from, FrameType.ProbedFor, number);
      return;
    }
    if (!this.#favours.add(from, number, contact.id, now)) return;
    if (known.linked) this.#number(contact.id, FrameType.Probe, this.#detector.number());
    else if (known.restsUntil <= now) this.#try(contact.id, now);
  }

  #probedFor(number: number, now: number): void {
    for (const known of this.#acquaintance.all) {
      if (known.watch?.number !== number) continue;
      this.#detector.reachedByOther(known, now);
      return;
    }
    this.counters.unasked++;
  }

  #turned(known: Known, was: Health, now: number): void {
    const { id } = known.contact;
    this.#look(now);
    if (known.health === 'suspect') this.#port.suspected(id);
    else if (was === 'suspect' && known.health !== 'dead') this.#port.trusted(id);
    if (known.health !== 'dead') return;
    this.counters.evictions++;
    known.view = undefined;
    known.triedUntil = 0;
    this.#longs.drop(known, now);
    if (!known.proven) return;
    this.#passive.add(known.contact, true);
    this.#visitAt = Math.min(this.#visitAt, now + this.#chance.around(VISIT_LOST_MS));
    this.#port.died(known.contact);
  }

  /** Where one died others may have: those around it are asked at once instead of in turn. */
  #missed(silent: Known, now: number): void {
    this.#look(now);
    const linked = this.#acquaintance.all.filter((known) => known.linked && known !== silent);
    linked.sort(
      (a, b) =>
        distance(a.contact.place, silent.contact.place) - distance(b.contact.place, silent.contact.place),
    );
    for (const known of linked.slice(0, NEIGHBOURS_DOUBTED)) this.#detector.doubt(known, now);
  }

  // ---- Looking for others

  #visitSomebody(now: number): void {
    const isAlone = this.#pointers.successors.list.length === 0;
    const pauseMs = this.#passive.hasLost ? VISIT_LOST_MS : VISIT_MS;
    this.#visitAt = now + this.#chance.around(isAlone ? VISIT_ALONE_MS : pauseMs);
    const isFree = (id: PeerId) => {
      const known = this.#acquaintance.get(id);
      return known === undefined || (!known.linked && !known.needed);
    };
    for (let count = 0; count < (isAlone ? VISITS_ALONE : 1); count++) {
      const contact = this.#passive.next(now, isFree);
      const known = contact && this.#acquaintance.meet(contact);
      if (known === undefined) return;
      if (known.health === 'dead') known.health = 'good';
      known.restsUntil = 0;
      this.#visit(known, now);
    }
  }

  #visit(known: Known, now: number): void {
    known.toVisit = true;
    this.#try(known.contact.id, now);
    if (known.linked) this.#askAround(known, now);
  }

  /** Who is around our place, as that peer's ring sees it? If it is ours, nobody new. */
  #askAround(known: Known, now: number): void {
    known.toVisit = false;
    const done: Done = (around, at) => {
      if (around === undefined) return;
      const { predecessor, successors } = around;
      this.#consider(predecessor === undefined ? successors : [predecessor, ...successors], at);
      this.#look(at);
    };
    this.#finds.find(this.#self.place, done, now, known.contact.id);
  }

  // ---- What others are told

  #tell(now: number): void {
    this.#tellAt = Number.POSITIVE_INFINITY;
    const { version, view } = this.#pointers;
    const body = NeighboursFrame.encode(writer, 0, view, false);
    for (const known of this.#acquaintance.all) {
      if (!known.linked || known.followsUntil < now || known.toldVersion === version) continue;
      known.toldVersion = version;
      this.#port.send(known.contact.id, FrameType.Neighbours, body);
    }
  }

  #tellLinks(): void {
    this.#linksAt = Number.POSITIVE_INFINITY;
    const linked = this.#acquaintance.all.filter(({ usable }) => usable);
    const body = LinksFrame.encode(
      writer,
      linked.map(({ contact }) => contact.place),
    );
    for (const { contact } of linked) this.#port.send(contact.id, FrameType.Links, body);
  }

  #linksSoon(now: number): void {
    if (this.#linksAt === Number.POSITIVE_INFINITY) this.#linksAt = now + LINKS_DELAY_MS;
  }

  #number(to: PeerId, type: number, number: number): void {
    this.#port.send(to, type, writer.reset().varint(number).view());
  }

  /** What changes in a burst is thought through once. */
  #look(now: number): void {
    if (this.#lookAt === Number.POSITIVE_INFINITY) this.#lookAt = now + LOOK_DELAY_MS;
  }

  /** Something is another way than it was: pointers are made anew, and with them whom we need. */
  #settle(now: number): void {
    this.#lookAt = Number.POSITIVE_INFINITY;
    const { head } = this.#pointers;
    const isNews = this.#pointers.remake(now);
    if (isNews && this.#tellAt === Number.POSITIVE_INFINITY) this.#tellAt = now + NEIGHBOURS_DELAY_MS;
    this.#greet(head, now);
    for (const known of this.#pointers.successors.stale) this.#detector.doubt(known, now);
    const wanted = this.#pointers.wanted(now);
    this.#waits = this.#needs.meet(wanted, now);
    this.counters.dialsRefused = this.#needs.refused;
    for (const known of wanted)
      if (known.needed && !known.linked && this.#pointers.holds(known)) this.#detector.asked(known, 0, now);
    this.#longs.wake(now);
    if (this.#pointers.judge(this.#isLooking(now)) || isNews) this.#port.changed();
  }

  /** A new first successor hears of it at once, and of whom we had before: where two rings meet, that joins them. */
  #greet(before: Known | undefined, now: number): void {
    const { head, view } = this.#pointers;
    if (head === undefined || head === before) return;
    this.#detector.doubt(head, now);
    this.#port.send(head.contact.id, FrameType.Neighbours, NeighboursFrame.encode(writer, 0, view, false));
  }

  /** Whoever is not even dialled any more cannot answer. */
  #release(known: Known): void {
    if (!known.linked && known.health !== 'suspect') this.#detector.drop(known);
    this.#port.release(known.contact.id);
  }

  #isLooking(now: number): boolean {
    for (const known of this.#acquaintance.all) if (known.triedUntil > now) return true;
    return false;
  }

  /** Forgets whoever nothing hangs on any more. */
  #sweep(now: number): void {
    for (const known of [...this.#acquaintance.all]) {
      if (known.triedUntil !== 0 && known.triedUntil <= now) {
        known.triedUntil = 0;
        this.#look(now);
      }
      if (known.linked || known.needed || known.waits || known.triedUntil !== 0) continue;
      if (this.#pointers.holds(known) || this.#longs.has(known)) continue;
      if (known.watch !== undefined || (known.restsUntil > now && known.health !== 'deaf')) continue;
      this.#detector.drop(known);
      this.#acquaintance.forget(known.contact.id);
    }
  }
}

function isOurs(type: number): boolean {
  return type >= FrameType.Stabilise && type <= FrameType.Links;
}
