/**
 * Anti-entropy: two peers compare what they hold, and each fetches what it lacks. Whatever broadcast missed comes
 * this way, to who was away, who joined later, and who was cut off.
 *
 *     opener                                    partner
 *       DIGEST  the root of each set  ---------->         alike: the end
 *               <----------  DIGEST  the hashes of the buckets of sets that differ
 *       HEADS   of the buckets that differ ----->
 *               <-----------  HEADS  of the same buckets
 *       LACK    parts of feeds  ---------------->         and the same the other way round
 *               <-------------------------  ITEMS         until nothing is lacking
 *
 * Nothing is believed but items, which their authors signed; heads only say what is worth asking for.
 */
import { Buckets } from '../../bucket.js';
import type { Reader } from '../../bytes.js';
import { FrameType } from '../../constants.js';
import { Lane } from '../../types.js';
import {
  DIGEST_BUCKETS,
  SERVED_BURST_BYTES,
  SERVED_BYTES_PER_S,
  SYNC_ROUNDS_MAX,
  SYNC_ROUNDS_MS,
  SYNC_SETS_MAX,
} from '../constants.js';
import type { Contact, Part, PeerId } from '../types.js';
import { Fetching } from './fetching.js';
import { digestFrame, headsFrame, itemsFrame, lackFrame, type RoundName, readName } from './frames.js';
import { Partners } from './partners.js';
import { bucketsThatDiffer, headsOf, partsOf } from './parts.js';
import { Round } from './round.js';
import type { SyncSet } from './set.js';
import { noSyncs, type SyncCounters, type SyncOptions, type SyncPort } from './types.js';

/** The rounds with one partner: the one that we opened last, and the one that it did. */
interface Link {
  ours: Round | undefined;
  theirs: Round | undefined;
}

const KILOBYTE = 1024;

export class Sync implements Part {
  readonly counters: SyncCounters = noSyncs();
  readonly #port: SyncPort;
  readonly #partners: Partners;
  readonly #links = new Map<PeerId, Link>();
  readonly #fetching = new Fetching();
  /** Rounds that partners open, and kilobytes that they are handed: also over a new link. */
  readonly #opening = new Buckets((SYNC_ROUNDS_MAX * 1000) / SYNC_ROUNDS_MS, SYNC_ROUNDS_MAX);
  readonly #serving = new Buckets(SERVED_BYTES_PER_S / KILOBYTE, SERVED_BURST_BYTES / KILOBYTE);
  #rounds = 0;
  #nextSet = 0;
  /** When the first round may have to be given up. */
  #until = Number.POSITIVE_INFINITY;
  /** When a partner may be asked again that has brought enough for now. */
  #askAt = Number.POSITIVE_INFINITY;

  constructor({ port, random }: SyncOptions) {
    this.#port = port;
    const drawn = Buffer.alloc(4);
    this.#partners = new Partners((below) => {
      random(drawn);
      return Math.floor((drawn.readUInt32BE(0) / 2 ** 32) * below);
    });
  }

  /** The ring's two edges: whoever is new there is compared with soon. */
  edges(peers: readonly PeerId[], now: number): void {
    this.#partners.edges(peers, now);
  }

  /**
   * Compares with a linked peer: all sets, or these. Soon after the last round with it nothing happens.
   * @returns whether a round began
   */
  begin(peer: PeerId, now: number, sets?: readonly SyncSet[]): boolean {
    const link = this.#links.get(peer);
    if (link === undefined || link.ours?.isOver === false) return false;
    if (!this.#partners.isRested(peer, now)) return false;
    const some = sets?.slice(0, SYNC_SETS_MAX) ?? this.#someSets();
    this.#rounds++;
    const round = new Round(peer, this.#rounds, true, some, now);
    if (!this.#port.send(peer, FrameType.Digest, digestFrame.encode(nameOf(round), some))) return false;
    link.ours = round;
    this.#partners.begun(peer, now);
    this.#watch(round);
    this.counters.rounds++;
    return true;
  }

  /** Whether a round with that peer, opened here, is under way. */
  isComparing(peer: PeerId): boolean {
    return this.#links.get(peer)?.ours?.isOver === false;
  }

  /** Something is known to be missing somewhere, or was not spread: the next round is due within a second. */
  hurry(now: number): void {
    this.#partners.hurry(now);
  }

  // ---- Part ---------------------------------------------------------------------------------------------

  linked(peer: Contact, now: number): void {
    this.#links.set(peer.id, { ours: undefined, theirs: undefined });
    if (this.#partners.linked(peer.id, now)) this.begin(peer.id, now);
  }

  unlinked(peer: PeerId): void {
    const link = this.#links.get(peer);
    if (link === undefined) return;
    this.#links.delete(peer);
    this.#partners.unlinked(peer);
    for (const round of [link.ours, link.theirs]) if (round !== undefined) this.#release(round);
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    if (type < FrameType.Digest || type > FrameType.Items) return false;
    const link = this.#links.get(from);
    if (link === undefined) return true;
    const name = readName(body);
    if (type === FrameType.Digest && name.isSenders) {
      this.#opened(from, link, name.round, body, now);
      return true;
    }
    const round = name.isSenders ? link.theirs : link.ours;
    if (round === undefined || round.number !== name.round) this.counters.unasked++;
    else if (type === FrameType.Digest) this.#compared(round, body, now);
    else if (type === FrameType.Heads) this.#headed(round, body, now);
    else if (type === FrameType.Lack) this.#lacked(round, body, now);
    else this.#served(round, body, now);
    return true;
  }

  tick(now: number): void {
    if (now >= this.#until) this.#giveUp(now);
    if (now >= this.#askAt) this.#askAgain(now);
    if (now < this.#partners.dueAt) return;
    const partner = this.#partners.next(now);
    if (partner !== undefined) this.begin(partner, now);
  }

  deadline(): number {
    return Math.min(this.#until, this.#askAt, this.#partners.dueAt);
  }

  // ---- The exchange -------------------------------------------------------------------------------------

  /** A partner opened a round. */
  #opened(from: PeerId, link: Link, number: number, body: Reader, now: number): void {
    const digests = digestFrame.decode(body, { isSenders: true, round: number });
    if (this.#opening.take(from, now) > 0) {
      this.counters.refused++;
      return;
    }
    this.#partners.begun(from, now);
    const own = new Map(this.#port.sets().map((set) => [set.id.toString('hex'), set]));
    const differing = digests.flatMap(({ set, digest }) => {
      const mine = own.get(set.toString('hex'));
      return mine === undefined || mine.root.equals(digest) ? [] : [mine];
    });
    if (link.theirs !== undefined) this.#release(link.theirs);
    const round = new Round(from, number, false, differing, now);
    round.isCompared = true;
    round.owed = differing.length * DIGEST_BUCKETS;
    link.theirs = differing.length === 0 ? undefined : round;
    if (link.theirs !== undefined) this.#watch(round);
    this.#port.send(from, FrameType.Digest, digestFrame.encode(nameOf(round), differing));
  }

  /** The partner's answer to our roots: which sets differ, and its buckets. */
  #compared(round: Round, body: Reader, now: number): void {
    if (round.isCompared) {
      this.counters.unasked++;
      return;
    }
    round.isCompared = true;
    round.progressed(now);
    for (const { set, digest } of digestFrame.decode(body, { isSenders: false, round: round.number })) {
      const mine = round.set(set);
      if (mine === undefined) {
        this.counters.unasked++;
        continue;
      }
      const buckets = bucketsThatDiffer(mine.digest, digest);
      round.owed += buckets.length;
      this.#sendHeads(round, mine, buckets);
    }
    this.#goOn(round, now);
  }

  #headed(round: Round, body: Reader, now: number): void {
    const { set, buckets, heads } = headsFrame.decode(body);
    const mine = round.set(set);
    if (mine === undefined || round.owed <= 0) {
      this.counters.unasked++;
      return;
    }
    round.owed -= Math.max(1, buckets.length);
    if (!round.isOurs) this.#sendHeads(round, mine, buckets);
    round.progressed(now);
    if (this.#fetching.trusts(round.partner, now)) this.counters.refused += round.look(mine, heads);
    else this.counters.refused += heads.length;
    this.#goOn(round, now);
  }

  #lacked(round: Round, body: Reader, now: number): void {
    const { ask, set, ranges } = lackFrame.decode(body);
    const mine = round.set(set);
    if (mine === undefined) {
      this.counters.unasked++;
      return;
    }
    const { items, bytes, hasMore } = partsOf(mine, ranges);
    for (let kilobytes = bytes / KILOBYTE; kilobytes > 0; kilobytes--)
      if (this.#serving.take(round.partner, now) > 0) {
        this.counters.refused++;
        return;
      }
    round.progressed(now);
    this.counters.served += items.length;
    const answer = itemsFrame.encode(nameOf(round), { ask, hasMore, items });
    this.#port.send(round.partner, FrameType.Items, answer, Lane.Bulk);
  }

  #served(round: Round, body: Reader, now: number): void {
    const { ask, hasMore, items } = itemsFrame.decode(body);
    const asked = round.asked;
    if (asked === undefined || asked.ask !== ask) {
      this.counters.unasked++;
      return;
    }
    round.asked = undefined;
    round.progressed(now);
    this.#fetching.end(asked.pending, round);
    const fresh = this.#port.received(items, round.partner, now);
    this.counters.repaired += fresh;
    this.counters.repeated += items.length - fresh;
    const left = asked.pending.filter(({ set, head }) => set.lack(head).length > 0);
    if (hasMore && fresh > 0) {
      round.again(left);
    } else {
      this.counters.broken += left.length;
      this.#fetching.broke(round.partner, left, now);
    }
    this.#goOn(round, now);
  }

  // ---- Inside -------------------------------------------------------------------------------------------

  /** Asks for what is next, or notes that the round is over. */
  #goOn(round: Round, now: number): void {
    if (round.asked === undefined) this.#ask(round, now);
    if (!round.isOurs || round.isOver || !round.isDone) return;
    round.isOver = true;
    this.counters.completed++;
    this.#port.synced(round.partner, now);
  }

  #askAgain(now: number): void {
    this.#askAt = Number.POSITIVE_INFINITY;
    for (const { ours, theirs } of this.#links.values())
      for (const round of [ours, theirs]) if (round?.hasPending === true) this.#goOn(round, now);
  }

  #ask(round: Round, now: number): void {
    const restMs = round.hasPending ? this.#port.restMs(round.partner, now) : 0;
    if (restMs > 0) {
      this.#askAt = Math.min(this.#askAt, now + restMs);
      return;
    }
    const asked = round.nextAsk((pending) => this.#fetching.lacking(round.partner, pending, now));
    if (asked === undefined) return;
    this.#fetching.begin(asked.pending, round);
    const { ask, set, ranges } = asked;
    const body = lackFrame.encode(nameOf(round), { ask, set: set.id, ranges });
    this.#port.send(round.partner, FrameType.Lack, body);
  }

  #sendHeads(round: Round, set: SyncSet, buckets: readonly number[]): void {
    for (const heads of headsOf(set, buckets, round.number))
      this.#port.send(round.partner, FrameType.Heads, headsFrame.encode(nameOf(round), heads));
  }

  /** All sets, or the next of them when there are more than one round takes. */
  #someSets(): readonly SyncSet[] {
    const sets = this.#port.sets();
    if (sets.length <= SYNC_SETS_MAX) return sets;
    const from = this.#nextSet % sets.length;
    this.#nextSet = from + SYNC_SETS_MAX;
    return [...sets.slice(from), ...sets.slice(0, from)].slice(0, SYNC_SETS_MAX);
  }

  #watch({ until }: Round): void {
    this.#until = Math.min(this.#until, until);
  }

  #giveUp(now: number): void {
    this.#until = Number.POSITIVE_INFINITY;
    for (const [peer, link] of this.#links) {
      if (link.ours !== undefined && link.ours.until <= now) {
        const { isOver } = link.ours;
        this.#release(link.ours);
        link.ours = undefined;
        if (!isOver) this.#port.synced(peer, now);
      }
      if (link.theirs !== undefined && link.theirs.until <= now) {
        this.#release(link.theirs);
        link.theirs = undefined;
      }
      for (const round of [link.ours, link.theirs]) if (round !== undefined) this.#watch(round);
    }
  }

  /** Others may be asked for what it was fetching. */
  #release(round: Round): void {
    if (round.asked !== undefined) this.#fetching.end(round.asked.pending, round);
  }
}

const nameOf = ({ isOurs, number }: Round): RoundName => ({ isSenders: isOurs, round: number });
