import type { Reader } from '../../bytes.js';
import { KEY_BYTES } from '../../constants.js';
import { readContact } from '../contact.js';
import type { Contact } from '../types.js';

/** Contacts that are remembered; then all are forgotten at once. */
const REMEMBERED_MAX = 8_192;
/** Address family, address, port. */
const IPV4_BYTES = 1 + 4 + 2;
const IPV6_BYTES = 1 + 16 + 2;

const remembered = new Map<string, { readonly contact: Contact; readonly community: Uint8Array }>();

/**
 * Reads a contact, which is the same object as the last one of the same bytes: neighbours tell of the same few peers
 * over and over, and to find out a place costs a hash.
 * @throws Malformed
 */
export function readCachedContact(reader: Reader, community: Uint8Array): Contact {
  const key = rawContact(reader);
  const before = key === undefined ? undefined : remembered.get(key);
  if (key !== undefined && before?.community === community) {
    reader.skip(key.length);
    return before.contact;
  }
  const contact = readContact(reader, community);
  if (remembered.size >= REMEMBERED_MAX) remembered.clear();
  if (key !== undefined) remembered.set(key, { contact, community });
  return contact;
}

/** Its bytes as a text of one character each; undefined for what is no contact. */
function rawContact({ buffer, offset, remaining }: Reader): string | undefined {
  const end = offset + remaining;
  let at = offset + KEY_BYTES;
  const count = buffer[at++] ?? 0;
  for (let index = 0; index < count && at < end; index++) at += buffer[at] === 4 ? IPV4_BYTES : IPV6_BYTES;
  return at > end ? undefined : buffer.toString('latin1', offset, at);
}
