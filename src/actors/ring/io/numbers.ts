/** Wires opened in one life: more than anybody opens, and what is left of 2^53 for the life and the parity. */
const LIFE_WIRES = 2 ** 20;

/**
 * Numbers of wires: who opens one draws its number without asking, and no number comes twice, whichever thread was
 * restarted meanwhile.
 *
 *     | life: 32 random bits | counter: 20 bits | parity: 1 bit |
 */
export class WireNumbers {
  readonly #parity: 0 | 1;
  readonly #random: (target: Buffer) => void;
  #next = 0;
  #end = 0;

  /** @param parity 1 for who dials, 0 for who is dialled */
  constructor(parity: 0 | 1, random: (target: Buffer) => void) {
    this.#parity = parity;
    this.#random = random;
  }

  draw(): number {
    if (this.#next === this.#end) {
      const life = Buffer.alloc(4);
      this.#random(life);
      this.#next = life.readUInt32BE() * LIFE_WIRES;
      this.#end = this.#next + LIFE_WIRES;
    }
    return this.#next++ * 2 + this.#parity;
  }
}
