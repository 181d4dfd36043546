import { MAIL_LIFE_MS, RECEIPT_LIFE_MS } from '../constants.js';
import type { PeerId } from '../types.js';
import { type Piece, peekPiece } from './piece.js';
import type { Receipt } from './receipt.js';
import type { MailStore, StoredMail } from './store.js';

/** What is kept altogether, of what one sender sent, for one addressee, and of what came over one link. */
const ALL_BYTES = 16 * 1024 * 1024;
const PER_PEER_BYTES = 1024 * 1024;
const PER_LINK_BYTES = 4 * 1024 * 1024;
const RECEIPTS_MAX = 20_000;

/** One piece that is kept, without its bytes. */
export interface Shelved {
  readonly name: string;
  readonly to: PeerId;
  readonly from: PeerId;
  /** By its sender's clock. */
  readonly sentAt: number;
  /** It is thrown away at this time, ms since 1970. */
  readonly until: number;
  readonly bytes: number;
  /** The link it came over; unknown since a restart. */
  readonly via: PeerId | undefined;
}

/**
 * What one peer keeps for others: mail, and the receipts of what it kept. All changes of a turn are one commit, and
 * nothing counts as kept before it.
 */
export class Shelf {
  readonly #store: MailStore;
  readonly #byName = new Map<string, Shelved>();
  readonly #byAddressee = new Map<PeerId, Map<string, Shelved>>();
  /** When each was given. */
  readonly #receipts = new Map<string, number>();
  readonly #keep = new Map<string, StoredMail>();
  readonly #remember = new Map<string, StoredMail>();
  readonly #drop = new Set<string>();
  readonly #forget = new Set<string>();
  /** Bytes by whom they are charged to. */
  readonly #charged = new Map<string, number>();

  constructor(store: MailStore) {
    this.#store = store;
    for (const { name, bytes, at } of store.pieces()) {
      const piece = { name, bytes, ...peekPiece(bytes) };
      this.#index(shelved(piece, at, undefined));
    }
    for (const { name, at } of store.receipts()) this.#receipts.set(name, at);
  }

  get size(): number {
    return this.#byName.size;
  }

  get bytes(): number {
    return this.#charged.get(ALL) ?? 0;
  }

  /** Somebody's mail, the oldest first. What is not written yet is not in it. */
  of(addressee: PeerId): Shelved[] {
    const mail = [...(this.#byAddressee.get(addressee)?.values() ?? [])];
    return mail.filter(({ name }) => !this.#keep.has(name)).sort((a, b) => a.sentAt - b.sentAt);
  }

  get addressees(): PeerId[] {
    return [...this.#byAddressee.keys()];
  }

  get(name: string): Shelved | undefined {
    return this.#byName.get(name);
  }

  read(name: string): Buffer | undefined {
    return this.#keep.get(name)?.bytes ?? this.#store.piece(name);
  }

  /** The receipt for a piece, as it was signed. */
  receipt(name: string): Buffer | undefined {
    if (!this.#receipts.has(name)) return undefined;
    return this.#remember.get(name)?.bytes ?? this.#store.receipt(name);
  }

  /** @param now ms since 1970 @returns `full` for what is above a limit, `over` for what was kept for its time */
  put(piece: Piece, via: PeerId, now: number): 'new' | 'known' | 'full' | 'over' {
    if (this.#byName.has(piece.name)) return 'known';
    const row = shelved(piece, now, via);
    if (row.until <= now) return 'over';
    for (const { account, max } of accountsOf(row))
      if ((this.#charged.get(account) ?? 0) + row.bytes > max) return 'full';
    this.#index(row);
    this.#drop.delete(piece.name);
    this.#keep.set(piece.name, { name: piece.name, bytes: piece.bytes, at: now });
    return 'new';
  }

  /** Forgets the piece and remembers its receipt. @param now ms since 1970 @returns false when it is not for whom it says */
  settle(receipt: Receipt, now: number): boolean {
    const row = this.#byName.get(receipt.piece);
    if (row !== undefined && row.to !== receipt.by.toString('hex')) return false;
    if (row !== undefined) this.drop(row);
    if (this.#receipts.has(receipt.piece)) return true;
    this.#receipts.set(receipt.piece, now);
    this.#forget.delete(receipt.piece);
    this.#remember.set(receipt.piece, { name: receipt.piece, bytes: receipt.bytes, at: now });
    const [oldest] = this.#receipts.keys();
    if (this.#receipts.size > RECEIPTS_MAX && oldest !== undefined) this.forgetReceipt(oldest);
    return true;
  }

  /** What it was for may come again, and is kept then. */
  forgetReceipt(name: string): void {
    this.#receipts.delete(name);
    if (!this.#remember.delete(name)) this.#forget.add(name);
  }

  drop(row: Shelved): void {
    this.#byName.delete(row.name);
    const mail = this.#byAddressee.get(row.to);
    mail?.delete(row.name);
    if (mail?.size === 0) this.#byAddressee.delete(row.to);
    for (const { account } of accountsOf(row)) this.#charge(account, -row.bytes);
    if (!this.#keep.delete(row.name)) this.#drop.add(row.name);
  }

  /** Throws away what is too old. @param now ms since 1970 */
  expire(now: number): void {
    for (const row of [...this.#byName.values()]) if (row.until <= now) this.drop(row);
    for (const [name, at] of this.#receipts) if (at + RECEIPT_LIFE_MS <= now) this.forgetReceipt(name);
  }

  /** Something waits to be written. */
  get dirty(): boolean {
    return this.#keep.size + this.#remember.size + this.#drop.size + this.#forget.size > 0;
  }

  /**
   * Writes what has changed. What cannot be written is not kept: whoever wants it kept hears nothing and asks again.
   * @returns the names that are kept from now on
   */
  commit(): string[] {
    const changes = {
      keep: [...this.#keep.values()],
      remember: [...this.#remember.values()],
      drop: [...this.#drop],
      forget: [...this.#forget],
    };
    try {
      this.#store.commit(changes);
    } catch (error) {
      for (const { name } of changes.keep) {
        const row = this.#byName.get(name);
        if (row !== undefined) this.drop(row);
      }
      throw error;
    }
    for (const each of [this.#keep, this.#remember, this.#drop, this.#forget]) each.clear();
    return changes.keep.map(({ name }) => name);
  }

  #index(row: Shelved): void {
    this.#byName.set(row.name, row);
    const mail = this.#byAddressee.get(row.to) ?? new Map<string, Shelved>();
    this.#byAddressee.set(row.to, mail.set(row.name, row));
    for (const { account } of accountsOf(row)) this.#charge(account, row.bytes);
  }

  #charge(account: string, bytes: number): void {
    const sum = (this.#charged.get(account) ?? 0) + bytes;
    if (sum === 0) this.#charged.delete(account);
    else this.#charged.set(account, sum);
  }
}

const ALL = 'all';

/** Whom a piece is charged to, and how much each may have. */
function accountsOf({ to, from, via }: Shelved): { readonly account: string; readonly max: number }[] {
  return [
    { account: ALL, max: ALL_BYTES },
    { account: `to ${to}`, max: PER_PEER_BYTES },
    { account: `from ${from}`, max: PER_PEER_BYTES },
    { account: `via ${via}`, max: via === undefined ? ALL_BYTES : PER_LINK_BYTES },
  ];
}

/** A sender whose clock is ahead wins no time. */
function shelved(
  { name, to, from, at, bytes }: Pick<Piece, 'name' | 'to' | 'from' | 'at' | 'bytes'>,
  now: number,
  via: PeerId | undefined,
): Shelved {
  const until = Math.min(at, now) + MAIL_LIFE_MS;
  return {
    ...{ name, to: to.toString('hex'), from: from.toString('hex'), sentAt: at, until, via },
    bytes: bytes.length,
  };
}
