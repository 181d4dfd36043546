/** Where a peer lives on the disk, and by what the others know it. */
import { join } from 'node:path';
import { communityIdOf, peerTermsOf } from '../../net/ring/community.js';
import { type Identity, identityOf } from '../../net/ring/identity.js';
import type { PeerTerms } from '../../net/types.js';
import { FolderPart, lockFolder, makeFolder, openFolder, unusable } from '../../store/folder.js';
import { readSeed, seedOf, writeSeed } from '../../store/keys.js';
import type { FileLock } from '../../store/lock.js';

/** Of a community's id in the name of its folder and its key. */
const NAME_DIGITS = 32;

export interface HomeOptions {
  /** The data folder (`--data`); the platform's own without it. */
  readonly data: string | undefined;
  /** As `parseCommunity` gives it. */
  readonly community: string;
  /** Of an invite link to a closed community. It is kept, in place of an older one of that name. */
  readonly secret?: Buffer | undefined;
  /** The community shall be closed: its key is made at the first start. One that was kept closes it anyway. */
  readonly closed?: boolean | undefined;
}

export interface Home {
  /** This community's own folder, owned by this process until `lock` is released. */
  readonly folder: string;
  readonly lock: FileLock;
  /** The same in all communities of one data folder. */
  readonly identity: Identity;
  /** 32 bytes. */
  readonly community: Buffer;
  /** Goes into invite links; undefined in an open community. */
  readonly secret: Buffer | undefined;
  readonly terms: PeerTerms;
}

/**
 * Makes the folder of a peer in one community ready, and owns it.
 *
 *     BASE/ring/identity.key        who this is
 *     BASE/ring/HASH.key            the key of a closed community, by its name
 *     BASE/ring/HASH/               what one community has here, by its id
 *
 * @throws NatterError DATA_LOCKED, DATA_FOREIGN, DATA_UNWRITABLE, DATA_CORRUPT
 */
export function openHome({ data, community: name, secret: given, closed = false }: HomeOptions): Home {
  const base = openFolder(data, FolderPart.Ring);
  try {
    const identity = identityOf(seedOf(join(base, 'identity.key')));
    const secret = communityKey(join(base, `${shortName(communityIdOf(name))}.key`), given, closed);
    const community = communityIdOf(name, secret);
    const folder = join(base, shortName(community));
    makeFolder(folder);
    const lock = lockFolder(folder);
    return { folder, lock, identity, community, secret, terms: peerTermsOf(community, secret) };
  } catch (error) {
    throw unusable(base, error);
  }
}

function communityKey(path: string, given: Buffer | undefined, closed: boolean): Buffer | undefined {
  const kept = readSeed(path);
  if (given === undefined) return kept ?? (closed ? seedOf(path) : undefined);
  if (kept === undefined || !kept.equals(given)) writeSeed(path, given);
  return given;
}

function shortName(community: Buffer): string {
  return community.toString('hex').slice(0, NAME_DIGITS);
}
