import type { Actor } from 'xstate';
import { type Reader, Writer } from '../../net/bytes.js';
import { FrameType, GROUP_ENTRIES_MAX, PeerState } from '../../net/constants.js';
import { contactOf } from '../../net/ring/contact.js';
import type { FeedEntry } from '../../net/ring/entry.js';
import { Broadcast } from '../../net/ring/gossip/broadcast.js';
import { gossipFrame } from '../../net/ring/gossip/frames.js';
import { type Item, ItemKind } from '../../net/ring/gossip/item.js';
import type { Broadcaster, BroadcastPort } from '../../net/ring/gossip/types.js';
import { FOUNDINGS_GROUP } from '../../net/ring/groups.js';
import { Overlay } from '../../net/ring/overlay/overlay.js';
import type { PeerRecord } from '../../net/ring/record.js';
import { RosterSet } from '../../net/ring/sync/roster-set.js';
import { Sync } from '../../net/ring/sync/sync.js';
import type { Contact, Neighbourhood, Part, PartPort, PeerId, RingState } from '../../net/ring/types.js';
import type { CloseReason, PathAddress } from '../../net/types.js';
import type { FeedStore } from '../../store/feeds/types.js';
import { prepareMachine } from '../inner-machine.js';
import { addressText } from './address.js';
import { Companions } from './companions.js';
import { aheadMs, Feeds, type Hops } from './feeds.js';
import { type Founded, Groups, type RingGroup } from './groups.js';
import { Links } from './links.js';
import { nodeMachine } from './node.machine.js';
import type { Profile } from './own-record.js';
import { PassiveTable } from './passive.js';
import { People } from './people.js';
import { Ticker } from './ticker.js';
import type { PeerWorld, WireHandler } from './world.js';

/** What a peer tells whoever owns it: a client for people, or a simulation. */
export interface PeerPort {
  /** A new entry of a group one is in, one's own too: once each, durable. */
  entry(entry: FeedEntry, number: number, hops: Hops): void;
  /** Somebody is there, gone, or seen otherwise than before. */
  person(id: PeerId): void;
  entered(group: RingGroup): void;
  left(group: RingGroup, dismantled: boolean): void;
  /** Somebody has founded a group of those nearby, wherever that is. */
  founded(founding: Founded): void;
  /** How one stands in the ring: state, neighbours or number of links. */
  stands(): void;
  /** One's own clock is ahead of the others' by so much: they refuse what one says. */
  misdated(aheadMs: number): void;
  /** Somebody signed two histories. */
  forked(entry: FeedEntry): void;
}

export interface RingPeerOptions {
  readonly world: PeerWorld;
  /** 32 bytes. */
  readonly community: Buffer;
  readonly profile: Profile;
  readonly store: FeedStore;
  /** Where somebody may be, besides those of last time. */
  readonly bootstrap: readonly PathAddress[];
  readonly port: PeerPort;
  /** What spreads items instead of Plumtree, for comparisons. */
  readonly broadcast?: (port: BroadcastPort) => Broadcaster;
}

/** Of the wires' events those about files. */
export type ChunkHandler = Pick<WireHandler, 'wanted' | 'chunk' | 'supplied'>;

const OVERLAY = 'overlay';
/** The passive view is kept, and one's own addresses looked at, so often. */
const HOUSEKEEPING_MS = 5_000;
/** A goodbye needs so long to leave before its links are closed. */
const FAREWELL_MS = 300;

/** A peer of the ring: everything but its wires, its disk and its screen. */
export class RingPeer implements WireHandler {
  readonly self: PeerId;
  readonly links: Links;
  readonly overlay: Overlay;
  readonly broadcast: Broadcaster;
  readonly sync: Sync;
  readonly groups: Groups;
  readonly people: People;
  readonly feeds: Feeds;
  readonly #options: RingPeerOptions;
  readonly #passive: PassiveTable;
  readonly #companions: Companions;
  readonly #parts: readonly Part[];
  readonly #node: Actor<typeof nodeMachine>;
  readonly #ticker: Ticker;
  /** Where chunks of files go. */
  files: ChunkHandler | undefined;
  /** Done when the turn ends, since no part may be called while it is calling. */
  #drops: PeerId[] = [];
  /** Since when there are others, ms since 1970. */
  #companySince = Number.POSITIVE_INFINITY;
  #isMoved = false;
  #isSeeking = false;
  #isRunning = false;
  #housekeepingAt = Number.POSITIVE_INFINITY;

  constructor(options: RingPeerOptions) {
    const { world, community, store, profile, port } = options;
    this.#options = options;
    const self = contactOf(community, world.identity.publicKey, []);
    this.self = self.id;
    this.#passive = new PassiveTable(community, store.rows('passive'));
    this.people = new People({
      world,
      self: self.id,
      community,
      rows: store.rows('record'),
      profile,
      port: {
        publish: (item) => this.#publish(item),
        tell: (peer, item) => this.links.send(peer, FrameType.Gossip, gossipFrame.encode(item, 1)),
        isLive: (peer) => this.links.isLive(peer),
        reported: (peer) => this.overlay.reported(peer, this.#now),
        hasLeft: (peer) => this.#drop(peer),
        changed: (id) => {
          this.#companions.changed();
          port.person(id);
        },
      },
    });
    this.links = new Links(world, self.id, community, {
      record: () => this.people.own,
      linked: (record, isMet) => this.#linked(record, isMet),
      unlinked: (peer) => this.#unlinked(peer),
      unreachable: (peer) => this.overlay.unreachable(peer, this.#now),
      happened: () => this.#ticker.touch(),
      frame: (from, type, body) => this.#framed(from, type, body),
      seen: (address, by) => this.people.seen(address, this.links.find(by)?.path),
    });
    const send: PartPort['send'] = (to, type, body, lane) => this.links.send(to, type, body, lane);
    this.overlay = new Overlay({
      self,
      community,
      random: world.random,
      passive: this.#passive.contacts,
      port: {
        send,
        dial: (contact) => this.links.need(this.#reachable(contact), OVERLAY),
        release: (peer) => this.links.unneed(peer, OVERLAY),
        changed: () => this.#moved(),
        suspected: (peer) => this.links.find(peer)?.suspect(),
        trusted: (peer) => this.links.find(peer)?.trust(),
        died: (contact) => this.#died(contact),
      },
    });
    const make = options.broadcast ?? ((port: BroadcastPort) => new Broadcast(port));
    this.broadcast = make({
      send,
      received: (item, from, hops, now) =>
        item.kind === ItemKind.Entry
          ? this.feeds.heard(item.bytes, from, hops, now)
          : this.people.heard(item, now),
    });
    this.groups = new Groups({
      entered: (group) => {
        this.#companions.changed();
        port.entered(group);
      },
      left: (group, dismantled) => {
        store.drop(group.id);
        port.left(group, dismantled);
      },
    });
    this.feeds = new Feeds(world, community, store, {
      keeps: (group) => this.groups.keeps(group),
      publish: (item) => this.#publish(item),
      companySince: () => this.#companySince,
      entry: (entry, number, hops) => this.#entry(entry, number, hops),
      misdated: (entry, from) => this.#misdated(entry, from),
      forked: (entry) => port.forked(entry),
      throttled: () => this.sync.hurry(this.#now),
    });
    const rosterSet = new RosterSet((id) => this.people.roster.get(id));
    this.people.roster.watch((id, place) => rosterSet.changed(id, place));
    this.sync = new Sync({
      random: world.random,
      port: {
        send,
        sets: () => [rosterSet, ...this.groups.kept.map((group) => store.set(group))],
        received: (items, from, now) => this.#brought(items, from, now),
        synced: (peer) => {
          this.links.find(peer)?.synced();
          this.#companions.synced(peer);
        },
      },
    });
    this.#companions = new Companions(world, {
      groups: () => this.groups.mine,
      members: (group) => this.people.membersOf((record) => this.groups.isMember(group, record)),
      isLinked: (peer) => this.links.isLive(peer),
      need: (record, reason) => this.links.need(record.contact, reason),
      unneed: (peer, reason) => this.links.unneed(peer, reason),
      compare: (peer, group) => this.sync.begin(peer, this.#now, [store.set(group.id)]),
    });
    this.#parts = [this.overlay, this.broadcast, this.sync];
    this.#ticker = new Ticker(world, {
      deadline: () => this.#deadline(),
      tick: (now) => this.#tick(now),
      settle: () => this.#settle(),
    });
    this.#node = prepareMachine(world, nodeMachine, {
      port: {
        seek: () => {
          this.#isSeeking = true;
          this.#ticker.touch();
        },
        tell: () => port.stands(),
        chance: () => this.#chance(),
      },
    });
  }

  // ---- Coming and going ---------------------------------------------------------------------------------

  /** Looks for the others. */
  begin(): void {
    const { world, store, profile } = this.#options;
    world.wires.handler = this;
    this.#isRunning = true;
    this.people.begin();
    for (const { entry } of store.after(FOUNDINGS_GROUP.toString('hex'), 0, GROUP_ENTRIES_MAX))
      this.groups.heard(entry);
    this.groups.settle(profile.cell, profile.interests);
    // Of groups that one was in last time and is not any more.
    for (const group of store.groups()) if (!this.groups.keeps(group)) store.drop(group);
    this.#housekeepingAt = this.#now + HOUSEKEEPING_MS;
    this.#node.start();
    this.overlay.begin(this.#now);
    this.#ticker.touch();
  }

  /** Tells the others that one leaves, then closes every link. @param done called once they had time to hear it */
  leave(done: () => void): void {
    if (!this.#isRunning) {
      done();
      return;
    }
    this.people.change({ state: PeerState.Left });
    this.#passive.keep(this.overlay.passive);
    this.overlay.leave();
    this.#isRunning = false;
    this.#node.stop();
    const { clock } = this.#options.world;
    clock.setTimeout(() => {
      this.links.closeAll();
      this.#ticker.stop();
      done();
    }, FAREWELL_MS);
  }

  // ---- What one says ------------------------------------------------------------------------------------

  /** Says something else about oneself from now on, to everybody; groups follow. */
  change(change: Partial<Profile & { readonly state: PeerState }>): void {
    this.people.change(change);
    const { cell, interests } = this.people.own;
    this.groups.settle(cell, interests);
  }

  /** Somebody may be there. */
  meet(address: PathAddress): void {
    this.links.meet(address);
  }

  get neighbourhood(): Neighbourhood {
    return this.overlay.neighbourhood;
  }

  get state(): RingState {
    return this.#node.getSnapshot().value;
  }

  // ---- From the wires -----------------------------------------------------------------------------------

  opened(wire: number, handshakeKey: Buffer, path: PathAddress, dialled: boolean): void {
    this.links.opened(wire, handshakeKey, path, dialled);
    this.#ticker.touch();
  }

  frame(wire: number, type: number, body: Buffer): void {
    this.links.frame(wire, type, body);
    this.#ticker.touch();
  }

  closed(wire: number, reason: CloseReason): void {
    this.links.closed(wire, reason);
    this.#ticker.touch();
  }

  failed(wire: number, _reason: CloseReason): void {
    this.links.failed(wire);
    this.#ticker.touch();
  }

  wanted(wire: number, transfer: number, first: number, count: number): void {
    this.files?.wanted(wire, transfer, first, count);
  }

  chunk(wire: number, transfer: number, chunk: number, record: Buffer): void {
    this.files?.chunk(wire, transfer, chunk, record);
  }

  supplied(wire: number, transfer: number, chunk: number): void {
    this.files?.supplied(wire, transfer, chunk);
  }

  // ---- From the links -----------------------------------------------------------------------------------

  #linked(record: PeerRecord, isMet: boolean): void {
    const now = this.#now;
    this.#companySince = Math.min(this.#companySince, this.#options.world.clock.wall());
    this.people.greeted(record);
    for (const part of this.#parts) part.linked(record.contact, now);
    if (isMet) this.overlay.introduce(record.contact, now);
    if (!this.sync.isComparing(record.contact.id)) this.links.find(record.contact.id)?.synced();
    this.#companions.linked(record.contact.id);
    this.people.announce();
    this.#moved();
  }

  #unlinked(peer: PeerId): void {
    const now = this.#now;
    for (const part of this.#parts) part.unlinked(peer, now);
    this.#moved();
  }

  #framed(from: PeerId, type: number, body: Reader): void {
    const now = this.#now;
    this.overlay.heard(from, now);
    if (type === FrameType.Ahead) {
      this.#options.port.misdated(body.u48());
      return;
    }
    // A frame of no part is one of a later version's.
    for (const part of this.#parts) if (part.frame(from, type, body, now)) return;
  }

  // ---- From the parts -----------------------------------------------------------------------------------

  #publish(item: Item): void {
    this.broadcast.publish(item, this.#now);
    this.#ticker.touch();
  }

  /** What sync brought. */
  #brought(items: readonly Item[], from: PeerId, now: number): number {
    const entries = items.filter(({ kind }) => kind === ItemKind.Entry);
    const rest = items.filter(({ kind }) => kind !== ItemKind.Entry);
    const fresh = rest.filter((item) => this.people.heard(item, now) === 'spread');
    return fresh.length + this.feeds.brought(entries, from, now);
  }

  #entry(entry: FeedEntry, number: number, hops: Hops): void {
    const { port } = this.#options;
    if (!entry.group.equals(FOUNDINGS_GROUP)) {
      port.entry(entry, number, hops);
      return;
    }
    const founded = this.groups.heard(entry);
    if (founded !== undefined) port.founded(founded);
  }

  /** What somebody says who lives in the future is refused; they are told, by those who hear it first. */
  #misdated(entry: FeedEntry, from: PeerId): void {
    if (entry.author.toString('hex') !== from) return;
    const ahead = aheadMs(entry.clock, this.#options.world.clock.wall());
    this.links.send(from, FrameType.Ahead, new Writer(8, 8).u48(ahead).view());
  }

  #died(contact: Contact): void {
    this.people.died(contact, this.#now);
    this.#drop(contact.id);
  }

  #drop(peer: PeerId): void {
    this.#drops.push(peer);
    this.#ticker.touch();
  }

  #moved(): void {
    this.#isMoved = true;
    this.#ticker.touch();
  }

  /** What somebody said of their own addresses counts more than hearsay. */
  #reachable(contact: Contact): Contact {
    const record = this.people.roster.get(contact.id)?.record;
    if (record === undefined) return contact;
    const known = new Set(record.addresses.map(addressText));
    const hearsay = contact.addresses.filter((address) => !known.has(addressText(address)));
    return { ...contact, addresses: [...record.addresses, ...hearsay] };
  }

  // ---- Turns --------------------------------------------------------------------------------------------

  get #now(): number {
    return this.#options.world.clock.now();
  }

  #tick(now: number): void {
    this.links.tick(now);
    for (const part of this.#parts) part.tick(now);
    this.people.tick(now);
    this.#companions.tick(now);
    if (now < this.#housekeepingAt) return;
    this.#housekeepingAt = now + HOUSEKEEPING_MS;
    this.people.checkAddresses();
    this.#passive.keep(this.overlay.passive);
    this.#options.store.sweep(this.#options.world.clock.wall());
  }

  #deadline(): number {
    let first = Math.min(this.#housekeepingAt, this.links.deadline(), this.people.deadline());
    first = Math.min(first, this.#companions.deadline());
    for (const part of this.#parts) first = Math.min(first, part.deadline());
    return first;
  }

  #settle(): boolean {
    const drops = this.#drops;
    const isMoved = this.#isMoved;
    const isSeeking = this.#isSeeking;
    this.#drops = [];
    this.#isMoved = false;
    this.#isSeeking = false;
    this.links.drain();
    for (const peer of drops) this.links.drop(peer);
    if (isSeeking) this.#seek();
    if (isMoved && this.#isRunning) this.#lookAround();
    return isMoved || isSeeking || drops.length > 0;
  }

  /** The neighbours or their number have changed. */
  #lookAround(): void {
    const { state, successors, predecessor } = this.overlay.neighbourhood;
    const edges = [successors[0], predecessor].filter((contact) => contact !== undefined);
    const ids = edges.map(({ id }) => id);
    this.broadcast.pinned(ids);
    this.sync.pinned(ids, this.#now);
    if (state !== this.state) this.#node.send({ type: NODE_EVENTS[state] });
    if (state === 'alone') this.#companySince = Number.POSITIVE_INFINITY;
    this.#options.port.stands();
  }

  #chance(): number {
    const bytes = Buffer.alloc(4);
    this.#options.world.random(bytes);
    return bytes.readUInt32BE() / 2 ** 32;
  }

  #seek(): void {
    if (this.overlay.neighbourhood.state === 'alone') this.people.forgetAnnounced();
    for (const address of this.#options.bootstrap) this.links.meet(address);
  }
}

const NODE_EVENTS = {
  alone: 'ALONE',
  joining: 'JOINING',
  stable: 'STABLE',
  repairing: 'REPAIRING',
} as const;
