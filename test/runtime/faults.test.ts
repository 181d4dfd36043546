import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Actor, type Address, Kind, MailLane, SystemMessage } from '#natter/actors/runtime/actor.js';
import { type Supervisor, type SystemEvent, startSystem } from '#natter/actors/runtime/supervisor.js';
import { Do } from '../support/echo.mjs';
import { Reports } from '../support/reports.js';

const module = new URL('../support/echo.mjs', import.meta.url);
const room = (key: number): Address => ({ kind: Kind.Room, key });
const EMPTY = Buffer.alloc(0);
const MAILBOX = { control: 4096, data: 16_384 };

interface Heard {
  readonly type: number;
  readonly body: Buffer;
}

let system: Supervisor | undefined;
let events: SystemEvent[] = [];
let heard: Heard[] = [];
let onHeard: () => void = () => undefined;
let waiters: (() => void)[] = [];

afterEach(async () => {
  await system?.stop(2_000);
  system = undefined;
  events = [];
  heard = [];
  waiters = [];
  onHeard = () => undefined;
});

/** A thread of rooms, and an actor on the main thread that keeps what rooms tell it. */
async function rooms(threads = ['core'], more: object = {}): Promise<Supervisor> {
  const keep = (): Actor => ({
    receive(message) {
      heard.push({ type: message.type, body: Buffer.from(message.body) });
      onHeard();
    },
  });
  system = await startSystem({
    threads: threads.map((name) => ({
      name,
      module,
      kinds: [Kind.Room],
      data: { type: { mailbox: MAILBOX } },
      ...more,
    })),
    main: {
      kinds: [Kind.Test],
      start: () => [{ kind: Kind.Test, name: 'test', mailbox: MAILBOX, create: keep }],
    },
    onEvent: (event) => {
      events.push(event);
      for (const look of waiters) look();
    },
  });
  return system;
}

function untilHeard(count: number): Promise<void> {
  return new Promise((resolve) => {
    onHeard = () => {
      if (heard.length >= count) resolve();
    };
    onHeard();
  });
}

function untilEvent(type: SystemEvent['type']): Promise<SystemEvent> {
  return new Promise((resolve) => {
    const look = () => {
      const event = events.find((each) => each.type === type);
      if (event !== undefined) resolve(event);
    };
    waiters.push(look);
    look();
  });
}

/** What is told like this comes back to the test's own actor. */
function tellAsTest(running: Supervisor, key: number, body: Buffer, lane?: MailLane): void {
  running.main.tell(room(key), Do.forward, body, lane);
}

function numbered(number: number, lane: number): Buffer {
  const body = Buffer.alloc(5);
  body.writeUInt32BE(number);
  body[4] = lane;
  return body;
}

function u32(value: number): Buffer {
  const body = Buffer.alloc(4);
  body.writeUInt32BE(value);
  return body;
}

describe('messages between two actors', () => {
  it('keep their order per lane over threads, and none is lost or doubled', async () => {
    const running = await rooms();
    for (let i = 0; i < 4_000; i++) {
      tellAsTest(running, 1, numbered(i, MailLane.Data));
      if (i % 4 === 0) tellAsTest(running, 1, numbered(i / 4, MailLane.Control), MailLane.Control);
      if (i % 500 === 0) await sleep(1);
    }
    await untilHeard(5_000);
    const numbers = (lane: number) =>
      heard.filter(({ body }) => body[4] === lane).map(({ body }) => body.readUInt32BE());
    expect(numbers(MailLane.Data)).toEqual([...Array(4_000).keys()]);
    expect(numbers(MailLane.Control)).toEqual([...Array(1_000).keys()]);
  });

  it('let control overtake data that was sent earlier and not handled yet', async () => {
    const running = await rooms();
    running.main.tell(room(2), Do.block, u32(600));
    await sleep(20);
    for (let i = 0; i < 100; i++) tellAsTest(running, 1, numbered(i, MailLane.Data));
    await sleep(20);
    tellAsTest(running, 1, numbered(7, MailLane.Control), MailLane.Control);
    await untilHeard(101);
    expect(heard[0]?.body).toEqual(numbered(7, MailLane.Control));
  });

  it('leave timers their turn, however many there are', async () => {
    let rounds = 0;
    system = await startSystem({
      threads: [],
      main: {
        kinds: [Kind.Test],
        start: () => [
          {
            kind: Kind.Test,
            name: 'restless',
            create: (context) => ({
              receive() {
                rounds++;
                context.tell(context.self, 1, EMPTY);
              },
            }),
          },
        ],
      },
    });
    system.main.tell({ kind: Kind.Test, key: 0 }, 1, EMPTY);
    const before = performance.now();
    for (let i = 0; i < 10; i++) await sleep(1);
    expect(performance.now() - before).toBeLessThan(1_000);
    expect(rounds).toBeGreaterThan(1_000);
  });
});

describe('a receiver that is stuck', () => {
  it('costs its senders no more than the bounds; then asks are refused and tells are dead letters', async () => {
    const running = await rooms();
    await running.main.ask(room(1), Do.echo, EMPTY, 2_000);
    running.main.tell(room(1), Do.block, u32(2_000));
    await sleep(20);
    const body = Buffer.alloc(16 * 1024);
    for (let i = 0; i < 2_000; i++) {
      running.main.tell(room(1), Do.forward, body);
      if (i % 100 === 0) await sleep(1);
    }
    const { inFlightBytes, queuedBytes, deadLetters } = running.main.stats();
    expect(inFlightBytes).toBeLessThanOrEqual(1024 * 1024);
    expect(queuedBytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(deadLetters).toBeGreaterThan(1_500);
    await expect(running.main.ask(room(1), Do.echo, body, 5_000)).rejects.toMatchObject({
      code: 'MAILBOX_FULL',
    });

    await untilHeard(2_000 - deadLetters);
    const answer = await running.main.ask(room(1), Do.echo, Buffer.from('better'), 2_000);
    expect(answer.toString()).toBe('better');
    expect(running.main.stats()).toMatchObject({ queuedBytes: 0 });
  });
});

describe('a worker that dies in the middle of a conversation', () => {
  it('leaves no ask hanging and no control call either', async () => {
    const running = await rooms();
    const asks = Array.from({ length: 10 }, (_, key) => running.main.ask(room(key), Do.hold, EMPTY, 60_000));
    const call = running.thread('core').call('never', 60_000);
    const settled = Promise.allSettled([...asks, call]);
    await running.main.ask(room(1), Do.echo, EMPTY, 2_000);
    await running.kill('core');
    for (const result of await settled) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'ACTOR_DIED' } });
    }
    await expect(running.thread('core').call('add', 1_000, 1, 2)).rejects.toMatchObject({
      code: 'ACTOR_DIED',
    });
    await untilEvent('restarted');
    expect(await running.thread('core').call('add', 1_000, 1, 2)).toBe(3);
    expect(running.thread('core').generation).toBe(1);
  });

  it('is given what it was told meanwhile once it is back: in order, nothing twice', async () => {
    const running = await rooms();
    await running.main.ask(room(1), Do.echo, EMPTY, 2_000);
    const back = untilEvent('restarted');
    await running.kill('core');
    await untilEvent('threadDied');
    for (let i = 0; i < 500; i++) tellAsTest(running, 1, numbered(i, 1));
    await back;
    for (let i = 500; i < 600; i++) tellAsTest(running, 1, numbered(i, 1));
    await untilHeard(600);
    await running.main.ask(room(1), Do.echo, EMPTY, 2_000);
    expect(heard.map(({ body }) => body.readUInt32BE())).toEqual([...Array(600).keys()]);
  });

  it('comes back with its actors in the state they last kept', async () => {
    const running = await rooms();
    for (let i = 0; i < 3; i++) await running.main.ask(room(1), Do.count, EMPTY, 2_000);
    // A snapshot travels to the supervisor by a port of its own: let a turn pass.
    await running.thread('core').stats(1_000);
    const back = untilEvent('restarted');
    await running.kill('core');
    await back;
    const count = await running.main.ask(room(1), Do.count, EMPTY, 2_000);
    expect(count.readUInt32BE()).toBe(4);
    expect((await running.thread('core').stats(1_000)).actors).toEqual({ room: 1 });
  });

  it('is told to whoever watches its actors or its kind of thread, on other threads', async () => {
    const running = await rooms(['core-0', 'core-1']);
    const on = (thread: number) => {
      let key = 0;
      while (running.main.threadOf(room(key)) !== thread) key++;
      return key;
    };
    const watcher = on(0);
    const watched = on(1);
    await running.main.ask(room(watched), Do.echo, EMPTY, 2_000);
    await running.main.ask(room(watcher), Do.watch, u32(watched), 2_000);
    await running.main.ask(room(watcher), Do.watchThreads, EMPTY, 2_000);
    await running.kill('core-1');
    await untilHeard(2);
    const systemTypes = [SystemMessage.Terminated, SystemMessage.ThreadRestarted];
    expect(heard.map(({ type }) => type)).toEqual(systemTypes.map((type) => type & 0xff));
    expect([...(heard[0]?.body ?? [])]).toEqual([Kind.Room, 0, 0, 0, 0, 0, watched, 2]);
    expect([...(heard[1]?.body ?? [])]).toEqual([1, 0, 0, 0, 1]);

    // Two threads that lost each other's port talk again.
    const body = Buffer.concat([u32(watched), Buffer.from('again')]);
    const answer = await running.main.ask(room(watcher), Do.relay, body, 2_000);
    expect(answer.toString()).toBe('again');
  });

  it('under load, twice: every ask settles, what was told is heard in order and nothing of it twice', async () => {
    const running = await rooms(['core-0', 'core-1']);
    const key = [...Array(50).keys()].find((each) => running.main.threadOf(room(each)) === 1) ?? 0;
    const other = [...Array(50).keys()].find((each) => running.main.threadOf(room(each)) === 0) ?? 0;
    const outcomes = { answered: 0, died: 0 };
    let over = false;
    let told = 0;
    const asker = async (): Promise<void> => {
      const body = Buffer.concat([u32(key), Buffer.from('x')]);
      while (!over) {
        try {
          await running.main.ask(room(other), Do.relay, body, 10_000);
          outcomes.answered++;
        } catch (error) {
          expect(error).toMatchObject({ code: 'ACTOR_DIED' });
          outcomes.died++;
        }
        tellAsTest(running, key, numbered(told++, 1));
      }
    };
    const askers = Array.from({ length: 20 }, asker);
    for (let kills = 1; kills <= 2; kills++) {
      await sleep(100);
      await running.kill('core-1');
      await new Promise<void>((resolve) => {
        const look = () => {
          if (events.filter((event) => event.type === 'restarted').length === kills) resolve();
        };
        waiters.push(look);
        look();
      });
    }
    const before = outcomes.answered;
    await sleep(100);
    over = true;
    await Promise.all(askers);
    // How many asks the two deaths met is chance; that each settled is what the wait above shows.
    expect(outcomes.answered).toBeGreaterThan(before);
    await running.main.ask(room(key), Do.echo, EMPTY, 2_000);
    const numbers = heard.map(({ body }) => body.readUInt32BE());
    expect(numbers.length).toBeGreaterThan(0);
    for (const [i, number] of numbers.entries())
      if (i > 0) expect(number).toBeGreaterThan(numbers[i - 1] ?? 0);
  });

  it('keeps other threads going', async () => {
    const running = await rooms(['core-0', 'core-1']);
    const keys = [...Array(20).keys()];
    const alive = keys.filter((key) => running.main.threadOf(room(key)) === 0);
    const killed = running.kill('core-1');
    const answers = await Promise.all(
      alive.map((key) => running.main.ask(room(key), Do.echo, u32(key), 3_000)),
    );
    expect(answers.length).toBe(alive.length);
    await killed;
    await untilEvent('restarted');
  });

  it('is given up after its budget, and then refuses at once', async () => {
    const running = await rooms(['core'], { restart: { intensity: 1, periodMs: 60_000 } });
    const back = untilEvent('restarted');
    await running.kill('core');
    await back;
    await running.kill('core');
    await untilEvent('gaveUp');
    await expect(running.main.ask(room(1), Do.echo, EMPTY, 60_000)).rejects.toMatchObject({
      code: 'ACTOR_DIED',
    });
    await expect(running.thread('core').call('add', 60_000, 1, 2)).rejects.toMatchObject({
      code: 'ACTOR_DIED',
    });
  });
});

describe('an actor in a worker', () => {
  it('that forgets to catch a refused ask fails alone: its thread lives on', async () => {
    const running = await rooms();
    await running.main.ask(room(2), Do.count, EMPTY, 2_000);
    running.main.tell(room(1), Do.careless, EMPTY);
    expect(await untilEvent('actorFailed')).toMatchObject({ thread: 'core', actor: 'room/1', gaveUp: false });
    expect((await running.main.ask(room(2), Do.count, EMPTY, 2_000)).readUInt32BE()).toBe(2);
    expect(running.thread('core').generation).toBe(0);
  });

  it('is shown to whoever looks into its thread, also into the next life of that', async () => {
    const running = await rooms();
    const told = new Reports();
    const look = running.looks.open(told);
    await running.main.ask(room(9), Do.echo, EMPTY, 2_000);
    await told.until(({ rows }) => rows.has('core room/9'));
    await running.kill('core');
    await untilEvent('restarted');
    expect(told.ended).toEqual(['core']);
    await running.main.ask(room(10), Do.echo, EMPTY, 2_000);
    await told.until(({ rows }) => rows.has('core room/10'));
    expect(told.mishaps).toEqual(['thread died', 'thread back']);
    look.close();
  });
});

describe('a system', () => {
  it('stops its threads in the reverse order of their start', async () => {
    const running = await rooms(['store', 'core', 'io']);
    await running.stop(2_000);
    const stops = events.filter((event) => event.type === 'posted').map((event) => event.thread);
    expect(stops).toEqual(['io', 'core', 'store']);
  });

  it('says how its threads are', async () => {
    const running = await rooms();
    for (let key = 0; key < 5; key++) await running.main.ask(room(key), Do.echo, EMPTY, 2_000);
    const stats = await running.thread('core').stats(1_000);
    expect(stats).toMatchObject({
      actors: { room: 5 },
      messagesHandled: 5,
      mailboxDepthSum: 0,
      deadLetters: 0,
    });
    expect(stats.loopDelayP99Ms).toBeGreaterThanOrEqual(0);
  });
});
