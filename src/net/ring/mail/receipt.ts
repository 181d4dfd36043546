/**
 * Receipts: whom a piece of mail was for says that it has come, and what became of it. Whoever keeps that piece
 * may forget it then.
 *
 *     by (32), piece (16), verdict u8, signature (64)
 */
import { Malformed, Reader, Writer } from '../../bytes.js';
import { KEY_BYTES } from '../../constants.js';
import { LETTER_ID_BYTES, SIGNATURE_BYTES } from '../constants.js';
import { type Identity, sign, type Verify } from '../identity.js';

export const Verdict = {
  /** It is with whom it is for, durably. */
  Taken: 1,
  /** Its clock is more than CLOCK_AHEAD_MAX_MS ahead of the reader's. */
  Ahead: 2,
  /** It cannot be read: of a newer version, or broken. */
  Unreadable: 3,
  /** It is so old that nobody remembers whether it has come before. */
  Late: 4,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export interface Receipt {
  /** Ed25519 public key of whom the piece was for. */
  readonly by: Buffer;
  /** The piece's name, hex. */
  readonly piece: string;
  readonly verdict: Verdict;
  readonly bytes: Buffer;
}

const RECEIPT_BYTES = KEY_BYTES + LETTER_ID_BYTES + 1 + SIGNATURE_BYTES;
const DOMAIN = Buffer.from('natter/1 receipt');

export function signReceipt(identity: Identity, community: Buffer, piece: string, verdict: Verdict): Receipt {
  const writer = new Writer(RECEIPT_BYTES);
  writer.bytes(identity.publicKey).bytes(Buffer.from(piece, 'hex')).u8(verdict);
  const signed = writer.copy();
  const bytes = Buffer.concat([signed, sign(identity, [DOMAIN, community, signed])]);
  return { by: identity.publicKey, piece, verdict, bytes };
}

/** @param bytes copied @throws Malformed when it is no receipt of this community, or not signed */
export function readReceipt(bytes: Buffer, community: Buffer, verify: Verify): Receipt {
  if (bytes.length !== RECEIPT_BYTES) throw new Malformed('no receipt has this length');
  const own = Buffer.from(bytes);
  const reader = new Reader(own);
  const by = reader.bytes(KEY_BYTES);
  const piece = reader.bytes(LETTER_ID_BYTES).toString('hex');
  const verdict = verdictOf(reader.u8());
  const signed = own.subarray(0, reader.offset);
  if (!verify(by, [DOMAIN, community, signed], reader.bytes(SIGNATURE_BYTES)))
    throw new Malformed('a receipt that nobody signed');
  return { by, piece, verdict, bytes: own };
}

function verdictOf(value: number): Verdict {
  const known = Object.values(Verdict).find((verdict) => verdict === value);
  if (known === undefined) throw new Malformed('no verdict that anybody gives');
  return known;
}
