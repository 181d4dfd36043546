import type { Reader } from '../../net/bytes.js';
import type { HybridClock } from '../../net/ring/clock.js';
import { Broadcast } from '../../net/ring/gossip/broadcast.js';
import { type Item, ItemKind } from '../../net/ring/gossip/item.js';
import type { Broadcaster, BroadcastPort } from '../../net/ring/gossip/types.js';
import { Overlay } from '../../net/ring/overlay/overlay.js';
import type { Place } from '../../net/ring/place.js';
import { RosterSet } from '../../net/ring/sync/roster-set.js';
import { Sync } from '../../net/ring/sync/sync.js';
import type { Contact, Part, PartPort, PeerId } from '../../net/ring/types.js';
import type { FeedStore } from '../../store/feeds/types.js';
import type { MailTables } from '../../store/mail/tables.js';
import { addressKey } from './address-key.js';
import { Companions } from './companions.js';
import type { Feeds } from './feeds.js';
import type { Groups } from './groups.js';
import type { LetterEvents } from './letters/author.js';
import { PrivateTalk } from './letters/talk.js';
import type { Links } from './links.js';
import type { People } from './people.js';
import type { PeerWorld } from './world.js';

const OVERLAY = 'overlay';
const TALK = 'talk';
/** Where the trunk of the broadcast tree comes together: whoever is nearest. */
const TRUNK_ROOT: Place = 0;

export interface PartsPort {
  /** The overlay has evicted it. */
  died(contact: Contact): void;
  /** The overlay's pointers are others than before. */
  moved(): void;
  /** A deadline may be earlier than it was. */
  wake(): void;
}

export interface PartsOptions {
  readonly world: PeerWorld;
  readonly self: Contact;
  /** 32 bytes. */
  readonly community: Buffer;
  readonly store: FeedStore;
  readonly mail: MailTables;
  readonly hybrid: HybridClock;
  /** Peers of last time. */
  readonly passive: readonly Contact[];
  readonly links: Links;
  readonly people: People;
  readonly groups: Groups;
  readonly feeds: Feeds;
  readonly events: LetterEvents;
  readonly port: PartsPort;
  /** What spreads items instead of Plumtree, for comparisons. */
  readonly broadcast?: ((port: BroadcastPort) => Broadcaster) | undefined;
}

/** The parts of a peer, side by side over the same links. Whatever comes is offered to each in turn. */
export class Parts implements Part {
  readonly overlay: Overlay;
  readonly broadcast: Broadcaster;
  readonly sync: Sync;
  readonly talk: PrivateTalk;
  readonly companions: Companions;
  readonly #options: PartsOptions;
  readonly #all: Part[];
  /** On the way to the trunk's root. */
  #parent: PeerId | undefined;

  constructor(options: PartsOptions) {
    const { links, feeds, people } = options;
    this.#options = options;
    const send: PartPort['send'] = (to, type, body, lane) => links.send(to, type, body, lane);
    this.overlay = this.#makeOverlay(send);
    const make = options.broadcast ?? ((port: BroadcastPort) => new Broadcast(port));
    this.broadcast = make({
      send,
      received: (item, from, hops, now) =>
        item.kind === ItemKind.Entry
          ? feeds.heard(item.bytes, from, hops, now)
          : people.heard(item, now, from),
      kept: (item) => people.bytesOf(item),
    });
    this.sync = this.#makeSync(send);
    this.companions = this.#makeCompanions();
    this.talk = this.#makeTalk(send);
    this.#all = [this.overlay, this.broadcast, this.sync, this.talk];
  }

  /** One more, which the peer's owner brings. */
  add(part: Part): void {
    this.#all.push(part);
  }

  linked(peer: Contact, now: number): void {
    for (const part of this.#all) part.linked(peer, now);
    this.companions.linked(peer.id);
  }

  unlinked(peer: PeerId, now: number): void {
    for (const part of this.#all) part.unlinked(peer, now);
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    this.overlay.heard(from, now);
    for (const part of this.#all) if (part.frame(from, type, body, now)) return true;
    return false;
  }

  tick(now: number): void {
    for (const part of this.#all) part.tick(now);
    this.companions.tick(now);
  }

  deadline(): number {
    let first = this.companions.deadline();
    for (const part of this.#all) first = Math.min(first, part.deadline());
    return first;
  }

  /** The two edges of the ring are these now. */
  edges(edges: readonly PeerId[], now: number): void {
    this.broadcast.edges(edges);
    this.#parent = this.overlay.nearest(TRUNK_ROOT, this.#parent);
    this.broadcast.rooted(this.#parent);
    this.sync.edges(edges, now);
    this.talk.changed(now);
  }

  /** Somebody is seen otherwise than before. */
  person(peer: PeerId, isHere: boolean, now: number): void {
    this.companions.changed();
    if (isHere) this.talk.appeared(peer, now);
  }

  #makeOverlay(send: PartPort['send']): Overlay {
    const { world, self, community, passive, links, people, port } = this.#options;
    return new Overlay({
      self,
      community,
      random: world.random,
      passive,
      port: {
        send,
        dial: (contact) => links.need(this.#reachable(contact), OVERLAY),
        release: (peer) => links.unneed(peer, OVERLAY),
        isMeeting: () => links.isMeeting,
        addresses: () => people.own.addresses,
        changed: () => port.moved(),
        suspected: (peer) => links.find(peer)?.suspect(),
        trusted: (peer) => links.find(peer)?.trust(),
        died: (contact) => port.died(contact),
      },
    });
  }

  #makeSync(send: PartPort['send']): Sync {
    const { world, store, links, groups, people } = this.#options;
    const roster = new RosterSet((id) => people.roster.get(id));
    people.roster.watch((id, place) => roster.changed(id, place));
    return new Sync({
      random: world.random,
      port: {
        send,
        sets: () => [roster, ...groups.kept.map((group) => store.set(group))],
        restMs: (partner, now) => this.#options.feeds.restMs(partner, now),
        received: (items, from, now) => this.#brought(items, from, now),
        synced: (peer) => {
          links.find(peer)?.synced();
          this.companions.synced(peer);
        },
      },
    });
  }

  #makeCompanions(): Companions {
    const { world, store, links, groups, people } = this.#options;
    return new Companions(world, {
      groups: () => groups.mine,
      members: (group) => people.membersOf((record) => groups.isMember(group, record)),
      isLinked: (peer) => links.isLive(peer),
      need: (record, reason) => links.need(record.contact, reason),
      unneed: (peer, reason) => links.unneed(peer, reason),
      compare: (peer, group) => this.sync.begin(peer, world.clock.now(), [store.set(group.id)]),
    });
  }

  #makeTalk(send: PartPort['send']): PrivateTalk {
    const { world, self, community, hybrid, mail, links, people, events, port } = this.#options;
    return new PrivateTalk({
      clock: world.clock,
      random: world.random,
      identity: world.identity,
      verify: world.verify,
      self,
      community,
      hybrid,
      way: this.overlay,
      mail,
      events,
      name: () => people.own.name,
      port: {
        send,
        reach: (peer, on) => {
          const contact = people.roster.get(peer)?.record.contact;
          if (!on) links.unneed(peer, TALK);
          else if (contact !== undefined) links.need(contact, TALK);
        },
        wake: () => port.wake(),
      },
    });
  }

  #brought(items: readonly Item[], from: PeerId, now: number): number {
    const { people, feeds } = this.#options;
    const entries = items.filter(({ kind }) => kind === ItemKind.Entry);
    const rest = items.filter(({ kind }) => kind !== ItemKind.Entry);
    const fresh = rest.filter((item) => people.heard(item, now) === 'spread');
    return fresh.length + feeds.brought(entries, from, now);
  }

  /** What somebody said of their own addresses counts more than hearsay. */
  #reachable(contact: Contact): Contact {
    const record = this.#options.people.roster.get(contact.id)?.record;
    if (record === undefined) return contact;
    const known = new Set(record.addresses.map(addressKey));
    const hearsay = contact.addresses.filter((address) => !known.has(addressKey(address)));
    return { ...contact, addresses: [...record.addresses, ...hearsay] };
  }
}
