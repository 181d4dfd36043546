import { describe, expect, it } from 'vitest';
import type { WireHandler } from '../../src/actors/ring/world.js';
import { Malformed } from '../../src/net/bytes.js';
import { KEEPALIVE_ATTENTIVE_MS, PROBE_PATIENCE_MS } from '../../src/net/constants.js';
import { CloseCode, type CloseReason, Lane } from '../../src/net/types.js';
import { Host } from '../../src/sim/host.js';
import { addressOf, Network } from '../../src/sim/network.js';
import { Timeline } from '../../src/sim/timeline.js';
import { Weather, type WeatherOptions } from '../../src/sim/weather.js';
import { SimWires } from '../../src/sim/wires.js';

/** Between two peers: either asks into a silence, and gives up when nobody answers. */
const PATIENCE_MS = KEEPALIVE_ATTENTIVE_MS + PROBE_PATIENCE_MS;
const CALM: WeatherOptions = { seed: 7, loss: 0, bursts: false, oneWay: 0 };

class Machine implements WireHandler {
  readonly host: Host;
  readonly wires: SimWires;
  readonly frames: string[] = [];
  readonly openedAt = new Map<number, number>();
  readonly keys: Buffer[] = [];
  readonly ended: CloseReason[] = [];
  onFrame: ((wire: number, text: string) => void) | undefined;
  wire = 0;

  constructor(network: Network, number: number) {
    this.host = new Host(number, network.timeline, 7);
    this.wires = new SimWires(network, this.host, Buffer.alloc(32, number + 1));
    this.wires.handler = this;
  }

  dial(other: Machine, giveUpMs = 5_000): void {
    this.host.turn(() => {
      this.wire = this.wires.dial(other.wires.address, giveUpMs);
    });
  }

  say(...texts: string[]): void {
    this.host.turn(() => {
      for (const text of texts) this.wires.send(this.wire, 0x30, Buffer.from(text), Lane.Talk);
    });
  }

  opened(wire: number, key: Buffer): void {
    this.wire = wire;
    this.keys.push(key);
    this.openedAt.set(wire, this.host.clock.now());
  }

  frame(wire: number, _type: number, body: Buffer): void {
    this.frames.push(body.toString());
    this.onFrame?.(wire, body.toString());
  }

  closed(_wire: number, reason: CloseReason): void {
    this.ended.push(reason);
  }

  failed(_wire: number, reason: CloseReason): void {
    this.ended.push(reason);
  }

  wanted(): void {}
  chunk(): void {}
  supplied(): void {}
}

function world(options: Partial<WeatherOptions> = {}) {
  const weather = new Weather({ ...CALM, ...options });
  const network = new Network(new Timeline(), weather);
  const [ana, ben] = [new Machine(network, 0), new Machine(network, 1)] as const;
  return { weather, network, timeline: network.timeline, ana, ben };
}

describe('simulated wires', () => {
  it('open after one round trip here and half a one more there, and prove who is at the other end', () => {
    const { timeline, weather, ana, ben } = world();
    ana.dial(ben);
    timeline.run(2_000);
    const oneWay = weather.latencyMs(0, 1);
    const [here, there] = [ana.openedAt.get(ana.wire) ?? 0, ben.openedAt.get(ben.wire) ?? 0];
    expect(here).toBeGreaterThanOrEqual(2 * oneWay);
    expect(here).toBeLessThanOrEqual(2.2 * oneWay);
    expect(there - here).toBeGreaterThanOrEqual(oneWay);
    expect([ana.keys[0]?.[0], ben.keys[0]?.[0]]).toEqual([2, 1]);
  });

  it('bring every frame once, however many datagrams are lost', () => {
    const { timeline, ana, ben } = world({ loss: 0.3, bursts: true });
    ana.dial(ben, 60_000);
    timeline.run(20_000);
    for (let n = 0; n < 200; n++) {
      ana.say(`a${n}`);
      ben.say(`b${n}`);
      timeline.run(timeline.now + 50);
    }
    timeline.run(timeline.now + 30_000);
    const numbered = (letter: string) => Array.from({ length: 200 }, (_, n) => `${letter}${n}`).sort();
    expect([...ben.frames].sort()).toEqual(numbered('a'));
    expect([...ana.frames].sort()).toEqual(numbered('b'));
    expect(ben.frames).not.toEqual([...ben.frames].sort());
  });

  it('say after a while that nobody answers', () => {
    const { timeline, ana, ben } = world();
    ben.host.kill();
    ana.dial(ben, 3_000);
    timeline.run(2_999);
    expect(ana.ended).toEqual([]);
    timeline.run(3_000);
    expect(ana.ended).toMatchObject([{ code: CloseCode.NoAnswer, local: true }]);
  });

  it.each(['dialled', 'answered'])('end by silence when the other machine is gone, for who has %s', (how) => {
    const { timeline, ana, ben } = world();
    if (how === 'dialled') ana.dial(ben);
    else ben.dial(ana);
    timeline.run(2_000);
    ben.host.kill();
    timeline.run(PATIENCE_MS - 1_000);
    expect(ana.ended).toEqual([]);
    timeline.run(2_000 + PATIENCE_MS + 1_000);
    expect(ana.ended).toMatchObject([{ code: CloseCode.Silent }]);
  });

  it('stay open without a word while both are there', () => {
    const { timeline, ana, ben } = world({ loss: 0.1 });
    ana.dial(ben, 60_000);
    timeline.run(600_000);
    ben.say('still here');
    timeline.run(610_000);
    expect(ana.frames).toEqual(['still here']);
  });

  it('bring what was said during a cut when it ends', () => {
    const { timeline, weather, ana, ben } = world();
    ana.dial(ben);
    timeline.run(2_000);
    weather.cut(new Set([0]));
    ana.say('one');
    timeline.run(10_000);
    expect(ben.frames).toEqual([]);
    weather.cut(new Set());
    timeline.run(13_000);
    expect(ben.frames).toEqual(['one']);
  });

  it('keep for a process that stands still what its socket would, and hand it over in order', () => {
    const { timeline, ana, ben } = world();
    ana.dial(ben);
    timeline.run(2_000);
    ben.host.stall();
    ana.say('one');
    timeline.run(4_000);
    ana.say('two');
    timeline.run(6_000);
    expect(ben.frames).toEqual([]);
    ben.host.resume();
    expect(ben.frames).toEqual(['one', 'two']);
  });

  it('tell the other end when one closes, once', () => {
    const { timeline, ana, ben } = world();
    ana.dial(ben);
    timeline.run(2_000);
    ana.say('last words');
    ana.wires.close(ana.wire, CloseCode.Done, 'enough');
    timeline.run(4_000);
    expect(ben.frames).toEqual(['last words']);
    expect(ben.ended).toEqual([{ code: CloseCode.Done, text: 'enough', local: false }]);
    expect(ana.ended).toEqual([]);
    expect(ana.wires.send(ana.wire, 0x30, Buffer.from('more'), Lane.Talk)).toBe(false);
  });

  it('close when what came is refused as malformed', () => {
    const { timeline, ana, ben } = world();
    ana.dial(ben);
    timeline.run(2_000);
    ben.onFrame = () => {
      throw new Malformed('nonsense');
    };
    ana.say('nonsense', 'never read');
    timeline.run(4_000);
    expect(ben.frames).toEqual(['nonsense']);
    expect(ben.ended).toMatchObject([{ code: CloseCode.Protocol, local: true }]);
    expect(ana.ended).toMatchObject([{ code: CloseCode.Protocol, local: false }]);
  });

  it('take no more than a connection holds while nothing is acknowledged', () => {
    const { timeline, weather, ana, ben } = world();
    ana.dial(ben);
    timeline.run(2_000);
    weather.cut(new Set([0]));
    const taken = () => ana.wires.send(ana.wire, 0x30, Buffer.alloc(10), Lane.Talk);
    let count = 0;
    ana.host.turn(() => {
      while (taken()) count++;
    });
    expect(count).toBe(512);
  });

  it('reach one way only where the weather says so', () => {
    const { weather } = world({ oneWay: 0.5 });
    const pairs = Array.from({ length: 400 }, (_, n) => [n % 20, Math.floor(n / 20)] as const);
    const blocked = pairs.filter(([from, to]) => weather.isBlocked(from, to));
    const oneWay = blocked.filter(([from, to]) => !weather.isBlocked(to, from));
    expect(blocked.length).toBeGreaterThan(150);
    expect(blocked.length).toBeLessThan(250);
    expect(oneWay.length).toBeGreaterThan(50);
  });
});

it('machines have addresses of their own', () => {
  const addresses = new Set(Array.from({ length: 2_000 }, (_, n) => addressOf(n).address));
  expect(addresses.size).toBe(2_000);
});
