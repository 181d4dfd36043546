/**
 * A set of ids in DIGEST_BUCKETS buckets, each hashed when somebody asks and something of it changed:
 *
 *     id --bucketOf--> bucket 0..255   [id, id, ...]  --element(id)--> BLAKE2b, cut --> digest --> root
 *
 * A hash over all elements, not their sum: sums can be cancelled out by who chooses elements.
 */
import sodium from 'sodium-native';
import { DIGEST_BUCKET_BYTES, DIGEST_BUCKETS, DIGEST_ROOT_BYTES } from '../constants.js';

export class DigestBuckets {
  readonly #element: (id: string) => Buffer;
  readonly #ids: (string[] | undefined)[] = [];
  readonly #digest = Buffer.alloc(DIGEST_BUCKETS * DIGEST_BUCKET_BYTES);
  readonly #root = Buffer.alloc(DIGEST_ROOT_BYTES);
  readonly #changed = new Set<number>();

  /** @param element what two peers must agree on about an id; the same bytes wherever it is the same */
  constructor(element: (id: string) => Buffer) {
    this.#element = element;
    sodium.crypto_generichash(this.#root, this.#digest);
  }

  /** Takes an id in, or notes that its element changed. */
  put(bucket: number, id: string): void {
    const ids = this.#ids[bucket];
    if (ids === undefined) this.#ids[bucket] = [id];
    else if (!ids.includes(id)) ids.push(id);
    this.#changed.add(bucket);
  }

  delete(bucket: number, id: string): void {
    const ids = this.#ids[bucket];
    const at = ids?.indexOf(id) ?? -1;
    if (ids === undefined || at < 0) return;
    ids.splice(at, 1);
    this.#changed.add(bucket);
  }

  ids(bucket: number): readonly string[] {
    return this.#ids[bucket] ?? [];
  }

  /** Valid until something changes. */
  get digest(): Buffer {
    this.#refresh();
    return this.#digest;
  }

  get root(): Buffer {
    this.#refresh();
    return this.#root;
  }

  #refresh(): void {
    if (this.#changed.size === 0) return;
    for (const bucket of this.#changed) {
      const at = bucket * DIGEST_BUCKET_BYTES;
      const target = this.#digest.subarray(at, at + DIGEST_BUCKET_BYTES);
      const ids = this.#ids[bucket] ?? [];
      if (ids.length === 0) target.fill(0);
      else this.#hash(ids, target);
    }
    this.#changed.clear();
    sodium.crypto_generichash(this.#root, this.#digest);
  }

  #hash(ids: string[], target: Buffer): void {
    ids.sort();
    sodium.crypto_generichash_batch(scratch, ids.map(this.#element));
    scratch.copy(target, 0, 0, DIGEST_BUCKET_BYTES);
  }
}

/** The least that libsodium hashes to is 16 bytes. */
const scratch = Buffer.alloc(DIGEST_ROOT_BYTES);
