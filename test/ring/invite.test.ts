import { describe, expect, it } from 'vitest';
import { parseCommunity } from '../../src/chat/community.js';
import { NatterError } from '../../src/chat/error.js';
import { encodeInvite, type Invite, parseInvite } from '../../src/chat/invite.js';
import { communityIdOf, lanTagOf, peerTermsOf } from '../../src/net/ring/community.js';

const OPEN: Invite = { community: 'lilacs', peers: [{ host: '192.0.2.7', port: 7777 }] };
const CLOSED: Invite = {
  community: 'grüne-gasse',
  secret: Buffer.alloc(32, 0xfb),
  peers: [
    { host: '2001:db8::7', port: 1 },
    { host: 'home.example.org', port: 65_535 },
  ],
};

function refusal(link: string): string {
  try {
    parseInvite(link);
  } catch (error) {
    if (error instanceof NatterError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'taken';
}

describe('an invite link', () => {
  it('says of an open and of a closed community all that is needed, and is read again as it was', () => {
    expect(encodeInvite(OPEN)).toBe('natter://join?name=lilacs&at=192.0.2.7:7777');
    for (const invite of [OPEN, CLOSED, { community: 'lilacs', peers: [] }])
      expect(parseInvite(encodeInvite(invite))).toEqual(invite);
  });

  it('is read with what mail programs, shells and later versions put around and into it', () => {
    for (const link of [
      ' <natter://join?name=lilacs&at=192.0.2.7:7777>\n',
      'natter://join?at=192.0.2.7:7777&name=lilacs',
      'natter://join/?name=LILACS&at=192.0.2.7&colour=blue',
      'NATTER://JOIN?name=lilacs&at=192.0.2.7%3A7777',
      'natter://join?name=lil\nacs&at=192.0.2\r\n.7:7777\n',
    ])
      expect(parseInvite(link), link).toEqual(OPEN);
  });

  it('stays within the quotes of a shell, whatever the community is called', () => {
    const link = encodeInvite({ ...OPEN, community: "o'brien's" });
    expect(link).not.toContain("'");
    expect(parseInvite(link).community).toBe("o'brien's");
  });

  it('of more addresses than a link has keeps the first', () => {
    const peers = Array.from({ length: 30 }, (_, i) => ({ host: '192.0.2.7', port: 1 + i }));
    expect(parseInvite(encodeInvite({ community: 'lilacs', peers })).peers).toEqual(peers.slice(0, 8));
  });

  it.each([
    ['', 'is not a link'],
    ['lilacs', 'is not a link'],
    ['https://join?name=lilacs', 'does not begin'],
    ['natter://leave?name=lilacs', 'does not begin'],
    ['natter://join', 'names no community'],
    ['natter://join?name=lilacs&name=roses', 'says name twice'],
    ['natter://join?name=lilacs&at=nowhere:0', 'an address that cannot be read'],
    ['natter://join?name=lilacs&at=1.2.3.4:99999', 'an address that cannot be read'],
    [`natter://join?name=lilacs${'&at=192.0.2.7:1'.repeat(9)}`, 'more than 8 addresses'],
    ['natter://join?name=lilacs&key=', 'damaged key'],
    [`natter://join?name=lilacs&key=${'A'.repeat(42)}`, 'damaged key'],
    [`natter://join?name=lilacs&key=${'A'.repeat(42)}B`, 'damaged key'],
    [`natter://join?name=lilacs&key=${'A'.repeat(43)}&key=${'A'.repeat(43)}`, 'says key twice'],
    [`natter://join?name=lilacs&key=${'+'.repeat(43)}`, 'damaged key'],
    [`natter://join?name=${'x'.repeat(3_000)}`, 'longer than any invite link'],
  ])('%.40s is refused, and says why', (link, why) => {
    expect(refusal(link)).toMatch(/^BAD_ARGUMENT The invite .*; ask for it again and paste all of it\.$/);
    expect(refusal(link)).toContain(why);
  });

  it('to a name that nobody may have is refused as the name is', () => {
    expect(refusal('natter://join?name=%00')).toMatch(/^NAME_/);
    expect(refusal(`natter://join?name=${'x'.repeat(300)}`)).toMatch(/^NAME_TOO_LONG The community name/);
  });
});

describe('a community', () => {
  it('is the same for everybody who types its name, whatever the case', () => {
    expect(parseCommunity(' Lilacs ')).toBe('lilacs');
    expect(parseCommunity('STRASSE')).toBe(parseCommunity('straße'));
  });

  it.each([
    ['x'.repeat(5_000), 'NAME_TOO_LONG'],
    ['  ', 'NAME_EMPTY'],
    ['two words', 'NAME_NOT_ALLOWED'],
    ['bell\u0007', 'NAME_NOT_ALLOWED'],
    ['p\u0430ypal', 'NAME_NOT_ALLOWED'],
  ])('may not be called %.20s', (name, code) => {
    expect(() => parseCommunity(name)).toThrow(expect.objectContaining({ code }));
  });

  it('has one id, and with a key another for each key', () => {
    const keys = [undefined, Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const ids = keys.map((key) => communityIdOf('lilacs', key).toString('hex'));
    expect(new Set([...ids, communityIdOf('roses').toString('hex')]).size).toBe(4);
    expect(communityIdOf('lilacs').toString('hex')).toBe(ids[0]);
    // So that another implementation can check its own.
    expect(ids[0]).toBe('aeb689a7a05ffb49a2a68d54265799bc7866d3e4246a7ad10fd181d340a96ba9');
    expect(lanTagOf(communityIdOf('lilacs'))).toBe('b87369adb18b8ec5fbd04be6ed34db09');
  });

  it('shakes hands under its id, and with its key where it is closed', () => {
    const id = communityIdOf('lilacs');
    expect(peerTermsOf(id)).toEqual({ prologue: Buffer.concat([Buffer.from('natter/1 ring'), id]) });
    expect(peerTermsOf(id, Buffer.alloc(32, 1)).psk).toEqual(Buffer.alloc(32, 1));
  });
});
