import { BlockList } from 'node:net';
import type { Packet } from 'dns-packet';
import { Bucket } from '../../../net/bucket.js';
import type { PathAddress } from '../../../net/types.js';
import type { Clock } from '../../runtime/actor.js';
import { type Announcement, answersOf, asksForPeers, portsIn, SERVICE } from './announcement.js';
import type { Multicast, OpenMulticast } from './multicast.js';

/** RFC 6762 section 8.3: said twice, a second apart, since a datagram may get lost. */
const AGAIN_MS = 1_000;
const QUERY_EVERY_MS = 30_000;
/** Up to so much is added, so that a whole office that was switched on at once does not ask in chorus. */
const QUERY_JITTER_MS = 10_000;
/** RFC 6762 section 6: others of the same service answer as well. */
const ANSWER_AFTER_MIN_MS = 20;
const ANSWER_AFTER_MAX_MS = 120;
/** RFC 6762 section 6: a record is multicast at most once a second. */
const ANSWER_EVERY_MS = 1_000;
/** Somebody who was found is not told again before this; they are linked by then, or not there. */
const FOUND_AGAIN_MS = 60_000;
const FOUND_MAX = 128;
/** Each costs a handshake, and anybody on the network can claim anything. */
const FOUND_PER_S = 2;
const FOUND_BURST = 16;
const INTERFACES_EVERY_MS = 5_000;
const INTERFACES_MAX = 16;

/** An IPv4 address of this machine. */
export interface Interface {
  readonly address: string;
  /** Bits of its network. */
  readonly prefix: number;
}

export interface LanOptions {
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  readonly open: OpenMulticast;
  /** Those to be found on; they may change. */
  readonly interfaces: () => readonly Interface[];
  /** The community's, as `lanTagOf` gives it. */
  readonly tag: string;
  /** Where this peer listens. */
  readonly port: number;
  /** A hint: somebody claims to be of this community there. */
  readonly found: (at: PathAddress) => void;
}

/** Looks for peers of one community on the local networks, and is found there. */
export class LanDiscovery {
  /** Claims that were not followed since there were too many. */
  dropped = 0;
  readonly #options: LanOptions;
  readonly #own: Announcement;
  readonly #networks = new Map<string, Multicast>();
  readonly #timers = new Set<unknown>();
  readonly #rate: Bucket;
  /** When each was told, in that order. */
  readonly #found = new Map<string, number>();
  #onLink = new BlockList();
  #answeredAt = Number.NEGATIVE_INFINITY;
  #isAnswering = false;

  constructor(options: LanOptions) {
    this.#options = options;
    const { random, tag, port, clock } = options;
    const instance = Buffer.alloc(8);
    random(instance);
    this.#own = { instance: instance.toString('hex'), tag, port };
    this.#rate = new Bucket(FOUND_PER_S, FOUND_BURST, clock.now());
    this.#follow();
    this.#query();
  }

  /** Says goodbye and is not heard of again. */
  close(): void {
    for (const timer of this.#timers) this.#options.clock.clearTimeout(timer);
    this.#timers.clear();
    for (const [address, network] of this.#networks)
      network.respond(answersOf(this.#own, address, true), () => network.close());
    this.#networks.clear();
  }

  // ---- The networks there are ---------------------------------------------------------------------------

  #follow(): void {
    const interfaces = this.#options.interfaces().slice(0, INTERFACES_MAX);
    const here = new Set(interfaces.map(({ address }) => address));
    this.#onLink = new BlockList();
    for (const { address, prefix } of interfaces) this.#onLink.addSubnet(address, prefix, 'ipv4');
    for (const [address, network] of this.#networks) {
      if (here.has(address)) continue;
      network.close();
      this.#networks.delete(address);
    }
    for (const address of here) if (!this.#networks.has(address)) this.#enter(address);
    this.#after(INTERFACES_EVERY_MS, () => this.#follow());
  }

  #enter(address: string): void {
    const network = this.#options.open(address, {
      packet: (packet, from) => this.#heard(packet, from),
      // Tried again when the interfaces are looked at the next time.
      failed: () => this.#networks.delete(address),
    });
    this.#networks.set(address, network);
    const say = () => {
      if (this.#networks.get(address) !== network) return;
      network.respond(answersOf(this.#own, address, false));
      network.query(SERVICE);
    };
    say();
    this.#after(AGAIN_MS, say);
  }

  #query(): void {
    this.#after(QUERY_EVERY_MS + this.#chance(QUERY_JITTER_MS), () => {
      for (const network of this.#networks.values()) network.query(SERVICE);
      this.#query();
    });
  }

  // ---- What is heard ------------------------------------------------------------------------------------

  #heard(packet: Packet, from: string): void {
    // RFC 6762 section 11: whoever is not on the same link has nothing to say here.
    if (!this.#onLink.check(from, 'ipv4')) return;
    if (packet.type === 'query') {
      if (asksForPeers(packet.questions)) this.#answerSoon();
      return;
    }
    for (const port of portsIn([...(packet.answers ?? []), ...(packet.additionals ?? [])], this.#own))
      this.#hint({ address: from, port });
  }

  #answerSoon(): void {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    const sinceMs = this.#options.clock.now() - this.#answeredAt;
    const politeMs = ANSWER_AFTER_MIN_MS + this.#chance(ANSWER_AFTER_MAX_MS - ANSWER_AFTER_MIN_MS);
    this.#after(Math.max(politeMs, ANSWER_EVERY_MS - sinceMs), () => {
      this.#isAnswering = false;
      this.#answeredAt = this.#options.clock.now();
      for (const [address, network] of this.#networks) network.respond(answersOf(this.#own, address, false));
    });
  }

  #hint(at: PathAddress): void {
    const now = this.#options.clock.now();
    const name = `${at.address} ${at.port}`;
    const toldAt = this.#found.get(name);
    if (toldAt !== undefined && now - toldAt < FOUND_AGAIN_MS) return;
    if (this.#rate.take(now) > 0) {
      this.dropped++;
      return;
    }
    this.#found.delete(name);
    this.#found.set(name, now);
    const [oldest] = this.#found.keys();
    if (this.#found.size > FOUND_MAX && oldest !== undefined) this.#found.delete(oldest);
    this.#options.found(at);
  }

  #after(ms: number, run: () => void): void {
    const { clock } = this.#options;
    const timer = clock.setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, ms);
    this.#timers.add(timer);
  }

  /** From 0 up to `max`, any as likely. */
  #chance(max: number): number {
    const bytes = Buffer.alloc(4);
    this.#options.random(bytes);
    return (bytes.readUInt32BE() / 2 ** 32) * max;
  }
}
