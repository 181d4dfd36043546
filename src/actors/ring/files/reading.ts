import { CHUNK_BYTES } from '../../../net/constants.js';
import { chunkBytes } from '../../../net/file-chunks.js';
import type { Supplier } from '../../client/files/link.js';
import type { Source } from '../../client/files/source.js';
import { Supplying, type SupplyingOptions } from '../../client/files/supplying.js';
import type { Partner } from './partner.js';

export interface ReadingOptions {
  readonly partner: Partner;
  readonly number: number;
  readonly around: SupplyingOptions['around'];
  /** So many bytes are with the reader, as far as this end can tell. */
  moved(bytes: number): void;
  /** The last chunk has gone. */
  ending(): void;
  failed(error: unknown): void;
  /** The link is gone. */
  lost(): void;
}

/** One peer that fetches an offered file over the link with it. */
export class Reading implements Supplier {
  readonly partner: Partner;
  readonly #options: ReadingOptions;
  #supplying: Supplying | undefined;
  #size = 0;
  /** Bytes that are there: what it never asked for, and what it took. Unknown before it has asked. */
  #there: number | undefined;

  constructor(options: ReadingOptions) {
    this.partner = options.partner;
    this.#options = options;
    options.partner.link.openSupplier(options.number, this);
  }

  /** From now on its wants are answered. */
  supply(source: Source): void {
    const { around, failed, number, partner } = this.#options;
    this.#supplying?.close();
    this.#size = source.size;
    this.#supplying = new Supplying({
      ...{ around, source },
      supply: (chunk, record) => partner.link.connection?.supply(number, chunk, record) === true,
      failed: (error) => failed(error),
    });
  }

  /** Nothing goes out for now; what is wanted meanwhile is asked for again. */
  rest(): void {
    const { number, partner } = this.#options;
    partner.link.connection?.unsupply(number);
    this.#supplying?.close();
    this.#supplying = undefined;
  }

  close(): void {
    const { number, partner } = this.#options;
    partner.link.closeSupplier(number, this);
    this.#supplying?.close();
    this.#supplying = undefined;
  }

  // ---- From the link ------------------------------------------------------------------------------------

  wanted(first: number, count: number): void {
    if (this.#supplying === undefined) return;
    // What is missing is asked for in order: whatever stands before the first is there.
    this.#there ??= Math.min(this.#size, first * CHUNK_BYTES);
    this.#supplying.wanted(first, count);
  }

  supplied(chunk: number): void {
    if (this.#supplying?.supplied(chunk) !== true) return;
    this.#there = Math.min(this.#size, (this.#there ?? 0) + chunkBytes(this.#size, chunk));
    this.#options.moved(this.#there);
    if ((chunk + 1) * CHUNK_BYTES >= this.#size) this.#options.ending();
  }

  lost(): void {
    this.#supplying?.close();
    this.#supplying = undefined;
    this.#options.lost();
  }
}
