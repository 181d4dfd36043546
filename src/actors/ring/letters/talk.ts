import { Buckets } from '../../../net/bucket.js';
import { Malformed, Reader } from '../../../net/bytes.js';
import { FrameType } from '../../../net/constants.js';
import type { HybridClock } from '../../../net/ring/clock.js';
import { LETTER_ID_BYTES, MAIL_NAMES_BURST, MAIL_NAMES_PER_S } from '../../../net/ring/constants.js';
import { handshakeKeys, type Identity, type Verify } from '../../../net/ring/identity.js';
import { namesCodec } from '../../../net/ring/mail/frames.js';
import { Mail } from '../../../net/ring/mail/mail.js';
import { type Piece, PieceKind, readPiece, signPiece } from '../../../net/ring/mail/piece.js';
import { type Receipt, readReceipt, signReceipt, Verdict } from '../../../net/ring/mail/receipt.js';
import type { Place } from '../../../net/ring/place.js';
import { type Routed, Router, type Way } from '../../../net/ring/routing/router.js';
import type { Contact, Part, PartPort, PeerId } from '../../../net/ring/types.js';
import { KeptMail } from '../../../store/mail/kept.js';
import { Letters } from '../../../store/mail/letters.js';
import type { MailTables } from '../../../store/mail/tables.js';
import type { Clock } from '../../runtime/actor.js';
import { LetterAuthor, type LetterEvents } from './author.js';
import { Closeness } from './closeness.js';
import { LetterInbox } from './inbox.js';
import { LetterOutbox } from './outbox.js';
import { Writes } from './writes.js';

export interface PrivatePort extends PartPort {
  /** A direct link with that peer is wanted, or no longer. */
  reach(peer: PeerId, on: boolean): void;
  /** Something was asked for from outside: `deadline` may be earlier than it was. */
  wake(): void;
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
  readonly events: LetterEvents;
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
  readonly inbox: LetterInbox;
  readonly letters: Letters;
  readonly #options: PrivateOptions;
  readonly #outbox: LetterOutbox;
  readonly #author: LetterAuthor;
  readonly #writes: Writes;
  readonly #closeness: Closeness;
  readonly #names = new Buckets(MAIL_NAMES_PER_S, MAIL_NAMES_BURST);
  readonly #reader = new Reader();

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
    this.#outbox = new LetterOutbox({ ...common, send, delivery: (letter) => events.delivery(letter) });
    this.#author = new LetterAuthor({
      ...{ ...common, clock, community, events, hybrid, identity, random, self },
      outbox: this.#outbox,
      name: () => options.name(),
      wrote: (peer) => this.#closeness.letter(peer, clock.now()),
    });
    this.inbox = new LetterInbox({
      ...common,
      open: { recipient: self.key, keys: handshakeKeys(identity), community, verify },
      clock: hybrid,
      answer: (piece, verdict, bringer, now) => this.#answer(piece, verdict, bringer, now),
      letter: (letter) => events.letter(letter),
    });
  }

  // ---- What a client asks -------------------------------------------------------------------------------

  /** See `LetterAuthor.say`. */
  say(to: PeerId, kind: number, body: Buffer, key = ''): string {
    const id = this.#author.say(to, kind, body, key);
    this.#options.port.wake();
    return id;
  }

  /** See `LetterAuthor.retry`. */
  retry(id: string): string {
    const again = this.#author.retry(id);
    this.#options.port.wake();
    return again;
  }

  /** See `LetterAuthor.discard`. */
  discard(id: string): void {
    this.#author.discard(id);
    this.#options.port.wake();
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
    return this.#author.underWay;
  }

  // ---- As a part ----------------------------------------------------------------------------------------

  linked(peer: Contact, now: number): void {
    this.router.linked(peer);
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
    // A frame of names is made without effort and read name by name. What is above is named again in a minute.
    if (NAMES_FRAMES.has(type) && this.#names.take(via, now, body.remaining / LETTER_ID_BYTES) > 0) {
      this.router.counters.limited++;
      return;
    }
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
}

const NAMES_FRAMES: ReadonlySet<number> = new Set([FrameType.Kept, FrameType.Shelf, FrameType.Lacking]);

const MAIL_FRAMES: ReadonlySet<number> = new Set([
  FrameType.Mail,
  FrameType.Keep,
  FrameType.Kept,
  FrameType.Receipt,
  FrameType.Shelf,
  FrameType.Lacking,
]);

const isMail = (type: number): boolean => MAIL_FRAMES.has(type);
