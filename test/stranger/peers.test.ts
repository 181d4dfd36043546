/** What docs/RING.md says of handshakes, against an implementation that was written from it alone. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Handshake } from '../../src/net/handshake.js';
import { communityIdOf, peerTermsOf } from '../../src/net/ring/community.js';
import { blake2b, Initiator, keyPair } from './index.mjs';

const page = readFileSync(new URL('../../docs/RING.md', import.meta.url), 'utf8');
const DIALLER = keyPair(Buffer.alloc(32, 0x11));
const ANSWERER = keyPair(Buffer.alloc(32, 0x22));
const EPHEMERAL = keyPair(Buffer.alloc(32, 0x33));
const ID = Buffer.from('senderid');
const EMPTY = Buffer.alloc(0);
const KEY = Buffer.alloc(32, 0x55);
const natterPair = ({ publicKey, secret }: typeof DIALLER) => ({ publicKey, secretKey: secret });

describe('a handshake of peers as the page gives it', () => {
  test.each([
    ['open', undefined, 1],
    ['closed', KEY, 3],
  ] as const)('meets that of the program in an %s community', (_, psk, pattern) => {
    const domain = Buffer.concat([Buffer.from('natter/1 community'), Buffer.from('lilacs')]);
    const community = blake2b(32, domain, psk ?? null);
    expect(communityIdOf('lilacs', psk)).toEqual(community);
    const prologue = Buffer.concat([Buffer.from('natter/1 ring'), community]);

    const stranger = new Initiator(DIALLER, undefined, EPHEMERAL, { prologue, ...(psk && { psk }) });
    const answering = Handshake.respond(
      {
        keys: natterPair(ANSWERER),
        peers: peerTermsOf(community, psk),
        random: (target) => target.fill(0x44),
      },
      pattern,
    );
    const first = stranger.first(EMPTY);
    answering.read(first);
    const second = answering.write(ID);
    expect(stranger.second(second)).toEqual({ server: ANSWERER.publicKey, payload: ID });
    const third = stranger.third();
    answering.read(third);
    expect(answering.remoteKey).toEqual(DIALLER.publicKey);
    expect(answering.established(0).handshakeHash).toEqual(stranger.split().hash);

    const sizes = [first, second, third].map(({ length }) => length);
    const column = psk === undefined ? 2 : 3;
    const rows = page.split('\n').filter((line) => /^\| message \d/.test(line));
    expect(rows.map((row) => Number(row.split('|')[column]))).toEqual(sizes);
  });

  test('gives the id of a community and its tag', () => {
    const community = blake2b(32, Buffer.from('natter/1 communitylilacs'));
    expect(page).toContain(community.toString('hex'));
    const tag = blake2b(16, Buffer.concat([Buffer.from('natter/1 lan'), community]));
    expect(page).toContain(tag.toString('hex'));
  });
});
