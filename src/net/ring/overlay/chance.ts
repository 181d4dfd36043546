const BYTES = 6;

/** Numbers by chance, drawn from the bytes that are handed in. */
export class Chance {
  readonly #random: (target: Buffer) => void;
  readonly #bytes = Buffer.alloc(BYTES);

  constructor(random: (target: Buffer) => void) {
    this.#random = random;
  }

  /** 0 up to, not including, 1. */
  unit(): number {
    this.#random(this.#bytes);
    return this.#bytes.readUIntBE(0, BYTES) / 2 ** (8 * BYTES);
  }

  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number {
    return Math.floor(this.unit() * end);
  }

  /** Between three quarters and five quarters of `ms`, so that peers do not beat in time. */
  around(ms: number): number {
    return ms * (0.75 + this.unit() / 2);
  }

  /** At most `count` of `items`, in an order of chance. */
  some<T>(items: readonly T[], count: number): T[] {
    const left = [...items];
    const drawn: T[] = [];
    while (left.length > 0 && drawn.length < count) drawn.push(...left.splice(this.below(left.length), 1));
    return drawn;
  }
}
