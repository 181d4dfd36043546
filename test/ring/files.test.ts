import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeBody } from '../../src/chat/wire.js';
import { CHUNK_BYTES } from '../../src/net/constants.js';
import { noise } from '../support/file-client.js';
import { FileRing, type RingFilePerson } from '../support/file-ring.js';

const MB = 1024 * 1024;

let ring: FileRing;
let ana: RingFilePerson;
let ben: RingFilePerson;
let eve: RingFilePerson;

beforeEach(() => {
  ring = new FileRing();
  ana = ring.add('ana');
  ben = ring.add('ben');
  eve = ring.add('eve');
});

afterEach(() => ring.close());

async function offer(from: RingFilePerson, to: string, name: string, bytes: Buffer): Promise<string> {
  const id = await from.files.transfers.send(to, from.file(name, bytes));
  await ring.run(1_000);
  return id;
}

describe('a file between two', () => {
  it('goes straight from one to the other, is checked, and is done at both ends', async () => {
    const bytes = noise(3 * MB + 5);
    const id = await offer(ana, '@ben', 'photo.png', bytes);
    expect(ana.state(id)).toBe('accepted');
    expect(ben.state(id)).toBe('offered');
    await ben.files.transfers.accept(id);
    await ring.run(20_000);
    expect(ben.state(id)).toBe('done');
    expect(ana.state(id)).toBe('done');
    expect(ben.received('photo.png')?.equals(bytes)).toBe(true);
    expect(ben.last(id)?.hash).toBe(ana.last(id)?.hash);
    expect(ana.last(id)?.answer).toBe('done');
    expect(ben.partials).toEqual([]);
    await ring.run(15_000);
    expect([...ana.reached, ...ben.reached]).toEqual([]);
  });

  it.each([0, 1, CHUNK_BYTES, CHUNK_BYTES + 1])('has any size: %i bytes', async (size) => {
    const id = await offer(ana, '@ben', 'any', noise(size));
    await ben.files.transfers.accept(id);
    await ring.run(20_000);
    expect([ana.state(id), ben.state(id)]).toEqual(['done', 'done']);
    expect(ben.received('any')).toHaveLength(size);
  });

  it('to somebody who is not online is refused with the reason, and nothing is left of it', async () => {
    ben.isOnline = false;
    await expect(offer(ana, '@ben', 'late.txt', noise(10))).rejects.toThrow(/ben is not online/);
    expect(await ana.files.transfers.list()).toEqual([]);
  });

  it('that is declined is over at both ends', async () => {
    const id = await offer(ana, '@ben', 'no.txt', noise(10));
    await ben.files.transfers.reject(id);
    await ring.run(5_000);
    expect([ana.state(id), ben.state(id)]).toEqual(['rejected', 'rejected']);
    expect(ana.last(id)?.answer).toBe('rejected');
  });

  it('goes on where it was when the link comes back, without sending anything twice', async () => {
    const bytes = noise(8 * MB);
    const id = await offer(ana, '@ben', 'large.bin', bytes);
    await ben.files.transfers.accept(id);
    await ring.time.until(() => (ben.last(id)?.bytes ?? 0) > 2 * MB);
    ring.unlink(ana, ben);
    await ring.run(30_000);
    expect([ana.state(id), ben.state(id)]).toEqual(['done', 'done']);
    expect(ben.received('large.bin')?.equals(bytes)).toBe(true);
    expect(ben.last(id)?.repeated).toBe(0);
  });

  it.each(['ana', 'ben'])('goes on after %s has died and begun anew', async (name) => {
    const bytes = noise(8 * MB);
    const id = await offer(ana, '@ben', 'large.bin', bytes);
    await ben.files.transfers.accept(id);
    await ring.time.until(() => (ben.last(id)?.bytes ?? 0) > 2 * MB);
    const victim = name === 'ana' ? ana : ben;
    ring.kill(victim);
    await ring.run(60_000);
    expect(ben.state(id)).not.toBe('done');
    const before = ring.carried;
    ring.revive(victim);
    await ring.run(60_000);
    expect([ana.state(id), ben.state(id)]).toEqual(['done', 'done']);
    expect(ben.received('large.bin')?.equals(bytes)).toBe(true);
    expect(ring.carried - before).toBeLessThan(bytes.length / CHUNK_BYTES);
  });

  it('stands still while either end has paused it', async () => {
    const id = await offer(ana, '@ben', 'large.bin', noise(16 * MB));
    await ben.files.transfers.accept(id);
    for (const person of [ana, ben]) {
      const there = (ben.last(id)?.bytes ?? 0) + MB;
      await ring.time.until(() => (ben.last(id)?.bytes ?? 0) > there);
      await person.files.transfers.pause(id);
      await ring.run(2_000);
      const { carried } = ring;
      await ring.run(120_000);
      expect(ring.carried).toBe(carried);
      expect(person.state(id)).toBe('paused');
      await person.files.transfers.resume(id);
    }
    await ring.run(60_000);
    expect([ana.state(id), ben.state(id)]).toEqual(['done', 'done']);
  });

  it('that its sender takes back ends at the other end, with the reason', async () => {
    const id = await offer(ana, '@ben', 'large.bin', noise(8 * MB));
    await ben.files.transfers.accept(id);
    await ring.time.until(() => (ben.last(id)?.bytes ?? 0) > MB);
    await ana.files.transfers.cancel(id);
    await ring.run(5_000);
    expect([ana.state(id), ben.state(id)]).toEqual(['failed', 'failed']);
    expect(ben.last(id)?.code).toBe('FILE_WITHDRAWN');
    expect(ben.partials).toEqual([]);
  });

  it('that is changed while it is sent fails at both ends, and is not kept', async () => {
    const id = await offer(ana, '@ben', 'large.bin', noise(32 * MB));
    await ben.files.transfers.accept(id);
    await ring.time.until(() => (ben.last(id)?.bytes ?? 0) > MB);
    writeFileSync(ana.file('large.bin', noise(32 * MB, 2)), noise(32 * MB, 3));
    await ring.run(60_000);
    expect([ana.last(id)?.code, ben.last(id)?.code]).toEqual(['FILE_CHANGED', 'FILE_CHANGED']);
    expect(ben.received('large.bin')).toBeUndefined();
  });

  it("that is gone from its sender's disk before it is fetched fails at both ends", async () => {
    const id = await offer(ana, '@ben', 'gone.bin', noise(MB));
    rmSync(ana.file('gone.bin', noise(MB)));
    await ben.files.transfers.accept(id);
    await ring.run(60_000);
    expect([ana.last(id)?.code, ben.last(id)?.code]).toEqual(['FILE_MISSING', 'FILE_MISSING']);
  });

  it('is on offer for seven days', async () => {
    const id = await offer(ana, '@ben', 'old.txt', noise(10));
    ring.time.advance(7 * 24 * 3_600_000);
    await ring.run(1_000);
    expect(ana.last(id)?.code).toBe('FILE_EXPIRED');
  });
});

describe('a file in a group', () => {
  it('is fetched by several members at once, each from its author, while that one is there', async () => {
    const bytes = noise(2 * MB);
    const id = await offer(ana, '+tea', 'song.mp3', bytes);
    for (const person of [ben, eve]) await person.files.transfers.accept(id);
    await ring.run(30_000);
    for (const person of [ben, eve]) {
      expect(person.state(id)).toBe('done');
      expect(person.received('song.mp3')?.equals(bytes)).toBe(true);
    }
    expect(ana.state(id)).toBe('accepted');
    await ana.files.transfers.cancel(id);
    await ring.run(1_000);
    expect(ana.state(id)).toBe('failed');
  });

  it('is told to lie on offer whenever nobody fetches it, after a restart too', async () => {
    const id = await offer(ana, '+tea', 'song.mp3', noise(2 * MB));
    expect(ana.last(id)?.isOnOffer).toBe(true);
    await ben.files.transfers.accept(id);
    await ring.time.until(() => ana.state(id) === 'running');
    expect(ana.last(id)?.isOnOffer).toBeUndefined();
    await ring.run(30_000);
    expect(ben.state(id)).toBe('done');
    expect([ana.state(id), ana.last(id)?.isOnOffer]).toEqual(['accepted', true]);
    ring.kill(ana);
    ring.revive(ana);
    await ring.run(5_000);
    const [listed] = await ana.files.transfers.list();
    expect([listed?.id, listed?.isOnOffer]).toEqual([id, true]);
    await eve.files.transfers.accept(id);
    await ring.run(30_000);
    expect(eve.state(id)).toBe('done');
  });

  it('waits for its author to come back', async () => {
    const id = await offer(ana, '+tea', 'song.mp3', noise(MB));
    ring.kill(ana);
    await ben.files.transfers.accept(id);
    await ring.run(30_000);
    expect(ben.state(id)).toBe('accepted');
    ring.revive(ana);
    await ring.run(30_000);
    expect(ben.state(id)).toBe('done');
  });

  it('is had by members alone', async () => {
    const id = await offer(ana, '+tea', 'song.mp3', noise(MB));
    eve.isMember = false;
    await eve.files.transfers.accept(id);
    await ring.run(30_000);
    expect(eve.last(id)?.code).toBe('NOT_ALLOWED');
    expect(ring.carried).toBe(0);
  });
});

describe('a stranger', () => {
  it('gets nothing of a file that is for somebody else, whatever it claims', async () => {
    const id = await offer(ana, '@ben', 'secret.txt', noise(MB));
    const offered = ben.shown.find((transfer) => transfer.id === id);
    const number = ben.files.transfers.inbox.offers.get(id)?.number ?? 0;
    expect(offered).toBeDefined();
    const body = encodeBody({
      f: number,
      i: Buffer.from(id, 'hex'),
      n: 'secret.txt',
      s: MB,
      t: 'text/plain',
    });
    const message = { room: '@ana', seq: 1, id: 'm', from: 'ana', text: 'secret.txt', at: 0 } as const;
    eve.files.seen(
      { log: 0, kind: 'direct', target: '@ana' },
      {
        ...message,
        ...{ kind: 'file', mine: false, delivery: 'ok' },
        file: { id, name: 'secret.txt', size: MB, type: 'text/plain' },
      },
      ana.self.id,
      body,
      true,
    );
    await eve.files.transfers.accept(id);
    await ring.run(30_000);
    expect(eve.last(id)?.code).toBe('NOT_ALLOWED');
    expect(ring.carried).toBe(0);
    expect(ana.state(id)).toBe('accepted');
  });

  it("cannot pass off a file under the number of another's", async () => {
    const id = await offer(ana, '+tea', 'song.mp3', noise(MB));
    const number = ben.files.transfers.inbox.offers.get(id)?.number ?? 0;
    const forged = Buffer.alloc(16, 0xee);
    const body = encodeBody({ f: number, i: forged, n: 'virus', s: 10, t: 'text/plain' });
    ring.tell(eve, { peer: ben.self.id } as never, body);
    await ring.run(1_000);
    expect(ben.state(forged.toString('hex'))).toBeUndefined();
  });
});
