import { FrameType } from '../../../net/constants.js';
import { MAIL_LIFE_MS } from '../../../net/ring/constants.js';
import { peekPiece } from '../../../net/ring/mail/piece.js';
import { type Receipt, Verdict } from '../../../net/ring/mail/receipt.js';
import type { PeerId } from '../../../net/ring/types.js';
import type { LetterState, Letters, Outgoing, StoredLetter } from '../../../store/mail/letters.js';
import type { Writes } from './writes.js';

/** A letter that nobody has answered is sent again after this, then after twice as long, and so on. */
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** One that others keep: they deliver it. This is for the day when they do not. */
const HELD_RETRY_MS = 10 * 60_000;
/** Letters to one addressee that are under way and neither kept nor delivered. */
const WINDOW = 32;
/** An addressee who comes and goes is not sent everything each time. */
const APPEARED_MIN_MS = 1_000;

interface Entry {
  readonly outgoing: Outgoing;
  readonly to: Buffer;
  /** It expires then, ms since 1970. */
  readonly until: number;
  state: LetterState;
  tries: number;
  dueAt: number;
  /** Its end is being written. */
  ending: boolean;
}

export interface OutboxOptions {
  readonly letters: Letters;
  readonly writes: Writes;
  wall(): number;
  send(to: Buffer, type: number, body: Uint8Array, now: number): void;
  /** A letter of one's own stands otherwise than before; durable. */
  delivery(letter: StoredLetter): void;
}

/** Letters of one's own that nobody has given a receipt for: sent again and again, over restarts, until they expire. */
export class LetterOutbox {
  readonly #options: OutboxOptions;
  readonly #byPiece = new Map<string, Entry>();
  /** In the order in which they were written. */
  readonly #byPeer = new Map<PeerId, Set<Entry>>();
  readonly #appearedAt = new Map<PeerId, number>();
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(options: OutboxOptions) {
    this.#options = options;
    const { letters } = options;
    for (const outgoing of letters.outbox().sort((a, b) => a.seq - b.seq)) {
      const letter = letters.get(outgoing.peer, outgoing.seq);
      if (letter === undefined)
        options.writes.add(
          () => letters.sent(outgoing.piece),
          () => {},
        );
      else this.#enter(outgoing, letter.state, 0);
    }
  }

  get size(): number {
    return this.#byPiece.size;
  }

  /** The last letter to that peer that is still under way: what is written now is to be read after it. */
  lastTo(peer: PeerId): StoredLetter | undefined {
    const last = [...(this.#byPeer.get(peer) ?? [])].at(-1);
    return last && this.#options.letters.get(peer, last.outgoing.seq);
  }

  /** A letter that is durable from now on. */
  add(outgoing: Outgoing, now: number): void {
    this.#enter(outgoing, 'sending', now);
  }

  /** That peer is linked, or said that it is online. */
  appeared(peer: PeerId, now: number): void {
    const entries = this.#byPeer.get(peer);
    if (entries === undefined || now - (this.#appearedAt.get(peer) ?? -APPEARED_MIN_MS) < APPEARED_MIN_MS)
      return;
    this.#appearedAt.set(peer, now);
    for (const entry of entries) {
      entry.tries = 0;
      entry.dueAt = now;
    }
    this.#dueAt = now;
  }

  /** Somebody keeps these. */
  kept(pieces: readonly string[], now: number): void {
    for (const piece of pieces) {
      const entry = this.#byPiece.get(piece);
      if (entry === undefined || entry.state !== 'sending' || entry.ending) continue;
      entry.state = 'held';
      entry.dueAt = now + HELD_RETRY_MS;
      const letter = this.#changed(entry, 'held', '');
      if (letter === undefined) continue;
      const { letters, writes, delivery } = this.#options;
      writes.add(
        () => letters.update(letter),
        () => delivery(letter),
      );
      // Another one has moved up into the window.
      this.#dueAt = Math.min(this.#dueAt, now);
    }
  }

  /** @returns false when it is for nothing that is under way, or not by whom that was for */
  settle(receipt: Receipt, now: number): boolean {
    const entry = this.#byPiece.get(receipt.piece);
    if (entry === undefined || !entry.to.equals(receipt.by)) return false;
    const reason = REASONS[receipt.verdict];
    this.#end(entry, reason === undefined ? 'delivered' : 'failed', reason ?? '', now);
    return true;
  }

  /** Sends it no more. @returns false when it is not under way */
  discard(peer: PeerId, seq: number, now: number): boolean {
    const entry = [...(this.#byPeer.get(peer) ?? [])].find(({ outgoing }) => outgoing.seq === seq);
    if (entry === undefined) return false;
    this.#end(entry, 'failed', 'You took it back; whoever keeps it may deliver it all the same.', now);
    return true;
  }

  tick(now: number): void {
    if (now < this.#dueAt) return;
    this.#dueAt = Number.POSITIVE_INFINITY;
    const wall = this.#options.wall();
    for (const entries of [...this.#byPeer.values()]) this.#tickPeer(entries, wall, now);
  }

  deadline(): number {
    return this.#dueAt;
  }

  #tickPeer(entries: ReadonlySet<Entry>, wall: number, now: number): void {
    let room = WINDOW;
    for (const entry of entries) {
      if (entry.ending) continue;
      if (wall >= entry.until) {
        this.#end(entry, 'expired', 'Nobody came for it within seven days; say it again.', now);
        continue;
      }
      if (entry.state === 'sending' && room-- <= 0) continue;
      if (entry.dueAt <= now) this.#try(entry, now);
      this.#dueAt = Math.min(this.#dueAt, entry.dueAt);
    }
  }

  #try(entry: Entry, now: number): void {
    const backoffMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(entry.tries, 10));
    entry.tries++;
    entry.dueAt = now + (entry.state === 'held' ? HELD_RETRY_MS : backoffMs);
    this.#options.send(entry.to, FrameType.Mail, entry.outgoing.bytes, now);
  }

  #enter(outgoing: Outgoing, state: LetterState, now: number): void {
    const { to, at } = peekPiece(outgoing.bytes);
    const until = at + MAIL_LIFE_MS;
    const entry: Entry = { outgoing, to, until, state, tries: 0, dueAt: now, ending: false };
    this.#byPiece.set(outgoing.piece, entry);
    this.#byPeer.set(outgoing.peer, (this.#byPeer.get(outgoing.peer) ?? new Set()).add(entry));
    this.#dueAt = Math.min(this.#dueAt, now);
  }

  /** When it cannot be written it stays as it is, and the next receipt tries again. */
  #end(entry: Entry, state: LetterState, reason: string, now: number): void {
    if (entry.ending) return;
    entry.ending = true;
    const { letters, writes, delivery } = this.#options;
    const letter = this.#changed(entry, state, reason);
    writes.add(
      () => {
        if (letter !== undefined) letters.update(letter);
        letters.sent(entry.outgoing.piece);
      },
      (error) => {
        entry.ending = false;
        if (error !== undefined) return;
        this.#forget(entry, now);
        if (letter !== undefined) delivery(letter);
      },
    );
  }

  /** Undefined when its conversation has forgotten it: then nobody sees how it stands. */
  #changed({ outgoing: { peer, seq } }: Entry, state: LetterState, reason: string): StoredLetter | undefined {
    const letter = this.#options.letters.get(peer, seq);
    return letter && { ...letter, state, reason };
  }

  #forget(entry: Entry, now: number): void {
    const { piece, peer } = entry.outgoing;
    this.#byPiece.delete(piece);
    const entries = this.#byPeer.get(peer);
    entries?.delete(entry);
    if (entries?.size === 0) {
      this.#byPeer.delete(peer);
      this.#appearedAt.delete(peer);
    }
    // Others have moved up into the window.
    this.#dueAt = Math.min(this.#dueAt, now);
  }
}

/** Why a letter did not reach its reader although it came. */
const REASONS: { readonly [V in Verdict]?: string } = {
  [Verdict.Ahead]: 'Your clock is more than an hour ahead of theirs; set it right and say it again.',
  [Verdict.Unreadable]: 'Their natter could not read it; both sides need the same natter.',
  [Verdict.Late]: 'Your clock is days behind theirs; set it right and say it again.',
};
