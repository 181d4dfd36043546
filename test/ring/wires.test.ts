import { afterEach, describe, expect, it } from 'vitest';
import { Kind } from '../../src/actors/runtime/actor.js';
import { RING, WIRE } from '../../src/actors/singletons.js';
import { CHUNK_RECORD_MAX_BYTES, SUPPLIED_BYTES_MAX, WANTED_BYTES_MAX } from '../../src/net/constants.js';
import { CloseCode, Lane, type PeerTerms } from '../../src/net/types.js';
import { keyPair } from '../net/support.js';
import { FAIL, WiredPeer, WRONG } from '../support/ring-wires.js';

const LILACS: PeerTerms = { prologue: Buffer.from('natter/1 ring lilacs') };
const ROSES: PeerTerms = { prologue: Buffer.from('natter/1 ring roses') };
const TALK = 0x30;
const NOTHING = Buffer.alloc(0);

const peers: WiredPeer[] = [];

function peer(seed: number, terms = LILACS): WiredPeer {
  const made = new WiredPeer(keyPair(seed), terms);
  peers.push(made);
  return made;
}

/** Both run until something that is awaited has happened. */
async function together<T>(awaited: Promise<T>): Promise<T> {
  let over = false;
  const done = awaited.finally(() => {
    over = true;
  });
  await Promise.all([
    done,
    ...peers.map(async ({ local }) => {
      while (!over) await local.until(new Promise((resolve) => setImmediate(resolve)));
    }),
  ]);
  return done;
}

async function linked() {
  const [ana, ben] = [peer(1), peer(2)];
  await Promise.all([ana.listen(), ben.listen()]);
  await together(ana.hears('readdressed'));
  const wire = ana.wires.dial(ben.at, 5_000);
  const [here, there] = await together(Promise.all([ana.hears('opened'), ben.hears('opened')]));
  expect(here).toMatchObject({ wire, more: [keyPair(2).publicKey, ben.at, true] });
  expect(there).toMatchObject({ more: [keyPair(1).publicKey, ana.at, false] });
  return { ana, ben, toBen: wire, toAna: there.wire };
}

afterEach(async () => {
  await Promise.all(peers.splice(0).map((each) => each.close()));
});

describe('the wires of a ring actor', () => {
  it('carry frames both ways, each once', async () => {
    const { ana, ben, toBen, toAna } = await linked();
    for (let i = 0; i < 200; i++) {
      expect(ana.wires.send(toBen, TALK, Buffer.from(`to ben ${i}`), Lane.Talk)).toBe(true);
      expect(ben.wires.send(toAna, TALK, Buffer.from(`to ana ${i}`), Lane.Talk)).toBe(true);
    }
    await together(Promise.all([ana.hears('frame', 200), ben.hears('frame', 200)]));
    const texts = (each: WiredPeer) =>
      each.heard
        .filter(({ what }) => what === 'frame')
        .map(({ more }) => more[1])
        .sort();
    expect(texts(ben)).toEqual(Array.from({ length: 200 }, (_, i) => `to ben ${i}`).sort());
    expect(texts(ana)).toEqual(Array.from({ length: 200 }, (_, i) => `to ana ${i}`).sort());
    expect(ana.wires.rttMs(toBen)).toBeGreaterThan(0);
  });

  it('take no more than a connection holds, and again when that has arrived', async () => {
    const { ana, ben, toBen } = await linked();
    const large = Buffer.alloc(16 * 1024, 'x');
    let sent = 0;
    while (ana.wires.send(toBen, TALK, large, Lane.Talk)) sent++;
    expect(sent).toBeGreaterThan(20);
    expect(sent).toBeLessThan(40);
    await together(ben.hears('frame', sent));
    await together(ana.local.advance(200));
    expect(ana.wires.send(toBen, TALK, large, Lane.Talk)).toBe(true);
    await together(ben.hears('frame', sent + 1));
    expect(ben.heard.filter(({ what }) => what === 'closed')).toEqual([]);
    expect(() => ana.wires.send(toBen, TALK, Buffer.alloc(1 << 17), Lane.Talk)).toThrow(RangeError);
  });

  it('tell who is of another community from who is not there', async () => {
    const [ana, rose] = [peer(1), peer(2, ROSES)];
    await Promise.all([ana.listen(), rose.listen()]);
    ana.wires.dial(rose.at, 5_000);
    expect((await together(ana.hears('failed'))).more).toEqual([CloseCode.Foreign]);
    ana.wires.dial({ address: '127.0.0.1', port: 9 }, 700);
    expect((await together(ana.hears('failed', 2))).more).toEqual([CloseCode.NoAnswer]);
    for (const [index, address] of ['::1', '0.0.0.0', '239.1.2.3', '255.255.255.255'].entries()) {
      ana.wires.dial({ address, port: 9 }, 60_000);
      expect((await together(ana.hears('failed', 3 + index))).more).toEqual([CloseCode.NoAnswer]);
    }
    expect(rose.heard.filter(({ what }) => what === 'opened')).toEqual([]);
  });

  it('wait for their socket with what is dialled before it is there, and give up what is abandoned', async () => {
    const [ana, ben] = [peer(1), peer(2)];
    await ben.listen();
    const given = ana.wires.dial(ben.at, 5_000);
    const kept = ana.wires.dial(ben.at, 5_000);
    ana.wires.abandon(given);
    await ana.local.settle();
    await ana.listen();
    expect((await together(ana.hears('opened'))).wire).toBe(kept);
    expect(ana.heard.map(({ wire }) => wire)).not.toContain(given);
  });

  it('end at both ends with their reason, at the one that closes at once', async () => {
    const { ana, ben, toBen, toAna } = await linked();
    ana.wires.close(toBen, CloseCode.Limit, 'enough');
    expect(ana.heard.at(-1)).toEqual({ what: 'closed', wire: toBen, more: [CloseCode.Limit, 'enough'] });
    expect(ana.wires.send(toBen, TALK, NOTHING, Lane.Talk)).toBe(false);
    expect(await together(ben.hears('closed'))).toMatchObject({
      wire: toAna,
      more: [CloseCode.Limit, 'enough'],
    });
  });

  it('end when the other says something malformed, or far too much', async () => {
    const { ana, ben, toBen } = await linked();
    ana.wires.send(toBen, WRONG, NOTHING, Lane.Talk);
    expect((await together(ana.hears('closed'))).more[0]).toBe(CloseCode.Protocol);
    expect(ben.wires.malformed).toBe(1);
    const again = ana.wires.dial(ben.at, 5_000);
    await together(ana.hears('opened', 2));
    for (let said = 0; ana.heard.filter(({ what }) => what === 'closed').length < 2; said++) {
      expect(said).toBeLessThan(100_000);
      if (!ana.wires.send(again, TALK, NOTHING, Lane.Talk)) await together(ana.local.advance(50));
    }
    expect(ana.heard.at(-1)?.more).toEqual([CloseCode.Limit, 'too many frames']);
  });

  it('pass chunks that are wanted, within the bounds of a connection', async () => {
    const { ana, ben, toBen, toAna } = await linked();
    const record = Buffer.alloc(CHUNK_RECORD_MAX_BYTES, 'chunk');
    const fitting = Math.floor(WANTED_BYTES_MAX / record.length);
    for (let chunk = 0; chunk < fitting; chunk++)
      expect(ana.wires.want(toBen, 5, chunk, record.length)).toBe(true);
    expect(ana.wires.want(toBen, 5, 0, record.length)).toBe(true);
    expect(ana.wires.want(toBen, 5, fitting, record.length)).toBe(false);
    const wanted = await together(ben.hears('wanted'));
    expect(wanted).toMatchObject({ wire: toAna, more: [5, 0, fitting] });
    let given = 0;
    while (ben.wires.supply(toAna, 5, given, record)) given++;
    expect(given).toBe(Math.floor(SUPPLIED_BYTES_MAX / record.length));
    expect(ben.wires.supply(toAna, 5, 0, record)).toBe(true);
    await together(Promise.all([ana.hears('chunk', given), ben.hears('supplied', given)]));
    const chunks = ana.heard.filter(({ what }) => what === 'chunk');
    expect(chunks.every(({ more }) => record.equals(more[2] as Buffer))).toBe(true);
    expect(new Set(chunks.map(({ more }) => more[1])).size).toBe(given);
    expect(ana.wires.want(toBen, 5, 0, record.length)).toBe(true);
    expect(ben.wires.supply(toAna, 6, 0, record)).toBe(true);
    ana.wires.unwant(toBen, 5);
    ben.wires.unsupply(toAna, 6);
    expect(ana.wires.want(toBen, 5, 1, record.length)).toBe(true);
  });

  it('follow the addresses of the machine when they listen everywhere', async () => {
    const ana = peer(1);
    ana.interfaces = ['127.0.0.1', '192.0.2.5', 'fe80::1', '2001:db8::7'];
    await ana.listen('0.0.0.0');
    await together(ana.hears('readdressed'));
    expect(ana.wires.addresses).toEqual([{ address: '192.0.2.5', port: ana.at.port }]);
    ana.interfaces = ['127.0.0.1', '198.51.100.7'];
    await together(ana.local.advance(4_000));
    await together(ana.hears('readdressed', 2));
    expect(ana.wires.addresses).toEqual([{ address: '198.51.100.7', port: ana.at.port }]);
  });
});

describe('a failure', () => {
  it('of the ring actor ends its wires, and the next one dials anew', async () => {
    const { ana, ben, toAna } = await linked();
    ana.local.tell(RING, FAIL, NOTHING);
    await together(ana.local.advance(5_000));
    expect(await together(ben.hears('closed'))).toMatchObject({ wire: toAna });
    await together(ana.hears('readdressed', 2));
    ana.wires.dial(ben.at, 5_000);
    await together(Promise.all([ana.hears('opened', 2), ben.hears('opened', 2)]));
    const numbers = [...ana.heard, ...ben.heard].filter(({ what }) => what === 'opened');
    expect(new Set(numbers.map(({ wire }) => wire)).size).toBe(4);
  });

  it('of the wire actor ends its wires, and the next one dials and listens on the same socket', async () => {
    const { ana, ben, toBen, toAna } = await linked();
    ana.local.tell(WIRE, FAIL, NOTHING);
    await together(ana.local.advance(5_000));
    expect((await together(ana.hears('closed'))).wire).toBe(toBen);
    expect((await together(ben.hears('closed'))).wire).toBe(toAna);
    await together(ana.hears('readdressed', 2));
    ben.wires.dial(ana.at, 5_000);
    await together(Promise.all([ana.hears('opened', 2), ben.hears('opened', 2)]));
    ana.wires.dial(ben.at, 5_000);
    await together(Promise.all([ana.hears('opened', 3), ben.hears('opened', 3)]));
  });

  it('of the thread with the socket ends all wires and what was dialled', async () => {
    const { ana, toBen } = await linked();
    const dialling = ana.wires.dial({ address: '127.0.0.1', port: 9 }, 60_000);
    await ana.local.settle();
    ana.local.kill('io');
    expect((await together(ana.hears('closed'))).wire).toBe(toBen);
    expect((await together(ana.hears('failed'))).wire).toBe(dialling);
    ana.local.respawn('io');
    await together(ana.hears('readdressed', 2));
    expect(ana.local.failures.map(({ actor }) => actor)).not.toContain(Kind.Wire);
  });

  it('knock at one network only so often in vain, whoever says that somebody is there', async () => {
    const ana = peer(1);
    await ana.listen();
    await together(ana.hears('readdressed'));
    const wires = Array.from({ length: 70 }, (_, index) =>
      ana.wires.dial({ address: '127.0.0.2', port: 20_000 + index }, 60_000),
    );
    await together(ana.hears('failed', 6));
    const failed = ana.heard.filter(({ what }) => what === 'failed').map(({ wire }) => wire);
    expect(failed).toEqual(wires.slice(64));
  });
});
