import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/natter.js';
import { RingPeers } from '../support/ring-peers.js';

let peers: RingPeers;
let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  peers = new RingPeers();
  folder = temporaryFolder();
});
afterEach(async () => {
  await peers.close();
  folder.remove();
});

describe('real peers on loopback', { timeout: 90_000 }, () => {
  test('talk in the lobby, nearby, among the like-minded and privately; who comes late reads it all', async () => {
    const ana = await peers.start('ana', ['--at', '48.2,16.37', '--interest', 'Chess']);
    const bo = await peers.start('bo', ['--peer', ana.at, '--city', 'Vienna', '--interest', 'chess']);
    const cyd = await peers.start('cyd', ['--peer', ana.at]);
    await bo.line('ring', { peers: 2, state: 'stable' });
    await cyd.line('presence', { user: 'bo', state: 'online' });

    ana.type(
      'hello',
      '/join-geo 30',
      'who is near?',
      '/join-interest',
      'e4',
      '/send-private-message cyd psst',
    );
    await cyd.line('message', { room: '#lobby', text: 'hello', from: 'ana' });
    await bo.line('message', { room: '~ana', text: 'who is near?' });
    await bo.line('message', { room: '+chess', text: 'e4' });
    const { id } = await cyd.line('message', { room: '@ana', text: 'psst' });
    await ana.line('delivery', { id, state: 'delivered' });
    expect(cyd.texts('~ana')).toEqual([]);

    ana.type('/invite');
    const { link } = await ana.line('invite', {});
    const dee = await peers.start('dee', ['--join', String(link)]);
    await dee.line('message', { room: '#lobby', text: 'hello' });

    bo.type('/status', '/list-users', '/list-geo', '/ring');
    expect(await bo.line('group', { group: '~ana', kind: 'geo', by: 'ana', km: 30 })).toMatchObject({
      members: ['ana', 'bo'],
    });
    await bo.line('place', { cell: 'u2edk' });
    await bo.line('peer', { user: 'bo', role: 'self' });
    await bo.line('presence', { user: 'dee', state: 'online' });

    dee.natter.kill('SIGTERM');
    expect(await dee.natter.exit).toBe(0);
    await ana.line('presence', { user: 'dee', state: 'offline' });
    expect(await Promise.all([ana, bo, cyd].map((peer) => peer.leave()))).toEqual([0, 0, 0]);
    expect(ana.texts()).toEqual(['hello']);
  });

  test('send a file to one another, and to nobody who is not there', async () => {
    const ana = await peers.start('ana');
    const bo = await peers.start('bo', ['--peer', ana.at]);
    await bo.line('presence', { user: 'ana', state: 'online' });
    await ana.line('presence', { user: 'bo', state: 'online' });
    const path = join(folder.path, 'notes.bin');
    writeFileSync(path, Buffer.alloc(300_000, 'natter'));
    bo.type(`/send ${path} @ana`);
    await ana.line('transfer', { name: 'notes.bin', state: 'offered', from: 'bo' });
    ana.type('/accept');
    const done = await ana.line('transfer', { name: 'notes.bin', state: 'done' });
    expect(readFileSync(String(done.path)).equals(readFileSync(path))).toBe(true);
    expect(await ana.leave()).toBe(0);
    await bo.line('presence', { user: 'ana', state: 'offline' });
    bo.type(`/send ${path} @ana`);
    expect((await bo.line('error', {})).message).toMatch(/not (?:online|there)/);
  });

  test('let in who has the link to a closed community, and tell who is at the wrong door', async () => {
    const ana = await peers.start('ana', ['--closed']);
    ana.type('/invite');
    const { link } = await ana.line('invite', {});
    const eve = await peers.start('eve', ['--peer', ana.at]);
    const bo = await peers.start('bo', ['--join', String(link)]);
    await bo.line('ring', { peers: 1 });
    const dee = await peers.start('dee', [], 'runners');
    const gus = await peers.start('gus', ['--peer', dee.at]);
    await gus.line('error', { code: 'WRONG_COMMUNITY' });
    // Whoever has no key is not even told that there is a door.
    await eve.line('ring', { peers: 0, state: 'alone' });
    expect(ana.natter.events('presence').some(({ user }) => user === 'eve')).toBe(false);
  });
});
