import { Encoder } from 'cbor-x';

/** Plain maps with text keys, as docs/PROTOCOL.md has them; none of cbor-x's own extensions. */
const codec = new Encoder({ useRecords: false, mapsAsObjects: true, tagUint8Array: false });

/** @returns bytes of their own. */
export function packCbor(value: unknown): Buffer {
  return codec.encode(value);
}

/**
 * Reads what another actor of this server packed. What comes from the network goes through a schema instead.
 * Byte strings in the result are views of a copy: they stay valid when `body` is reused.
 */
export function unpackCbor<T>(body: Uint8Array): T {
  return codec.decode(Buffer.from(body)) as T;
}
