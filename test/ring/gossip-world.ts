/** Many peers with broadcast, sync and a store in memory, over links that are drawn beforehand, in virtual time. */
import { Reader } from '../../src/net/bytes.js';
import { HybridClock, isAhead } from '../../src/net/ring/clock.js';
import { PeerState } from '../../src/net/ring/constants.js';
import { contactOf } from '../../src/net/ring/contact.js';
import { type FeedEntry, type GroupId, NO_ENTRY, readEntry, signEntry } from '../../src/net/ring/entry.js';
import { Broadcast } from '../../src/net/ring/gossip/broadcast.js';
import { type Item, ItemKind } from '../../src/net/ring/gossip/item.js';
import { SpreadLimit } from '../../src/net/ring/gossip/spread-limit.js';
import type { ItemFate } from '../../src/net/ring/gossip/types.js';
import { type Identity, identityOf } from '../../src/net/ring/identity.js';
import { distance } from '../../src/net/ring/place.js';
import { type PeerRecord, readRecord, signRecord } from '../../src/net/ring/record.js';
import { RosterSet } from '../../src/net/ring/sync/roster-set.js';
import { Sync } from '../../src/net/ring/sync/sync.js';
import type { Contact, Part, PeerId } from '../../src/net/ring/types.js';
import { Chance } from '../../src/sim/chance.js';
import { type Planned, Timeline } from '../../src/sim/timeline.js';
import { MemoryFeedStore } from '../../src/store/feeds/memory.js';

export const COMMUNITY = Buffer.alloc(32, 7);
export const LOBBY = Buffer.alloc(16);
export const LOBBY_ID: GroupId = LOBBY.toString('hex');
/** Virtual time 0 as people date it. */
export const WALL = 1_750_000_000_000;

export function identity(number: number): Identity {
  const seed = Buffer.alloc(32);
  seed.writeUInt32BE(number + 1);
  return identityOf(seed);
}

/** One frame that was sent, for tests that count. */
export interface Sent {
  readonly from: Node;
  readonly to: Node;
  readonly type: number;
  readonly bytes: number;
}

export class Node {
  readonly identity: Identity;
  readonly contact: Contact;
  readonly store = new MemoryFeedStore();
  readonly broadcast: Broadcast;
  readonly sync: Sync;
  readonly links = new Set<Node>();
  readonly records = new Map<PeerId, { readonly record: PeerRecord; readonly death: undefined }>();
  readonly roster = new RosterSet((id) => this.records.get(id));
  /** Entries by how many hops they came; -1: by sync. */
  readonly came = new Map<string, { readonly hops: number; readonly at: number }>();
  readonly syncedWith: PeerId[] = [];
  isDead = false;
  /** Throw away what is published, as if no link had it. */
  isMute = false;
  readonly #world: World;
  readonly #limit = new SpreadLimit();
  readonly #clock = new HybridClock();
  readonly #parts: readonly Part[];
  #tail: { seq: number; previous: Buffer } = { seq: 0, previous: NO_ENTRY };
  readonly #epoch: Buffer;
  #timer: Planned | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(world: World, number: number) {
    this.#world = world;
    this.identity = identity(number);
    this.contact = contactOf(COMMUNITY, this.identity.publicKey, []);
    const chance = new Chance(world.seed, `node ${number}`);
    this.#epoch = Buffer.alloc(8);
    chance.fill(this.#epoch);
    const send = (to: PeerId, type: number, body: Uint8Array): boolean => world.send(this, to, type, body);
    this.broadcast = new Broadcast({ send, received: (...all) => this.#heard(...all) });
    this.sync = new Sync({
      port: {
        send,
        sets: () => [this.store.set(LOBBY_ID), this.roster],
        restMs: () => 0,
        received: (items, _, now) => items.filter((item) => this.#brought(item, now)).length,
        synced: (peer) => this.syncedWith.push(peer),
      },
      random: (target) => chance.fill(target),
    });
    this.#parts = [this.broadcast, this.sync];
    this.record();
  }

  get id(): PeerId {
    return this.contact.id;
  }

  get held(): number {
    return this.came.size;
  }

  record(version = WALL): PeerRecord {
    const record = signRecord(this.identity, COMMUNITY, {
      version,
      state: PeerState.Online,
      name: 'x',
      addresses: [],
      cell: '',
      interests: [],
    });
    this.learn(record);
    return record;
  }

  learn(record: PeerRecord): boolean {
    const { id, place } = record.contact;
    if ((this.records.get(id)?.record.version ?? -1) >= record.version) return false;
    this.records.set(id, { record, death: undefined });
    this.roster.changed(id, place);
    return true;
  }

  say(text: string): FeedEntry {
    const { now } = this.#world.timeline;
    const entry = signEntry(this.identity, COMMUNITY, {
      group: LOBBY,
      epoch: this.#epoch,
      seq: this.#tail.seq + 1,
      previous: this.#tail.previous,
      clock: this.#clock.tick(WALL + Math.floor(now)),
      kind: 1,
      name: 'x',
      body: Buffer.from(text),
    });
    this.#tail = { seq: entry.seq, previous: entry.hash };
    this.store.append([entry], WALL + now);
    this.came.set(entry.hash.toString('hex'), { hops: 0, at: now });
    if (!this.isMute) this.broadcast.publish({ kind: ItemKind.Entry, bytes: entry.bytes }, now);
    this.arm();
    return entry;
  }

  publish(item: Item): void {
    this.broadcast.publish(item, this.#world.timeline.now);
    this.arm();
  }

  linked(other: Node): void {
    this.links.add(other);
    for (const part of this.#parts) part.linked(other.contact, this.#world.timeline.now);
    this.arm();
  }

  unlinked(other: Node): void {
    if (!this.links.delete(other)) return;
    for (const part of this.#parts) part.unlinked(other.id, this.#world.timeline.now);
    this.arm();
  }

  edges(peers: readonly Node[]): void {
    const ids = peers.map(({ id }) => id);
    this.broadcast.edges(ids);
    this.sync.edges(ids, this.#world.timeline.now);
    this.arm();
  }

  frame(from: PeerId, type: number, body: Buffer): void {
    const { now } = this.#world.timeline;
    const isTaken = this.#parts.some((part) => part.frame(from, type, new Reader(body), now));
    if (!isTaken) throw new Error(`nobody takes ${type}`);
    this.arm();
  }

  /** One timer for all parts, as a peer has it. */
  arm(): void {
    const at = Math.min(...this.#parts.map((part) => part.deadline()));
    if (at === this.#timerAt) return;
    if (this.#timer !== undefined) this.#world.timeline.callOff(this.#timer);
    this.#timerAt = at;
    this.#timer =
      at === Number.POSITIVE_INFINITY ? undefined : this.#world.timeline.plan(at, () => this.#tick());
  }

  #tick(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    if (this.isDead) return;
    for (const part of this.#parts) part.tick(this.#world.timeline.now);
    this.arm();
  }

  #heard(item: Item, from: PeerId, hops: number, now: number): ItemFate {
    if (item.kind === ItemKind.Record)
      return this.learn(readRecord(item.bytes, COMMUNITY, this.#world.verify)) ? 'spread' : 'known';
    const entry = readEntry(item.bytes, COMMUNITY, this.#world.verify);
    const isLive = this.#limit.lets(entry, from, now);
    if (!isLive) this.sync.hurry(now);
    const state = this.#keep(entry, hops, now);
    if (state === 'known') return 'known';
    return state === 'new' && isLive ? 'spread' : 'drop';
  }

  #brought(item: Item, now: number): boolean {
    if (item.kind === ItemKind.Record)
      return this.learn(readRecord(item.bytes, COMMUNITY, this.#world.verify));
    return this.#keep(readEntry(item.bytes, COMMUNITY, this.#world.verify), -1, now) === 'new';
  }

  #keep(entry: FeedEntry, hops: number, now: number): string {
    if (isAhead(entry.clock, WALL + now)) return 'refused';
    this.#clock.hear(entry.clock, WALL + now);
    const [added] = this.store.append([entry], WALL + now);
    if (added?.state === 'new') this.came.set(entry.hash.toString('hex'), { hops, at: now });
    return added?.state ?? 'refused';
  }
}

export interface WorldOptions {
  readonly nodes: number;
  readonly seed?: number;
  /** Share of datagrams lost; each is sent again after a probe timeout. */
  readonly loss?: number;
}

export class World {
  readonly timeline = new Timeline();
  readonly seed: number;
  readonly nodes: readonly Node[];
  readonly chance: Chance;
  onSent: ((sent: Sent) => void) | undefined;
  /** A link for which this is false carries nothing: the cable is cut, and nobody knows yet. */
  carries: (from: Node, to: Node) => boolean = () => true;
  readonly #loss: number;
  readonly #byId = new Map<PeerId, Node>();
  readonly #spots = new Map<Node, readonly [number, number]>();

  constructor({ nodes, seed = 1, loss = 0 }: WorldOptions) {
    this.seed = seed;
    this.#loss = loss;
    this.chance = new Chance(seed, 'world');
    this.nodes = Array.from({ length: nodes }, (_, number) => new Node(this, number));
    for (const node of this.nodes) {
      this.#byId.set(node.id, node);
      this.#spots.set(node, [this.chance.next(), this.chance.next()]);
    }
  }

  /** Signatures are good here; what is tested is what becomes of entries. */
  readonly verify = (): boolean => true;

  get living(): Node[] {
    return this.nodes.filter(({ isDead }) => !isDead);
  }

  /** Links as a ring's overlay keeps them: three successors, and a few long links. */
  weave(long = 5): void {
    const ring = [...this.nodes].sort((a, b) => a.contact.place - b.contact.place);
    const at = (index: number): Node => ring[index % ring.length] as Node;
    for (const index of ring.keys()) {
      for (const step of [1, 2, 3]) this.link(at(index), at(index + step));
      for (let count = 0; count < long; count++)
        this.link(at(index), at(index + Math.max(1, Math.floor(ring.length ** this.chance.next()))));
    }
    for (const index of ring.keys()) at(index).edges([at(index + 1), at(index + ring.length - 1)]);
  }

  link(a: Node, b: Node): void {
    if (a === b || a.links.has(b)) return;
    a.linked(b);
    b.linked(a);
    this.#root(a);
    this.#root(b);
  }

  unlink(a: Node, b: Node): void {
    a.unlinked(b);
    b.unlinked(a);
    this.#root(a);
    this.#root(b);
  }

  /** As an overlay would: whoever is linked and nearest to place 0, and nearer than oneself. */
  #root({ broadcast, contact, links }: Node): void {
    const all = [contact, ...[...links].map((other) => other.contact)];
    const [best = contact] = all.sort((one, two) => distance(one.place, 0) - distance(two.place, 0));
    broadcast.rooted(best === contact ? undefined : best.id);
  }

  /** It stops; the others know it after a while. */
  kill(node: Node, noticedMs: number): void {
    node.isDead = true;
    const links = [...node.links];
    this.timeline.plan(this.timeline.now + noticedMs, () => {
      for (const other of links) this.unlink(other, node);
    });
  }

  send(from: Node, to: PeerId, type: number, body: Uint8Array): boolean {
    const other = this.#byId.get(to);
    if (from.isDead || other === undefined || !from.links.has(other)) return false;
    this.onSent?.({ from, to: other, type, bytes: body.length });
    const copy = Buffer.from(body);
    const oneWayMs = this.latencyMs(from, other);
    let delay = oneWayMs;
    for (let probe = 2 * oneWayMs + 60; this.chance.next() < this.#loss; probe *= 2) delay += probe;
    this.timeline.plan(this.timeline.now + delay, () => {
      if (!other.isDead && other.links.has(from) && this.carries(from, other))
        other.frame(from.id, type, copy);
    });
    return true;
  }

  /** 10 to 150 ms, by how far apart two are. */
  latencyMs(a: Node, b: Node): number {
    const [ax, ay] = this.#spots.get(a) ?? [0, 0];
    const [bx, by] = this.#spots.get(b) ?? [0, 0];
    return 10 + (140 * Math.hypot(ax - bx, ay - by)) / Math.SQRT2;
  }

  async run(ms: number): Promise<void> {
    await this.timeline.run(this.timeline.now + ms);
  }

  /** How many of the living hold an entry. */
  holders(entry: FeedEntry): number {
    const key = entry.hash.toString('hex');
    return this.living.filter(({ came }) => came.has(key)).length;
  }
}
