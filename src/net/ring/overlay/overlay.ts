import type { Reader } from '../../bytes.js';
import { FrameType } from '../../constants.js';
import { FOUND_CONTACTS_MAX, PASSIVE_MAX } from '../constants.js';
import type { Place } from '../place.js';
import type { Contact, Neighbourhood, Part, PeerId } from '../types.js';
import { Chance } from './chance.js';
import { type Done, Finds } from './finds.js';
import { FindFrame, LinksFrame, NeighboursFrame } from './frames.js';
import { Hearsay } from './hearsay.js';
import { Acquaintance, type Known } from './known.js';
import { Longs } from './longs.js';
import { Pointers } from './pointers.js';
import type { OverlayCounters, OverlayOptions } from './port.js';
import { Probes } from './probes.js';
import { Routes } from './routes.js';
import { type Shared, writer } from './shared.js';
import { Telling } from './telling.js';
import { Upkeep } from './upkeep.js';
import { Visits } from './visits.js';

/**
 * The overlay of one peer: its place among the others, kept by Zave's join, stabilise and rectify.
 *
 *     predecessor ── self ── successors 1 2 3 (linked) 4 ... r (told by those)
 *                      └── long links, or everybody while they are few
 *
 * The first pointers lead only to somebody who is linked; those behind them are what they tell. Everything else (what
 * others tell, peers of last time, whom the user names) is hearsay: a reason to dial, within a budget.
 */
export class Overlay implements Part {
  readonly counters: OverlayCounters = { refused: 0, unasked: 0, evicted: 0 };
  readonly #community: Uint8Array;
  readonly #acquaintance: Acquaintance;
  readonly #pointers: Pointers;
  readonly #routes: Routes;
  readonly #hearsay: Hearsay;
  readonly #probes: Probes;
  readonly #finds: Finds;
  readonly #longs: Longs;
  readonly #visits: Visits;
  readonly #telling: Telling;
  readonly #upkeep: Upkeep;
  #running = false;

  constructor({ self, community, random, port, passive }: OverlayOptions) {
    this.#community = community;
    const chance = new Chance(random);
    this.#acquaintance = new Acquaintance(self);
    const longs = {
      size: () => this.#pointers.successors.size,
      find: (place: Place, done: Done, now: number) => this.#finds.find(place, done, now),
      chose: (now: number) => this.#upkeep.look(now),
    };
    this.#longs = new Longs(longs, self.place, this.#acquaintance, chance);
    const version = 1 + chance.below(2 ** 31);
    this.#pointers = new Pointers(self, this.#acquaintance, this.#longs, version);
    const addresses = () => port.addresses();
    this.#routes = new Routes(self, addresses, this.#acquaintance, this.#pointers.successors);
    const finds = {
      send: (to: PeerId, type: number, body: Uint8Array) => port.send(to, type, body),
      nearer: (place: Place, without: ReadonlySet<PeerId>) => this.#routes.next(place, false, without),
      around: (place: Place) => this.#routes.around(place, FOUND_CONTACTS_MAX),
    };
    this.#finds = new Finds(finds, community, writer);
    const shared: Shared = {
      self,
      community,
      port,
      chance,
      acquaintance: this.#acquaintance,
      pointers: this.#pointers,
      counters: this.counters,
      look: (now) => this.#upkeep.look(now),
      attempt: (known, now) => this.#upkeep.attempt(known, now),
    };
    this.#telling = new Telling(shared);
    this.#hearsay = new Hearsay(shared);
    this.#visits = new Visits(shared, this.#finds, this.#hearsay, passive);
    this.#probes = new Probes(shared, this.#hearsay, (known, now) => this.#upkeep.evicted(known, now));
    this.#upkeep = new Upkeep(shared, {
      probes: this.#probes,
      telling: this.#telling,
      longs: this.#longs,
      visits: this.#visits,
    });
  }

  get neighbourhood(): Neighbourhood {
    return this.#pointers.neighbourhood;
  }

  /** Peers worth remembering for the next start, those one is linked to first. At most PASSIVE_MAX. */
  get passive(): readonly Contact[] {
    const linked = this.#acquaintance.all.filter(({ usable }) => usable).map(({ contact }) => contact);
    const ids = new Set(linked.map(({ id }) => id));
    const others = this.#visits.passive.contacts.filter(({ id }) => !ids.has(id));
    return [...linked, ...others].slice(0, PASSIVE_MAX);
  }

  /** Looks for the others: those of last time, and whoever is introduced. */
  begin(now: number): void {
    this.#running = true;
    this.#upkeep.begin(now);
    this.#visits.begin(now);
  }

  /** Somebody whom the user names, or who was seen on the local network. In whatever ring they are, it becomes one. */
  introduce(contact: Contact, now: number): void {
    const known = this.#acquaintance.meet(contact);
    if (known !== undefined && this.#running) this.#visits.visit(known, now);
  }

  /** Tells the neighbours, so that they close ranks at once. Nothing is due afterwards. */
  leave(): void {
    if (!this.#running) return;
    this.#telling.goodbye();
    this.#running = false;
    for (const known of this.#acquaintance.all) this.#probes.detector.drop(known);
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

  /** Whether a linked peer says that it has a link to whoever is exactly there. */
  isLinked(place: Place): boolean {
    return this.#routes.isLinked(place);
  }

  /** The live successors of a place, as far as one knows: right for places between oneself and one's last successor. */
  holders(place: Place, count: number): Contact[] {
    return this.#routes.holders(place, count);
  }

  /** Asks along the ring who is around a place. `done` is called once, at once when nobody is nearer than oneself. */
  find(place: Place, done: Done, now: number): void {
    this.#finds.find(place, done, now);
  }

  /** A frame of any part came from that peer: it lives. */
  heard(peer: PeerId, now: number): void {
    const known = this.#acquaintance.get(peer);
    if (known !== undefined) this.#probes.heard(known, now);
  }

  /**
   * Somebody says, signed, that this peer is dead. If there is a link it is asked at once; if there is none, those who
   * have one tell us in their lists: were we to believe it, a single liar could empty ours.
   */
  reported(peer: PeerId, now: number): void {
    const known = this.#acquaintance.get(peer);
    if (known?.linked || known?.needed) this.#probes.detector.doubt(known, now);
  }

  linked(peer: Contact, now: number): void {
    const known = this.#acquaintance.meet(peer);
    if (known === undefined) return;
    this.#upkeep.linked(known);
    known.begin(peer);
    this.#visits.passive.found(peer);
    this.#probes.linked(known, now);
    this.#telling.linksSoon(now);
    if (!this.#running) return;
    this.#visits.linked(known, now);
    if (this.#pointers.isNear(known) || known.triedUntil > now) this.#probes.detector.doubt(known, now);
    this.#upkeep.look(now);
  }

  unlinked(peer: PeerId, now: number): void {
    const known = this.#acquaintance.get(peer);
    if (known === undefined || !known.linked) return;
    known.end();
    this.#finds.unlinked(peer, now);
    this.#telling.linksSoon(now);
    if (!this.#pointers.holds(known) && !known.hasLeft) this.#visits.passive.add(known.contact, false);
    this.#upkeep.look(now);
  }

  unreachable(peer: PeerId, now: number): void {
    const known = this.#acquaintance.get(peer);
    if (known === undefined || known.linked) return;
    known.needed = false;
    known.triedUntil = 0;
    known.toVisit = false;
    this.#visits.passive.failed(peer, now);
    this.#probes.detector.failed(known, now);
    this.#longs.drop(known, now);
    this.#upkeep.look(now);
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    if (type < FrameType.Stabilise || type > FrameType.Links) return false;
    const known = this.#acquaintance.get(from);
    if (known !== undefined && !known.hasLeft) this.#take(known, type, body, now);
    return true;
  }

  tick(now: number): void {
    if (!this.#running) return;
    this.#probes.detector.tick(now);
    this.#finds.tick(now);
    this.#longs.tick(now);
    this.#visits.tick(now);
    this.#telling.tick(now);
    this.#upkeep.tick(now);
  }

  deadline(): number {
    if (!this.#running) return Number.POSITIVE_INFINITY;
    return Math.min(
      this.#upkeep.deadline(),
      this.#probes.detector.deadline(),
      this.#finds.deadline(),
      this.#longs.deadline(),
      this.#visits.deadline(),
      this.#telling.deadline(),
    );
  }

  #take(known: Known, type: number, body: Reader, now: number): void {
    const { id } = known.contact;
    switch (type) {
      case FrameType.Stabilise:
        this.#telling.asked(known, body, now);
        break;
      case FrameType.Neighbours:
        this.#neighbours(known, body, now);
        break;
      case FrameType.Probe:
        this.#probes.number(id, FrameType.Probed, body.varint());
        break;
      case FrameType.Probed:
        this.#probes.detector.answered(known, body.varint(), now);
        break;
      case FrameType.ProbeFor:
        this.#probes.askedFor(id, body, now);
        break;
      case FrameType.ProbedFor:
        this.#probes.reached(body.varint(), now);
        break;
      case FrameType.Find:
        this.#finds.asked(id, FindFrame.decode(body), now);
        break;
      case FrameType.Found:
        if (!this.#finds.found(id, body, now)) this.counters.unasked++;
        break;
      default:
        known.around = LinksFrame.decode(body);
    }
  }

  #neighbours(known: Known, body: Reader, now: number): void {
    const { number, leaving, view } = NeighboursFrame.decode(body, this.#community);
    if (leaving) this.#upkeep.left(known, now);
    else if (number !== 0) this.#probes.detector.answered(known, number, now);
    known.toldAt = now;
    // Frames may overtake each other: what is older than what we have is no news.
    if (view !== undefined && view.version >= known.versionSeen) {
      known.view = view;
      known.versionSeen = view.version;
      this.#upkeep.look(now);
    }
    // Also when it is as it was: whoever could not be tried then may be now (Zave's stabilise asks every time).
    if (known.view !== undefined) this.#visits.told(known.view, now);
  }
}
