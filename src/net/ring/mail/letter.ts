/**
 * Letters: what one peer says to another alone. The statement names both and the community and is signed by its
 * author, so its reader knows who said it, and cannot show it around as said to somebody else; then all of it is
 * sealed, so nobody on its way can read it.
 *
 *     id (16), after (16), clock (8), kind u8, name text, body block, author (32), recipient (32), signature (64),
 *     zeros up to a multiple of LETTER_PADDING_BYTES; all that sealed
 */
import { Malformed, Reader, Writer } from '../../bytes.js';
import { AUTHOR_MAX_BYTES, KEY_BYTES, TEXT_MAX_BYTES } from '../../constants.js';
import type { KeyPair } from '../../types.js';
import {
  CLOCK_BYTES,
  LETTER_ID_BYTES,
  LETTER_PADDING_BYTES,
  SEALED_MAX_BYTES,
  SIGNATURE_BYTES,
} from '../constants.js';
import { handshakeKeyOf, type Identity, sign, type Verify } from '../identity.js';
import { seal, unseal } from './seal.js';

/** What its author decides. */
export interface LetterWords {
  /** 16 bytes, unique among its author's. */
  readonly id: Buffer;
  /** The author's letter to the same recipient that is to be read before this one; NO_LETTER when none is under way. */
  readonly after: Buffer;
  /** Hybrid logical clock, 8 bytes. */
  readonly clock: Buffer;
  /** chat's EntryKind. */
  readonly kind: number;
  /** The author's name when it was said. */
  readonly name: string;
  readonly body: Buffer;
}

export interface Letter extends LetterWords {
  /** Ed25519 public key. */
  readonly author: Buffer;
}

export const NO_LETTER = Buffer.alloc(LETTER_ID_BYTES);
const DOMAIN = Buffer.from('natter/1 letter');

export interface SealOptions {
  readonly identity: Identity;
  /** 32 bytes. */
  readonly community: Buffer;
  /** Ed25519 public key. */
  readonly recipient: Buffer;
  readonly random: (target: Buffer) => void;
}

/** @throws RangeError for a body above TEXT_MAX_BYTES, and for a recipient's key that is none */
export function sealLetter(
  words: LetterWords,
  { identity, community, recipient, random }: SealOptions,
): Buffer {
  const box = handshakeKeyOf(recipient);
  if (box === undefined) throw new RangeError('no key to seal for');
  if (words.body.length > TEXT_MAX_BYTES) throw new RangeError('a body above its limit');
  const writer = new Writer(512, SEALED_MAX_BYTES);
  writer.bytes(words.id).bytes(words.after).bytes(words.clock).u8(words.kind).text(words.name);
  writer.block(words.body).bytes(identity.publicKey).bytes(recipient);
  const said = writer.copy();
  writer.bytes(sign(identity, [DOMAIN, community, said]));
  const filled = Math.ceil(writer.length / LETTER_PADDING_BYTES) * LETTER_PADDING_BYTES;
  writer.bytes(Buffer.alloc(filled - writer.length));
  return seal(writer.view(), box, random);
}

export interface OpenOptions {
  /** Ed25519 public key of the reader, and its X25519 keys. */
  readonly recipient: Buffer;
  readonly keys: KeyPair;
  readonly community: Buffer;
  readonly verify: Verify;
}

/** @throws Malformed when it is for somebody else, of another community, or not signed by its author */
export function openLetter(sealed: Buffer, { recipient, keys, community, verify }: OpenOptions): Letter {
  const said = unseal(sealed, keys);
  const reader = new Reader(said);
  const id = reader.bytes(LETTER_ID_BYTES);
  const after = reader.bytes(LETTER_ID_BYTES);
  const clock = reader.bytes(CLOCK_BYTES);
  const kind = reader.u8();
  const name = reader.text(AUTHOR_MAX_BYTES);
  const body = reader.block(TEXT_MAX_BYTES);
  const author = reader.bytes(KEY_BYTES);
  const to = reader.bytes(KEY_BYTES);
  const signed = said.subarray(0, reader.offset);
  const signature = reader.bytes(SIGNATURE_BYTES);
  if (reader.rest().some((byte) => byte !== 0)) throw new Malformed('bytes behind a letter');
  if (!to.equals(recipient)) throw new Malformed('a letter to somebody else');
  if (!verify(author, [DOMAIN, community, signed], signature))
    throw new Malformed('a letter that its author did not sign');
  return { id, after, clock, kind, name, body, author };
}
