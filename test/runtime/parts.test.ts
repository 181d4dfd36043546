import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Kind, MailLane } from '../../src/actors/runtime/actor.js';
import { RestartBudget } from '../../src/actors/runtime/backoff.js';
import { Batch, BatchWriter, What } from '../../src/actors/runtime/batch.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import { DeadLetters } from '../../src/actors/runtime/dead-letters.js';
import { Link } from '../../src/actors/runtime/link.js';
import { Mailbox } from '../../src/actors/runtime/mailbox.js';
import { placementOf, threadOf } from '../../src/actors/runtime/placement.js';
import { decodeRefusal, encodeRefusal } from '../../src/actors/runtime/refusal.js';
import { Snapshots } from '../../src/actors/runtime/snapshots.js';
import { NatterError } from '../../src/chat/error.js';

const to = { kind: Kind.Room, key: 2 ** 48 - 1 };
const from = { kind: Kind.Session, key: 7 };

function batchOf(...bodies: Uint8Array[]): Batch {
  const writer = new BatchWriter(MailLane.Data);
  for (const body of bodies) writer.add(What.Tell, 9, to, from, 0, 0, 1.5, body);
  return new Batch(writer.take());
}

function offsets(batch: Batch): number[] {
  const found: number[] = [];
  for (let i = 0, at = batch.first; i < batch.count; i++, at = batch.after(at)) found.push(at);
  return found;
}

describe('a batch', () => {
  it('gives back what was written into it, whatever the sizes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 9_000 }), { minLength: 1, maxLength: 20 }),
        (bodies) => {
          const batch = batchOf(...bodies);
          const read = offsets(batch).map((at) => Uint8Array.from(batch.body(at)));
          expect(read).toEqual(bodies);
          const at = offsets(batch).at(-1) ?? 0;
          expect([batch.type(at), batch.what(at), batch.to(at), batch.from(at), batch.sentAt(at)]).toEqual([
            9,
            What.Tell,
            to,
            from,
            1.5,
          ]);
        },
      ),
      { seed: 1, numRuns: 50 },
    );
  });

  it('lends a message out as a batch of its own', () => {
    const batch = batchOf(Buffer.from('one'), Buffer.from('two'));
    const copy = batch.extract(offsets(batch)[1] ?? 0);
    expect([copy.count, copy.body(copy.first).toString(), copy.lane]).toEqual([1, 'two', MailLane.Data]);
  });
});

describe('a link', () => {
  /** What one side posts arrives at the other when it is told to read. */
  function pair() {
    const sent: ArrayBuffer[] = [];
    const link = new Link(1);
    link.attach({ post: (buffer) => sent.push(buffer), close: () => undefined });
    const say = (bytes: number, lane: MailLane = MailLane.Data) =>
      link.add(lane, What.Tell, 1, to, from, 0, 0, 0, Buffer.alloc(bytes));
    return { sent, link, say };
  }

  it('has no more in flight than its window, and goes on when the receiver has handled some', () => {
    const { sent, link, say } = pair();
    const receiver = new Link(0);
    const back: ArrayBuffer[] = [];
    receiver.attach({ post: (buffer) => back.push(buffer), close: () => undefined });
    let taken = 0;
    while (say(10_000)) {
      taken++;
      link.flush();
    }
    expect(link.inFlightBytes).toBeLessThanOrEqual(1024 * 1024);
    expect(link.queuedBytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    let handled = 0;
    for (let rounds = 0; rounds < 1_000 && handled < taken; rounds++) {
      for (const buffer of sent.splice(0)) {
        const batch = receiver.receive(buffer);
        handled += batch.count;
        for (const _ of offsets(batch)) batch.release();
      }
      receiver.flush();
      for (const buffer of back.splice(0)) link.receive(buffer);
      link.flush();
    }
    expect(handled).toBe(taken);
    expect(link.queuedBytes).toBe(0);
  });

  it('sends a message that is larger than its window', () => {
    const { sent, link, say } = pair();
    expect(say(3 * 1024 * 1024)).toBe(true);
    link.flush();
    expect(sent.length).toBe(1);
    expect(() => say(5 * 1024 * 1024)).toThrow(RangeError);
  });

  it('keeps control flowing while data waits for credit', () => {
    const { sent, link, say } = pair();
    while (say(50_000)) link.flush();
    const before = sent.length;
    say(10, MailLane.Control);
    link.flush();
    expect(sent.length).toBe(before + 1);
  });
});

describe('a mailbox', () => {
  it('is bounded per lane, and per byte for an actor that cannot read', () => {
    const mailbox = new Mailbox({ control: 1, data: 20 });
    const batch = batchOf(...Array.from({ length: 40 }, () => Buffer.alloc(100_000)));
    const [first = 0] = offsets(batch);
    expect([
      mailbox.push(MailLane.Control, batch, first),
      mailbox.push(MailLane.Control, batch, first),
    ]).toEqual([true, false]);
    mailbox.shift(MailLane.Control);
    mailbox.park();
    let kept = 0;
    while (mailbox.push(MailLane.Data, batch, first)) kept++;
    expect(kept).toBe(10);
  });
});

describe('placement', () => {
  it('puts a kind on its thread, or spreads it evenly and always alike', () => {
    const table = placementOf([
      { kinds: [Kind.Io] },
      { kinds: [Kind.Room, Kind.Session] },
      { kinds: [Kind.Room] },
      { kinds: [Kind.Room] },
    ]);
    expect(threadOf(table, { kind: Kind.Io, key: 3 })).toBe(0);
    expect(threadOf(table, { kind: Kind.Session, key: 3 })).toBe(1);
    expect(threadOf(table, { kind: Kind.Files, key: 3 })).toBeUndefined();
    for (const start of [0, 2 ** 32, 2 ** 47]) {
      const counts = [0, 0, 0, 0];
      for (let key = start; key < start + 3_000; key++) {
        const thread = threadOf(table, { kind: Kind.Room, key }) ?? 0;
        counts[thread] = (counts[thread] ?? 0) + 1;
      }
      for (const count of counts.slice(1)) expect(count).toBeGreaterThan(850);
    }
  });
});

describe('a restart budget', () => {
  it('waits twice as long each time, is spent, and recovers', () => {
    const budget = new RestartBudget({ intensity: 3, periodMs: 1_000 });
    expect([0, 10, 20, 30].map((now) => budget.next(now))).toEqual([50, 100, 200, undefined]);
    expect(budget.next(1_005)).toBe(200);
  });
});

describe('a refusal', () => {
  it('carries a foreign error as INTERNAL', () => {
    expect(decodeRefusal(encodeRefusal(new TypeError('odd')))).toMatchObject({
      code: 'INTERNAL',
      message: 'odd',
    });
    const own = new NatterError('GAP', 'Send it again.', { expected: 4 });
    expect(decodeRefusal(encodeRefusal(own))).toMatchObject({ code: 'GAP', details: { expected: 4 } });
  });
});

describe('dead letters', () => {
  it('keep the newest 256, oldest first, and count all', () => {
    const letters = new DeadLetters();
    for (let i = 0; i < 300; i++) letters.add(i, 'gone', 1, to, from, 0);
    expect([letters.count, letters.list().length, letters.list()[0]?.at, letters.list().at(-1)?.at]).toEqual([
      300, 256, 44, 299,
    ]);
  });
});

describe('kept snapshots', () => {
  it('are the newest of each actor, and bounded: what changed longest ago goes first', () => {
    const snapshots = new Snapshots();
    const state = new Uint8Array(64 * 1024);
    for (let key = 0; key < 1_100; key++) snapshots.apply([{ kind: Kind.Room, key, state }]);
    expect(snapshots.bytes).toBe(64 * 1024 * 1024);
    expect(snapshots.dropped).toBe(76);
    snapshots.apply([{ kind: Kind.Room, key: 1_099, state: undefined }]);
    expect(snapshots.all().size).toBe(1_023);
  });
});

describe('a manual clock', () => {
  it('runs timers in the order they are due, also those set on the way', () => {
    const clock = new ManualClock();
    const ran: string[] = [];
    clock.setTimeout(() => ran.push(`b ${clock.now()}`), 20);
    clock.setTimeout(() => {
      ran.push(`a ${clock.now()}`);
      clock.setTimeout(() => ran.push(`c ${clock.now()}`), 5);
    }, 10);
    const cleared = clock.setTimeout(() => ran.push('never'), 12);
    clock.clearTimeout(cleared);
    clock.advance(30);
    expect(ran).toEqual(['a 10', 'c 15', 'b 20']);
    expect(clock.now()).toBe(30);
  });
});
