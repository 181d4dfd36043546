import {
  EVERYBODY_LINKED_MAX,
  EVERYBODY_LINKED_UNTIL,
  SUCCESSORS_LINKED,
  SUCCESSORS_MIN,
} from '../constants.js';
import type { Contact, Neighbourhood, RingState } from '../types.js';
import type { View } from './frames.js';
import type { Acquaintance, Known } from './known.js';
import type { Longs } from './longs.js';
import { Successors } from './successors.js';

const isSilent = ({ health, watch }: Known) =>
  health !== 'good' || (watch !== undefined && watch.stage !== 'asked');

/** A liar can always name somebody nearer who never answers: that keeps nobody from having joined for longer. */
const JOINING_MAX_MS = 5_000;

/** One's own pointers: made anew from what is known of others, whenever that is another thing. */
export class Pointers {
  readonly successors: Successors;
  /** The first successor that is linked and answers: the one to stabilise with. */
  head: Known | undefined;
  predecessor: Known | undefined;
  state: RingState = 'alone';
  /** Of what others are told: another one whenever list or predecessor are. */
  version: number;
  readonly #self: Contact;
  readonly #acquaintance: Acquaintance;
  readonly #longs: Longs;
  #isSmall = true;
  #described: Neighbourhood | undefined;
  /** Joining ends with the first successor's own list (Zave): until then ours holds whoever we happened to meet. */
  hasJoined = false;
  #headSince = 0;

  /** @param version to begin with, so that nobody takes the pointers of a last life for those of this one */
  constructor(self: Contact, acquaintance: Acquaintance, longs: Longs, version: number) {
    this.#self = self;
    this.#acquaintance = acquaintance;
    this.#longs = longs;
    this.version = version;
    this.successors = new Successors(self, acquaintance);
  }

  get neighbourhood(): Neighbourhood {
    this.#described ??= this.#describe();
    return this.#described;
  }

  /** As others are told it. */
  get view(): View {
    const predecessor = this.predecessor?.contact;
    return {
      version: this.version,
      predecessor,
      successors: this.successors.list,
      isJoining: !this.hasJoined,
    };
  }

  /** @returns whether there is something that others should be told */
  remake(now: number): boolean {
    const predecessor = this.#nearestBehind();
    const isOther = predecessor !== this.predecessor;
    this.predecessor = predecessor;
    const isNews = this.successors.remake(now) || isOther;
    if (isNews) this.version++;
    this.head = this.#firstUsable();
    const { size } = this.successors;
    this.#isSmall = size <= (this.#isSmall ? EVERYBODY_LINKED_UNTIL : EVERYBODY_LINKED_MAX);
    return isNews;
  }

  /**
   * Links that the pointers need: the predecessor and the first successors; while one of these is silent, many, since
   * those behind it may be dead too.
   */
  wanted(now: number): Set<Known> {
    const wanted = new Set<Known>();
    if (this.predecessor !== undefined) wanted.add(this.predecessor);
    let good = 0;
    let count = SUCCESSORS_LINKED;
    for (const contact of this.successors.list) {
      if (good >= count && !this.#isSmall) break;
      const known = this.#acquaintance.meet(contact);
      if (known === undefined) continue;
      if (isSilent(known)) count = SUCCESSORS_MIN;
      else good++;
      wanted.add(known);
    }
    for (const known of this.#longs.chosen) wanted.add(known);
    for (const known of this.#acquaintance.all) if (known.triedUntil > now) wanted.add(known);
    return wanted;
  }

  /** Whether a link to somebody there would be a pointer at once: before the third successor, or behind the predecessor. */
  isNear(known: Known): boolean {
    const third = this.successors.list[SUCCESSORS_LINKED - 1];
    if (third === undefined || this.#isSmall) return true;
    const last = this.#acquaintance.get(third.id);
    if (last === undefined || known.way <= last.way) return true;
    return this.predecessor === undefined || known.way >= this.predecessor.way;
  }

  /** Somebody to be kept in mind though there is no link: a pointer of ours, or it was one a moment ago. */
  holds(known: Known): boolean {
    return known === this.predecessor || this.successors.list.some(({ id }) => id === known.contact.id);
  }

  /**
   * @param isSeeking somebody may turn out to be nearer than those we have
   * @returns whether screen and machine should look again
   */
  judge(now: number, isSeeking: boolean): boolean {
    const before = this.state;
    const hadJoined = this.hasJoined;
    const state = this.#stateNow(now);
    if (this.head === undefined) this.#headSince = now;
    if (state === 'alone') this.hasJoined = false;
    else if (state === 'stable' && (!isSeeking || now - this.#headSince >= JOINING_MAX_MS))
      this.hasJoined = true;
    if (this.hasJoined !== hadJoined) this.version++;
    this.state = this.hasJoined || state === 'alone' ? state : 'joining';
    this.#described = undefined;
    return this.state !== before;
  }

  #stateNow(now: number): RingState {
    const { list } = this.successors;
    if (list.length === 0)
      return this.#acquaintance.all.some(({ triedUntil }) => triedUntil > now) ? 'joining' : 'alone';
    if (this.head === undefined || this.predecessor === undefined) return 'repairing';
    if (this.predecessor.health === 'suspect') return 'repairing';
    for (const contact of list.slice(0, SUCCESSORS_LINKED)) {
      const known = this.#acquaintance.get(contact.id);
      if (known?.health !== 'good' && known?.health !== 'deaf') return 'repairing';
      if (known.health === 'good' && !known.linked) return 'repairing';
    }
    return 'stable';
  }

  /** Whoever of those who are linked is nearest counter-clockwise: our true predecessor keeps a link to us. */
  #nearestBehind(): Known | undefined {
    let best: Known | undefined;
    for (const known of this.#acquaintance.all) {
      if (!known.proven || !known.alive) continue;
      const isKept = known === this.predecessor && (known.watch !== undefined || known.health === 'deaf');
      const isThere = known.linked || isKept;
      if (isThere && (best === undefined || known.way > best.way)) best = known;
    }
    return best;
  }

  #firstUsable(): Known | undefined {
    for (const contact of this.successors.list) {
      const known = this.#acquaintance.get(contact.id);
      if (known?.usable && known.view !== undefined) return known;
    }
    return undefined;
  }

  #describe(): Neighbourhood {
    const { list, size } = this.successors;
    const listed = new Set(list.map(({ id }) => id));
    const long = [...this.#longs.chosen].filter(({ usable }) => usable).map(({ contact }) => contact);
    const others = this.#acquaintance.all.filter(
      (known) =>
        known.usable &&
        known !== this.predecessor &&
        !listed.has(known.contact.id) &&
        !this.#longs.has(known),
    );
    const extra = this.#isSmall ? list.slice(SUCCESSORS_LINKED) : others.map(({ contact }) => contact);
    const predecessor = this.predecessor?.contact;
    return { self: this.#self, predecessor, successors: list, long, extra, size, state: this.state };
  }
}
