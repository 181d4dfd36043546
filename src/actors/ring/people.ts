import { Buckets } from '../../net/bucket.js';
import {
  PeerState,
  RECORD_BURST,
  RECORD_PER_S,
  STRANGERS_BURST,
  STRANGERS_PER_S,
} from '../../net/ring/constants.js';
import { readDeath, signDeath } from '../../net/ring/death.js';
import { type Item, ItemKind } from '../../net/ring/gossip/item.js';
import type { ItemFate } from '../../net/ring/gossip/types.js';
import { type PeerRecord, readRecord } from '../../net/ring/record.js';
import type { Contact, PeerId } from '../../net/ring/types.js';
import type { PathAddress } from '../../net/types.js';
import type { Rows } from '../../store/feeds/types.js';
import { OwnRecord, type Profile } from './own-record.js';
import { Roster } from './roster.js';
import type { PeerWorld } from './world.js';

/** Deaths that one reporter may tell of: as many as one has neighbours at once, then one in so many seconds. */
const DEATHS_BURST = 64;
const DEATHS_PER_S = 0.2;
/** Somebody goes on declaring us dead: refuted no more often than this. */
const REFUTE_EVERY_MS = 2_000;

export interface PeoplePort {
  publish(item: Item): void;
  /** To one linked peer only. */
  tell(peer: PeerId, item: Item): void;
  /** Frames flow to that peer, and nobody suspects it. */
  isLive(peer: PeerId): boolean;
  /** Somebody says that it is dead: look at it. */
  reported(peer: PeerId): void;
  /** It says itself that it has left. */
  hasLeft(peer: PeerId): void;
  /** Somebody is seen otherwise than before. */
  changed(id: PeerId): void;
}

export interface PeopleOptions {
  readonly world: PeerWorld;
  readonly self: PeerId;
  readonly community: Buffer;
  /** The table of one's own versions. */
  readonly rows: Rows;
  readonly profile: Profile;
  readonly port: PeoplePort;
}

/** Counts from the start. */
export interface PeopleFigures {
  /** Records that came too often, of one peer or of strangers over one link. */
  throttled: number;
}

/** Who is there, and what one says about oneself: records and death notices, as they come, go and are refuted. */
export class People {
  readonly roster: Roster;
  readonly #options: PeopleOptions;
  readonly #own: OwnRecord;
  readonly figures: PeopleFigures = { throttled: 0 };
  readonly #subjects = new Buckets(RECORD_PER_S, RECORD_BURST);
  readonly #bringers = new Buckets(STRANGERS_PER_S, STRANGERS_BURST);
  readonly #reporters = new Buckets(DEATHS_PER_S, DEATHS_BURST);
  /** The version that others were told. */
  #announced = 0;
  #refuteAt = 0;
  /** A refutation that waits. */
  #isAccused = false;

  constructor(options: PeopleOptions) {
    const { world, self, community, rows, profile, port } = options;
    this.#options = options;
    this.#own = new OwnRecord(world, community, rows, profile);
    this.roster = new Roster(
      self,
      (id) => port.changed(id),
      (id) => port.isLive(id),
    );
  }

  /** One is there oneself. */
  begin(): void {
    this.#learnOwn();
  }

  /** One's own record. */
  get own(): PeerRecord {
    return this.#own.now;
  }

  /** Says something else about oneself, to everybody. */
  change(change: Partial<Profile & { readonly state: PeerState }>): void {
    this.#own.change(change);
    this.#tellOwn();
  }

  /** There is company: it hears of us, unless it has heard this record already. */
  announce(): void {
    if (this.#announced !== this.own.version) this.#tellOwn();
  }

  /** Nobody is left. Whoever comes next may have believed us dead, so they get a record of a higher version. */
  forgetAnnounced(): void {
    if (this.#announced === 0) return;
    this.#announced = 0;
    this.#own.change({});
    this.#learnOwn();
  }

  /** A linked peer sees us there. */
  seen(address: PathAddress, from: PathAddress | undefined): void {
    if (from !== undefined) this.#own.seen(address, from.address);
  }

  /** The machine's addresses may have changed: then others are told. */
  checkAddresses(): void {
    if (this.#own.isOutdated) this.change({});
  }

  /** A link's HELLO. */
  greeted(record: PeerRecord): void {
    const { id } = record.contact;
    const { world, port } = this.#options;
    this.roster.learn(record, world.clock.now(), true);
    // It was believed dead and does not know: it is told, and will refute it.
    const death = this.roster.get(id)?.death;
    if (death !== undefined) port.tell(id, { kind: ItemKind.Death, bytes: death.bytes });
  }

  /**
   * A record or a death notice that came by broadcast or sync. @throws Malformed when nobody signed it
   * @param from the link that brought it by broadcast; undefined: sync did
   */
  heard({ kind, bytes }: Item, now: number, from?: PeerId): ItemFate {
    const { community, world } = this.#options;
    if (kind === ItemKind.Death) return this.#heardDeath(bytes, now);
    const record = readRecord(bytes, community, world.verify);
    if (this.#mayLearn(record, now, from)) return this.#heardRecord(record, now);
    this.figures.throttled++;
    return 'drop';
  }

  /** The bytes that are kept anyway of a record just heard; undefined for anything else. */
  bytesOf({ kind, bytes }: Item): Buffer | undefined {
    if (kind !== ItemKind.Record) return undefined;
    const { community, world } = this.#options;
    return readRecord(bytes, community, world.verify).bytes;
  }

  /** The overlay has evicted it, after everything: others are told, unless they know or it has left. */
  died({ id, key }: Contact, now: number): void {
    const known = this.roster.get(id);
    if (known === undefined || known.death !== undefined || known.record.state === PeerState.Left) return;
    const { world, community, port } = this.#options;
    const death = signDeath(world.identity, community, key, known.record.version);
    if (this.roster.mourn(death, now) === 'news') port.publish({ kind: ItemKind.Death, bytes: death.bytes });
  }

  /** Others who are there and of whom that holds. */
  membersOf(isOne: (record: PeerRecord) => boolean): PeerRecord[] {
    const { self } = this.#options;
    return [...this.roster.present].filter((record) => record.contact.id !== self && isOne(record));
  }

  tick(now: number): void {
    this.roster.tick(now);
    if (this.#isAccused && this.#refuteAt <= now) this.#refute(now);
  }

  deadline(): number {
    return Math.min(this.roster.deadline(), this.#isAccused ? this.#refuteAt : Number.POSITIVE_INFINITY);
  }

  /** One key may not be news all the time, nor one link bring ever new keys: sync brings what is left out. */
  #mayLearn({ contact: { id }, version }: PeerRecord, now: number, from: PeerId | undefined): boolean {
    const known = this.roster.get(id);
    if (known !== undefined && known.record.version >= version) return true;
    if (known === undefined && from !== undefined && this.#bringers.take(from, now) > 0) return false;
    return this.#subjects.take(id, now) === 0;
  }

  #heardRecord(record: PeerRecord, now: number): ItemFate {
    const { self, port } = this.#options;
    const { id } = record.contact;
    if (id === self) {
      // The same key is used elsewhere, or was once by a machine whose clock runs ahead: ours has to be newer.
      if (record.version > this.own.version) {
        this.#own.heard(record.version);
        this.#accuse(now);
      }
      return 'drop';
    }
    const learnt = this.roster.learn(record, now);
    if (learnt === 'news' && record.state === PeerState.Left) port.hasLeft(id);
    return FATES[learnt];
  }

  #heardDeath(bytes: Buffer, now: number): ItemFate {
    const { community, world, self, port } = this.#options;
    const death = readDeath(bytes, community, world.verify);
    if (death.subject === self) {
      if (death.version >= this.own.version) this.#accuse(now);
      return 'drop';
    }
    if (this.#reporters.take(death.reporter, now) > 0) return 'drop';
    if (port.isLive(death.subject)) {
      port.reported(death.subject);
      return 'drop';
    }
    const learnt = this.roster.mourn(death, now);
    if (learnt === 'news') port.reported(death.subject);
    // Every neighbour of the dead reports it: one report is enough for all.
    return learnt === 'news' ? 'spread' : 'drop';
  }

  #accuse(now: number): void {
    this.#isAccused = true;
    if (this.#refuteAt <= now) this.#refute(now);
  }

  #refute(now: number): void {
    this.#isAccused = false;
    this.#refuteAt = now + REFUTE_EVERY_MS;
    this.change({});
  }

  #learnOwn(): void {
    this.roster.learn(this.own, this.#options.world.clock.now());
  }

  #tellOwn(): void {
    this.#announced = this.own.version;
    this.#learnOwn();
    this.#options.port.publish({ kind: ItemKind.Record, bytes: this.own.bytes });
  }
}

const FATES = { news: 'spread', known: 'known', older: 'drop' } as const;
