/**
 * Sealed boxes: readable by whoever has one key, and telling nothing of who sealed them. What comes out is what
 * libsodium's crypto_box_seal gives; it is built from its parts so that chance can be handed in.
 *
 *     ephemeral key (32), tag (16), ciphertext         nonce: BLAKE2b-192 over the ephemeral and the recipient's key
 */
import sodium from 'sodium-native';
import { Malformed } from '../../bytes.js';
import { KEY_BYTES } from '../../constants.js';
import type { KeyPair } from '../../types.js';
import { SEAL_OVERHEAD_BYTES } from '../constants.js';

const NONCE_BYTES = 24;

/** @param recipient X25519 public key @param random fills a seed for a key that is used once */
export function seal(message: Buffer, recipient: Buffer, random: (target: Buffer) => void): Buffer {
  const seed = Buffer.alloc(KEY_BYTES);
  random(seed);
  const sealed = Buffer.alloc(message.length + SEAL_OVERHEAD_BYTES);
  const ephemeral = sealed.subarray(0, KEY_BYTES);
  const secret = Buffer.alloc(KEY_BYTES);
  sodium.crypto_box_seed_keypair(ephemeral, secret, seed);
  const nonce = Buffer.alloc(NONCE_BYTES);
  sodium.crypto_generichash_batch(nonce, [ephemeral, recipient]);
  sodium.crypto_box_easy(sealed.subarray(KEY_BYTES), message, nonce, recipient, secret);
  sodium.sodium_memzero(secret);
  sodium.sodium_memzero(seed);
  return sealed;
}

/** @throws Malformed when it was sealed for somebody else, or changed on its way */
export function unseal(sealed: Buffer, keys: KeyPair): Buffer {
  if (sealed.length < SEAL_OVERHEAD_BYTES) throw new Malformed('too short for anything sealed');
  const message = Buffer.alloc(sealed.length - SEAL_OVERHEAD_BYTES);
  if (!sodium.crypto_box_seal_open(message, sealed, keys.publicKey, keys.secretKey))
    throw new Malformed('sealed for somebody else');
  return message;
}
