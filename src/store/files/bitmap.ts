/** A set of small numbers, one bit each: 16 KiB for the chunks of 8 GiB. */
export class Bitmap {
  readonly #bits: Uint8Array;
  readonly #count: number;

  /** @param count numbers from 0 on that may be in it */
  constructor(count: number) {
    this.#count = count;
    this.#bits = new Uint8Array(Math.ceil(count / 8));
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  add(number: number): void {
    this.#bits[number >> 3] = (this.#bits[number >> 3] ?? 0) | (1 << (number & 7));
  }

  delete(number: number): void {
    this.#bits[number >> 3] = (this.#bits[number >> 3] ?? 0) & ~(1 << (number & 7));
  }

  /** The first number from `from` on that is in it, or -1. */
  next(from: number): number {
    return this.#find(from, 0x00, true);
  }

  /** The first number from `from` on that is not in it, or -1. */
  nextAbsent(from: number): number {
    return this.#find(from, 0xff, false);
  }

  /** Bytes equal to `skip` hold nothing that is looked for. */
  #find(from: number, skip: number, wanted: boolean): number {
    for (let number = from; number < this.#count; ) {
      if ((number & 7) === 0 && this.#bits[number >> 3] === skip) {
        number += 8;
        continue;
      }
      if (this.has(number) === wanted) return number;
      number++;
    }
    return -1;
  }
}
