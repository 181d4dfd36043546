/** A checksum before every record: a page that went bad on the disk must not be served as somebody's words. */
import { crc32 } from 'node:zlib';

export const CRC_BYTES = 4;

/** Writes the checksum of everything behind its own four bytes. */
export function seal(record: Buffer): Buffer {
  record.writeUInt32BE(crc32(record.subarray(CRC_BYTES)), 0);
  return record;
}

/** A copy of `content` with its checksum in front. */
export function sealed(content: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(CRC_BYTES + content.length);
  record.set(content, CRC_BYTES);
  return seal(record);
}

/** The content as a view, or undefined when the checksum does not fit. */
export function unseal(record: Buffer): Buffer | undefined {
  if (record.length < CRC_BYTES) return undefined;
  const content = record.subarray(CRC_BYTES);
  return crc32(content) === record.readUInt32BE(0) ? content : undefined;
}
