import { CONNECTION_ID_BYTES } from './constants.js';

interface Entry<T> {
  readonly id: Buffer;
  readonly rest: number;
  readonly value: T;
}

/**
 * Demultiplexes datagrams by connection id. The receiver chooses its ids, so it chooses them with distinct
 * first words: a look-up is one integer key, and the second word is compared.
 */
export class IdTable<T> {
  readonly #entries = new Map<number, Entry<T>>();

  get size(): number {
    return this.#entries.size;
  }

  /** Draws an unused random id, 8 bytes. It is not in the table before `set`. */
  draw(random: (target: Buffer) => void): Buffer {
    const id = Buffer.allocUnsafeSlow(CONNECTION_ID_BYTES);
    do random(id);
    while (this.#entries.has(id.readInt32BE(0)));
    return id;
  }

  /** Replaces what the id stood for. */
  set(id: Buffer, value: T): void {
    this.#entries.set(id.readInt32BE(0), { id, rest: id.readInt32BE(4), value });
  }

  /** What the id at `offset` of a datagram stands for; the caller has checked the length. */
  find(datagram: Buffer, offset: number): T | undefined {
    const entry = this.#entries.get(datagram.readInt32BE(offset));
    return entry !== undefined && entry.rest === datagram.readInt32BE(offset + 4) ? entry.value : undefined;
  }

  delete(id: Buffer): void {
    if (this.find(id, 0) !== undefined) this.#entries.delete(id.readInt32BE(0));
  }
}
