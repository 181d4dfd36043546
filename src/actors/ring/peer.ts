import type { Actor } from 'xstate';
import { type Reader, Writer } from '../../net/bytes.js';
import { FrameType, GROUP_ENTRIES_MAX, PeerState } from '../../net/constants.js';
import { HybridClock } from '../../net/ring/clock.js';
import { contactOf } from '../../net/ring/contact.js';
import type { FeedEntry } from '../../net/ring/entry.js';
import { gossipFrame } from '../../net/ring/gossip/frames.js';
import type { Item } from '../../net/ring/gossip/item.js';
import type { Broadcaster, BroadcastPort } from '../../net/ring/gossip/types.js';
import { FOUNDINGS_GROUP } from '../../net/ring/groups.js';
import type { Overlay } from '../../net/ring/overlay/overlay.js';
import type { PeerRecord } from '../../net/ring/record.js';
import type { Contact, Neighbourhood, Part, PeerId, RingState } from '../../net/ring/types.js';
import type { CloseReason, PathAddress } from '../../net/types.js';
import type { FeedStore } from '../../store/feeds/types.js';
import type { MailTables } from '../../store/mail/tables.js';
import { prepareMachine } from '../inner-machine.js';
import { addressText } from './address.js';
import { aheadMs, Feeds, type Hops } from './feeds.js';
import { type Founded, Groups, type RingGroup } from './groups.js';
import { Links } from './links.js';
import { nodeMachine } from './node.machine.js';
import type { Profile } from './own-record.js';
import { Parts } from './parts.js';
import { PassiveTable } from './passive.js';
import { People } from './people.js';
import type { PrivateEvents } from './private-author.js';
import { Ticker } from './ticker.js';
import type { PeerWorld, WireHandler } from './world.js';

/** What a peer tells whoever owns it: a client for people, or a simulation. */
export interface PeerPort extends PrivateEvents {
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
  /** Whoever answers where somebody was said to be is of another community, or has another key of it. */
  foreign?(at: PathAddress): void;
  /** Somebody signed two histories. */
  forked(entry: FeedEntry): void;
}

export interface RingPeerOptions {
  readonly world: PeerWorld;
  /** 32 bytes. */
  readonly community: Buffer;
  readonly profile: Profile;
  readonly store: FeedStore;
  readonly mail: MailTables;
  /** Where somebody may be, besides those of last time. */
  readonly bootstrap: readonly PathAddress[];
  readonly port: PeerPort;
  /** What spreads items instead of Plumtree, for comparisons. */
  readonly broadcast?: (port: BroadcastPort) => Broadcaster;
}

/** Of the wires' events those about files. */
export type ChunkHandler = Pick<WireHandler, 'wanted' | 'chunk' | 'supplied'>;

/** The passive view is kept, and one's own addresses looked at, so often. */
const HOUSEKEEPING_MS = 5_000;
/** A goodbye needs so long to leave before its links are closed. */
const FAREWELL_MS = 300;

/** A peer of the ring: everything but its wires, its disk and its screen. */
export class RingPeer implements WireHandler {
  readonly self: PeerId;
  readonly links: Links;
  readonly parts: Parts;
  readonly groups: Groups;
  readonly people: People;
  readonly feeds: Feeds;
  readonly #options: RingPeerOptions;
  readonly #passive: PassiveTable;
  readonly #node: Actor<typeof nodeMachine>;
  readonly #ticker: Ticker;
  /** Where chunks of files go. */
  #files: ChunkHandler | undefined;
  /** Done when the turn ends, since no part may be called while it is calling. */
  #drops: PeerId[] = [];
  /** Since when there are others, ms since 1970. */
  #companySince = Number.POSITIVE_INFINITY;
  #isMoved = false;
  #isSeeking = false;
  #isRunning = false;
  #housekeepingAt = Number.POSITIVE_INFINITY;

  constructor(options: RingPeerOptions) {
    const { world, community, store, port } = options;
    this.#options = options;
    const self = contactOf(community, world.identity.publicKey, []);
    this.self = self.id;
    this.#passive = new PassiveTable(community, store.rows('passive'));
    this.#ticker = new Ticker(world, {
      deadline: () => this.#deadline(),
      tick: (now) => this.#tick(now),
      settle: () => this.#settle(),
    });
    this.people = this.#makePeople();
    this.links = new Links(world, this.self, community, {
      record: () => this.people.own,
      linked: (record, isMet) => this.#linked(record, isMet),
      unlinked: (peer) => this.#unlinked(peer),
      unreachable: (peer) => this.parts.overlay.unreachable(peer, this.#now),
      happened: () => this.#ticker.touch(),
      frame: (from, type, body) => this.#framed(from, type, body),
      foreign: (address) => this.#foreign(address),
      seen: (address, by) => this.people.seen(address, this.links.find(by)?.path),
    });
    this.groups = new Groups({
      entered: (group) => {
        this.parts.companions.changed();
        port.entered(group);
      },
      left: (group, dismantled) => {
        store.drop(group.id);
        port.left(group, dismantled);
      },
    });
    const hybrid = new HybridClock(store.lastClock);
    this.feeds = this.#makeFeeds(hybrid);
    this.parts = new Parts({
      world,
      self,
      community,
      store,
      mail: options.mail,
      hybrid,
      passive: this.#passive.contacts,
      links: this.links,
      people: this.people,
      groups: this.groups,
      feeds: this.feeds,
      events: port,
      port: {
        died: (contact) => this.#died(contact),
        moved: () => this.#moved(),
        wake: () => this.#ticker.touch(),
      },
      broadcast: options.broadcast,
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

  /** Files go over the same links; before `begin`. */
  attach(files: Part & ChunkHandler): void {
    this.parts.add(files);
    this.#files = files;
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
    this.parts.overlay.begin(this.#now);
    this.#ticker.touch();
  }

  /** Tells the others that one leaves, then closes every link. @param done called once they had time to hear it */
  leave(done: () => void): void {
    if (!this.#isRunning) {
      done();
      return;
    }
    this.people.change({ state: PeerState.Left });
    this.#passive.keep(this.parts.overlay.passive);
    this.parts.overlay.leave();
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

  get overlay(): Overlay {
    return this.parts.overlay;
  }

  get neighbourhood(): Neighbourhood {
    return this.parts.overlay.neighbourhood;
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

  failed(wire: number, reason: CloseReason): void {
    this.links.failed(wire, reason);
    this.#ticker.touch();
  }

  wanted(wire: number, transfer: number, first: number, count: number): void {
    this.#files?.wanted(wire, transfer, first, count);
  }

  chunk(wire: number, transfer: number, chunk: number, record: Buffer): void {
    this.#files?.chunk(wire, transfer, chunk, record);
  }

  supplied(wire: number, transfer: number, chunk: number): void {
    this.#files?.supplied(wire, transfer, chunk);
  }

  moved(wire: number, path: PathAddress): void {
    this.links.moved(wire, path);
  }

  /** This machine has other addresses than before. */
  readdressed(): void {
    this.people.checkAddresses();
    this.#ticker.touch();
  }

  found(at: PathAddress): void {
    this.meet(at);
    this.#ticker.touch();
  }

  // ---- From the links -----------------------------------------------------------------------------------

  #linked(record: PeerRecord, isMet: boolean): void {
    const now = this.#now;
    this.#companySince = Math.min(this.#companySince, this.#options.world.clock.wall());
    this.people.greeted(record);
    this.parts.linked(record.contact, now);
    if (isMet) this.parts.overlay.introduce(record.contact, now);
    if (!this.parts.sync.isComparing(record.contact.id)) this.links.find(record.contact.id)?.synced();
    this.people.announce();
    this.#moved();
  }

  #unlinked(peer: PeerId): void {
    this.parts.unlinked(peer, this.#now);
    this.#moved();
  }

  /** A frame of no part is one of a later version's. */
  #framed(from: PeerId, type: number, body: Reader): void {
    if (type === FrameType.Ahead) this.#options.port.misdated(body.u48());
    else this.parts.frame(from, type, body, this.#now);
  }

  // ---- From the parts -----------------------------------------------------------------------------------

  #publish(item: Item): void {
    this.parts.broadcast.publish(item, this.#now);
    this.#ticker.touch();
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
  /** Only where the user said that somebody is: elsewhere it is nobody's mistake. */
  #foreign(at: PathAddress): void {
    const text = addressText(at);
    const isMeant = this.#options.bootstrap.some((address) => addressText(address) === text);
    if (isMeant) this.#options.port.foreign?.(at);
  }

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

  // ---- Turns --------------------------------------------------------------------------------------------

  get #now(): number {
    return this.#options.world.clock.now();
  }

  #tick(now: number): void {
    this.links.tick(now);
    this.parts.tick(now);
    this.people.tick(now);
    if (now < this.#housekeepingAt) return;
    this.#housekeepingAt = now + HOUSEKEEPING_MS;
    this.people.checkAddresses();
    this.#passive.keep(this.parts.overlay.passive);
    this.#options.store.sweep(this.#options.world.clock.wall());
  }

  #deadline(): number {
    return Math.min(
      this.#housekeepingAt,
      this.links.deadline(),
      this.people.deadline(),
      this.parts.deadline(),
    );
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
    const { state, successors, predecessor } = this.parts.overlay.neighbourhood;
    const edges = [successors[0], predecessor].filter((contact) => contact !== undefined);
    this.parts.pinned(
      edges.map(({ id }) => id),
      this.#now,
    );
    if (state !== this.state) this.#node.send({ type: NODE_EVENTS[state] });
    if (state === 'alone') this.#companySince = Number.POSITIVE_INFINITY;
    this.#options.port.stands();
  }

  #makePeople(): People {
    const { world, community, store, profile, port } = this.#options;
    return new People({
      world,
      self: this.self,
      community,
      rows: store.rows('record'),
      profile,
      port: {
        publish: (item) => this.#publish(item),
        tell: (peer, item) => this.links.send(peer, FrameType.Gossip, gossipFrame.encode(item, 1)),
        isLive: (peer) => this.links.isLive(peer),
        reported: (peer) => this.parts.overlay.reported(peer, this.#now),
        hasLeft: (peer) => this.#drop(peer),
        changed: (id) => {
          this.parts.person(id, this.people.roster.shown(id) !== undefined, this.#now);
          port.person(id);
        },
      },
    });
  }

  #makeFeeds(hybrid: HybridClock): Feeds {
    const { world, community, store, port } = this.#options;
    return new Feeds({
      world,
      community,
      store,
      hybrid,
      port: {
        keeps: (group) => this.groups.keeps(group),
        publish: (item) => this.#publish(item),
        companySince: () => this.#companySince,
        entry: (entry, number, hops) => this.#entry(entry, number, hops),
        misdated: (entry, from) => this.#misdated(entry, from),
        forked: (entry) => port.forked(entry),
        throttled: () => this.parts.sync.hurry(this.#now),
      },
    });
  }

  #chance(): number {
    const bytes = Buffer.alloc(4);
    this.#options.world.random(bytes);
    return bytes.readUInt32BE() / 2 ** 32;
  }

  #seek(): void {
    if (this.parts.overlay.neighbourhood.state === 'alone') this.people.forgetAnnounced();
    for (const address of this.#options.bootstrap) this.links.meet(address);
  }
}

const NODE_EVENTS = {
  alone: 'ALONE',
  joining: 'JOINING',
  stable: 'STABLE',
  repairing: 'REPAIRING',
} as const;
