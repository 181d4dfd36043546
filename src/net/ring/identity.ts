/**
 * Who somebody is in the ring: one Ed25519 key that signs, and the X25519 key made of it (RFC 7748 section 4.1's
 * map) under which the same peer shakes hands. So whoever knows a peer's key knows whom a handshake must prove.
 */
import sodium from 'sodium-native';
import { KEY_BYTES } from '../constants.js';
import type { KeyPair } from '../types.js';
import { RECORDS_REMEMBERED_MAX, SIGNATURE_BYTES, SIGNING_SECRET_BYTES } from './constants.js';

export interface Identity {
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Buffer;
  /** 64 bytes: seed and public key, as libsodium keeps it. */
  readonly secretKey: Buffer;
}

/** @param seed 32 unpredictable bytes */
export function identityOf(seed: Buffer): Identity {
  const publicKey = Buffer.alloc(KEY_BYTES);
  const secretKey = Buffer.alloc(SIGNING_SECRET_BYTES);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
  return { publicKey, secretKey };
}

/** The key pair of its handshakes and sealed boxes. */
export function handshakeKeys(identity: Identity): KeyPair {
  const secretKey = Buffer.alloc(KEY_BYTES);
  sodium.crypto_sign_ed25519_sk_to_curve25519(secretKey, identity.secretKey);
  const publicKey = Buffer.alloc(KEY_BYTES);
  sodium.crypto_scalarmult_base(publicKey, secretKey);
  return { publicKey, secretKey };
}

const handshakeKeysKnown = new Map<string, Buffer | undefined>();

/**
 * The handshake key of a signing key; undefined when that is no point of the curve's main group. The last ones are
 * remembered: one takes as long as a signature, and is asked for whenever a link begins.
 */
export function handshakeKeyOf(key: Buffer): Buffer | undefined {
  const name = key.toString('latin1');
  if (handshakeKeysKnown.has(name)) return handshakeKeysKnown.get(name);
  const curve = toCurve(key);
  handshakeKeysKnown.set(name, curve);
  const [oldest] = handshakeKeysKnown.keys();
  if (handshakeKeysKnown.size > RECORDS_REMEMBERED_MAX && oldest !== undefined)
    handshakeKeysKnown.delete(oldest);
  return curve;
}

function toCurve(key: Buffer): Buffer | undefined {
  const curve = Buffer.alloc(KEY_BYTES);
  try {
    sodium.crypto_sign_ed25519_pk_to_curve25519(curve, key);
    return curve;
  } catch {
    return undefined;
  }
}

/** Ed25519 over all parts, which begin with a domain of their own kind. 64 bytes. */
export function sign(identity: Identity, parts: readonly Uint8Array[]): Buffer {
  const signature = Buffer.alloc(SIGNATURE_BYTES);
  sodium.crypto_sign_detached(signature, Buffer.concat(parts), identity.secretKey);
  return signature;
}

/** Whether a signature is good. Handed in, so that a simulator of a thousand peers checks each signature once. */
export type Verify = (key: Buffer, parts: readonly Uint8Array[], signature: Buffer) => boolean;

export const verify: Verify = (key, parts, signature) =>
  sodium.crypto_sign_verify_detached(signature, Buffer.concat(parts), key);
