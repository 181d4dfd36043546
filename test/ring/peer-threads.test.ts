/** Real peers in threads of their own, whose threads die. Needs dist. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHome } from '#natter/actors/ring/home.js';
import { ThreadedPeer } from '#natter/actors/ring-client/threads.js';
import type { ClientEvent, Message } from '#natter/chat/events.js';

let folder = '';
const peers: Resident[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'natter-ring-'));
});

afterEach(async () => {
  for (const { peer } of peers.splice(0)) await peer.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A peer on loopback, and what it told. */
class Resident {
  readonly peer: ThreadedPeer;
  readonly events: ClientEvent[] = [];
  #look: (() => void)[] = [];

  constructor(nick: string) {
    const data = join(folder, nick);
    const options = {
      ...{ data, community: 'lilacs', nick, peers: [], interests: [], lan: false },
      listen: { host: '127.0.0.1', port: 0 },
      onEvent: (events: ClientEvent[]) => {
        this.events.push(...events);
        for (const look of this.#look) look();
      },
    };
    this.peer = new ThreadedPeer(options, openHome({ data, community: 'lilacs' }));
  }

  static async start(nick: string, near?: Resident): Promise<Resident> {
    const resident = new Resident(nick);
    peers.push(resident);
    const bootstrap = near === undefined ? [] : [{ address: near.peer.host, port: near.peer.port }];
    await resident.peer.start({ name: nick, interests: [], cell: '' }, bootstrap);
    return resident;
  }

  /** Resolves when something holds of what was told. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#look = this.#look.filter((each) => each !== look);
        resolve();
      };
      this.#look.push(look);
      look();
    });
  }

  /** Messages as they were told, also what was told twice. */
  get messages(): Message[] {
    return this.events.flatMap((event) => (event.event === 'message' ? [event.message] : []));
  }

  async hears(...texts: string[]): Promise<void> {
    await this.until(() => texts.every((text) => this.messages.some((message) => message.text === text)));
  }

  async meets(count: number): Promise<void> {
    await this.until(() => {
      const told = this.events.findLast((event) => event.event === 'ring');
      return told?.event === 'ring' && told.peers === count && told.state === 'stable';
    });
  }
}

describe('a peer in threads', () => {
  it('goes on when its core dies: it loses nothing and tells nothing twice', async () => {
    const ana = await Resident.start('ana');
    const bo = await Resident.start('bo', ana);
    await ana.meets(1);
    await bo.peer.commands.say('#lobby', 'before', 'text');
    await ana.hears('before');
    await ana.peer.system.kill('core');
    await bo.peer.commands.say('#lobby', 'meanwhile', 'text');
    await ana.hears('before', 'meanwhile');
    await expect.poll(() => ana.peer.commands.say('#lobby', 'after', 'text')).toBeDefined();
    await Promise.all([ana.hears('after'), bo.hears('after')]);
    const texts = ana.messages.map(({ text }) => text);
    expect([...texts].sort()).toEqual(['after', 'before', 'meanwhile']);
    expect(bo.messages.map(({ text }) => text).sort()).toEqual(['after', 'before', 'meanwhile']);
  });

  it('goes on when the thread with its socket dies, at the same address', async () => {
    const ana = await Resident.start('ana');
    const bo = await Resident.start('bo', ana);
    await ana.meets(1);
    const { port } = ana.peer;
    await ana.peer.system.kill('io');
    await bo.peer.commands.say('#lobby', 'still there?', 'text');
    await ana.hears('still there?');
    expect(ana.peer.port).toBe(port);
  });

  it('frees its folder when it has left', async () => {
    const ana = await Resident.start('ana');
    await ana.peer.close();
    const { lock } = openHome({ data: join(folder, 'ana'), community: 'lilacs' });
    lock.release();
  });
});
