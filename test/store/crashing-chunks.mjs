/**
 * Puts the chunks of a file until it is killed, and says the number of each on standard output once it was kept.
 * Needs `npm run build`. Arguments: path, size.
 */
import { existsSync, writeSync } from 'node:fs';
import sodium from 'sodium-native';
import { ChunkFile } from '#natter/store/files/chunks.js';

const [path, size] = process.argv.slice(2);
const file = existsSync(path) ? ChunkFile.reopen(path, Number(size)) : ChunkFile.create(path, Number(size));
for (let chunk = file.missing(0); chunk >= 0; chunk = file.missing(chunk + 1)) {
  const bytes = Buffer.alloc(file.bytesOf(chunk), chunk % 251);
  const hash = Buffer.alloc(32);
  sodium.crypto_generichash(hash, bytes);
  file.put(chunk, Buffer.concat([hash, bytes]));
  writeSync(1, `${chunk}\n`);
}
