import type { Verify } from './identity.js';

interface Read<T> {
  readonly community: Buffer;
  readonly value: T;
}

/**
 * What signed bytes say, once they were found good. The same record comes by HELLO, by broadcast and by sync, and
 * nothing of it need be checked twice: the bytes are the same, signature and all. Values must not change. The oldest
 * are forgotten.
 */
export class Remembered<T> {
  readonly #max: number;
  /** Whoever verifies otherwise knows nothing of this. */
  readonly #byVerify = new WeakMap<Verify, Map<string, Read<T>>>();

  constructor(max: number) {
    this.#max = max;
  }

  /** @param read reads and verifies; what it throws is not remembered */
  read(bytes: Buffer, community: Buffer, verify: Verify, read: () => T): T {
    const known = this.#byVerify.get(verify) ?? new Map<string, Read<T>>();
    const name = bytes.toString('latin1');
    const before = known.get(name);
    if (before?.community.equals(community)) return before.value;
    const value = read();
    this.#byVerify.set(verify, known.set(name, { community: Buffer.from(community), value }));
    const [oldest] = known.keys();
    if (known.size > this.#max && oldest !== undefined) known.delete(oldest);
    return value;
  }
}
