import { Buckets } from '../../bucket.js';
import { Malformed, type Reader, Writer } from '../../bytes.js';
import { FrameType } from '../../constants.js';
import { Lane } from '../../types.js';
import { ROUTE_BODY_MAX_BYTES, ROUTE_HOPS_MAX, ROUTE_ID_BYTES } from '../constants.js';
import { type Place, placeOf } from '../place.js';
import { Recent } from '../recent.js';
import type { Contact, Part, PartPort, PeerId } from '../types.js';
import { Forwards } from './forwards.js';
import { type Route, routeCodec } from './route.js';

/** What may come over one link, whoever it is from; and from one peer, by its word, over all links. */
const PER_LINK = { perS: 200, burst: 1_000 };
const PER_SOURCE = { perS: 50, burst: 300 };
/** A route is remembered for longer than it can be under way. */
const REMEMBERED_MS = 30_000;
const REMEMBERED_MAX = 8_192;
/** Besides the body: id, hops, two keys, type. */
const HEAD_BYTES = 128;

/** Where the overlay says that a place is to be found. */
export interface Way {
  /**
   * A linked peer that is nearer to a place than oneself, the best of them; undefined when there is none. So nothing
   * runs in circles. @param without who is not asked for
   */
  next(place: Place, without?: ReadonlySet<PeerId>): PeerId | undefined;
}

/** What a ROUTE brought. Buffers are views. */
export interface Routed {
  /** What its first peer wrote: nothing proves it. */
  readonly from: Buffer;
  /** The link it came over last; this peer itself when it came over none. */
  readonly via: PeerId;
  readonly type: number;
  readonly body: Buffer;
}

export interface RouterPort extends PartPort {
  /** A frame for this peer, over more than one link. It may throw Malformed. */
  arrived(routed: Routed, now: number): void;
  /** A frame for somebody whom nobody is nearer to than this peer, and who is not there. It may throw Malformed. */
  stranded(to: Buffer, routed: Routed, now: number): void;
}

export interface RouterOptions {
  readonly self: Contact;
  /** 32 bytes. */
  readonly community: Buffer;
  readonly random: (target: Buffer) => void;
  readonly way: Way;
  readonly port: RouterPort;
}

/** Each from 0 for the life of the router. */
export interface RouterCounters {
  /** Frames for this peer, and the links they came over, together. */
  arrived: number;
  hops: number;
  relayed: number;
  /** Ended here: nobody is nearer to whom they are for. */
  stranded: number;
  /** Sent another way, since the link they went into has ended. */
  again: number;
  /** Dropped: whoever is nearer was given it before, or takes no more. */
  lost: number;
  /** Dropped: over more links than any way has. */
  astray: number;
  /** Dropped: over a limit. */
  limited: number;
  /** Dropped: had been here for this peer before. */
  repeated: number;
  /** Dropped: what was in it is malformed. Whoever relayed it could not know. */
  malformed: number;
}

/**
 * Frames between peers that have no link with each other. Greedy by place (Chord, Symphony), the overlay choosing with
 * one hop's lookahead. Nothing waits here: what a link does not take is dropped, and whoever said it says it again
 * until it is answered.
 *
 *     sender ── ROUTE ──> relay ── ROUTE ──> addressee           or: the nearest one alive, where it is stranded
 */
export class Router implements Part {
  readonly counters: RouterCounters = {
    arrived: 0,
    hops: 0,
    relayed: 0,
    stranded: 0,
    again: 0,
    lost: 0,
    astray: 0,
    limited: 0,
    repeated: 0,
    malformed: 0,
  };
  readonly #options: RouterOptions;
  readonly #links = new Set<PeerId>();
  /** What came over each link, the one before with the same peer too. */
  readonly #credit = new Buckets(PER_LINK.perS, PER_LINK.burst);
  readonly #sources = new Buckets(PER_SOURCE.perS, PER_SOURCE.burst);
  /** Routes that were here, and to whom they were given. */
  readonly #tried = new Recent<Set<PeerId>>(REMEMBERED_MS, REMEMBERED_MAX);
  readonly #forwards = new Forwards();
  readonly #writer = new Writer(1024, ROUTE_BODY_MAX_BYTES + HEAD_BYTES);

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Sends a frame to a peer: over the link with it, or from peer to peer. It may be lost. @throws RangeError above ROUTE_BODY_MAX_BYTES */
  send(to: Buffer, type: number, body: Uint8Array, now: number): void {
    const { port, self, random } = this.#options;
    const peer = to.toString('hex');
    if (this.#links.has(peer) && port.send(peer, type, body, Lane.Talk)) return;
    const id = Buffer.alloc(ROUTE_ID_BYTES);
    random(id);
    const own = { to: Buffer.from(to), body: Buffer.from(body) };
    this.#forward({ ...own, id, hops: 1, from: self.key, type }, self.id, now);
  }

  /** Counts a frame that came over that link. @returns false when there are too many: it is to be dropped */
  allows(link: PeerId, now: number): boolean {
    if (this.#links.has(link) && this.#credit.take(link, now) === 0) return true;
    this.counters.limited++;
    return false;
  }

  // ---- As a part ----------------------------------------------------------------------------------------

  linked(peer: Contact): void {
    this.#links.add(peer.id);
  }

  unlinked(peer: PeerId, now: number): void {
    this.#links.delete(peer);
    for (const route of this.#forwards.take(peer, now)) {
      this.counters.again++;
      this.#forward(route, peer, now);
    }
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    if (type !== FrameType.Route) return false;
    const route = routeCodec.decode(body);
    if (!this.allows(from, now)) return true;
    if (this.#sources.take(route.from.toString('hex'), now) > 0) this.counters.limited++;
    else if (route.to.equals(this.#options.self.key)) this.#arrive(route, from, now);
    else if (route.hops >= ROUTE_HOPS_MAX) this.counters.astray++;
    else this.#relay(route, from, now);
    return true;
  }

  tick(): void {
    // What is remembered is bounded by its number, and forgotten as more comes.
  }

  deadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  // ---- Within -------------------------------------------------------------------------------------------

  #arrive({ id, from, type, body, hops }: Route, via: PeerId, now: number): void {
    const name = id.toString('hex');
    if (this.#tried.get(name, now) !== undefined) {
      this.counters.repeated++;
      return;
    }
    this.#tried.set(name, new Set(), now);
    this.counters.arrived++;
    this.counters.hops += hops;
    this.#sparing(() => this.#options.port.arrived({ from, via, type, body }, now));
  }

  #relay(route: Route, via: PeerId, now: number): void {
    this.counters.relayed++;
    const { id, to, from, body, hops, type } = route;
    const own = [id, to, from, body].map((each) => Buffer.from(each)) as [Buffer, Buffer, Buffer, Buffer];
    this.#forward({ id: own[0], to: own[1], from: own[2], body: own[3], hops: hops + 1, type }, via, now);
  }

  /** To the nearest peer that it was not given to yet. @param route its buffers are its own */
  #forward(route: Route, via: PeerId, now: number): void {
    const { community, port, way } = this.#options;
    const name = route.id.toString('hex');
    const tried = this.#tried.get(name, now) ?? new Set<PeerId>();
    this.#tried.set(name, tried, now);
    const to = route.to.toString('hex');
    if (this.#links.has(to) && this.#give(to, route, now)) return;
    const place = placeOf(community, route.to);
    for (let next = way.next(place, tried); next !== undefined && !tried.has(next); ) {
      tried.add(next);
      if (this.#give(next, route, now)) return;
      next = way.next(place, tried);
    }
    if (way.next(place) !== undefined) {
      // Somebody nearer has it already, or takes nothing now.
      this.counters.lost++;
      return;
    }
    this.counters.stranded++;
    this.#sparing(() => port.stranded(route.to, { ...route, via }, now));
  }

  /** What is wrong inside of a route is no fault of the link it came over. */
  #sparing(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.counters.malformed++;
    }
  }

  #give(peer: PeerId, route: Route, now: number): boolean {
    routeCodec.encode(this.#writer.reset(), route);
    if (!this.#options.port.send(peer, FrameType.Route, this.#writer.view(), Lane.Talk)) return false;
    this.#forwards.add(peer, route, now);
    return true;
  }
}
