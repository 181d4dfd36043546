import { PrivateTalk } from '../../src/actors/ring/letters/talk.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import { Reader } from '../../src/net/bytes.js';
import { HybridClock } from '../../src/net/ring/clock.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { type Identity, identityOf, verify } from '../../src/net/ring/identity.js';
import { clockwise, distance, type Place } from '../../src/net/ring/place.js';
import type { Contact, PeerId } from '../../src/net/ring/types.js';
import type { StoredLetter } from '../../src/store/mail/letters.js';
import { type MailTables, memoryMail } from '../../src/store/mail/tables.js';

const LATENCY_MS = 20;
const SUCCESSORS_KNOWN = 8;
const SUCCESSORS_LINKED = 3;

/** What a frame on its way looks like to those who want to lose or change it. */
export interface FrameOnLink {
  readonly from: PeerId;
  readonly to: PeerId;
  readonly type: number;
  readonly body: Buffer;
}

/** A peer of that ring: its private messages, and what a screen would show of them. */
export class PostPeer {
  readonly identity: Identity;
  readonly self: Contact;
  /** Letters as events told them, in that order. */
  readonly letters: StoredLetter[] = [];
  readonly deliveries: StoredLetter[] = [];
  readonly reached: string[] = [];
  talk: PrivateTalk | undefined;
  timer: unknown;

  constructor(
    readonly name: string,
    seed: Buffer,
    community: Buffer,
    readonly mail: MailTables,
  ) {
    this.identity = identityOf(seed);
    this.self = contactOf(community, this.identity.publicKey, []);
  }

  get id(): PeerId {
    return this.self.id;
  }

  /** What it was told in letters of others. */
  get heard(): string[] {
    return this.letters.filter(({ mine }) => !mine).map(({ body }) => body.toString());
  }

  /** How its own letters stand, by their texts. */
  get states(): Record<string, string> {
    const all = [...this.letters, ...this.deliveries].filter(({ mine }) => mine);
    return Object.fromEntries(all.map(({ body, state }) => [body.toString(), state]));
  }
}

/**
 * Many peers in virtual time with an overlay that knows everything: who is alive is linked with its successors, its
 * predecessor and a few others. Stands in for src/net/ring/overlay, the links and the wires.
 */
export class PostRing {
  readonly clock = new ManualClock();
  readonly community = Buffer.alloc(32, 7);
  readonly peers: PostPeer[] = [];
  readonly #alive = new Set<PostPeer>();
  readonly #linked = new Set<string>();
  #random: number;
  /** Returns false for a frame that is lost. */
  weather: (frame: FrameOnLink) => boolean = () => true;

  constructor(seed = 1) {
    this.#random = seed;
  }

  /** 0 to 1, the same again with the same seed (mulberry32). */
  chance(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  random = (target: Buffer): void => {
    for (let at = 0; at < target.length; at++) target[at] = Math.floor(this.chance() * 256);
  };

  /** Makes peers, and starts them. */
  add(count: number): PostPeer[] {
    const made = Array.from({ length: count }, (_, index) => {
      const seed = Buffer.alloc(32);
      this.random(seed);
      return new PostPeer(`peer ${this.peers.length + index}`, seed, this.community, memoryMail());
    });
    this.peers.push(...made);
    for (const peer of made) this.start(peer);
    return made;
  }

  start(peer: PostPeer): void {
    peer.talk = new PrivateTalk({
      clock: this.clock,
      random: this.random,
      identity: peer.identity,
      verify,
      self: peer.self,
      community: this.community,
      hybrid: new HybridClock(),
      way: {
        next: (place, without) => this.#next(peer, place, without),
        holders: (place, count) => this.#holders(peer, place, count),
      },
      mail: peer.mail,
      port: {
        send: (to, type, body) => this.#send(peer, to, type, body),
        reach: (to, on) => peer.reached.push(`${on ? 'reach' : 'leave'} ${to}`),
        wake: () => this.#arm(peer),
      },
      events: {
        letter: (letter) => peer.letters.push(letter),
        delivery: (letter) => peer.deliveries.push(letter),
      },
      name: () => peer.name,
    });
    this.#alive.add(peer);
    this.#relink();
  }

  /** As kill -9: what is on its disk stays. */
  kill(peer: PostPeer): void {
    this.clock.clearTimeout(peer.timer);
    peer.talk = undefined;
    this.#alive.delete(peer);
    this.#relink();
  }

  say(from: PostPeer, to: PostPeer, text: string, key = ''): string {
    return talkOf(from).say(to.id, 1, Buffer.from(text), key);
  }

  run(ms: number): void {
    this.clock.advance(ms);
  }

  /** The live peers that are to keep somebody's mail, the nearest first. */
  keepersOf(peer: PostPeer, besides: PostPeer): PostPeer[] {
    const rest = [...this.#alive].filter((each) => each !== peer && each !== besides);
    return clockwiseFrom(peer.self.place, rest).slice(0, 4);
  }

  isLinked(a: PostPeer, b: PostPeer): boolean {
    return this.#linked.has(linkName(a.id, b.id));
  }

  // ---- Within -------------------------------------------------------------------------------------------

  #arm(peer: PostPeer): void {
    this.clock.clearTimeout(peer.timer);
    const deadline = peer.talk?.deadline() ?? Number.POSITIVE_INFINITY;
    if (deadline === Number.POSITIVE_INFINITY) return;
    peer.timer = this.clock.setTimeout(
      () => {
        peer.talk?.tick(this.clock.now());
        this.#arm(peer);
      },
      Math.max(0, deadline - this.clock.now()),
    );
  }

  #send(from: PostPeer, to: PeerId, type: number, body: Uint8Array): boolean {
    if (from.talk === undefined || !this.#linked.has(linkName(from.id, to))) return false;
    const frame = { from: from.id, to, type, body: Buffer.from(body) };
    if (!this.weather(frame)) return true;
    this.clock.setTimeout(() => {
      const peer = this.peers.find(({ id }) => id === to);
      if (peer?.talk === undefined || !this.#linked.has(linkName(from.id, to))) return;
      peer.talk.frame(from.id, type, new Reader(frame.body), this.clock.now());
      this.#arm(peer);
    }, LATENCY_MS);
    return true;
  }

  #next(peer: PostPeer, place: Place, without?: ReadonlySet<PeerId>): PeerId | undefined {
    const nearer = [...this.#alive]
      .filter((other) => other !== peer && this.isLinked(peer, other) && without?.has(other.id) !== true)
      .filter((other) => distance(other.self.place, place) < distance(peer.self.place, place))
      .sort((a, b) => distance(a.self.place, place) - distance(b.self.place, place));
    return nearer[0]?.id;
  }

  #holders(peer: PostPeer, place: Place, count: number): Contact[] {
    const others = [...this.#alive].filter((each) => each !== peer);
    const known = new Set(clockwiseFrom(peer.self.place, others).slice(0, SUCCESSORS_KNOWN));
    for (const other of others) if (this.isLinked(peer, other)) known.add(other);
    return clockwiseFrom(place, [...known.add(peer)])
      .slice(0, count)
      .map(({ self }) => self);
  }

  #relink(): void {
    const wanted = new Set<string>();
    for (const peer of this.#alive) {
      const others = clockwiseFrom(
        peer.self.place,
        [...this.#alive].filter((each) => each !== peer),
      );
      const far = [8, 4, 2].map((part) => others[Math.floor(others.length / part)]);
      for (const other of [...others.slice(0, SUCCESSORS_LINKED), ...far])
        if (other !== undefined) wanted.add(linkName(peer.id, other.id));
    }
    const gone = [...this.#linked].filter((link) => !wanted.has(link));
    const fresh = [...wanted].filter((link) => !this.#linked.has(link));
    this.#linked.clear();
    for (const link of wanted) this.#linked.add(link);
    this.#tell(gone, (a, b) => a.talk?.unlinked(b.id, this.clock.now()));
    this.#tell(fresh, (a, b) => a.talk?.linked(b.self, this.clock.now()));
    for (const peer of this.#alive) {
      peer.talk?.changed(this.clock.now());
      this.#arm(peer);
    }
  }

  #tell(links: readonly string[], tell: (a: PostPeer, b: PostPeer) => void): void {
    for (const link of links) {
      const [a, b] = link.split(' ').map((id) => this.peers.find((peer) => peer.id === id));
      if (a === undefined || b === undefined) continue;
      tell(a, b);
      tell(b, a);
    }
  }
}

export function talkOf({ name, talk }: PostPeer): PrivateTalk {
  if (talk === undefined) throw new Error(`${name} is not there`);
  return talk;
}

function clockwiseFrom(place: Place, peers: readonly PostPeer[]): PostPeer[] {
  return [...peers].sort((a, b) => clockwise(place, a.self.place) - clockwise(place, b.self.place));
}

const linkName = (a: PeerId, b: PeerId): string => (a < b ? `${a} ${b}` : `${b} ${a}`);
