import type { FileOffer, Target, Transfer } from '../../../chat/events.js';
import type { TransferRecord } from '../../../store/transfers.js';

/** Files of conversations that can be taken; the oldest are forgotten, and are found again in the history. */
const OFFERS_MAX = 2_000;

/** A file that somebody offers. */
export interface Offer {
  readonly file: FileOffer;
  /** Its number at the server. */
  readonly number: number;
  readonly log: number;
  readonly room: Target;
  readonly direct: boolean;
  readonly from: string;
  /** Whom it was offered to: this account, or the room. */
  readonly to: string;
  /** Ms since 1970. */
  readonly at: number;
  /** In the ring: the key of who offers it, hex. */
  readonly peer?: string;
}

/** What is offered in the conversations that were read, by the files' ids. */
export class Offers {
  readonly #byId = new Map<string, Offer>();
  /** People were told of them. */
  readonly #announced = new Set<string>();

  /** The first to use an id has it. */
  learn(offer: Offer): void {
    const { id } = offer.file;
    if (this.#byId.has(id)) return;
    this.#byId.set(id, offer);
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > OFFERS_MAX && oldest !== undefined) this.drop(oldest);
  }

  get(id: string): Offer | undefined {
    return this.#byId.get(id);
  }

  byNumber(number: number): Offer | undefined {
    for (const offer of this.#byId.values()) if (offer.number === number) return offer;
    return undefined;
  }

  /** @returns true the first time */
  announce(id: string): boolean {
    if (this.#announced.has(id)) return false;
    this.#announced.add(id);
    return true;
  }

  /** Those that people were told of and did not answer. */
  get announced(): Offer[] {
    return [...this.#byId.values()].filter(({ file }) => this.#announced.has(file.id));
  }

  drop(id: string): void {
    this.#byId.delete(id);
    this.#announced.delete(id);
  }

  clear(): void {
    this.#byId.clear();
    this.#announced.clear();
  }
}

/** What is remembered of an offer once something is done with it. @param more at least where its bytes will grow */
export function recordOf(offer: Offer, more: Partial<TransferRecord>): TransferRecord {
  const { file, number, log, room, direct, from, to, at, peer } = offer;
  return {
    format: 1,
    ...file,
    ...{ number, log, room, direct, from, to, at },
    ...(peer === undefined ? {} : { peer }),
    direction: 'in',
    state: 'offered',
    bytes: 0,
    repeated: 0,
    owes: 'nothing',
    ...more,
  };
}

/** What was offered, from what is remembered: to take it once more. */
export function offerOf(record: TransferRecord): Offer {
  const { id, name, size, type, number, log, room, direct, from, to, at, peer } = record;
  const offer = { file: { id, name, size, type }, number, log, room, direct, from, to, at };
  return peer === undefined ? offer : { ...offer, peer };
}

/** As people see it before they answer. */
export function toOffered({ file, room, from, to, at }: Offer, more: Partial<Transfer> = {}): Transfer {
  return {
    ...file,
    direction: 'in',
    state: 'offered',
    ...{ room, from, to, at },
    bytes: 0,
    rate: 0,
    repeated: 0,
    ...more,
  };
}
