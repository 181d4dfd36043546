/**
 * Invite links: by which others come to a community, also to a closed one, whose key they then have.
 *
 *     natter://join?name=lilacs&at=192.0.2.7:7777&at=[2001:db8::7]:7777&key=<base64url of 32 bytes>
 */
import { COMMUNITY_KEY_BYTES } from '../net/constants.js';
import { formatAddress, type HostPort, parseServer } from './address.js';
import { parseCommunity } from './community.js';
import { NatterError } from './error.js';

const SCHEME = 'natter:';
const PURPOSE = 'join';
/** Longer than any link with everything in it. */
const LINK_MAX_CHARACTERS = 2_048;
const ADDRESSES_MAX = 8;
const BASE64URL = /^[A-Za-z0-9_-]+$/;

export interface Invite {
  /** As `parseCommunity` gives it. */
  readonly community: string;
  /** Of a closed community: COMMUNITY_KEY_BYTES. Whoever has the link has it. */
  readonly secret?: Buffer;
  /** Where somebody of it may be. Only hints, and perhaps none. */
  readonly peers: readonly HostPort[];
}

/** At most 8 addresses, the first ones. */
export function encodeInvite({ community, secret, peers }: Invite): string {
  // Written by hand: URLSearchParams would escape colons and brackets, which people read and type.
  // An apostrophe would end the quotes that the link stands in for a shell.
  const fields = [`name=${encodeURIComponent(community).replaceAll("'", '%27')}`];
  for (const address of peers.slice(0, ADDRESSES_MAX)) fields.push(`at=${formatAddress(address)}`);
  if (secret !== undefined) fields.push(`key=${secret.toString('base64url')}`);
  return `${SCHEME}//${PURPOSE}?${fields.join('&')}`;
}

/**
 * Reads an invite link as it was pasted, over several rows perhaps: URLs are read without line breaks. Fields it does not know are left out, so that later links can say more.
 * @throws NatterError BAD_ARGUMENT that says what is wrong with it; for the name as `parseCommunity`
 */
export function parseInvite(pasted: string): Invite {
  if (pasted.length > LINK_MAX_CHARACTERS)
    throw bad(`is longer than any invite link (${LINK_MAX_CHARACTERS} characters)`);
  // Mail programs put links between angle brackets.
  const text = pasted.trim().replace(/^<(.*)>$/, '$1');
  if (!URL.canParse(text)) throw bad('is not a link');
  const url = new URL(text);
  if (url.protocol !== SCHEME || url.hostname.toLowerCase() !== PURPOSE)
    throw bad(`does not begin with ${SCHEME}//${PURPOSE}?`);
  const fields = url.searchParams;
  const name = only(fields, 'name');
  if (name === undefined) throw bad('names no community');
  const key = only(fields, 'key');
  const written = fields.getAll('at');
  if (written.length > ADDRESSES_MAX) throw bad(`has more than ${ADDRESSES_MAX} addresses`);
  return {
    community: parseCommunity(name),
    ...(key === undefined ? {} : { secret: readKey(key) }),
    peers: written.map(readAddress),
  };
}

function only(fields: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = fields.getAll(name);
  if (more.length > 0) throw bad(`says ${name} twice`);
  return value;
}

function readKey(text: string): Buffer {
  const key = BASE64URL.test(text) ? Buffer.from(text, 'base64url') : Buffer.alloc(0);
  // Decoding is lenient: a key that was cut or lengthened must not pass for another.
  if (key.length !== COMMUNITY_KEY_BYTES || key.toString('base64url') !== text)
    throw bad('has a damaged key');
  return key;
}

function readAddress(text: string): HostPort {
  try {
    const { host, port } = parseServer(text);
    return { host, port };
  } catch (error) {
    throw bad(`has an address that cannot be read, "${text.slice(0, 40)}"`, error);
  }
}

function bad(what: string, cause?: unknown): NatterError {
  return new NatterError(
    'BAD_ARGUMENT',
    `The invite ${what}; ask for it again and paste all of it.`,
    {},
    cause,
  );
}
