import type { PathAddress } from '../../types.js';
import { clockwise, distance, type Place, roughly } from '../place.js';
import type { Contact, PeerId } from '../types.js';
import type { Around } from './frames.js';
import type { Acquaintance, Known } from './known.js';
import type { Successors } from './successors.js';

/** Who stands where: greedy routing, and the peers around a place. */
export class Routes {
  readonly #self: Contact;
  readonly #addresses: () => readonly PathAddress[];
  readonly #acquaintance: Acquaintance;
  readonly #successors: Successors;

  /** @param addresses where we are now: whoever joins dials us by what we tell of ourselves */
  constructor(
    self: Contact,
    addresses: () => readonly PathAddress[],
    acquaintance: Acquaintance,
    successors: Successors,
  ) {
    this.#self = self;
    this.#addresses = addresses;
    this.#acquaintance = acquaintance;
    this.#successors = successors;
  }

  /**
   * The linked peer over which it is nearest to a place, by its own links too (one-hop lookahead). It is always
   * nearer itself than we are, so no message runs in a circle, however old the lookahead is. Whoever is meant is tried
   * also while it is silent, if nobody else could bring it: a few lost packets are no reason to give up.
   * @param onIt whether a peer exactly there counts @param without never these
   */
  next(place: Place, onIt: boolean, without?: ReadonlySet<PeerId>): PeerId | undefined {
    const own = distance(this.#self.place, place);
    let best: Known | undefined;
    let meant: Known | undefined;
    let bestWay = Number.POSITIVE_INFINITY;
    let bestOwn = Number.POSITIVE_INFINITY;
    for (const known of this.#acquaintance.all) {
      if (!known.linked || without?.has(known.contact.id)) continue;
      const way = distance(known.contact.place, place);
      if (way >= own || (way === 0 && !onIt)) continue;
      if (!known.usable) {
        if (way === 0 && known.alive) meant = known;
        continue;
      }
      const nearest = way === 0 ? 0 : known.nearest(place);
      if (nearest > bestWay || (nearest === bestWay && way >= bestOwn)) continue;
      best = known;
      bestWay = nearest;
      bestOwn = way;
    }
    return (best ?? meant)?.contact.id;
  }

  /**
   * The linked peer that is nearest to a place itself, and nearer than we are. Steps of that kind never lead in a
   * circle. @param current stays until another is twice as near
   */
  nearest(place: Place, current: PeerId | undefined): PeerId | undefined {
    let best: Known | undefined;
    let bestWay = distance(this.#self.place, place);
    let currentWay = Number.POSITIVE_INFINITY;
    for (const known of this.#acquaintance.all) {
      if (!known.usable) continue;
      const way = distance(known.contact.place, place);
      if (known.contact.id === current) currentWay = way;
      if (way >= bestWay) continue;
      best = known;
      bestWay = way;
    }
    const isKept = best !== undefined && bestWay * 2 > currentWay;
    return isKept ? current : best?.contact.id;
  }

  /** Somebody one is linked with says that a link of theirs leads there. */
  isLinked(place: Place): boolean {
    const there = roughly(place);
    return this.#acquaintance.all.some(({ usable, around }) => usable && around?.includes(there) === true);
  }

  /** At the place and behind it, clockwise: as far as one knows, ourselves among them. */
  holders(place: Place, count: number): Contact[] {
    return this.#from(place).slice(0, count);
  }

  around(place: Place, count: number): Around {
    const all = this.#from(place);
    const last = all.at(-1);
    const predecessor = last !== undefined && last.place !== place ? last : undefined;
    return { predecessor, successors: all.slice(0, count) };
  }

  #from(place: Place): Contact[] {
    const self = { ...this.#self, addresses: this.#addresses() };
    const all = new Map<PeerId, Contact>([[self.id, self]]);
    for (const contact of this.#successors.list) {
      const known = this.#acquaintance.get(contact.id);
      if (known === undefined || known.health === 'good' || known.health === 'deaf')
        all.set(contact.id, contact);
    }
    for (const known of this.#acquaintance.all) if (known.usable) all.set(known.contact.id, known.contact);
    return [...all.values()].sort((a, b) => clockwise(place, a.place) - clockwise(place, b.place));
  }
}
