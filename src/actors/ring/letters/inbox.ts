import { Malformed } from '../../../net/bytes.js';
import { clockMs, type HybridClock } from '../../../net/ring/clock.js';
import { CLOCK_AHEAD_MAX_MS, MAIL_LIFE_MS } from '../../../net/ring/constants.js';
import { type Letter, NO_LETTER, type OpenOptions, openLetter } from '../../../net/ring/mail/letter.js';
import type { Piece } from '../../../net/ring/mail/piece.js';
import { Verdict } from '../../../net/ring/mail/receipt.js';
import { Recent } from '../../../net/ring/recent.js';
import type { Letters, StoredLetter } from '../../../store/mail/letters.js';
import type { Writes } from './writes.js';

/** A letter whose predecessor is missing waits for it so long; then it is read all the same. */
const ORDER_MS = 10_000;
const WAITING_PER_AUTHOR_MAX = 64;
const WAITING_MAX = 1_024;
/** Pieces that came of late and what was said of them: a repeat costs one look. */
const VERDICTS_MS = 10 * 60_000;
const VERDICTS_MAX = 8_192;
/** A day more than anybody keeps mail: whatever is older has been here, or comes from somebody who replays. */
const OLDEST_MS = MAIL_LIFE_MS + 24 * 3_600_000;
/** With so many people at most there are conversations; who comes beyond waits until one is left. */
const CONVERSATIONS_MAX = 1_000;

/** Each from 0 for the life of the inbox. */
export interface InboxCounters {
  taken: number;
  /** Had come before. */
  repeated: number;
  /** Sealed for somebody else, under another name than its own, or changed. */
  unreadable: number;
  /** Too far ahead, or so old that it can only be a replay. */
  misdated: number;
  /** Not taken now: too many wait, or the disk takes nothing. */
  putOff: number;
}

/** A letter, and how it came. */
interface Arrival {
  readonly letter: Letter;
  readonly piece: Piece;
  readonly bringer: Buffer;
}

export interface InboxOptions {
  readonly open: OpenOptions;
  readonly clock: Pick<HybridClock, 'hear'>;
  readonly letters: Letters;
  readonly writes: Writes;
  wall(): number;
  /** Says what became of a piece. @param bringer who brought it: its author, or who kept it */
  answer(piece: Piece, verdict: Verdict, bringer: Buffer, now: number): void;
  /** A letter is here: durable, once, in its author's order. */
  letter(letter: StoredLetter): void;
}

/** Letters to this peer: opened, checked, each taken once, in the order in which their author wrote them. */
export class LetterInbox {
  readonly counters: InboxCounters = { taken: 0, repeated: 0, unreadable: 0, misdated: 0, putOff: 0 };
  readonly #options: InboxOptions;
  readonly #verdicts = new Recent<Verdict>(VERDICTS_MS, VERDICTS_MAX);
  /** By author and id: what is being written. */
  readonly #arriving = new Set<string>();
  /** What came before the letter that it is to be read after; the first to come stands first. */
  readonly #waiting = new Map<string, Arrival & { readonly until: number }>();

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** @param bringer its author, or who kept it */
  take(piece: Piece, bringer: Buffer, now: number): void {
    const known = this.#verdicts.get(piece.name, now);
    if (known !== undefined) {
      this.counters.repeated++;
      this.#options.answer(piece, known, bringer, now);
      return;
    }
    const letter = this.#open(piece);
    const refused = letter === undefined ? Verdict.Unreadable : this.#misdated(letter);
    if (letter === undefined || refused !== undefined) {
      if (refused === Verdict.Unreadable) this.counters.unreadable++;
      else this.counters.misdated++;
      this.#answer(piece, refused ?? Verdict.Unreadable, bringer, now);
      return;
    }
    this.#sort({ letter, piece, bringer: Buffer.from(bringer) }, now);
  }

  tick(now: number): void {
    for (const [name, arrival] of this.#waiting) {
      if (arrival.until > now) continue;
      this.#waiting.delete(name);
      this.#accept(arrival, now);
    }
  }

  deadline(): number {
    // All wait equally long.
    for (const { until } of this.#waiting.values()) return until;
    return Number.POSITIVE_INFINITY;
  }

  #open(piece: Piece): Letter | undefined {
    try {
      const letter = openLetter(piece.body, this.#options.open);
      return letter.author.equals(piece.from) ? letter : undefined;
    } catch (error) {
      if (error instanceof Malformed) return undefined;
      throw error;
    }
  }

  #misdated({ clock }: Letter): Verdict | undefined {
    const wall = this.#options.wall();
    if (clockMs(clock) > wall + CLOCK_AHEAD_MAX_MS) return Verdict.Ahead;
    if (clockMs(clock) < wall - OLDEST_MS) return Verdict.Late;
    this.#options.clock.hear(clock, wall);
    return undefined;
  }

  #sort(arrival: Arrival, now: number): void {
    const { letter, piece, bringer } = arrival;
    const name = nameOf(letter, letter.id);
    if (this.#options.letters.find(letter.author, letter.id.toString('hex')) !== undefined) {
      this.counters.repeated++;
      this.#answer(piece, Verdict.Taken, bringer, now);
    } else if (this.#arriving.has(name) || this.#waiting.has(name)) {
      // It is answered once it is written, and whoever brought it asks again.
      this.counters.repeated++;
    } else if (this.#isNext(letter)) {
      this.#accept(arrival, now);
    } else if (this.#mayWait(letter)) {
      this.#waiting.set(name, { ...arrival, until: now + ORDER_MS });
    } else {
      this.counters.putOff++;
    }
  }

  #isNext(letter: Letter): boolean {
    const { author, after } = letter;
    if (after.equals(NO_LETTER) || this.#arriving.has(nameOf(letter, after))) return true;
    return this.#options.letters.find(author, after.toString('hex')) !== undefined;
  }

  #mayWait({ author }: Letter): boolean {
    if (this.#waiting.size >= WAITING_MAX) return false;
    let count = 0;
    for (const { letter } of this.#waiting.values()) if (letter.author.equals(author)) count++;
    return count < WAITING_PER_AUTHOR_MAX;
  }

  #accept({ letter, piece, bringer }: Arrival, now: number): void {
    const { letters, writes, wall } = this.#options;
    const peer = letter.author.toString('hex');
    const isNew = letters.read(peer) === undefined;
    if (isNew && letters.conversations().length >= CONVERSATIONS_MAX) {
      this.counters.putOff++;
      return;
    }
    const name = nameOf(letter, letter.id);
    this.#arriving.add(name);
    const { kind, name: from, body, clock, id } = letter;
    const words = { kind, name: from, body, clock, id: id.toString('hex') };
    let stored: StoredLetter | undefined;
    writes.add(
      () => {
        if (letters.read(peer) === undefined) letters.setRead(peer, 0);
        stored = letters.add(letter.author, {
          ...words,
          ...{ peer, mine: false, state: 'ok', at: wall(), reason: '' },
        });
      },
      (error) => {
        this.#arriving.delete(name);
        if (error !== undefined || stored === undefined) {
          this.counters.putOff++;
          return;
        }
        this.counters.taken++;
        this.#answer(piece, Verdict.Taken, bringer, now);
        this.#options.letter(stored);
      },
    );
    this.#release(letter, now);
  }

  /** Those who waited for that one. */
  #release(letter: Letter, now: number): void {
    for (const [name, arrival] of this.#waiting) {
      const isBehind = arrival.letter.author.equals(letter.author) && arrival.letter.after.equals(letter.id);
      if (!isBehind || !this.#waiting.delete(name)) continue;
      this.#accept(arrival, now);
    }
  }

  #answer(piece: Piece, verdict: Verdict, bringer: Buffer, now: number): void {
    this.#verdicts.set(piece.name, verdict, now);
    this.#options.answer(piece, verdict, bringer, now);
  }
}

function nameOf({ author }: Letter, id: Buffer): string {
  return `${author.toString('hex')} ${id.toString('hex')}`;
}
