import sodium from 'sodium-native';
import { NatterError } from '../../../chat/error.js';
import { TEXT_MAX_BYTES } from '../../../net/constants.js';
import type { HybridClock } from '../../../net/ring/clock.js';
import { LETTER_ID_BYTES } from '../../../net/ring/constants.js';
import { handshakeKeyOf, type Identity } from '../../../net/ring/identity.js';
import { NO_LETTER, sealLetter } from '../../../net/ring/mail/letter.js';
import { PieceKind, signPiece } from '../../../net/ring/mail/piece.js';
import type { Contact, PeerId } from '../../../net/ring/types.js';
import type { Letters, StoredLetter } from '../../../store/mail/letters.js';
import type { Clock } from '../../runtime/actor.js';
import type { LetterOutbox } from './outbox.js';
import type { Writes } from './writes.js';

/** Letters of one's own under way at once; whoever writes more is told to wait. */
const UNDER_WAY_MAX = 10_000;
const ID_DOMAIN = Buffer.from('natter/1 letter id');

/** What is told of letters, once each is durable. */
export interface LetterEvents {
  /** A letter that came, or one's own that is on its way. */
  letter(letter: StoredLetter): void;
  /** One's own stands otherwise than before. @param was until now it had this id: it was said again */
  delivery(letter: StoredLetter, was?: string): void;
}

export interface AuthorOptions {
  readonly clock: Pick<Clock, 'now' | 'wall'>;
  readonly random: (target: Buffer) => void;
  readonly identity: Identity;
  readonly self: Contact;
  readonly community: Buffer;
  readonly hybrid: Pick<HybridClock, 'tick'>;
  readonly letters: Letters;
  readonly writes: Writes;
  readonly outbox: LetterOutbox;
  readonly events: LetterEvents;
  name(): string;
  /** A letter to that peer has left. */
  wrote(peer: PeerId): void;
}

/** Writes one's own letters: says who they are from, seals them, and hands them to the outbox once they are durable. */
export class LetterAuthor {
  readonly #options: AuthorOptions;
  /** Letters that are being written, by id. */
  readonly #saying = new Set<string>();
  /** How often something was said under a key to somebody. */
  readonly #said = new Map<string, number>();
  /** What was last said to somebody in this life. */
  readonly #last = new Map<PeerId, string>();

  constructor(options: AuthorOptions) {
    this.#options = options;
  }

  get underWay(): number {
    return this.#options.outbox.size + this.#saying.size;
  }

  /**
   * Says something to somebody alone: it goes out once it is durable, and until then, and on, `events` tells how it
   * stands. The n-th thing said under one key to one peer is one letter, however often a script is run again.
   * @param kind chat's EntryKind @param body checked
   * @returns the letter's id, hex
   * @throws NatterError YOURSELF, NO_SUCH_USER for a key that is none, TEXT_TOO_LONG, BUSY
   */
  say(to: PeerId, kind: number, body: Buffer, key: string): string {
    const recipient = this.#recipient(to, body);
    const id = this.#idFor(recipient, key);
    const { letters, self } = this.#options;
    const isKnown = this.#saying.has(id) || letters.find(self.key, id) !== undefined;
    if (!isKnown) this.#write(recipient, id, kind, body);
    return id;
  }

  /** Says a letter that failed or expired again, as a new one. @returns its id @throws NatterError BAD_ARGUMENT */
  retry(id: string): string {
    const letter = this.#own(id);
    if (letter.state !== 'failed' && letter.state !== 'expired')
      throw new NatterError(
        'BAD_ARGUMENT',
        'That message is on its way or has come; it need not be said again.',
      );
    const recipient = Buffer.from(letter.peer, 'hex');
    const again = this.#idFor(recipient, '');
    this.#write(recipient, again, letter.kind, letter.body, letter);
    return again;
  }

  /** Sends a letter no more, or forgets one that failed. @throws NatterError BAD_ARGUMENT */
  discard(id: string): void {
    const letter = this.#own(id);
    const { clock, letters, outbox, writes } = this.#options;
    if (outbox.discard(letter.peer, letter.seq, clock.now())) return;
    writes.add(
      () => letters.remove(letter),
      () => {},
    );
  }

  #recipient(to: PeerId, body: Buffer): Buffer {
    const { self } = this.#options;
    if (to === self.id)
      throw new NatterError('YOURSELF', 'That is yourself; choose somebody else to write to.');
    const recipient = Buffer.from(to, 'hex');
    if (handshakeKeyOf(recipient) === undefined)
      throw new NatterError('NO_SUCH_USER', 'Nobody has that key; choose somebody from the list.');
    if (body.length > TEXT_MAX_BYTES)
      throw new NatterError('TEXT_TOO_LONG', `At most ${TEXT_MAX_BYTES} bytes are sent at once; split it.`);
    if (this.underWay >= UNDER_WAY_MAX)
      throw new NatterError('BUSY', `${UNDER_WAY_MAX} messages are on their way; wait until some have come.`);
    return recipient;
  }

  #idFor(recipient: Buffer, key: string): string {
    const id = Buffer.alloc(LETTER_ID_BYTES);
    if (key === '') {
      this.#options.random(id);
      return id.toString('hex');
    }
    const conversation = `${recipient.toString('hex')} ${key}`;
    const count = (this.#said.get(conversation) ?? 0) + 1;
    this.#said.set(conversation, count);
    const { self } = this.#options;
    const text = Buffer.from(`${count} ${key}`);
    sodium.crypto_generichash_batch(id, [ID_DOMAIN, self.key, recipient, text]);
    return id.toString('hex');
  }

  /** @param instead the letter that this one says again */
  #write(recipient: Buffer, id: string, kind: number, body: Buffer, instead?: StoredLetter): void {
    const { clock, community, hybrid, identity, letters, name, outbox, random, self, writes } = this.#options;
    const peer = recipient.toString('hex');
    const at = clock.wall();
    const words = { id: Buffer.from(id, 'hex'), clock: hybrid.tick(at), kind, name: name(), body };
    const sealed = sealLetter(
      { ...words, after: this.#lastTo(peer) },
      { identity, community, recipient, random },
    );
    const piece = signPiece(identity, community, { what: PieceKind.Letter, to: recipient, at, body: sealed });
    const letter = { ...words, id, peer, mine: true, state: 'sending', at, reason: '' } as const;
    let stored: StoredLetter = { ...letter, seq: 0 };
    this.#saying.add(id);
    this.#last.set(peer, id);
    writes.add(
      () => {
        if (instead !== undefined) letters.remove(instead);
        if (letters.read(peer) === undefined) letters.setRead(peer, 0);
        stored = letters.add(self.key, letter);
        letters.send({ piece: piece.name, peer, seq: stored.seq, bytes: piece.bytes });
      },
      (error) => {
        this.#saying.delete(id);
        if (error === undefined) {
          outbox.add({ piece: piece.name, peer, seq: stored.seq, bytes: piece.bytes }, clock.now());
          this.#options.wrote(peer);
        } else stored = { ...letter, seq: 0, state: 'failed', reason: error.message };
        this.#tell(stored, instead);
      },
    );
  }

  /** The letter that is to be read before the next one to that peer. */
  #lastTo(peer: PeerId): Buffer {
    const last = this.#last.get(peer);
    if (last !== undefined && this.#saying.has(last)) return Buffer.from(last, 'hex');
    const letter = this.#options.outbox.lastTo(peer);
    return letter === undefined ? NO_LETTER : Buffer.from(letter.id, 'hex');
  }

  #own(id: string): StoredLetter {
    const at = /^[0-9a-f]{32}$/.test(id) ? this.#options.letters.find(this.#options.self.key, id) : undefined;
    const letter = at && this.#options.letters.get(at.peer, at.seq);
    if (letter === undefined) throw new NatterError('BAD_ARGUMENT', 'There is no such message of yours.');
    return letter;
  }

  #tell(letter: StoredLetter, instead: StoredLetter | undefined): void {
    if (instead === undefined) this.#options.events.letter(letter);
    else this.#options.events.delivery(letter, instead.id);
  }
}
