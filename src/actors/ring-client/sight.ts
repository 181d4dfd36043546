import type { DrawnPeer, RingCommands, RingStatus } from '../../chat/events.js';
import type { RingDot, RingSight } from '../inspect/frames.js';
import type { Inspectable, Look, Wish } from '../inspect/inspectable.js';

/** Nobody follows a ring with their eyes faster than this. */
const LOOK_EVERY_MS = 500;
/** A link that broke is shown for so long, also when whom it led to is no longer counted among the living. */
const BROKEN_FOR_MS = 30_000;
/** The thread that holds the overlay. */
const THREAD = 'core';

/** What a ring is looked at by. */
type Sights = Pick<RingCommands, 'ringStatus' | 'ringView'>;

/** Adds the ring, as a peer sees it, to what is told of the peer's actors. @param name what its people call it */
export function withRing(actors: Inspectable, ring: Sights, name: string): Inspectable {
  return {
    look(report) {
      const look = actors.look(report);
      const eye = new RingEye(ring, (sight) => report({ thread: THREAD, ring: { name, sight } }));
      return {
        wish: (next: Wish) => {
          look.wish(next);
          eye.open(next.ring);
        },
        close: () => {
          look.close();
          eye.open(false);
        },
      } satisfies Look;
    },
  };
}

/** Looks at the ring again and again while somebody wants to see it. */
class RingEye {
  readonly #ring: Sights;
  readonly #report: (sight: RingSight | undefined) => void;
  readonly #links = new BrokenLinks();
  #timer: NodeJS.Timeout | undefined;
  #isOpen = false;
  #told = '';

  /** Tells at once that there is a ring. */
  constructor(ring: Sights, report: (sight: RingSight | undefined) => void) {
    this.#ring = ring;
    this.#report = report;
    report(undefined);
  }

  open(isOpen: boolean): void {
    if (isOpen === this.#isOpen) return;
    this.#isOpen = isOpen;
    clearTimeout(this.#timer);
    this.#told = '';
    if (isOpen) void this.#look();
  }

  async #look(): Promise<void> {
    // While the thread is down there is nothing to see; it will be back.
    const seen = await Promise.all([this.#ring.ringStatus(), this.#ring.ringView()]).catch(() => undefined);
    if (!this.#isOpen) return;
    this.#timer = setTimeout(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
    if (seen === undefined) return;
    const sight = ringSight(...seen, this.#links);
    const text = JSON.stringify(sight);
    if (sight === undefined || text === this.#told) return;
    this.#told = text;
    this.#report(sight);
  }
}

function ringSight(
  { state, successor, predecessor }: RingStatus,
  peers: readonly DrawnPeer[],
  links: BrokenLinks,
): RingSight | undefined {
  const self = peers.find(({ role }) => role === 'self');
  if (self === undefined) return undefined;
  const both = successor === predecessor ? successor : undefined;
  const dots = links.dots(peers, performance.now(), both);
  return { state, self: dotOf(self, 'self', 'none'), dots };
}

interface Linked {
  /** As it was then. */
  readonly dot: RingDot;
  /** Monotonic ms at which it was linked last. */
  readonly at: number;
}

/** Remembers who was linked, since a broken link is one that was there before. */
export class BrokenLinks {
  readonly #linked = new Map<string, Linked>();

  /** Everybody but oneself. @param now monotonic ms @param both key of who stands on either side of oneself */
  dots(peers: readonly DrawnPeer[], now: number, both?: string): RingDot[] {
    for (const [key, { at }] of this.#linked) if (now - at > BROKEN_FOR_MS) this.#linked.delete(key);
    const others = peers.filter(({ role }) => role !== 'self');
    const dots = others.map((peer) => this.#dot(peer, now, peer.author === both));
    const there = new Set(dots.map(({ key }) => key));
    for (const [key, { dot }] of this.#linked) {
      if (there.has(key)) continue;
      // Whoever leaves says so, and goes with a link that nobody suspects.
      if (dot.link === 'suspect') dots.push(broken(dot));
      else this.#linked.delete(key);
    }
    return dots;
  }

  #dot(peer: DrawnPeer, now: number, isBoth: boolean): RingDot {
    const before = this.#linked.get(peer.author)?.dot;
    const role = isBoth ? 'both' : roleOf(peer);
    if (isLinked(peer)) {
      const isSuspect = peer.link === 'suspect';
      // The ring may do without one who is suspected: it is shown as what is about to be lost.
      const shownAs = isSuspect && peer.role === 'other' ? (before?.role ?? role) : role;
      const dot = dotOf(peer, shownAs, isSuspect ? 'suspect' : 'live');
      this.#linked.set(peer.author, { dot, at: now });
      return dot;
    }
    const dot = dotOf(peer, role, 'none');
    if (before === undefined) return dot;
    // A link that nobody needs any more is closed on purpose; a pointer without one has lost it.
    if (peer.role !== 'other') return broken(dot);
    // Whoever is a neighbour no more for being dead is shown as what was lost.
    if (before.link === 'suspect') return { ...broken(dot), role: before.role };
    this.#linked.delete(peer.author);
    return dot;
  }
}

function broken(dot: RingDot): RingDot {
  return { ...dot, link: 'broken', lagMs: undefined };
}

function dotOf(peer: DrawnPeer, role: RingDot['role'], link: RingDot['link']): RingDot {
  const { author: key, user: name, place, lagMs } = peer;
  return { key, name, place, role, link, lagMs };
}

/** `other` is linked beyond the pointers, `known` is not linked at all. */
function roleOf(peer: DrawnPeer): RingDot['role'] {
  const { role } = peer;
  if (role !== 'extra' && role !== 'other') return role;
  return role === 'extra' || isLinked(peer) ? 'other' : 'known';
}

function isLinked({ link }: DrawnPeer): boolean {
  return link === 'live' || link === 'syncing' || link === 'suspect';
}
