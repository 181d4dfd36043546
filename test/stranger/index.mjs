/** What the tests use of the stranger. */
export { block, Reader, u64, varint } from './bytes.mjs';
export { Client, entryId, loginMac, readEntry } from './client.mjs';
export { Connection } from './connection.mjs';
export { chunksOf, Files, recordOf } from './files.mjs';
export { initiation } from './handshake.mjs';
export { blake2b, Initiator, keyPair } from './noise.mjs';
export { Keys, Received, readAck } from './packets.mjs';
