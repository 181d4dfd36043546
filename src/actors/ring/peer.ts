import { type Reader, Writer } from '../../net/bytes.js';
import { FrameType } from '../../net/constants.js';
import { HybridClock } from '../../net/ring/clock.js';
import { CLOCK_AHEAD_MAX_MS, GROUP_ENTRIES_MAX, PeerState } from '../../net/ring/constants.js';
import { contactOf } from '../../net/ring/contact.js';
import type { FeedEntry } from '../../net/ring/entry.js';
import { gossipFrame } from '../../net/ring/gossip/frames.js';
import type { Item } from '../../net/ring/gossip/item.js';
import type { Broadcaster, BroadcastPort } from '../../net/ring/gossip/types.js';
import { FOUNDINGS_GROUP } from '../../net/ring/groups.js';
import type { Overlay } from '../../net/ring/overlay/overlay.js';
import type { PeerRecord } from '../../net/ring/record.js';
import type { Contact, Neighbourhood, Part, PeerId, RingState } from '../../net/ring/types.js';
import type { PathAddress } from '../../net/types.js';
import type { FeedStore } from '../../store/feeds/types.js';
import type { MailTables } from '../../store/mail/tables.js';
import { addressKey } from './address-key.js';
import { aheadMs, Feeds, type Hops } from './feeds.js';
import { Ghosts } from './ghosts.js';
import { type Founded, Groups, type RingGroup } from './groups.js';
import type { LetterEvents } from './letters/author.js';
import { Links } from './links.js';
import { RingNode } from './node.js';
import type { Profile } from './own-record.js';
import { Parts } from './parts.js';
import { PassiveTable } from './passive.js';
import { People } from './people.js';
import { type ChunkHandler, WireEvents } from './wire-events.js';
import type { PeerWorld } from './world.js';

/** What a peer tells whoever owns it: a client for people, or a simulation. */
export interface PeerPort extends LetterEvents {
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

/** A goodbye needs so long to leave before its links are closed. */
const FAREWELL_MS = 300;

/** A peer of the ring: everything but its wires, its disk and its screen. */
export class RingPeer {
  readonly self: PeerId;
  readonly links: Links;
  readonly parts: Parts;
  readonly groups: Groups;
  readonly people: People;
  readonly feeds: Feeds;
  readonly #options: RingPeerOptions;
  readonly #passive: PassiveTable;
  readonly #node: RingNode;
  readonly #ghosts: Ghosts;
  readonly #events: WireEvents;

  constructor(options: RingPeerOptions) {
    const { world, community, store, mail, port } = options;
    this.#options = options;
    const self = contactOf(community, world.identity.publicKey, []);
    this.self = self.id;
    this.#passive = new PassiveTable(community, store.rows('passive'));
    this.#node = new RingNode({
      world,
      links: () => this.links,
      people: () => this.people,
      parts: () => this.parts,
      port: {
        seek: () => this.#seek(),
        stands: () => port.stands(),
        keepHouse: () => this.#keepHouse(),
      },
    });
    this.people = this.#makePeople();
    this.links = this.#makeLinks();
    this.groups = this.#makeGroups();
    this.#ghosts = new Ghosts({
      roster: this.people.roster,
      neighbourhood: () => this.neighbourhood,
      isLive: (peer) => this.links.isLive(peer),
      isMet: (place) => this.overlay.isLinked(place),
      died: (contact) => this.people.died(contact, this.#now),
    });
    const hybrid = new HybridClock();
    // Later than what was said before this start; the store also has what others dated ahead.
    if (store.lastClock !== undefined) hybrid.hear(store.lastClock, world.clock.wall());
    this.feeds = this.#makeFeeds(hybrid);
    const { links, people, groups, feeds } = this;
    const passive = this.#passive.contacts;
    this.parts = new Parts({
      ...{ world, self, community, store, mail, hybrid, passive, links, people, groups, feeds },
      broadcast: options.broadcast,
      events: port,
      port: {
        died: (contact) => this.#died(contact),
        moved: () => this.#node.moved(),
        wake: () => this.#node.touch(),
      },
    });
    this.#events = new WireEvents(links, people, () => this.#node.touch());
  }

  /** Files go over the same links; before `begin`. */
  attach(files: Part & ChunkHandler): void {
    this.parts.add(files);
    this.#events.files = files;
  }

  // ---- Coming and going ---------------------------------------------------------------------------------

  /** Looks for the others. */
  begin(): void {
    const { world, store, profile } = this.#options;
    world.wires.handler = this.#events;
    this.people.begin();
    for (const { entry } of store.after(FOUNDINGS_GROUP.toString('hex'), 0, GROUP_ENTRIES_MAX))
      this.groups.heard(entry);
    this.groups.settle(profile.cell, profile.interests);
    // Of groups that one was in last time and is not any more.
    for (const group of store.groups()) if (!this.groups.keeps(group)) store.drop(group);
    this.#node.begin();
    this.overlay.begin(world.clock.now());
  }

  /** Tells the others that one leaves, then closes every link. @param done called once they had time to hear it */
  leave(done: () => void): void {
    if (!this.#node.isRunning) {
      done();
      return;
    }
    this.people.change({ state: PeerState.Left });
    this.#passive.keep(this.overlay.passive);
    this.overlay.leave();
    this.#node.leave();
    this.#options.world.clock.setTimeout(() => {
      this.links.closeAll();
      this.#node.stop();
      done();
    }, FAREWELL_MS);
  }

  // ---- What one says and asks ---------------------------------------------------------------------------

  /** Says something else about oneself from now on, to everybody; groups follow. */
  change(change: Partial<Profile & { readonly state: PeerState }>): void {
    this.people.change(change);
    const { cell, interests } = this.people.own;
    this.groups.settle(cell, interests);
  }

  get overlay(): Overlay {
    return this.parts.overlay;
  }

  get neighbourhood(): Neighbourhood {
    return this.overlay.neighbourhood;
  }

  get state(): RingState {
    return this.#node.state;
  }

  // ---- From the links -----------------------------------------------------------------------------------

  #linked(record: PeerRecord, isMet: boolean): void {
    const { contact } = record;
    const now = this.#now;
    this.#node.moved();
    this.people.greeted(record);
    this.parts.linked(contact, now);
    if (isMet) this.overlay.introduce(contact, now);
    if (!this.parts.sync.isComparing(contact.id)) this.links.find(contact.id)?.synced();
    this.people.announce();
  }

  /** A frame of no part is one of a later version's. */
  #framed(from: PeerId, type: number, body: Reader): void {
    if (type === FrameType.Ahead) this.#ahead(body.u48());
    else this.parts.frame(from, type, body, this.#now);
  }

  /**
   * Somebody says that our clock is ahead. Records are dated by the clocks of those who signed them: one that is later
   * than it would be now if that were so says that it is not, and anybody may frighten people.
   */
  #ahead(byMs: number): void {
    const theirs = this.#options.world.clock.wall() - byMs;
    const isLater = ({ version, contact }: PeerRecord) =>
      contact.id !== this.self && version > theirs + CLOCK_AHEAD_MAX_MS;
    if (byMs <= CLOCK_AHEAD_MAX_MS || [...this.people.roster.present].some(isLater))
      this.links.figures.refused++;
    else this.#options.port.misdated(byMs);
  }

  /** Told only where the user said that somebody is: elsewhere it is nobody's mistake. */
  #foreign(at: PathAddress): void {
    const key = addressKey(at);
    const isMeant = this.#options.bootstrap.some((address) => addressKey(address) === key);
    if (isMeant) this.#options.port.foreign?.(at);
  }

  // ---- From the parts -----------------------------------------------------------------------------------

  #publish(item: Item): void {
    this.parts.broadcast.publish(item, this.#now);
    this.#node.touch();
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
    this.#node.drop(contact.id);
  }

  // ---- From the node ------------------------------------------------------------------------------------

  #seek(): void {
    if (this.neighbourhood.state === 'alone') this.people.forgetAnnounced();
    for (const address of this.#options.bootstrap) this.links.meet(address);
  }

  #keepHouse(): void {
    const { world, store } = this.#options;
    this.people.checkAddresses();
    this.#ghosts.look(this.#now);
    this.#passive.keep(this.overlay.passive);
    store.sweep(world.clock.wall());
  }

  // ---- What it is made of -------------------------------------------------------------------------------

  get #now(): number {
    return this.#options.world.clock.now();
  }

  #makeLinks(): Links {
    const { world, community } = this.#options;
    return new Links(world, this.self, community, {
      record: () => this.people.own,
      linked: (record, isMet) => this.#linked(record, isMet),
      unlinked: (peer) => {
        this.parts.unlinked(peer, this.#now);
        this.#node.moved();
      },
      unreachable: (peer) => this.overlay.unreachable(peer, this.#now),
      happened: () => this.#node.touch(),
      frame: (from, type, body) => this.#framed(from, type, body),
      foreign: (address) => this.#foreign(address),
      seen: (address, by) => this.people.seen(address, this.links.find(by)?.path),
    });
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
        reported: (peer) => this.overlay.reported(peer, this.#now),
        hasLeft: (peer) => this.#node.drop(peer),
        changed: (id) => {
          this.parts.person(id, this.people.roster.shown(id) !== undefined, this.#now);
          port.person(id);
        },
      },
    });
  }

  #makeGroups(): Groups {
    const { store, port } = this.#options;
    return new Groups(this.self, {
      entered: (group) => {
        this.parts.companions.changed();
        port.entered(group);
      },
      left: (group, isDismantled) => {
        store.drop(group.id);
        port.left(group, isDismantled);
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
        companySince: () => this.#node.companySince,
        entry: (entry, number, hops) => this.#entry(entry, number, hops),
        misdated: (entry, from) => this.#misdated(entry, from),
        forked: (entry) => port.forked(entry),
        throttled: () => this.parts.sync.hurry(this.#now),
      },
    });
  }
}
