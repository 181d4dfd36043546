import { describe, expect, it } from 'vitest';
import { BrokenLinks } from '../../src/actors/ring-client/sight.js';
import type { DrawnPeer } from '../../src/chat/events.js';

function peer(author: string, role: DrawnPeer['role'], link: DrawnPeer['link']): DrawnPeer {
  return { user: author, author, place: 0.5, role, link };
}

function seen(links: BrokenLinks, now: number, ...peers: DrawnPeer[]): string[] {
  return links.dots(peers, now).map(({ key, role, link }) => `${key} ${role} ${link}`);
}

describe('the ring as it is drawn', () => {
  it('shows a link as broken that was there and is not, while it is needed', () => {
    const links = new BrokenLinks();
    expect(seen(links, 0, peer('a', 'successor', 'dialling'))).toEqual(['a successor none']);
    expect(seen(links, 1, peer('a', 'successor', 'live'))).toEqual(['a successor live']);
    expect(seen(links, 2, peer('a', 'successor', 'suspect'))).toEqual(['a successor suspect']);
    expect(seen(links, 3, peer('a', 'successor', 'dialling'))).toEqual(['a successor broken']);
    expect(seen(links, 4, peer('a', 'successor', 'syncing'))).toEqual(['a successor live']);
  });

  it('shows one who died as broken, as what was lost, from the end of its link until a while later', () => {
    const links = new BrokenLinks();
    seen(links, 0, peer('a', 'predecessor', 'live'), peer('me', 'self', 'none'));
    expect(seen(links, 1, peer('a', 'predecessor', 'suspect'))).toEqual(['a predecessor suspect']);
    // The ring does without it, and people are told a little later.
    expect(seen(links, 2, peer('a', 'other', 'none'))).toEqual(['a predecessor broken']);
    expect(seen(links, 29_000)).toEqual(['a predecessor broken']);
    expect(seen(links, 31_000)).toEqual([]);
  });

  it('shows one who is suspected as what is about to be lost, also when the ring does without it already', () => {
    const links = new BrokenLinks();
    seen(links, 0, peer('a', 'successor', 'live'));
    expect(seen(links, 1, peer('a', 'other', 'suspect'))).toEqual(['a successor suspect']);
    expect(seen(links, 2, peer('a', 'other', 'none'))).toEqual(['a successor broken']);
    expect(seen(new BrokenLinks(), 0, peer('b', 'other', 'suspect'))).toEqual(['b other suspect']);
  });

  it('shows nothing of one who left: that broke nothing', () => {
    const links = new BrokenLinks();
    seen(links, 0, peer('a', 'successor', 'live'));
    expect(seen(links, 1)).toEqual([]);
    expect(seen(links, 2, peer('a', 'other', 'none'))).toEqual(['a known none']);
  });

  it('takes no offence at a link that is not needed any more', () => {
    const links = new BrokenLinks();
    seen(links, 0, peer('a', 'extra', 'live'));
    expect(seen(links, 1, peer('a', 'other', 'gone'))).toEqual(['a known none']);
  });

  it('says of one who stands on either side that it does', () => {
    const [dot] = new BrokenLinks().dots([peer('a', 'successor', 'live')], 0, 'a');
    expect(dot).toMatchObject({ role: 'both', link: 'live' });
  });
});
