/**
 * A piece of mail: a sealed letter, or a receipt for one, with all that those need who carry and keep it. It is
 * signed by who sends it, so that nobody can use up what is kept of another's. Its name is the hash of it, so two
 * pieces of one name are one.
 *
 *     what u8 (1 a letter, 2 a receipt), to (32), from (32), at u48 (ms since 1970), body block, signature (64)
 */
import sodium from 'sodium-native';
import { Malformed, Reader, Writer } from '../../bytes.js';
import { KEY_BYTES } from '../../constants.js';
import { LETTER_ID_BYTES, MAIL_MAX_BYTES, SEALED_MAX_BYTES, SIGNATURE_BYTES } from '../constants.js';
import { type Identity, sign, type Verify } from '../identity.js';

export const PieceKind = { Letter: 1, Receipt: 2 } as const;
export type PieceKind = (typeof PieceKind)[keyof typeof PieceKind];

export interface Piece {
  /** Hex of BLAKE2b-128 over `bytes`. */
  readonly name: string;
  readonly what: PieceKind;
  /** Ed25519 public keys. */
  readonly to: Buffer;
  readonly from: Buffer;
  /** By its sender's clock, ms since 1970. */
  readonly at: number;
  readonly body: Buffer;
  /** As it was signed and travels. */
  readonly bytes: Buffer;
}

const DOMAIN = Buffer.from('natter/1 mail');

function nameOf(bytes: Buffer): string {
  const digest = Buffer.alloc(LETTER_ID_BYTES);
  sodium.crypto_generichash(digest, bytes);
  return digest.toString('hex');
}

export function signPiece(
  identity: Identity,
  community: Buffer,
  { what, to, at, body }: Pick<Piece, 'what' | 'to' | 'at' | 'body'>,
): Piece {
  const writer = new Writer(512, MAIL_MAX_BYTES);
  writer.u8(what).bytes(to).bytes(identity.publicKey).u48(at).block(body);
  const signed = writer.copy();
  const bytes = Buffer.concat([signed, sign(identity, [DOMAIN, community, signed])]);
  return { name: nameOf(bytes), what, to, from: identity.publicKey, at, body, bytes };
}

/** @param bytes copied @throws Malformed when it is no mail of this community, or not signed by its sender */
export function readPiece(bytes: Buffer, community: Buffer, verify: Verify): Piece {
  if (bytes.length > MAIL_MAX_BYTES) throw new Malformed('mail above its limit');
  const own = Buffer.from(bytes);
  const reader = new Reader(own);
  const what = kindOf(reader.u8());
  const to = reader.bytes(KEY_BYTES);
  const from = reader.bytes(KEY_BYTES);
  const at = reader.u48();
  const body = reader.block(SEALED_MAX_BYTES);
  const signed = own.subarray(0, reader.offset);
  const signature = reader.bytes(SIGNATURE_BYTES);
  if (reader.remaining > 0) throw new Malformed('bytes behind a piece of mail');
  if (to.equals(from)) throw new Malformed('mail to oneself');
  if (!verify(from, [DOMAIN, community, signed], signature))
    throw new Malformed('mail that its sender did not sign');
  return { name: nameOf(own), what, to, from, at, body, bytes: own };
}

/** The outside of a piece that was read before it was kept: views. @throws Malformed when it is too short to be one */
export function peekPiece(bytes: Buffer): Pick<Piece, 'to' | 'from' | 'at'> {
  const reader = new Reader(bytes);
  reader.skip(1);
  const to = reader.bytes(KEY_BYTES);
  const from = reader.bytes(KEY_BYTES);
  return { to, from, at: reader.u48() };
}

function kindOf(value: number): PieceKind {
  if (value === PieceKind.Letter || value === PieceKind.Receipt) return value;
  throw new Malformed('mail of no known kind');
}
