import sodium from 'sodium-native';
import { NatterError } from '../../chat/error.js';
import { Malformed, Reader } from '../../net/bytes.js';
import { FrameType, LETTER_ID_BYTES, TEXT_MAX_BYTES } from '../../net/constants.js';
import type { HybridClock } from '../../net/ring/clock.js';
import { handshakeKeyOf, handshakeKeys, type Identity, type Verify } from '../../net/ring/identity.js';
import { namesCodec } from '../../net/ring/mail/frames.js';
import { NO_LETTER, sealLetter } from '../../net/ring/mail/letter.js';
import { Mail } from '../../net/ring/mail/mail.js';
import { type Piece, PieceKind, readPiece, signPiece } from '../../net/ring/mail/piece.js';
import { type Receipt, readReceipt, signReceipt, Verdict } from '../../net/ring/mail/receipt.js';
import type { Place } from '../../net/ring/place.js';
import { type Routed, Router, type Way } from '../../net/ring/routing/router.js';
import type { Contact, Part, PartPort, PeerId } from '../../net/ring/types.js';
import { KeptMail } from '../../store/mail/kept.js';
import { Letters, type StoredLetter } from '../../store/mail/letters.js';
import type { MailTables } from '../../store/mail/tables.js';
import type { Clock } from '../runtime/actor.js';
import { Closeness } from './private-closeness.js';
import { PrivateInbox } from './private-inbox.js';
import { PrivateOutbox } from './private-outbox.js';
import { Writes } from './private-writes.js';

/** Letters of one's own under way at once; whoever writes more is told to wait. */
const UNDER_WAY_MAX = 10_000;
const ID_DOMAIN = Buffer.from('natter/1 letter id');

export interface PrivatePort extends PartPort {
  /** A direct link with that peer is wanted, or no longer. */
  reach(peer: PeerId, on: boolean): void;
  /** Something was asked for from outside: `deadline` may be earlier than it was. */
  wake(): void;
}

/** What is told of letters, once each is durable. */
export interface PrivateEvents {
  /** A letter that came, or one's own that is on its way. */
  letter(letter: StoredLetter): void;
  /** One's own stands otherwise than before. @param was until now it had this id: it was said again */
  delivery(letter: StoredLetter, was?: string): void;
}

export interface PrivateOptions {
  readonly clock: Pick<Clock, 'now' | 'wall'>;
  readonly random: (target: Buffer) => void;
  readonly identity: Identity;
  readonly verify: Verify;
  readonly self: Contact;
  /** 32 bytes. */
  readonly community: Buffer;
  /** One's own, shared with everything else one says. */
  readonly hybrid: Pick<HybridClock, 'tick' | 'hear'>;
  readonly way: Way & { holders(place: Place, count: number): readonly Contact[] };
  readonly mail: MailTables;
  readonly port: PrivatePort;
  readonly events: PrivateEvents;
  /** One's own name, as letters carry it. */
  name(): string;
}

/**
 * Private messages of one peer, whole: its router, the mail it keeps for others, its own letters out and in. A part
 * of the peer like the overlay and the broadcast; besides, what a client asks.
 */
export class PrivateTalk implements Part {
  readonly router: Router;
  readonly mail: Mail;
  readonly inbox: PrivateInbox;
  readonly letters: Letters;
  readonly #options: PrivateOptions;
  readonly #outbox: PrivateOutbox;
  readonly #writes: Writes;
  readonly #closeness: Closeness;
  readonly #reader = new Reader();
  /** Letters of one's own that are being written, by id. */
  readonly #saying = new Set<string>();
  /** How often something was said under a key to somebody. */
  readonly #said = new Map<string, number>();
  /** What was last said to somebody in this life. */
  readonly #last = new Map<PeerId, string>();

  constructor(options: PrivateOptions) {
    const { clock, community, events, hybrid, identity, mail, port, random, self, verify, way } = options;
    this.#options = options;
    this.letters = new Letters(mail);
    this.#writes = new Writes((write) => this.letters.transact(write));
    this.#closeness = new Closeness((peer, on) => port.reach(peer, on));
    this.router = new Router({
      ...{ self, community, random, way },
      port: {
        send: (to, type, body, lane) => port.send(to, type, body, lane),
        arrived: ({ from, via, type, body }, now) =>
          this.#take(from, via, type, this.#reader.reset(body), now),
        stranded: (to, routed, now) => this.#stranded(to, routed, now),
      },
    });
    const wall = () => clock.wall();
    const send = (to: Buffer, type: number, body: Uint8Array, now: number) =>
      this.router.send(to, type, body, now);
    const holders = (place: Place, count: number) => way.holders(place, count);
    this.mail = new Mail({ self, community, verify, wall, store: new KeptMail(mail), holders, send });
    const common = { letters: this.letters, writes: this.#writes, wall };
    this.#outbox = new PrivateOutbox({ ...common, send, delivery: (letter) => events.delivery(letter) });
    this.inbox = new PrivateInbox({
      ...common,
      open: { recipient: self.key, keys: handshakeKeys(identity), community, verify },
      clock: hybrid,
      answer: (piece, verdict, bringer, now) => this.#answer(piece, verdict, bringer, now),
      letter: (letter) => events.letter(letter),
    });
  }

  // ---- What a client asks -------------------------------------------------------------------------------

  /**
   * Says something to somebody alone: it goes out once it is durable, and until then, and on, `events` tells how it
   * stands. The n-th thing said under one key to one peer is one letter, however often a script is run again.
   * @param kind chat's EntryKind @param body checked
   * @returns the letter's id, hex
   * @throws NatterError YOURSELF, NO_SUCH_USER for a key that is none, TEXT_TOO_LONG, BUSY
   */
  say(to: PeerId, kind: number, body: Buffer, key = ''): string {
    const recipient = this.#recipient(to, body);
    const id = this.#idFor(recipient, key);
    const isKnown = this.#saying.has(id) || this.letters.find(this.#options.self.key, id) !== undefined;
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
    const again = this.#idFor(Buffer.from(letter.peer, 'hex'), '');
    this.#write(Buffer.from(letter.peer, 'hex'), again, letter.kind, letter.body, letter);
    return again;
  }

  /** Sends a letter no more, or forgets one that failed. @throws NatterError BAD_ARGUMENT */
  discard(id: string): void {
    const letter = this.#own(id);
    const { clock, port } = this.#options;
    if (!this.#outbox.discard(letter.peer, letter.seq, clock.now()))
      this.#writes.add(
        () => this.letters.remove(letter),
        () => {},
      );
    port.wake();
  }

  /** A conversation with that peer is there from now on. @throws NatterError what the disk refuses with */
  begin(peer: PeerId): void {
    if (this.letters.read(peer) === undefined) this.letters.transact(() => this.letters.setRead(peer, 0));
  }

  /** Everything up to that letter was read. @throws NatterError what the disk refuses with */
  read(peer: PeerId, seq: number): void {
    const upTo = Math.min(seq, this.letters.head(peer));
    if (upTo > (this.letters.read(peer) ?? 0)) this.letters.transact(() => this.letters.setRead(peer, upTo));
  }

  /** Letters of one's own that nobody has given a receipt for. */
  get underWay(): number {
    return this.#outbox.size + this.#saying.size;
  }

  // ---- As a part ----------------------------------------------------------------------------------------

  linked(peer: Contact, now: number): void {
    this.router.linked(peer, now);
    this.appeared(peer.id, now);
  }

  unlinked(peer: PeerId, now: number): void {
    this.router.unlinked(peer, now);
  }

  /** That peer is there: it is linked, or its record says so. */
  appeared(peer: PeerId, now: number): void {
    this.#outbox.appeared(peer, now);
    this.mail.appeared(peer, now);
  }

  /** The overlay's pointers are others than before. */
  changed(now: number): void {
    this.mail.changed(now);
  }

  frame(from: PeerId, type: number, body: Reader, now: number): boolean {
    if (type === FrameType.Route) return this.router.frame(from, type, body, now);
    if (!isMail(type)) return false;
    if (this.router.allows(from, now)) this.#take(Buffer.from(from, 'hex'), from, type, body, now);
    return true;
  }

  tick(now: number): void {
    this.inbox.tick(now);
    this.#writes.commit();
    this.#outbox.tick(now);
    this.mail.tick(now);
    this.#closeness.tick(now);
  }

  deadline(): number {
    if (this.#writes.size > 0) return Number.NEGATIVE_INFINITY;
    return Math.min(
      this.inbox.deadline(),
      this.#outbox.deadline(),
      this.mail.deadline(),
      this.#closeness.deadline(),
    );
  }

  // ---- What came ----------------------------------------------------------------------------------------

  /** @param from whose it says it is: proven only for `via`, the link it came over */
  #take(from: Buffer, via: PeerId, type: number, body: Reader, now: number): void {
    const { community, verify } = this.#options;
    switch (type) {
      case FrameType.Mail:
        this.#arrived(readPiece(body.rest(), community, verify), from, now);
        break;
      case FrameType.Kept: {
        const names = namesCodec.decode(body);
        this.#outbox.kept(names, now);
        this.mail.confirmed(from, names);
        break;
      }
      case FrameType.Receipt: {
        const receipt = readReceipt(body.rest(), community, verify);
        this.#outbox.settle(receipt, now);
        this.mail.settle(receipt, now);
        break;
      }
      default:
        this.mail.frame(from, via, type, body, now);
    }
  }

  #arrived(piece: Piece, bringer: Buffer, now: number): void {
    const { clock, community, identity, self, verify } = this.#options;
    if (!piece.to.equals(self.key)) throw new Malformed('mail for somebody else');
    if (piece.what === PieceKind.Letter) {
      this.#closeness.letter(piece.from.toString('hex'), clock.now());
      this.inbox.take(piece, bringer, now);
      return;
    }
    const receipt = readReceipt(piece.body, community, verify);
    if (!receipt.by.equals(piece.from)) throw new Malformed('a receipt of somebody else');
    this.#outbox.settle(receipt, now);
    this.#release(piece, signReceipt(identity, community, piece.name, Verdict.Taken), bringer, now);
  }

  /** The receipt goes to the author, and is kept as mail if nobody is there. */
  #answer(piece: Piece, verdict: Verdict, bringer: Buffer, now: number): void {
    const { community, identity } = this.#options;
    const receipt = signReceipt(identity, community, piece.name, verdict);
    const words = { what: PieceKind.Receipt, to: piece.from, at: piece.at, body: receipt.bytes };
    this.router.send(piece.from, FrameType.Mail, signPiece(identity, community, words).bytes, now);
    this.#release(piece, receipt, bringer, now);
  }

  /** If others kept the piece, each of them need not do so any more. */
  #release(piece: Piece, receipt: Receipt, bringer: Buffer, now: number): void {
    if (bringer.equals(piece.from)) return;
    const { self } = this.#options;
    const keepers = new Map(this.mail.holdersOf(piece).map(({ id, key }) => [id, key]));
    keepers.set(bringer.toString('hex'), bringer).delete(self.id);
    for (const key of keepers.values()) this.router.send(key, FrameType.Receipt, receipt.bytes, now);
  }

  #stranded(to: Buffer, { via, type, body }: Routed, now: number): void {
    if (type !== FrameType.Mail) return;
    const { community, verify } = this.#options;
    const piece = readPiece(body, community, verify);
    if (!piece.to.equals(to)) throw new Malformed('mail on its way to somebody else');
    this.mail.post(piece, via, now);
  }

  // ---- What goes out ------------------------------------------------------------------------------------

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
    const { clock, community, events, hybrid, identity, name, port, random, self } = this.#options;
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
    this.#writes.add(
      () => {
        if (instead !== undefined) this.letters.remove(instead);
        if (this.letters.read(peer) === undefined) this.letters.setRead(peer, 0);
        stored = this.letters.add(self.key, letter);
        this.letters.send({ piece: piece.name, peer, seq: stored.seq, bytes: piece.bytes });
      },
      (error) => {
        this.#saying.delete(id);
        if (error === undefined) {
          this.#outbox.add({ piece: piece.name, peer, seq: stored.seq, bytes: piece.bytes }, clock.now());
          this.#closeness.letter(peer, clock.now());
        } else stored = { ...letter, seq: 0, state: 'failed', reason: error.message };
        if (instead === undefined) events.letter(stored);
        else events.delivery(stored, instead.id);
      },
    );
    port.wake();
  }

  /** The letter that is to be read before the next one to that peer. */
  #lastTo(peer: PeerId): Buffer {
    const last = this.#last.get(peer);
    if (last !== undefined && this.#saying.has(last)) return Buffer.from(last, 'hex');
    const letter = this.#outbox.lastTo(peer);
    return letter === undefined ? NO_LETTER : Buffer.from(letter.id, 'hex');
  }

  #own(id: string): StoredLetter {
    const at = /^[0-9a-f]{32}$/.test(id) ? this.letters.find(this.#options.self.key, id) : undefined;
    const letter = at && this.letters.get(at.peer, at.seq);
    if (letter === undefined) throw new NatterError('BAD_ARGUMENT', 'There is no such message of yours.');
    return letter;
  }
}

const MAIL_FRAMES: ReadonlySet<number> = new Set([
  FrameType.Mail,
  FrameType.Keep,
  FrameType.Kept,
  FrameType.Receipt,
  FrameType.Shelf,
  FrameType.Lacking,
]);

const isMail = (type: number): boolean => MAIL_FRAMES.has(type);
