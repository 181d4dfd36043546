/**
 * One Noise handshake (revision 34): Noise_XX, Noise_IK or Noise_XXpsk0 with 25519, ChaChaPoly and BLAKE2b, computed by
 * noise-handshake. docs/PROTOCOL.md, "Handshake".
 */
import Noise from 'noise-handshake';
import sodium from 'sodium-native';
import { Malformed } from './bytes.js';
import { KEY_BYTES, Pattern, PROLOGUE } from './constants.js';
import { SealedKeys } from './keys.js';
import type { KeyPair, PeerTerms } from './types.js';

const PROLOGUE_BYTES = Buffer.from(PROLOGUE);
const EMPTY = Buffer.alloc(0);

const NAMES = { [Pattern.XX]: 'XX', [Pattern.IK]: 'IK', [Pattern.XXpsk0]: 'XXpsk0' } as const;

/** What one end brings to all its handshakes. */
export interface HandshakeTerms {
  readonly keys: KeyPair;
  /** Absent: a server or its client. */
  readonly peers?: PeerTerms | undefined;
  readonly random: (target: Buffer) => void;
}

/** The pattern in which peers meet. */
export const peerPattern = (peers: PeerTerms): Pattern =>
  peers.psk === undefined ? Pattern.XX : Pattern.XXpsk0;

/** What a complete handshake leaves: enough to start a connection. */
export interface Established {
  readonly keys: SealedKeys;
  /** 32 bytes. */
  readonly remoteKey: Buffer;
  /** 64 bytes. */
  readonly handshakeHash: Buffer;
}

export class Handshake {
  readonly #noise: Noise;
  readonly #random: (target: Buffer) => void;

  private constructor(
    { keys, peers, random }: HandshakeTerms,
    pattern: Pattern,
    initiator: boolean,
    remoteKey: Buffer | undefined,
  ) {
    this.#random = random;
    const psk = pattern === Pattern.XXpsk0 ? peers?.psk : undefined;
    this.#noise = new Noise(NAMES[pattern], initiator, keys, psk === undefined ? {} : { psk });
    this.#noise.initialise(peers?.prologue ?? PROLOGUE_BYTES, remoteKey);
  }

  /** @param remoteKey the peer's static key, for IK */
  static initiate(terms: HandshakeTerms, pattern: Pattern, remoteKey?: Buffer): Handshake {
    return new Handshake(terms, pattern, true, remoteKey);
  }

  static respond(terms: HandshakeTerms, pattern: Pattern): Handshake {
    return new Handshake(terms, pattern, false, undefined);
  }

  /** The peer's static key, proven only by the message that completed it; undefined before it is known. */
  get remoteKey(): Buffer | undefined {
    return this.#noise.rs ?? undefined;
  }

  get complete(): boolean {
    return this.#noise.complete;
  }

  /** The next message of ours. */
  write(payload: Buffer = EMPTY): Buffer {
    // Set here, not by the library, so that a simulator's handshakes are the same for the same seed.
    if (this.#noise.e === null) this.#noise.e = ephemeral(this.#random);
    return this.#noise.send(payload);
  }

  /**
   * The next message of the peer's. Throws Malformed when it is not authentic or carries another payload than
   * `expected`, and then the handshake stands where it stood: a forgery must not spoil it for the real one.
   */
  read(message: Buffer, expected: Buffer = EMPTY): void {
    const before = this.#save();
    try {
      // A copy, because the library erases the ephemeral key inside the message when it is done.
      const payload = this.#noise.recv(Buffer.from(message));
      if (!payload.equals(expected)) throw new Malformed('an unexpected payload');
    } catch (cause) {
      Object.assign(this.#noise, before);
      throw new Malformed('a handshake message that is not authentic', { cause });
    }
    erase(before.chainingKey, before.key, before.e?.secretKey);
  }

  /** The keys of a complete handshake. Call it once. */
  established(now: number): Established {
    const { complete, tx, rx, rs, hash } = this.#noise;
    if (!complete || rs === null) throw new Error('the handshake is not complete');
    const keys = new SealedKeys(moved(tx), moved(rx), now);
    return { keys, remoteKey: Buffer.from(rs), handshakeHash: Buffer.from(hash) };
  }

  /** Copies of everything that reading a message changes, also where the library erases in place. */
  #save() {
    const { chainingKey, key, nonce, e, re, rs, digest, handshake, complete, curve } = this.#noise;
    return {
      chainingKey: Buffer.from(chainingKey),
      key: key && Buffer.from(key),
      nonce,
      e: e && { publicKey: Buffer.from(e.publicKey), secretKey: Buffer.from(e.secretKey) },
      re,
      rs,
      digest: Buffer.from(digest),
      handshake: handshake.slice(),
      complete,
      curve,
    };
  }
}

function erase(...secrets: (Buffer | null | undefined)[]): void {
  for (const secret of secrets) if (secret) sodium.sodium_memzero(secret);
}

function ephemeral(random: (target: Buffer) => void): KeyPair {
  const secretKey = Buffer.alloc(KEY_BYTES);
  const publicKey = Buffer.alloc(KEY_BYTES);
  random(secretKey);
  sodium.crypto_scalarmult_base(publicKey, secretKey);
  return { publicKey, secretKey };
}

/** A copy with a memory of its own; the original is erased. */
function moved(key: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(KEY_BYTES);
  key.copy(own, 0, 0, KEY_BYTES);
  sodium.sodium_memzero(key);
  return own;
}
