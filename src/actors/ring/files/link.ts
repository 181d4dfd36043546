import type { FileConnection, Supplier, Taker, TransferLink } from '../../client/files/link.js';
import type { Partner } from './partner.js';

/** The links with all partners as one: each file goes over the link with whoever is at its other end. */
export class RingFileLink implements TransferLink {
  readonly #partners: () => Iterable<Partner>;
  readonly #partnerFor: (number: number) => Partner | undefined;

  readonly #isWanted: (number: number) => boolean;

  /**
   * @param partnerFor who is at the other end of the file with that number, if linked
   * @param isWanted whether it is one's own and somebody who is linked fetches it
   */
  constructor(
    partners: () => Iterable<Partner>,
    partnerFor: (number: number) => Partner | undefined,
    isWanted: (number: number) => boolean,
  ) {
    this.#partners = partners;
    this.#partnerFor = partnerFor;
    this.#isWanted = isWanted;
  }

  /** With anybody: then it is worth looking whose turn it is. */
  get connection(): FileConnection | undefined {
    for (const { link } of this.#partners()) if (link.connection !== undefined) return link.connection;
    return undefined;
  }

  reaches(file: number): boolean {
    return this.#partnerFor(file) !== undefined || this.#isWanted(file);
  }

  openSupplier(file: number, supplier: Supplier): void {
    this.#partnerFor(file)?.link.openSupplier(file, supplier);
  }

  closeSupplier(file: number, supplier: Supplier): void {
    this.#partnerFor(file)?.link.closeSupplier(file, supplier);
  }

  openTaker(file: number, taker: Taker): void {
    this.#partnerFor(file)?.link.openTaker(file, taker);
  }

  closeTaker(file: number, taker: Taker): void {
    this.#partnerFor(file)?.link.closeTaker(file, taker);
  }

  want(file: number, taker: Taker, chunk: number, bytes: number): boolean {
    return this.#partnerFor(file)?.link.want(file, taker, chunk, bytes) ?? false;
  }

  unwant(file: number): void {
    this.#partnerFor(file)?.link.unwant(file);
  }

  /** Wires send by themselves what was queued on them. */
  wake(): void {}
}
