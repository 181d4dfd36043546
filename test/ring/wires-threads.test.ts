/** The io thread of a peer as it is: sockets in worker threads, the ring actor here. Needs dist. */
import { afterEach, describe, expect, it } from 'vitest';
import type { WireData, WireFigures } from '#natter/actors/ring/io/worker.js';
import { RemoteWires } from '#natter/actors/ring/wires.js';
import type { WireHandler } from '#natter/actors/ring/world.js';
import { Kind } from '#natter/actors/runtime/actor.js';
import { type Supervisor, startSystem } from '#natter/actors/runtime/supervisor.js';
import { communityIdOf, lanTagOf, peerTermsOf } from '#natter/net/ring/community.js';
import { CloseCode, Lane, type PathAddress } from '#natter/net/types.js';
import { keyPair } from '../net/support.js';

const TALK = 0x30;
const module = new URL('../../dist/actors/ring/io/worker.js', import.meta.url);
const community = communityIdOf('lilacs');

interface Said {
  readonly what: string;
  readonly wire: number;
  readonly text: string;
}

/** A peer with its socket in another thread. */
class Threaded {
  readonly said: Said[] = [];
  wires: RemoteWires | undefined;
  at: PathAddress = { address: '', port: 0 };
  readonly system: Supervisor;
  #look: (() => void)[] = [];

  static async start(seed: number): Promise<Threaded> {
    const { publicKey, secretKey } = keyPair(seed);
    const { prologue } = peerTermsOf(community);
    const data: WireData = { publicKey, secretKey, prologue, tag: lanTagOf(community) };
    let made: Threaded | undefined;
    const note = (what: string, wire: number, text = '') => made?.note({ what, wire, text });
    let wires: RemoteWires | undefined;
    const handler: WireHandler = {
      opened: (wire) => note('opened', wire),
      frame: (wire, _, body) => note('frame', wire, body.toString()),
      closed: (wire, { code }) => note('closed', wire, `${code}`),
      failed: (wire, { code }) => note('failed', wire, `${code}`),
      wanted: () => {},
      chunk: () => {},
      supplied: () => {},
    };
    const system = await startSystem({
      threads: [{ name: 'io', module, kinds: [Kind.Wire], data }],
      main: {
        kinds: [Kind.Ring],
        start: () => [
          {
            kind: Kind.Ring,
            name: 'ring',
            eager: true,
            create: (context) => {
              wires = new RemoteWires(context);
              wires.handler = handler;
              return { receive: (message) => void wires?.receive(message) };
            },
          },
        ],
      },
      onEvent: (event) => {
        if (event.type === 'restarted') void made?.listen();
      },
    });
    made = new Threaded(system);
    made.wires = wires;
    await made.listen();
    return made;
  }

  constructor(system: Supervisor) {
    this.system = system;
  }

  note(said: Said): void {
    this.said.push(said);
    for (const look of this.#look.splice(0)) look();
  }

  async hears(what: string, count = 1): Promise<Said> {
    for (;;) {
      const found = this.said.filter((said) => said.what === what)[count - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.#look.push(resolve));
    }
  }

  async listen(): Promise<void> {
    const got = await this.system.thread('io').call('listen', 5_000, '127.0.0.1', this.at.port, true);
    const { host, port } = got as { host: string; port: number };
    this.at = { address: host, port };
  }

  async figures(): Promise<WireFigures> {
    return (await this.system.thread('io').call('figures', 5_000)) as WireFigures;
  }
}

const running: Threaded[] = [];
afterEach(async () => {
  // One after the other: a thread is ended under a lock of its process (store/guard.ts).
  for (const { system } of running.splice(0)) await system.stop(2_000);
});

async function two() {
  const [ana, ben] = await Promise.all([Threaded.start(1), Threaded.start(2)]);
  running.push(ana, ben);
  ana.wires?.dial(ben.at, 5_000);
  const [here, there] = await Promise.all([ana.hears('opened'), ben.hears('opened')]);
  return { ana, ben, toBen: here.wire, toAna: there.wire };
}

describe('a peer with its socket in a thread', () => {
  it('carries thousands of frames at once, each once', async () => {
    const { ana, ben, toBen } = await two();
    const frames = 3_500;
    let sent = 0;
    const pump = () => {
      while (sent < frames && ana.wires?.send(toBen, TALK, Buffer.from(`${sent}`), Lane.Talk)) sent++;
      if (sent < frames) setTimeout(pump, 1);
    };
    pump();
    await ben.hears('frame', frames);
    const heard = ben.said.filter(({ what }) => what === 'frame').map(({ text }) => text);
    expect(new Set(heard).size).toBe(frames);
    expect(heard).toHaveLength(frames);
    expect(await ana.figures()).toMatchObject({ connections: 1, overrun: 0, flooded: 0, foreign: 0 });
  });

  it('leaves so that the other knows at once', async () => {
    const { ana, ben, toAna } = await two();
    await ana.system.stop(2_000);
    expect(await ben.hears('closed')).toMatchObject({ wire: toAna, text: `${CloseCode.ShuttingDown}` });
  });

  it('goes on when that thread dies: it listens at the same port and dials anew', async () => {
    const { ana, ben, toBen } = await two();
    const { port } = ana.at;
    await ana.system.kill('io');
    expect((await ana.hears('closed')).wire).toBe(toBen);
    ana.wires?.dial(ben.at, 10_000);
    await Promise.all([ana.hears('opened', 2), ben.hears('opened', 2)]);
    expect(ana.at.port).toBe(port);
  });
});
