import { describe, expect, it } from 'vitest';
import {
  DATAGRAM_LOOPBACK_BYTES,
  KEY_LINGER_MS,
  REKEY_AFTER_MS,
  SEALED_OVERHEAD_BYTES,
} from '../../src/net/constants.js';
import { SealedKeys } from '../../src/net/keys.js';
import { seeded } from './support.js';

const ID = Buffer.from('12345678');

/** Two ends of one session and the next packet number of each. */
function session(): { a: End; b: End } {
  const random = seeded(7);
  const [one, two] = [Buffer.alloc(32), Buffer.alloc(32)];
  random(one);
  random(two);
  return {
    a: new End(new SealedKeys(Buffer.from(one), Buffer.from(two), 0)),
    b: new End(new SealedKeys(Buffer.from(two), Buffer.from(one), 0)),
  };
}

class End {
  readonly keys: SealedKeys;
  #number = 0;

  constructor(keys: SealedKeys) {
    this.keys = keys;
  }

  seal(text: string, now: number): Buffer {
    const length = this.keys.plain.write(text);
    return Buffer.from(this.keys.seal(ID, this.#number++, length, now));
  }

  open(datagram: Buffer, now: number): string | undefined {
    const length = this.keys.open(datagram, now);
    return length < 0 ? undefined : this.keys.opened.toString('utf8', 0, length);
  }
}

describe('sealed keys', () => {
  it('open what the other end sealed, with its number', () => {
    const { a, b } = session();
    const datagram = Buffer.from(a.keys.seal(ID, 2 ** 40 + 5, a.keys.plain.write('hej'), 0));
    expect(datagram).toHaveLength(3 + SEALED_OVERHEAD_BYTES);
    expect(datagram.subarray(0, 17).toString('hex')).toBe('10313233343536373800000100' + '00000005');
    expect(b.open(datagram, 0)).toBe('hej');
    expect(b.keys.packetNumber).toBe(2 ** 40 + 5);
  });

  it('open an empty packet and the largest one', () => {
    const { a, b } = session();
    for (const length of [0, DATAGRAM_LOOPBACK_BYTES - SEALED_OVERHEAD_BYTES]) {
      expect(b.keys.open(Buffer.from(a.keys.seal(ID, length, length, 0)), 0)).toBe(length);
    }
    expect(() => a.keys.seal(ID, 9, DATAGRAM_LOOPBACK_BYTES + 1 - SEALED_OVERHEAD_BYTES, 0)).toThrow(
      RangeError,
    );
  });

  it('open nothing that differs by a single bit, header included', () => {
    const { a, b } = session();
    const datagram = a.seal('hej', 0);
    for (let bit = 0; bit < datagram.length * 8; bit++) {
      const changed = Buffer.from(datagram);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(b.open(changed, 0)).toBeUndefined();
    }
    expect(b.keys.heard).toBe(false);
    expect(b.keys.generation).toBe(0);
    expect(b.open(datagram, 0)).toBe('hej');
  });

  it('do not open their own packets', () => {
    const { a } = session();
    expect(a.open(a.seal('hej', 0), 0)).toBeUndefined();
  });

  it('are renewed after their time, on both sides, and the phase bit shows it', () => {
    const { a, b } = session();
    expect(b.open(a.seal('1', 0), 0)).toBe('1');
    expect(a.open(b.seal('2', 0), 0)).toBe('2');
    const later = REKEY_AFTER_MS;
    const renewed = a.seal('3', later);
    expect(renewed[0]).toBe(0x11);
    expect(b.open(renewed, later)).toBe('3');
    expect(b.keys.generation).toBe(1);
    const answer = b.seal('4', later);
    expect(answer[0]).toBe(0x11);
    expect(a.open(answer, later)).toBe('4');
    const again = a.seal('5', 2 * later);
    expect(again[0]).toBe(0x10);
    expect(b.open(again, 2 * later)).toBe('5');
  });

  it('open late packets of the old phase for a short while only', () => {
    const { a, b } = session();
    b.open(a.seal('1', 0), 0);
    a.open(b.seal('2', 0), 0);
    const [late, later] = [a.seal('late', 0), a.seal('later', 0)];
    const time = REKEY_AFTER_MS;
    b.open(a.seal('3', time), time);
    expect(b.open(late, time + KEY_LINGER_MS - 1)).toBe('late');
    expect(b.open(later, time + KEY_LINGER_MS)).toBeUndefined();
    expect(b.open(a.seal('4', time), time + KEY_LINGER_MS)).toBe('4');
  });

  it('stay in step when both are renewed at once', () => {
    const { a, b } = session();
    b.open(a.seal('1', 0), 0);
    a.open(b.seal('2', 0), 0);
    const time = REKEY_AFTER_MS;
    const [one, two] = [a.seal('3', time), b.seal('4', time)];
    expect([b.open(one, time), a.open(two, time)]).toEqual(['3', '4']);
    expect([a.keys.generation, b.keys.generation]).toEqual([1, 1]);
  });

  it('are never renewed twice while nothing comes back, however long', () => {
    const { a, b } = session();
    b.open(a.seal('1', 0), 0);
    a.open(b.seal('2', 0), 0);
    for (let i = 1; i < 10; i++) a.seal('lost', i * REKEY_AFTER_MS);
    expect(a.keys.generation).toBe(1);
    // The other end still seals under the old keys, far behind.
    expect(a.open(b.seal('3', 5), 10 * REKEY_AFTER_MS)).toBe('3');
    expect(b.open(a.seal('4', 10 * REKEY_AFTER_MS), 10 * REKEY_AFTER_MS)).toBe('4');
    expect(b.keys.generation).toBe(1);
  });

  it('stay in step when both went ahead unseen and one of them goes ahead again', () => {
    const { a, b } = session();
    b.open(a.seal('1', 0), 0);
    a.open(b.seal('2', 0), 0);
    a.seal('lost', REKEY_AFTER_MS);
    const answer = b.seal('3', 2 * REKEY_AFTER_MS - 100);
    expect(a.open(answer, 2 * REKEY_AFTER_MS - 100)).toBe('3');
    const time = 2 * REKEY_AFTER_MS;
    expect(b.open(a.seal('4', time), time)).toBe('4');
    expect([a.keys.generation, b.keys.generation]).toEqual([2, 2]);
    expect(a.open(b.seal('5', time), time)).toBe('5');
  });

  it('take a packet above all of this phase for the next one, although the previous key is still there', () => {
    const { a, b } = session();
    b.open(a.seal('1', 0), 0);
    a.open(b.seal('2', 0), 0);
    a.seal('lost', REKEY_AFTER_MS);
    const late = 2 * REKEY_AFTER_MS - 100;
    // Confirmed late, so that the key before it lingers while the other end goes ahead.
    b.open(a.seal('3', late), late);
    a.open(b.seal('4', late), late);
    const time = late + 200;
    expect(b.open(a.seal('5', time), time)).toBe('5');
    expect(b.keys.generation).toBe(2);
  });

  it('seal nothing once erased', () => {
    const { a, b } = session();
    const datagram = b.seal('x', 0);
    a.keys.erase();
    expect(() => a.seal('secret', 0)).toThrow();
    expect(a.open(datagram, 0)).toBeUndefined();
  });

  it('ratchet exactly as documented', () => {
    const key = () => Buffer.alloc(32, 1);
    const a = new SealedKeys(key(), key(), 0);
    const first = a.seal(ID, 0, a.plain.write('natter'), 0).toString('hex');
    a.open(Buffer.from(a.seal(ID, 1, 0, 0)), 0);
    const second = a.seal(ID, 2, a.plain.write('natter'), REKEY_AFTER_MS).toString('hex');
    expect([first, second]).toMatchSnapshot();
  });
});
