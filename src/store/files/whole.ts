import sodium from 'sodium-native';
import { FILE_HASH_BYTES } from '../../net/constants.js';

/** BLAKE2b-256 of a whole file, taken in chunk by chunk, in order. */
export class WholeHash {
  readonly #state = Buffer.alloc(sodium.crypto_generichash_STATEBYTES);
  #next = 0;
  #digest: Buffer | undefined;

  constructor() {
    this.reset();
  }

  /** The chunk that is to come. */
  get next(): number {
    return this.#next;
  }

  /** Takes in a chunk if it is its turn. */
  update(chunk: number, bytes: Uint8Array): void {
    if (chunk !== this.#next) return;
    sodium.crypto_generichash_update(this.#state, bytes);
    this.#next++;
  }

  /** Begins anew. */
  reset(): void {
    sodium.crypto_generichash_init(this.#state, null, FILE_HASH_BYTES);
    this.#next = 0;
    this.#digest = undefined;
  }

  /** Once every chunk was taken in; nothing can be added then. */
  digest(): Buffer {
    if (this.#digest === undefined) {
      this.#digest = Buffer.alloc(FILE_HASH_BYTES);
      sodium.crypto_generichash_final(this.#state, this.#digest);
    }
    return this.#digest;
  }
}
