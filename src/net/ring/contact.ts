/** Contacts as they travel: `key (32), count u8, then per address: family u8 (4 or 6), 4 or 16 bytes, port u16`. */
import { Malformed, type Reader, type Writer } from '../bytes.js';
import { KEY_BYTES } from '../constants.js';
import type { PathAddress } from '../types.js';
import { ADDRESSES_MAX } from './constants.js';
import { placeOf } from './place.js';
import type { Contact } from './types.js';

const IPV4_BYTES = 4;
const IPV6_BYTES = 16;

/** @param community 32 bytes: it decides the place @param key 32 bytes, copied */
export function contactOf(
  community: Uint8Array,
  key: Uint8Array,
  addresses: readonly PathAddress[],
): Contact {
  const own = Buffer.from(key);
  return { id: own.toString('hex'), key: own, place: placeOf(community, own), addresses };
}

export function writeContact(writer: Writer, contact: Contact): void {
  writer.bytes(contact.key);
  writeAddresses(writer, contact.addresses);
}

/** @throws Malformed */
export function readContact(reader: Reader, community: Uint8Array): Contact {
  const key = reader.bytes(KEY_BYTES);
  return contactOf(community, key, readAddresses(reader));
}

export function writeAddresses(writer: Writer, addresses: readonly PathAddress[]): void {
  const some = addresses.slice(0, ADDRESSES_MAX);
  writer.u8(some.length);
  for (const { address, port } of some) {
    const bytes = parseIp(address);
    writer
      .u8(bytes.length === IPV4_BYTES ? 4 : 6)
      .bytes(bytes)
      .u16(port);
  }
}

/** @throws Malformed for a family nobody knows, more than ADDRESSES_MAX, or port 0 */
export function readAddresses(reader: Reader): PathAddress[] {
  const count = reader.u8();
  if (count > ADDRESSES_MAX) throw new Malformed('too many addresses');
  const addresses: PathAddress[] = [];
  for (let index = 0; index < count; index++) {
    const family = reader.u8();
    if (family !== 4 && family !== 6) throw new Malformed('an address of no known family');
    const address = ipText(reader.bytes(family === 4 ? IPV4_BYTES : IPV6_BYTES));
    const port = reader.u16();
    if (port === 0) throw new Malformed('port 0');
    addresses.push({ address, port });
  }
  return addresses;
}

/** The bytes of a numeric address. @throws RangeError for anything else, which is this program's fault */
function parseIp(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(ipv4(address));
  const [plain = ''] = address.split('%');
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  const groups = dotted === null ? plain : `${dotted[1]}${asGroups(ipv4(dotted[2] ?? ''))}`;
  const [head = '', tail] = groups.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const filled =
    tail === undefined ? before : [...before, ...zeros(8 - before.length - after.length), ...after];
  if (filled.length !== 8) throw new RangeError(`no numeric address: ${address}`);
  const bytes = Buffer.alloc(IPV6_BYTES);
  for (const [index, group] of filled.entries()) bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2);
  return bytes;
}

function ipv4(text: string): number[] {
  const parts = text.split('.').map(Number);
  const isGood = parts.length === IPV4_BYTES && parts.every((part) => part >= 0 && part <= 255);
  if (!isGood) throw new RangeError(`no numeric address: ${text}`);
  return parts;
}

function asGroups([a = 0, b = 0, c = 0, d = 0]: number[]): string {
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}

function zeros(count: number): string[] {
  return Array.from({ length: Math.max(0, count) }, () => '0');
}

/** As node:dgram writes them, so that an address compares equal to where a datagram came from (RFC 5952). */
function ipText(bytes: Buffer): string {
  if (bytes.length === IPV4_BYTES) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  let best = { at: -1, length: 1 };
  for (let at = 0; at < groups.length; at++) {
    let length = 0;
    while (groups[at + length] === '0') length++;
    if (length > best.length) best = { at, length };
  }
  if (best.at < 0) return groups.join(':');
  return `${groups.slice(0, best.at).join(':')}::${groups.slice(best.at + best.length).join(':')}`;
}
