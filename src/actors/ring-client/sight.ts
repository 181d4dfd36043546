import type { DrawnPeer, RingCommands, RingStatus } from '../../chat/events.js';
import type { RingDot, RingSight } from '../inspect/frames.js';
import type { Inspectable, Look, Report, Wish } from '../inspect/inspectable.js';

/** Nobody follows a ring with their eyes faster than this. */
const LOOK_EVERY_MS = 500;
/** A link that broke is shown for so long, also when whom it led to is no longer counted among the living. */
const BROKEN_FOR_MS = 30_000;
/** The thread that holds the overlay. */
const THREAD = 'core';

/** Adds the ring, as a peer sees it, to what is told of the peer's actors. */
export function withRing(
  actors: Inspectable,
  ring: Pick<RingCommands, 'ringStatus' | 'ringView'>,
): Inspectable {
  return {
    look(report) {
      const look = actors.look(report);
      const eye = new RingEye(ring, report);
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
  readonly #ring: Pick<RingCommands, 'ringStatus' | 'ringView'>;
  readonly #report: (report: Report) => void;
  readonly #links = new BrokenLinks();
  #timer: NodeJS.Timeout | undefined;
  #isOpen = false;
  #told = '';

  constructor(ring: Pick<RingCommands, 'ringStatus' | 'ringView'>, report: (report: Report) => void) {
    this.#ring = ring;
    this.#report = report;
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
    const ring = ringSight(...seen, this.#links.dots(seen[1], performance.now()));
    const text = JSON.stringify(ring);
    if (ring === undefined || text === this.#told) return;
    this.#told = text;
    this.#report({ thread: THREAD, ring });
  }
}

function ringSight(
  { state }: RingStatus,
  peers: readonly DrawnPeer[],
  dots: readonly RingDot[],
): RingSight | undefined {
  const self = peers.find(({ role }) => role === 'self');
  return self === undefined ? undefined : { state, self: dotOf(self, 'none'), dots };
}

interface Linked {
  readonly dot: RingDot;
  /** Monotonic ms at which it was linked last. */
  readonly at: number;
}

/** Remembers who was linked, since a broken link is one that was there before. */
export class BrokenLinks {
  readonly #linked = new Map<string, Linked>();

  /** Everybody but oneself. @param now monotonic ms */
  dots(peers: readonly DrawnPeer[], now: number): RingDot[] {
    const dots = peers.filter(({ role }) => role !== 'self').map((peer) => this.#dot(peer, now));
    const there = new Set(dots.map(({ key }) => key));
    for (const [key, { dot, at }] of this.#linked) {
      if (now - at > BROKEN_FOR_MS) this.#linked.delete(key);
      else if (!there.has(key)) dots.push({ ...dot, link: 'broken', lagMs: undefined });
    }
    return dots;
  }

  #dot(peer: DrawnPeer, now: number): RingDot {
    const isLive = peer.link === 'live' || peer.link === 'syncing';
    if (isLive || peer.link === 'suspect') {
      const dot = dotOf(peer, isLive ? 'live' : 'suspect');
      this.#linked.set(peer.author, { dot, at: now });
      return dot;
    }
    // A link that nobody needs any more is closed on purpose; a pointer without one has lost it.
    const isNeeded = peer.role !== 'other';
    const wasLinked = this.#linked.has(peer.author);
    if (!isNeeded) this.#linked.delete(peer.author);
    return dotOf(peer, isNeeded && wasLinked ? 'broken' : 'none');
  }
}

function dotOf(peer: DrawnPeer, link: RingDot['link']): RingDot {
  const { author: key, user: name, place, lagMs } = peer;
  return { key, name, place, role: roleOf(peer), link, lagMs };
}

/** `other` is linked beyond the pointers, `known` is not linked at all. */
function roleOf({ role, link }: DrawnPeer): RingDot['role'] {
  if (role !== 'extra' && role !== 'other') return role;
  return role === 'extra' || link === 'live' || link === 'syncing' ? 'other' : 'known';
}
