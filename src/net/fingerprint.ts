import sodium from 'sodium-native';

const DOMAIN = Buffer.from('natter key');
const BYTES = 15;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
const GROUP = 4;

/**
 * A public key as people read and compare it: 120 bits of BLAKE2b-256 over "natter key" and the key, in the
 * base32 of RFC 4648, lower case, six groups of four joined by hyphens. Never changes for a key.
 */
export function fingerprint(publicKey: Uint8Array): string {
  const digest = Buffer.alloc(32);
  sodium.crypto_generichash_batch(digest, [DOMAIN, publicKey]);
  let text = '';
  let bits = 0;
  let held = 0;
  for (const byte of digest.subarray(0, BYTES)) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return (text.match(new RegExp(`.{${GROUP}}`, 'g')) ?? []).join('-');
}
