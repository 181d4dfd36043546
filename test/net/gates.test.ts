import { describe, expect, it } from 'vitest';
import { TOKEN_LIFE_MS } from '../../src/net/constants.js';
import { Deadlines, type Timed } from '../../src/net/deadlines.js';
import { fingerprint } from '../../src/net/fingerprint.js';
import { networkOf, RateLimiter } from '../../src/net/ratelimit.js';
import { TOKEN_BYTES, TokenKind, Tokens } from '../../src/net/token.js';
import { keyPair, seeded } from './support.js';

const HOME = { address: '192.0.2.1', port: 1 };

describe('a token', () => {
  const make = (usedMax?: number) => new Tokens(seeded(1), usedMax);

  it('is good for its path, or its address, until its time is over', () => {
    const tokens = make();
    const path = Buffer.from(tokens.issue(TokenKind.Path, HOME, 1000));
    const address = Buffer.from(tokens.issue(TokenKind.Address, HOME, 1000));
    const elsewhere = { ...HOME, port: 2 };
    expect(path).toHaveLength(TOKEN_BYTES);
    expect([path, address].map((token) => tokens.valid(token, HOME, 2000))).toEqual([true, true]);
    expect([path, address].map((token) => tokens.valid(token, elsewhere, 2000))).toEqual([false, true]);
    expect(tokens.valid(address, { ...HOME, address: '192.0.2.2' }, 2000)).toBe(false);
    expect(tokens.valid(path, HOME, 1000 + TOKEN_LIFE_MS)).toBe(true);
    expect(tokens.valid(path, HOME, 1001 + TOKEN_LIFE_MS)).toBe(false);
  });

  it('is good once', () => {
    const tokens = make();
    const token = Buffer.from(tokens.issue(TokenKind.Path, HOME, 0));
    tokens.spend(token, 0);
    expect(tokens.valid(token, HOME, 0)).toBe(false);
    expect(tokens.valid(token, HOME, TOKEN_LIFE_MS - 1)).toBe(false);
  });

  it('is not good with any bit changed, cut short, or from another server', () => {
    const tokens = make();
    const token = Buffer.from(tokens.issue(TokenKind.Path, HOME, 0));
    for (let bit = 0; bit < token.length * 8; bit++) {
      const changed = Buffer.from(token);
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
      expect(tokens.valid(changed, HOME, 0)).toBe(false);
    }
    expect(tokens.valid(token.subarray(1), HOME, 0)).toBe(false);
    expect(new Tokens(seeded(2)).valid(token, HOME, 0)).toBe(false);
  });

  it('stays used although the memory of used ones is bounded', () => {
    const tokens = make(100);
    const spent: Buffer[] = [];
    for (let i = 0; i < 1_000; i++) {
      const token = Buffer.from(tokens.issue(TokenKind.Path, HOME, i));
      expect(tokens.valid(token, HOME, i)).toBe(true);
      tokens.spend(token, i);
      spent.push(token);
      expect(tokens.remembered).toBeLessThanOrEqual(200);
    }
    expect(spent.some((token) => tokens.valid(token, HOME, 1_000))).toBe(false);
  });
});

describe('the rate limiter', () => {
  it('gives a burst, then a rate, to each address', () => {
    const limiter = new RateLimiter(20, 5, 100);
    const burst = () => [...Array(7).keys()].filter(() => limiter.take('192.0.2.1', 1000)).length;
    expect(burst()).toBe(5);
    expect(limiter.take('192.0.2.1', 1049)).toBe(false);
    expect(limiter.take('192.0.2.1', 1050)).toBe(true);
    expect(limiter.take('192.0.2.2', 1050)).toBe(true);
  });

  it('forgets the address that was quiet longest when its table is full', () => {
    const limiter = new RateLimiter(1, 1, 3);
    for (const address of ['a', 'b', 'c', 'a', 'd']) limiter.take(address, 0);
    expect(limiter.size).toBe(3);
    expect(limiter.take('a', 0)).toBe(false);
    expect(limiter.take('b', 0)).toBe(true);
  });

  it('counts an IPv6 network as one and a mapped IPv4 address as itself', () => {
    expect(networkOf('192.0.2.1')).toBe('192.0.2.1');
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2');
    expect(networkOf('2001:db8:1:2::9')).toBe('2001:db8:1:2');
    expect(networkOf('2001:db8::9')).toBe('2001:db8:0:0');
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0');
    expect(networkOf('::1')).toBe('0:0:0:0');
  });
});

describe('deadlines', () => {
  class Alarm implements Timed {
    heapIndex = -1;
    heapAt = 0;
    at: number;
    constructor(at: number) {
      this.at = at;
    }
    deadline(): number {
      return this.at;
    }
  }

  it('come when they are due, although they move to and fro', () => {
    const deadlines = new Deadlines<Alarm>();
    const bytes = Buffer.alloc(4);
    const random = seeded(3);
    const below = (n: number) => {
      random(bytes);
      return bytes.readUInt32BE() % n;
    };
    const alarms = Array.from({ length: 200 }, () => new Alarm(below(1000)));
    for (const alarm of alarms) deadlines.rearm(alarm);
    const due: Alarm[] = [];
    for (let now = 0; now < 1500; now += 1 + below(9)) {
      for (let i = 0; i < 20; i++) {
        const alarm = alarms[below(200)] as Alarm;
        if (alarm.at <= now) continue;
        alarm.at = below(10) === 0 ? Number.POSITIVE_INFINITY : now + below(300);
        if (below(8) === 0) {
          deadlines.remove(alarm);
          alarm.at = Number.POSITIVE_INFINITY;
        } else deadlines.rearm(alarm);
      }
      const expected = alarms.filter(({ at }) => at <= now);
      expect(deadlines.next).toBeLessThanOrEqual(Math.min(...alarms.map(({ at }) => at)));
      due.length = 0;
      deadlines.due(now, due);
      expect(new Set(due)).toEqual(new Set(expected));
      for (const alarm of due) {
        alarm.at = now + 1 + below(300);
        deadlines.rearm(alarm);
      }
    }
  });
});

describe('a fingerprint', () => {
  it('is stable, short and different for every key', () => {
    expect(fingerprint(Buffer.alloc(32))).toMatchInlineSnapshot(`"a2oq-uuyh-b2ak-qrle-4pz2-t262"`);
    expect(fingerprint(keyPair(1).publicKey)).toMatch(/^([a-z2-7]{4}-){5}[a-z2-7]{4}$/);
    const all = Array.from({ length: 100 }, (_, i) => fingerprint(Buffer.alloc(32, i)));
    expect(new Set(all).size).toBe(100);
  });
});
