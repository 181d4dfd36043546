import sodium from 'sodium-native';

const DOMAIN = Buffer.from('natter/1 file');
const HASH_BYTES = 32;

/**
 * The number under which a file's chunks travel: 52 bits of a hash over who offers it and its id, so both ends know
 * it, and files of different people do not meet.
 * @param author Ed25519 public key @param id FILE_ID_BYTES
 */
export function fileNumber(author: Uint8Array, id: Uint8Array): number {
  const hash = Buffer.alloc(HASH_BYTES);
  sodium.crypto_generichash_batch(hash, [DOMAIN, author, id]);
  // 0 stands for a file that has none.
  return (hash.readUInt32BE(0) & 0xfffff) * 2 ** 32 + hash.readUInt32BE(4) || 1;
}
