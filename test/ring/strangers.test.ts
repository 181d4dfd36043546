/** Real peers over loopback that shall meet, or shall not. Needs dist. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openRing } from '#natter/actors/ring-client/open.js';
import type { Ring, RingOptions } from '#natter/actors/ring-client/options.js';
import { parseInvite } from '#natter/chat/invite.js';
import type { ClientEvent } from '../../src/chat/events.js';

const folders: string[] = [];
const rings: Ring[] = [];

/** A peer, and all that it said. */
class Peer {
  readonly events: ClientEvent[] = [];
  ring: Ring | undefined;
  #look: (() => void)[] = [];

  static async open(nick: string, options: Partial<RingOptions>): Promise<Peer> {
    const data = mkdtempSync(join(tmpdir(), 'natter-strangers-'));
    folders.push(data);
    const peer = new Peer();
    peer.ring = await openRing({
      data,
      community: 'lilacs',
      listen: { host: '127.0.0.1', port: 0 },
      peers: [],
      nick,
      interests: [],
      lan: true,
      onEvent: (events) => {
        peer.events.push(...events);
        for (const look of peer.#look.splice(0)) look();
      },
      ...options,
    });
    rings.push(peer.ring);
    return peer;
  }

  get at() {
    const { host = '', port = 0 } = this.ring ?? {};
    return { host, port };
  }

  /** Waits for the first event that fits. */
  async hears(fits: (event: ClientEvent) => boolean): Promise<ClientEvent> {
    for (;;) {
      const found = this.events.find(fits);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#look.push(resolve));
    }
  }

  async invite(): Promise<Pick<RingOptions, 'community' | 'peers' | 'secret'>> {
    return parseInvite((await this.ring?.invite()) ?? '');
  }
}

const isThere = (nick: string) => (event: ClientEvent) =>
  event.event === 'presence' && event.user === nick && event.state === 'online';
const isStranger = (event: ClientEvent) => event.event === 'error' && event.code === 'WRONG_COMMUNITY';

afterEach(async () => {
  // One after the other: a thread is ended under a lock of its process (store/guard.ts).
  for (const ring of rings.splice(0)) await ring.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('an invite link', () => {
  it('of a closed community lets in who has it', async () => {
    const ana = await Peer.open('ana', { closed: true });
    const invite = await ana.invite();
    expect(invite.secret).toHaveLength(32);
    expect(invite.peers).toEqual([ana.at]);
    const ben = await Peer.open('ben', invite);
    await Promise.all([ana.hears(isThere('ben')), ben.hears(isThere('ana'))]);
  });
});

describe('who knows only an address', () => {
  it.each<[string, Partial<RingOptions>, Partial<RingOptions>]>([
    ['and another name', {}, { community: 'roses' }],
    ['of a closed community, and not its key', { closed: true }, { secret: Buffer.alloc(32, 7) }],
  ])('%s, is told so, once, and meets nobody', async (_, here, there) => {
    const ana = await Peer.open('ana', here);
    const eve = await Peer.open('eve', { ...there, peers: [ana.at] });
    const told = await eve.hears(isStranger);
    expect(told).toMatchObject({ message: expect.stringContaining(`127.0.0.1:${ana.at.port}`) });
    expect(ana.events.some(isThere('eve'))).toBe(false);
    expect(eve.events.filter(isStranger)).toHaveLength(1);
  });
});
