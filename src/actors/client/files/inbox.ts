import type { Message, Transfer } from '../../../chat/events.js';
import { nameKey } from '../../../chat/name.js';
import { FileAnswer, type FileInfo, FileState } from '../../../chat/operations.js';
import type { TransferRecord } from '../../../store/transfers.js';
import type { Calls, FileRoom } from './around.js';
import { offeredBy, offeredIn } from './entry.js';
import { gone } from './failures.js';
import { listOffers } from './lists.js';
import { type Offer, Offers, toOffered } from './offers.js';

export interface InboxOptions {
  readonly calls: Calls;
  find(log: number): FileRoom | undefined;
  user(): string;
  /** What was done with it before. */
  known(id: string): TransferRecord | undefined;
  /** @param user a name; in the ring a key, since a name there proves nothing */
  trusts(user: string): boolean;
  roomFor(size: number): Promise<boolean>;
  take(offer: Offer): void;
  show(transfer: Transfer): void;
}

/** What others offer: found in messages and in the server's lists, told of once, and taken by itself from whom one trusts. */
export class Inbox {
  readonly offers = new Offers();
  readonly #options: InboxOptions;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /**
   * A message that offers a file was shown.
   * @param entry its body
   * @param isNew it came just now: nobody can have answered it
   * @param peer in the ring, the key of who offers it, hex
   */
  seen(room: FileRoom, message: Message, entry: Uint8Array, isNew: boolean, peer?: string): void {
    const { file, mine, from, at } = message;
    const number = file === undefined ? undefined : offeredIn(entry)?.number;
    if (file === undefined || number === undefined) return;
    const direct = room.kind === 'direct';
    const to = direct ? this.#options.user() : room.target;
    const where = { log: room.log, room: room.target, direct, from, to, at };
    const offer: Offer = { file, number, ...where, ...(peer === undefined ? {} : { peer }) };
    this.offers.learn(offer);
    if (isNew && !mine && this.offers.get(file.id)?.number === number) this.#announce(offer);
  }

  /** Asks the server what is offered and tells of what is private. */
  async refresh(): Promise<void> {
    for (const offer of await this.#ask()) if (offer.direct) this.#announce(offer);
  }

  /** Everything that is offered and was not answered. @throws NatterError NO_ANSWER and what the server refuses with */
  async list(): Promise<Transfer[]> {
    const offers = await this.#ask();
    return offers
      .filter(({ file }) => this.#options.known(file.id) === undefined)
      .map((offer) => toOffered(offer));
  }

  announced(): Transfer[] {
    return this.offers.announced.map((offer) => toOffered(offer));
  }

  /** The server does not have it any more. */
  gone(number: number, reason: string | undefined): void {
    const offer = this.offers.byNumber(number);
    if (offer === undefined) return;
    const told = this.offers.announced.includes(offer);
    this.offers.drop(offer.file.id);
    const { code, message } = gone(offer.file.name, reason);
    if (told) this.#options.show(toOffered(offer, { state: 'failed', code, reason: message }));
  }

  /** Another device of this account did something with it. */
  answered(number: number, answer: FileAnswer): void {
    const offer = this.offers.byNumber(number);
    if (offer === undefined || answer === FileAnswer.None) return;
    const told = this.offers.announced.includes(offer);
    this.offers.drop(offer.file.id);
    const reason =
      answer === FileAnswer.Rejected
        ? 'You declined it on another device.'
        : 'It was taken on another of your devices.';
    if (told) this.#options.show(toOffered(offer, { state: 'rejected', reason }));
  }

  async #ask(): Promise<Offer[]> {
    const files = await listOffers(this.#options.calls);
    return files.flatMap((info) => this.#offerOf(info) ?? []);
  }

  #offerOf(info: FileInfo): Offer | undefined {
    const room = this.#options.find(info.l);
    const user = this.#options.user();
    const isMine = nameKey(info.o) === nameKey(user);
    if (room === undefined || isMine || info.st === FileState.Gone || info.a !== FileAnswer.None)
      return undefined;
    const { number, offer: file } = offeredBy(info);
    const direct = room.kind === 'direct';
    const to = direct ? user : room.target;
    const offer: Offer = {
      file,
      number,
      log: room.log,
      room: room.target,
      direct,
      from: info.o,
      to,
      at: info.w,
    };
    this.offers.learn(offer);
    return this.offers.get(file.id);
  }

  #announce(offer: Offer): void {
    const { file, direct, from, peer = from } = offer;
    if (this.#options.known(file.id) !== undefined || !this.offers.announce(file.id)) return;
    this.#options.show(toOffered(offer));
    if (direct && this.#options.trusts(peer)) void this.#takeTrusted(offer);
  }

  async #takeTrusted(offer: Offer): Promise<void> {
    try {
      const fits = await this.#options.roomFor(offer.file.size);
      // Meanwhile it may have been answered, or be gone.
      if (fits && this.offers.get(offer.file.id)?.number === offer.number) this.#options.take(offer);
    } catch {
      // It stays offered: whoever takes it by hand is told what is wrong.
    }
  }
}
