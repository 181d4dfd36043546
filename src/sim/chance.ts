/**
 * Chance with a seed. Everything in a run that is left to chance has a stream of its own, named by what it decides,
 * so that one more draw in one place changes nothing in another.
 */
export class Chance {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number, name: string) {
    [this.#a, this.#b, this.#c] = scatter(`${seed} ${name}`);
    for (let round = 0; round < 12; round++) this.#draw();
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.#draw() / 2 ** 32;
  }

  between(low: number, high: number): number {
    return low + this.next() * (high - low);
  }

  /** A whole number from 0 to `count` - 1. */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }

  /** So many of them, in the order of chance; all when there are fewer. */
  some<T>(list: readonly T[], count: number): T[] {
    const left = [...list];
    const taken: T[] = [];
    while (taken.length < count && left.length > 0) taken.push(...left.splice(this.below(left.length), 1));
    return taken;
  }

  fill(target: Buffer): void {
    for (let index = 0; index < target.length; index++) target[index] = this.#draw() >>> 24;
  }

  /** One step of sfc32 (Chris Doty-Humphrey, PractRand): 32 bits. */
  #draw(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#count) | 0;
    this.#count = (this.#count + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

/** Uniform in [0, 1) for a pair of whole numbers, always the same: what holds of a link as long as the run lasts. */
export function chanceOf(seed: number, from: number, to: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(from + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ Math.imul(to + 1, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 13), 0x297a2d39);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Three words of FNV-1a over the text, each begun differently. */
function scatter(text: string): [number, number, number] {
  const words: [number, number, number] = [0x811c9dc5, 0x01000193, 0x9e3779b9];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    words[0] = Math.imul(words[0] ^ code, 0x01000193);
    words[1] = Math.imul(words[1] ^ (code + 0x55), 0x01000193);
    words[2] = Math.imul(words[2] ^ (code + 0xaa), 0x01000193);
  }
  return words;
}
