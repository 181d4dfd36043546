import { formatAddress } from '../../chat/address.js';
import type { ClientEvent, DrawnPeer, RingStatus } from '../../chat/events.js';
import { RING_PLACES } from '../../net/ring/constants.js';
import type { PeerId } from '../../net/ring/types.js';
import type { PathAddress } from '../../net/types.js';
import type { RingPeer } from '../ring/peer.js';
import type { Clock } from '../runtime/actor.js';
import type { Names } from './names.js';

const SETTLE_MS = 100;
/** Whoever was named as a peer should have answered by then; ms. */
const ANSWER_MS = 10_000;
/** One who was told where others are is not said to be alone before they had time to answer; ms. */
const SEEK_MS = 3_000;

export interface StandingOptions {
  readonly clock: Clock;
  readonly peer: () => RingPeer;
  readonly names: Names;
  readonly emit: (event: ClientEvent) => void;
}

/** How one stands in the ring, as people are told: connected or alone, to how many, since when. */
export class Standing {
  readonly #options: StandingOptions;
  #told = '';
  #state = '';
  #since: number;
  #isDue = false;
  #isSeeking = false;
  #hasMet = false;

  constructor(options: StandingOptions) {
    this.#options = options;
    this.#since = options.clock.now();
  }

  /** It is told a little later: who comes or goes moves several things, one after the other. */
  changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.clock.setTimeout(() => this.#tell(), SETTLE_MS);
  }

  /** @param named where others are, as one was told */
  begin(named: readonly PathAddress[]): void {
    this.changed();
    if (named.length === 0) return;
    this.#isSeeking = true;
    this.#options.clock.setTimeout(() => {
      this.#isSeeking = false;
      this.changed();
    }, SEEK_MS);
    this.#expect(named);
  }

  #tell(): void {
    this.#isDue = false;
    const { sinceMs, ...rest } = this.status();
    const text = JSON.stringify(rest);
    if (text === this.#told) return;
    this.#told = text;
    this.#options.emit({ event: 'ring', ...rest, sinceMs });
  }

  status(): RingStatus {
    const { clock, names } = this.#options;
    const peer = this.#options.peer();
    const peers = Math.max(0, peer.people.roster.presentCount - 1);
    // Others can be known a moment before there is a way to them round the ring.
    this.#hasMet ||= peers > 0;
    const isOnTheWay = peers > 0 || (this.#isSeeking && !this.#hasMet);
    const state = peer.state === 'alone' && isOnTheWay ? 'joining' : peer.state;
    if (state !== this.#state) {
      this.#state = state;
      this.#since = clock.now();
    }
    const { successors, predecessor } = peer.neighbourhood;
    const [successor] = successors;
    return {
      peers,
      state,
      ...(successor === undefined ? {} : { successor: names.fingerprintOf(successor.id) }),
      ...(predecessor === undefined ? {} : { predecessor: names.fingerprintOf(predecessor.id) }),
      sinceMs: Math.round(clock.now() - this.#since),
    };
  }

  /** Everybody known, oneself among them, by place. */
  view(): DrawnPeer[] {
    const { names } = this.#options;
    const peer = this.#options.peer();
    const { self, successors, predecessor, long, extra } = peer.neighbourhood;
    const roles = new Map<PeerId, DrawnPeer['role']>();
    for (const { id } of extra) roles.set(id, 'extra');
    for (const { id } of long) roles.set(id, 'long');
    for (const { id } of successors) roles.set(id, 'successor');
    if (predecessor !== undefined && predecessor.id !== successors[0]?.id)
      roles.set(predecessor.id, 'predecessor');
    roles.set(self.id, 'self');
    return [...peer.people.roster.present]
      .map(({ contact }): DrawnPeer => {
        const link = peer.links.find(contact.id);
        const rttMs = link?.rttMs;
        return {
          user: names.of(contact.id),
          author: names.fingerprintOf(contact.id),
          place: contact.place / RING_PLACES,
          role: roles.get(contact.id) ?? 'other',
          link: link?.state ?? 'none',
          ...(rttMs === undefined ? {} : { lagMs: Math.round(rttMs * 10) / 10 }),
        };
      })
      .sort((a, b) => a.place - b.place);
  }

  /**
   * Says so when nobody has been met by the addresses one was given. A closed ring does not answer those who lack its
   * key, so this is all that can be known.
   */
  #expect(peers: readonly PathAddress[]): void {
    const { clock, emit } = this.#options;
    const at = peers.map(({ address, port }) => formatAddress({ host: address, port })).join(', ');
    clock.setTimeout(() => {
      if (this.#hasMet || this.status().peers > 0) return;
      emit({
        event: 'notice',
        text: `Nobody of this ring answers at ${at}: check the address and the ring's name; a closed ring is joined by its invite link only.`,
      });
    }, ANSWER_MS);
  }
}
