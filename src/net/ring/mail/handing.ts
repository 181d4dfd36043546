import { Writer } from '../../bytes.js';
import { FrameType } from '../../constants.js';
import { MAIL_HOLDERS, MAIL_ITEMS_MAX, MAIL_NAMES_MAX, ROUTE_BODY_MAX_BYTES } from '../constants.js';
import { type Place, placeOf } from '../place.js';
import type { Contact, PeerId } from '../types.js';
import { keepCodec, namesCodec } from './frames.js';
import type { Shelf, Shelved } from './shelf.js';

/** Pieces that go out for one LACKING; what is beyond is asked for again. */
const ANSWERED_MAX = 8 * MAIL_ITEMS_MAX;
/** A holder as others see it may be one of so many as this peer sees it: their lists differ while the ring changes. */
const NEARBY = 2 * MAIL_HOLDERS;
/** The addressee itself, and a sender, keep nothing of that mail. */
const BESIDES = 2;

export interface HandingOptions {
  readonly self: Contact;
  readonly community: Buffer;
  readonly shelf: Shelf;
  holders(place: Place, count: number): readonly Contact[];
  send(to: Buffer, type: number, body: Uint8Array, now: number): void;
}

/**
 * Sees to it that the four live successors of an addressee's place have its mail, whoever comes and goes: names
 * what is here to each of them that has not said that it keeps it, and sends what they lack.
 *
 *     holder ── SHELF names ──> new holder ── LACKING names ──> holder ── KEEP pieces ──> new holder ── KEPT ──> holder
 */
export class Handing {
  readonly #options: HandingOptions;
  /** Who has said that it keeps a piece. */
  readonly #confirmed = new Map<string, Set<PeerId>>();
  readonly #places = new Map<PeerId, Place>();
  readonly #writer = new Writer(1024, ROUTE_BODY_MAX_BYTES);

  constructor(options: HandingOptions) {
    this.#options = options;
  }

  /** Those who are to keep somebody's mail, the nearest first. @param besides who of them keeps none of it */
  holdersOf(addressee: PeerId, besides: PeerId): Contact[] {
    return this.#around(addressee, MAIL_HOLDERS + BESIDES)
      .filter(({ id }) => id !== addressee && id !== besides)
      .slice(0, MAIL_HOLDERS);
  }

  /** Could that peer be one of them, as others may see it? */
  mayHold(peer: PeerId, addressee: PeerId): boolean {
    return this.#around(addressee, NEARBY).some(({ id }) => id === peer);
  }

  /** Is the addressee itself one of those who are alive around its place? */
  isThere(addressee: PeerId): boolean {
    return this.#around(addressee, 1)[0]?.id === addressee;
  }

  /** Names each holder what it may lack; lets go of what others keep in this peer's place. */
  check(addressee: PeerId, now: number): void {
    const { self, shelf } = this.#options;
    const unconfirmed = new Map<PeerId, { readonly key: Buffer; readonly names: string[] }>();
    for (const row of shelf.of(addressee)) {
      const holders = this.holdersOf(addressee, row.from);
      const others = holders.filter(({ id }) => id !== self.id);
      const lacking = others.filter(({ id }) => !this.#confirmed.get(row.name)?.has(id));
      for (const { id, key } of lacking) {
        const offer = unconfirmed.get(id) ?? { key, names: [] };
        if (offer.names.length < MAIL_NAMES_MAX) offer.names.push(row.name);
        unconfirmed.set(id, offer);
      }
      const isOurs = others.length < holders.length;
      if (!isOurs && others.length === MAIL_HOLDERS && lacking.length === 0) this.#letGo(row);
    }
    for (const { key, names } of unconfirmed.values()) this.sendNames(key, FrameType.Shelf, names, now);
  }

  confirmed(by: PeerId, names: readonly string[]): void {
    for (const name of names) {
      if (this.#options.shelf.get(name) === undefined) continue;
      this.#confirmed.set(name, (this.#confirmed.get(name) ?? new Set()).add(by));
    }
  }

  forget(name: string): void {
    this.#confirmed.delete(name);
  }

  /** A peer lacks what it should keep. @returns whether there is more than went out now */
  lacking(by: Buffer, names: readonly string[], now: number): boolean {
    const { shelf } = this.#options;
    const id = by.toString('hex');
    // Each once, and read only as far as it goes out: whoever asks for everything again and again costs little.
    const held = [...new Set(names)].filter((name) => {
      const row = shelf.get(name);
      return row !== undefined && this.mayHold(id, row.to);
    });
    const pieces = held.slice(0, ANSWERED_MAX).flatMap((name) => shelf.read(name) ?? []);
    for (let at = 0; at < pieces.length; at += MAIL_ITEMS_MAX)
      this.sendKeep(by, pieces.slice(at, at + MAIL_ITEMS_MAX), false, now);
    return held.length > ANSWERED_MAX;
  }

  sendKeep(to: Buffer, pieces: readonly Buffer[], tell: boolean, now: number): void {
    keepCodec.encode(this.#writer.reset(), { tell, pieces });
    this.#options.send(to, FrameType.Keep, this.#writer.view(), now);
  }

  sendNames(to: Buffer, type: number, names: readonly string[], now: number): void {
    for (let at = 0; at < names.length; at += MAIL_NAMES_MAX) {
      namesCodec.encode(this.#writer.reset(), names.slice(at, at + MAIL_NAMES_MAX));
      this.#options.send(to, type, this.#writer.view(), now);
    }
  }

  #around(addressee: PeerId, count: number): readonly Contact[] {
    return this.#options.holders(this.#placeOf(addressee), count);
  }

  #placeOf(addressee: PeerId): Place {
    const known = this.#places.get(addressee);
    if (known !== undefined) return known;
    // One hash each: they are thrown away together when they are many.
    if (this.#places.size >= 1_000) this.#places.clear();
    const place = placeOf(this.#options.community, Buffer.from(addressee, 'hex'));
    this.#places.set(addressee, place);
    return place;
  }

  #letGo(row: Shelved): void {
    this.#options.shelf.drop(row);
    this.#confirmed.delete(row.name);
  }
}
