/**
 * A peer's record: what it says about itself, signed. It opens every link (HELLO), spreads by broadcast when it
 * changes, and is the roster. Of two records of one key the higher version counts.
 *
 *     key (32), version u48, state u8, name text, addresses, cell text, count u8 x interest text, signature (64)
 */
import { Malformed, Reader, Writer } from '../bytes.js';
import { AUTHOR_MAX_BYTES, KEY_BYTES, TAG_NAME_MAX_BYTES } from '../constants.js';
import type { PathAddress } from '../types.js';
import {
  CELL_MAX_BYTES,
  INTERESTS_MAX,
  PeerState,
  RECORD_MAX_BYTES,
  RECORDS_REMEMBERED_MAX,
  SIGNATURE_BYTES,
} from './constants.js';
import { contactOf, readAddresses, writeAddresses } from './contact.js';
import { type Identity, sign, type Verify } from './identity.js';
import { Remembered } from './remembered.js';
import type { Contact } from './types.js';

export interface PeerProfile {
  /** Wall-clock ms of the change, or one more than the version before: never goes back, also over restarts. */
  readonly version: number;
  readonly state: PeerState;
  /** As its owner writes it; from the network it is checked where it is shown (chat/name.ts). */
  readonly name: string;
  readonly addresses: readonly PathAddress[];
  /** A geohash, '' when location is not shared. */
  readonly cell: string;
  /** Tags, at most INTERESTS_MAX. */
  readonly interests: readonly string[];
}

export interface PeerRecord extends PeerProfile {
  readonly contact: Contact;
  /** As it was signed and travels on. */
  readonly bytes: Buffer;
}

const DOMAIN = Buffer.from('natter/1 record');

/** Signs a record of one's own. @param community 32 bytes */
export function signRecord(identity: Identity, community: Buffer, profile: PeerProfile): PeerRecord {
  const writer = new Writer(256, RECORD_MAX_BYTES);
  writer.bytes(identity.publicKey).u48(profile.version).u8(profile.state).text(profile.name);
  writeAddresses(writer, profile.addresses);
  writer.text(profile.cell).u8(profile.interests.length);
  for (const tag of profile.interests) writer.text(tag);
  const signed = writer.copy();
  const bytes = Buffer.concat([signed, sign(identity, [DOMAIN, community, signed])]);
  return { ...profile, contact: contactOf(community, identity.publicKey, profile.addresses), bytes };
}

const remembered = new Remembered<PeerRecord>(RECORDS_REMEMBERED_MAX);

/** @param bytes copied @throws Malformed when it is no record of this community, or not signed by its key */
export function readRecord(bytes: Buffer, community: Buffer, verify: Verify): PeerRecord {
  if (bytes.length > RECORD_MAX_BYTES) throw new Malformed('a record above its limit');
  return remembered.read(bytes, community, verify, () => parse(Buffer.from(bytes), community, verify));
}

function parse(own: Buffer, community: Buffer, verify: Verify): PeerRecord {
  const reader = new Reader(own);
  const key = reader.bytes(KEY_BYTES);
  const version = reader.u48();
  const state = stateOf(reader.u8());
  const name = reader.text(AUTHOR_MAX_BYTES);
  const addresses = readAddresses(reader);
  const cell = reader.text(CELL_MAX_BYTES);
  const count = reader.u8();
  if (count > INTERESTS_MAX) throw new Malformed('too many interests');
  const interests = Array.from({ length: count }, () => reader.text(TAG_NAME_MAX_BYTES));
  const signed = own.subarray(0, reader.offset);
  const signature = reader.bytes(SIGNATURE_BYTES);
  if (reader.remaining > 0) throw new Malformed('bytes behind a record');
  if (!verify(key, [DOMAIN, community, signed], signature))
    throw new Malformed('a record that its key did not sign');
  const contact = contactOf(community, key, addresses);
  return { version, state, name, addresses, cell, interests, contact, bytes: own };
}

function stateOf(value: number): PeerState {
  if (value === PeerState.Online || value === PeerState.Away || value === PeerState.Left) return value;
  throw new Malformed('a state that no peer has');
}
