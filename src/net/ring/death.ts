/**
 * A death notice: somebody says that a peer answered neither them nor those whom they asked. It counts against the
 * record of exactly that version; a newer record refutes it, and its subject makes one as soon as it hears of this.
 *
 *     subject (32), version u48, reporter (32), signature (64)
 */
import { Malformed, Reader, Writer } from '../bytes.js';
import { KEY_BYTES } from '../constants.js';
import { DEATH_BYTES, SIGNATURE_BYTES } from './constants.js';
import { type Identity, sign, type Verify } from './identity.js';
import type { PeerId } from './types.js';

export interface DeathNotice {
  readonly subject: PeerId;
  /** Of the subject's record. */
  readonly version: number;
  readonly reporter: PeerId;
  /** As it was signed and travels on. */
  readonly bytes: Buffer;
}

const DOMAIN = Buffer.from('natter/1 death');

/** @param subject the key, 32 bytes @param community 32 bytes */
export function signDeath(
  identity: Identity,
  community: Buffer,
  subject: Buffer,
  version: number,
): DeathNotice {
  const signed = new Writer(DEATH_BYTES, DEATH_BYTES)
    .bytes(subject)
    .u48(version)
    .bytes(identity.publicKey)
    .copy();
  const bytes = Buffer.concat([signed, sign(identity, [DOMAIN, community, signed])]);
  return { subject: subject.toString('hex'), version, reporter: identity.publicKey.toString('hex'), bytes };
}

/** @param bytes copied @throws Malformed when it is none of this community, or not signed by its reporter */
export function readDeath(bytes: Buffer, community: Buffer, verify: Verify): DeathNotice {
  if (bytes.length !== DEATH_BYTES) throw new Malformed('a death notice of another length');
  const own = Buffer.from(bytes);
  const reader = new Reader(own);
  const subject = reader.bytes(KEY_BYTES).toString('hex');
  const version = reader.u48();
  const reporter = reader.bytes(KEY_BYTES);
  const signed = own.subarray(0, reader.offset);
  if (!verify(reporter, [DOMAIN, community, signed], reader.bytes(SIGNATURE_BYTES)))
    throw new Malformed('a death notice that its reporter did not sign');
  return { subject, version, reporter: reporter.toString('hex'), bytes: own };
}
