import type { Reader } from '../../bytes.js';
import { FrameType } from '../../constants.js';
import { CLOCK_AHEAD_MAX_MS } from '../constants.js';
import type { Verify } from '../identity.js';
import type { Place } from '../place.js';
import { Recent } from '../recent.js';
import type { Contact, PeerId } from '../types.js';
import { Deliveries } from './deliveries.js';
import { keepCodec, namesCodec } from './frames.js';
import { Handing } from './handing.js';
import { type Piece, readPiece } from './piece.js';
import { type Receipt, readReceipt } from './receipt.js';
import { Shelf } from './shelf.js';
import type { MailStore } from './store.js';

/** The ring has changed: looked at when it has settled a little. */
const SETTLING_MS = 2_000;
const CHECK_EVERY_MS = 60_000;
/** What a holder did not get although it was sent is asked for by another way. */
const ASKED_MS = 5_000;
const ASKED_MAX = 4_096;
const DISK_RETRY_MS = 1_000;

export interface MailOptions {
  readonly self: Contact;
  /** 32 bytes. */
  readonly community: Buffer;
  readonly verify: Verify;
  /** Milliseconds since 1970. */
  wall(): number;
  readonly store: MailStore;
  /** The known live successors of a place, whoever is there included. */
  holders(place: Place, count: number): readonly Contact[];
  /** One frame to a peer, over a link or from peer to peer; it may be lost. */
  send(to: Buffer, type: number, body: Uint8Array, now: number): void;
}

/** Each from 0 for the life of the mail. */
export interface MailCounters {
  kept: number;
  /** Refused: above a limit, too old or from the future, or not for places near this peer. */
  full: number;
  refused: number;
  settled: number;
  /** Commits that the disk refused. */
  unwritten: number;
}

/**
 * Sealed mail for who is not there: kept by the four live successors of the addressee's place, handed on when others
 * become these, delivered when the addressee is seen, forgotten with its receipt. What is kept cannot be read here.
 */
export class Mail {
  readonly counters: MailCounters = { kept: 0, full: 0, refused: 0, settled: 0, unwritten: 0 };
  readonly shelf: Shelf;
  readonly #options: MailOptions;
  readonly #handing: Handing;
  readonly #deliveries: Deliveries;
  /** Whom to tell once a piece is durable. */
  readonly #owed = new Map<string, Buffer[]>();
  /** Pieces that were asked for of somebody. */
  readonly #asked = new Recent<true>(ASKED_MS, ASKED_MAX);
  #checkAt: number = Number.POSITIVE_INFINITY;
  #writeAt = Number.POSITIVE_INFINITY;

  constructor(options: MailOptions) {
    this.#options = options;
    this.shelf = new Shelf(options.store);
    const send = options.send.bind(options);
    this.#handing = new Handing({ ...options, send, shelf: this.shelf });
    this.#deliveries = new Deliveries(this.shelf, send);
    if (this.shelf.size > 0) this.#checkAt = 0;
  }

  // ---- From the ring ------------------------------------------------------------------------------------

  /** That peer is linked, or said that it is online. */
  appeared(peer: PeerId, now: number): void {
    if (this.shelf.size === 0) return;
    const holders = this.#handing.holdersOf(peer, peer);
    const rank = holders.findIndex(({ id }) => id === this.#options.self.id);
    this.#deliveries.begin(peer, rank < 0 ? holders.length : rank, now);
  }

  /** The overlay's pointers are others than before. */
  changed(now: number): void {
    if (this.shelf.size > 0) this.#checkAt = Math.min(this.#checkAt, now + SETTLING_MS);
  }

  /** Nobody is nearer to an absent addressee than this peer: hands its mail to those who are to keep it. */
  post(piece: Piece, via: PeerId, now: number): void {
    const { self } = this.#options;
    const receipt = this.#receiptOf(piece);
    if (receipt !== undefined) {
      this.#options.send(piece.from, FrameType.Receipt, receipt, now);
      return;
    }
    for (const { id, key } of this.holdersOf(piece))
      if (id === self.id) this.#keep(piece, via, [piece.from], now);
      else this.#handing.sendKeep(key, [piece.bytes], true, now);
  }

  /** Who is to keep that piece. */
  holdersOf({ to, from }: Pick<Piece, 'to' | 'from'>): Contact[] {
    return this.#handing.holdersOf(to.toString('hex'), from.toString('hex'));
  }

  /**
   * A frame of those who keep mail. @param from whose it says it is @param via the link it came over
   * @returns false when it is none of these @throws Malformed
   */
  frame(from: Buffer, via: PeerId, type: number, body: Reader, now: number): boolean {
    switch (type) {
      case FrameType.Keep:
        this.#asKeeper(from, via, body, now);
        return true;
      case FrameType.Shelf:
        this.#offered(from, namesCodec.decode(body), now);
        return true;
      case FrameType.Lacking:
        if (this.#handing.lacking(from, namesCodec.decode(body), now)) this.changed(now);
        return true;
      default:
        return false;
    }
  }

  /** That peer keeps these. */
  confirmed(by: Buffer, names: readonly string[]): void {
    this.#handing.confirmed(by.toString('hex'), names);
  }

  /** Whom a piece was for has it. */
  settle(receipt: Receipt, now: number): void {
    const addressee = receipt.by.toString('hex');
    const isKept = this.shelf.get(receipt.piece) !== undefined;
    // Others may keep it on behalf of the same places, and hand it here later.
    if (!isKept && !this.#handing.mayHold(this.#options.self.id, addressee)) return;
    if (!this.shelf.settle(receipt, this.#options.wall())) {
      this.counters.refused++;
      return;
    }
    this.counters.settled++;
    this.#handing.forget(receipt.piece);
    this.#owed.delete(receipt.piece);
    this.#deliveries.settled(addressee, receipt.piece, now);
    this.#write(now);
  }

  tick(now: number): void {
    if (this.#checkAt <= now) this.#check(now);
    this.#deliveries.tick(now);
    if (this.#writeAt <= now) this.#commit(now);
  }

  deadline(): number {
    return Math.min(this.#checkAt, this.#writeAt, this.#deliveries.deadline());
  }

  // ---- Within -------------------------------------------------------------------------------------------

  #asKeeper(from: Buffer, via: PeerId, body: Reader, now: number): void {
    const { community, verify, self } = this.#options;
    const { tell, pieces } = keepCodec.decode(body);
    for (const bytes of pieces) {
      const piece = readPiece(bytes, community, verify);
      if (this.#handing.mayHold(self.id, piece.to.toString('hex')))
        this.#keep(piece, via, tell ? [piece.from, from] : [from], now);
      else this.counters.refused++;
    }
  }

  /** @param tell whom to tell that it is kept */
  #keep(piece: Piece, via: PeerId, tell: readonly Buffer[], now: number): void {
    const { send, self, wall } = this.#options;
    const others = tell.filter((key) => !key.equals(self.key)).map((key) => Buffer.from(key));
    const receipt = this.#receiptOf(piece);
    if (receipt !== undefined) {
      for (const key of others) send(key, FrameType.Receipt, receipt, now);
      return;
    }
    if (piece.at > wall() + CLOCK_AHEAD_MAX_MS) {
      this.counters.refused++;
      return;
    }
    const result = this.shelf.put(piece, via, wall());
    if (result === 'full') this.counters.full++;
    else if (result === 'over') this.counters.refused++;
    else this.#owe(piece.name, others, now);
  }

  /**
   * The receipt for a piece that came. One that was signed before the piece was known here may be of somebody whom it
   * is not for, who would have it forgotten unread: that is no receipt, and is not kept any longer.
   */
  #receiptOf(piece: Piece): Buffer | undefined {
    const { community, verify } = this.#options;
    const receipt = this.shelf.receipt(piece.name);
    if (receipt === undefined || readReceipt(receipt, community, verify).by.equals(piece.to)) return receipt;
    this.counters.refused++;
    this.shelf.forgetReceipt(piece.name);
    return undefined;
  }

  #owe(name: string, keys: readonly Buffer[], now: number): void {
    const owed = [...(this.#owed.get(name) ?? [])];
    for (const key of keys) if (!owed.some((each) => each.equals(key))) owed.push(key);
    this.#owed.set(name, owed);
    this.#write(now);
  }

  #offered(from: Buffer, names: readonly string[], now: number): void {
    const kept: string[] = [];
    const lacking: string[] = [];
    for (const name of names) {
      const receipt = this.shelf.receipt(name);
      // A name does not say whom its piece is for. Who offers it knows: if the receipt is true there is nothing left to
      // hand over by the time it is asked for, and if it is somebody else's the piece itself will prove that.
      if (receipt !== undefined) this.#options.send(from, FrameType.Receipt, receipt, now);
      if (this.shelf.get(name) !== undefined) kept.push(name);
      else if (this.#asked.get(name, now) === undefined) lacking.push(name);
    }
    for (const name of lacking) this.#asked.set(name, true, now);
    this.#handing.confirmed(from.toString('hex'), kept);
    this.#handing.sendNames(from, FrameType.Kept, kept, now);
    this.#handing.sendNames(from, FrameType.Lacking, lacking, now);
  }

  #check(now: number): void {
    this.shelf.expire(this.#options.wall());
    for (const addressee of this.shelf.addressees) {
      if (this.#handing.isThere(addressee)) this.appeared(addressee, now);
      else this.#handing.check(addressee, now);
    }
    if (this.shelf.dirty) this.#write(now);
    this.#checkAt = this.shelf.size > 0 ? now + CHECK_EVERY_MS : Number.POSITIVE_INFINITY;
  }

  #write(now: number): void {
    this.#writeAt = Math.min(this.#writeAt, now);
  }

  #commit(now: number): void {
    this.#writeAt = Number.POSITIVE_INFINITY;
    try {
      this.counters.kept += this.shelf.commit().length;
    } catch {
      // Nobody was told that it is kept, so whoever sent it asks again.
      this.counters.unwritten++;
      this.#owed.clear();
      if (this.shelf.dirty) this.#writeAt = now + DISK_RETRY_MS;
      return;
    }
    if (this.shelf.size > 0) this.#checkAt = Math.min(this.#checkAt, now + CHECK_EVERY_MS);
    const namesFor = new Map<string, { readonly key: Buffer; readonly names: string[] }>();
    for (const [name, keys] of this.#owed)
      for (const key of keys) {
        const id = key.toString('hex');
        const told = namesFor.get(id) ?? { key, names: [] };
        told.names.push(name);
        namesFor.set(id, told);
      }
    this.#owed.clear();
    for (const { key, names } of namesFor.values()) this.#handing.sendNames(key, FrameType.Kept, names, now);
  }
}
