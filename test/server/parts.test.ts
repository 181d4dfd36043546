import { describe, expect, it } from 'vitest';
import { Downlink } from '../../src/actors/downlink.js';
import type { Change } from '../../src/actors/registry/change.js';
import { registrySchema } from '../../src/actors/registry/snapshot.js';
import { DEVICES_MAX, RegistryState } from '../../src/actors/registry/state.js';
import type { ActorContext } from '../../src/actors/runtime/actor.js';
import { prettyLine } from '../../src/actors/server/log.js';
import { Replies } from '../../src/actors/session/replies.js';
import { Bucket, Buckets } from '../../src/net/bucket.js';
import { Reader } from '../../src/net/bytes.js';
import { REASON_MAX_BYTES } from '../../src/net/constants.js';
import { CloseCode } from '../../src/net/types.js';

describe('a token bucket', () => {
  it('gives its burst at once, then as much as flows in, and says how long to wait', () => {
    const bucket = new Bucket(10, 2, 0);
    expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([0, 0, 100]);
    expect(bucket.take(99)).toBe(1);
    expect(bucket.take(100)).toBe(0);
    bucket.give();
    expect(bucket.take(100)).toBe(0);
    expect([bucket.take(10_000), bucket.take(10_000), bucket.take(10_000)]).toEqual([0, 0, 100]);
  });

  it('goes into debt for what comes as a whole, and pays that before there is more', () => {
    const bucket = new Bucket(10, 2, 0);
    expect([bucket.take(0, 7), bucket.take(0)]).toEqual([0, 600]);
    expect([bucket.take(599), bucket.take(600)]).toEqual([1, 0]);
  });

  it('is kept per key', () => {
    const buckets = new Buckets(1, 1);
    expect([buckets.take('a', 0), buckets.take('b', 0), buckets.take('a', 0)]).toEqual([0, 0, 1000]);
  });
});

it('writes a log line that a person can read', () => {
  const line = {
    level: 40,
    time: 0,
    pid: 1,
    hostname: 'h',
    msg: 'a thread died',
    thread: 'io',
    err: { message: 'why' },
  };
  expect(prettyLine(JSON.stringify(line))).toBe('00:00:00 warn a thread died (thread io, why)\n');
});

it('forgets the oldest replies, and those under way only when they end', () => {
  const replies = new Replies();
  for (let request = 1; request <= 70; request++) {
    replies.begin(request);
    replies.finish(request, 0, Buffer.of(request));
  }
  expect(replies.find(6)).toBeUndefined();
  expect(replies.find(7)?.body).toEqual(Buffer.of(7));
  replies.finish(71, 0, Buffer.alloc(200 * 1024));
  replies.finish(72, 0, Buffer.alloc(200 * 1024));
  expect(replies.find(71)).toBeUndefined();
  replies.begin(73);
  expect(replies.underWay(73)).toBe(true);
  replies.abandon(73);
  expect(replies.underWay(73)).toBe(false);
});

describe('the registry', () => {
  const id = (n: number, bytes = 16) => Buffer.alloc(bytes, n);
  const account = (n: number, name: string): Change => ({
    t: 'account',
    id: id(n),
    name,
    key: name.toLowerCase(),
    skeleton: name.toLowerCase(),
    record: `record ${n}`,
  });
  const device = (n: number, kept: boolean, at: number): Change => ({
    t: 'device',
    account: id(1),
    key: Buffer.alloc(32, `${n} `),
    label: `device ${n}`,
    kept,
    at,
  });
  const changes: Change[] = [
    { t: 'lobby', id: id(100) },
    account(1, 'Ada'),
    account(2, 'Ben'),
    device(1, true, 5),
    device(2, false, 6),
    { t: 'room', log: 2, id: id(101), name: 'Garden', key: 'garden', skeleton: 'garden' },
    { t: 'member', log: 2, account: id(1) },
    { t: 'member', log: 2, account: id(2) },
    { t: 'topic', log: 2, topic: 'tomatoes' },
    { t: 'direct', log: 3, id: id(102), a: id(1), b: id(2) },
    { t: 'memberGone', log: 2, account: id(2) },
  ];
  const built = (): RegistryState => {
    const state = new RegistryState();
    for (const change of changes) state.apply(change);
    return state;
  };

  it('is the same after its snapshot was written and read', () => {
    const state = built();
    const again = registrySchema.check(JSON.parse(JSON.stringify(state)));
    expect(again).toEqual(state);
    expect(again.nextLog).toBe(4);
    expect(again.direct(id(2), id(1))?.log).toBe(3);
    expect([again.isMember(2, id(1)), again.isMember(2, id(2)), again.isMember(1, id(2))]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is not read from what is none, and says where it went wrong', () => {
    const snapshot = JSON.parse(JSON.stringify(built()));
    snapshot.accounts[1].id = 'zz';
    expect(() => registrySchema.check(snapshot)).toThrow(/accounts\.1\.id/);
  });

  it('forgets the longest unused device for a new one, those to be remembered last', () => {
    const state = built();
    for (let n = 3; n <= DEVICES_MAX + 2; n++) state.apply(device(n, false, n));
    const labels = [...(state.account(id(1))?.devices.values() ?? [])].map(({ label }) => label);
    expect(labels).toHaveLength(DEVICES_MAX);
    expect(labels).toContain('device 1');
    expect(labels).not.toContain('device 2');
    expect(labels).not.toContain('device 3');
  });

  it('forgets all devices but one when the password changes so', () => {
    const state = built();
    state.apply({ t: 'password', account: id(1), record: 'new', spare: Buffer.alloc(32, '2 ') });
    const found = state.account(id(1));
    expect(found?.record).toBe('new');
    expect([...(found?.devices.values() ?? [])].map(({ label }) => label)).toEqual(['device 2']);
  });
});

it('cuts the reason of a close by bytes and between characters, as the I/O actor reads it', () => {
  const told: Buffer[] = [];
  const tell = (_to: unknown, _type: number, body: Uint8Array) => told.push(Buffer.from(body));
  new Downlink({ tell } as unknown as ActorContext, 7).close(CloseCode.Limit, `x${'é'.repeat(200)}`);
  const reader = new Reader(told[0]);
  expect([reader.varint(), reader.varint()]).toEqual([7, CloseCode.Limit]);
  expect(reader.text(REASON_MAX_BYTES)).toBe(`x${'é'.repeat(127)}`);
});
