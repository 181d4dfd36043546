/**
 * Address tokens: whoever sends one back receives datagrams at the address it was made for. The server keeps
 * nothing per token it gives out; of those that come back it remembers the nonce, so each is good once.
 *
 *     epoch u8, kind u8, issued u48 (ms, monotonic), nonce (6), MAC (16)
 *
 * The MAC is keyed BLAKE2b-128 over everything before it, the address and, for a RETRY's, the port. Clients
 * treat a token as opaque bytes.
 */
import sodium from 'sodium-native';
import { TOKEN_LIFE_MS, TOKENS_USED_MAX } from './constants.js';
import type { PathAddress } from './types.js';

/** What a token is bound to. */
export const TokenKind = {
  /** From a RETRY: address and port; it comes back at once. */
  Path: 1,
  /** From a TOKEN frame: the address alone, since the next session may leave from another port. */
  Address: 2,
} as const;
export type TokenKind = (typeof TokenKind)[keyof typeof TokenKind];

const BODY_BYTES = 14;
const MAC_BYTES = 16;
export const TOKEN_BYTES = BODY_BYTES + MAC_BYTES;
const NONCE_AT = 8;
const NONCE_BYTES = 6;
const SECRET_BYTES = 32;

interface Epoch {
  readonly number: number;
  readonly since: number;
  readonly secret: Buffer;
  /** Nonces that came back, as 48-bit numbers. */
  readonly used: Set<number>;
}

export class Tokens {
  readonly #random: (target: Buffer) => void;
  readonly #usedMax: number;
  #current: Epoch;
  #previous: Epoch | undefined;
  readonly #made = Buffer.alloc(TOKEN_BYTES);
  readonly #madeNonce = this.#made.subarray(NONCE_AT, BODY_BYTES);
  readonly #madeBody = this.#made.subarray(0, BODY_BYTES);
  readonly #madeMac = this.#made.subarray(BODY_BYTES);
  readonly #expected = Buffer.alloc(MAC_BYTES);
  readonly #port = Buffer.alloc(2);

  /** @param usedMax nonces remembered per secret; at the limit the secret is replaced ahead of its time */
  constructor(random: (target: Buffer) => void, usedMax = TOKENS_USED_MAX) {
    this.#random = random;
    this.#usedMax = usedMax;
    this.#current = this.#epoch(0, Number.NEGATIVE_INFINITY);
  }

  /** Nonces remembered, at most twice `usedMax`. */
  get remembered(): number {
    return this.#current.used.size + (this.#previous?.used.size ?? 0);
  }

  /** @returns TOKEN_BYTES bytes, in a buffer reused by the next `issue` */
  issue(kind: TokenKind, to: PathAddress, now: number): Buffer {
    this.#rotate(now);
    this.#made[0] = this.#current.number;
    this.#made[1] = kind;
    this.#made.writeUIntBE(Math.floor(now), 2, 6);
    this.#random(this.#madeNonce);
    this.#mac(this.#madeMac, this.#madeBody, kind, to, this.#current.secret);
    return this.#made;
  }

  /** Whether a token is authentic, of that address, in time and unused. Marks nothing: see `spend`. */
  valid(token: Buffer, from: PathAddress, now: number): boolean {
    this.#rotate(now);
    if (token.length !== TOKEN_BYTES) return false;
    const epoch = this.#epochOf(token);
    if (epoch === undefined) return false;
    const kind = token[1];
    if (kind !== TokenKind.Path && kind !== TokenKind.Address) return false;
    this.#mac(this.#expected, token.subarray(0, BODY_BYTES), kind, from, epoch.secret);
    if (!sodium.sodium_memcmp(this.#expected, token.subarray(BODY_BYTES))) return false;
    if (now - token.readUIntBE(2, 6) > TOKEN_LIFE_MS) return false;
    return !epoch.used.has(token.readUIntBE(NONCE_AT, NONCE_BYTES));
  }

  /** Remembers a valid token as used. */
  spend(token: Buffer, now: number): void {
    const epoch = this.#epochOf(token);
    if (epoch === undefined) return;
    epoch.used.add(token.readUIntBE(NONCE_AT, NONCE_BYTES));
    // Forgetting nonces would let their tokens in again; forgetting the secret lets none of them in, and
    // whoever still holds one is merely asked to fetch another.
    if (epoch.used.size < this.#usedMax) return;
    if (epoch === this.#current) this.#replace(now);
    else this.#previous = undefined;
  }

  #epochOf(token: Buffer): Epoch | undefined {
    if (token[0] === this.#current.number) return this.#current;
    if (token[0] === this.#previous?.number) return this.#previous;
    return undefined;
  }

  #rotate(now: number): void {
    if (now - this.#current.since < TOKEN_LIFE_MS) return;
    // After two lives of silence nothing made under the current secret is in time either; replacing it
    // once is enough, because `valid` looks at the time as well.
    this.#replace(now);
  }

  #replace(now: number): void {
    this.#previous = this.#current;
    this.#current = this.#epoch((this.#current.number + 1) & 0xff, now);
  }

  #epoch(number: number, since: number): Epoch {
    const secret = Buffer.alloc(SECRET_BYTES);
    this.#random(secret);
    return { number, since, secret, used: new Set() };
  }

  #mac(target: Buffer, body: Buffer, kind: TokenKind, path: PathAddress, secret: Buffer): void {
    this.#port.writeUInt16BE(kind === TokenKind.Path ? path.port : 0);
    sodium.crypto_generichash_batch(target, [body, this.#port, Buffer.from(path.address)], secret);
  }
}
