import { describe, expect, it } from 'vitest';
import {
  type ActorContext,
  type ActorType,
  type Address,
  Kind,
  MailLane,
  type Message,
} from '../../src/actors/runtime/actor.js';
import { LocalSystem } from '../support/local-system.js';

const EMPTY = Buffer.alloc(0);
const room = (key: number): Address => ({ kind: Kind.Room, key });
const session = (key: number): Address => ({ kind: Kind.Session, key });

type Receive = (message: Message, context: ActorContext) => void;

/** A type whose actors do one thing. */
function type(kind: Kind, receive: Receive, more: Partial<ActorType> = {}): ActorType {
  return {
    kind,
    name: `kind ${kind}`,
    create: (context) => ({ receive: (message) => receive(message, context) }),
    ...more,
  };
}

describe('a local system', () => {
  /** Three senders on three threads flood one room; returns who was heard in which order. */
  async function order(seed: number): Promise<string> {
    const heard: string[] = [];
    const flood: Receive = (_, context) => {
      for (let i = 0; i < 5; i++) context.tell(room(1), 1, Buffer.of(i));
    };
    const local = new LocalSystem(seed, [
      { name: 'core', types: () => [type(Kind.Room, (m) => heard.push(`${m.from.kind}${m.body[0]}`))] },
      { name: 'a', types: () => [type(Kind.Io, flood)] },
      { name: 'b', types: () => [type(Kind.Store, flood)] },
      { name: 'c', types: () => [type(Kind.Files, flood)] },
    ]);
    for (const kind of [Kind.Io, Kind.Store, Kind.Files]) local.tell({ kind, key: 0 }, 1, EMPTY);
    await local.settle();
    return heard.join(' ');
  }

  it('repeats the same order for the same seed, and another one for another', async () => {
    const orders = await Promise.all([1, 2, 3, 4, 5, 6].map(order));
    expect(await order(1)).toBe(orders[0]);
    expect(new Set(orders).size).toBeGreaterThan(1);
    for (const each of orders) {
      for (const kind of [Kind.Io, Kind.Store, Kind.Files]) {
        expect(each.split(' ').filter((m) => m.startsWith(`${kind}`))).toEqual(
          [0, 1, 2, 3, 4].map((i) => `${kind}${i}`),
        );
      }
    }
  });

  it('runs timers of actors only when time goes on', async () => {
    const ticks: number[] = [];
    const local = new LocalSystem(1, [
      {
        name: 'core',
        types: () => [
          type(Kind.Room, (_, context) => {
            context.clock.setTimeout(() => ticks.push(context.clock.now()), 500);
          }),
        ],
      },
    ]);
    local.tell(room(1), 1, EMPTY);
    await local.advance(499);
    expect(ticks).toEqual([]);
    await local.advance(1);
    expect(ticks).toEqual([500]);
  });
});

describe('an actor', () => {
  it('hears control before data that came earlier', async () => {
    const heard: number[] = [];
    const local = new LocalSystem(1, [
      { name: 'core', types: () => [type(Kind.Room, (m) => heard.push(m.type))] },
      {
        name: 'a',
        types: () => [
          type(Kind.Session, (_, context) => {
            for (let i = 1; i <= 3; i++) context.tell(room(1), i, EMPTY);
            context.tell(room(1), 100, EMPTY, MailLane.Control);
            context.tell(room(1), 101, EMPTY, MailLane.Control);
          }),
        ],
      },
    ]);
    local.tell(session(1), 1, EMPTY);
    await local.settle();
    expect(heard).toEqual([100, 101, 1, 2, 3]);
  });

  it('hears control before data also from a neighbour on its thread', async () => {
    const heard: number[] = [];
    const teller = type(Kind.Session, (_, context) => {
      context.tell(room(1), 1, EMPTY);
      context.tell(room(1), 2, EMPTY);
      context.tell(room(2), 3, EMPTY, MailLane.Control);
    });
    const rooms = type(Kind.Room, (message) => heard.push(message.type));
    const local = new LocalSystem(1, [{ name: 'core', types: () => [teller, rooms] }]);
    local.tell(session(1), 1, EMPTY);
    await local.settle();
    expect(heard).toEqual([3, 1, 2]);
  });

  it('that waits for its restart does not keep the credit of those who tell its neighbours', async () => {
    let heard = 0;
    const rooms = type(Kind.Room, (message) => {
      if (message.type === 2) throw new Error('on purpose');
      if (message.type === 3) heard++;
    });
    const local = new LocalSystem(1, [{ name: 'core', types: () => [rooms] }]);
    const large = Buffer.alloc(16 * 1024);
    // Behind the message it fails at, in the same batch: they wait with it.
    local.tell(room(1), 2, EMPTY);
    for (let i = 0; i < 50; i++) local.tell(room(1), 1, large);
    await local.settle();
    for (let i = 0; i < 100; i++) local.tell(room(2), 3, large);
    await local.settle();
    expect(local.failures.length).toBe(1);
    expect(heard).toBe(100);
  });

  it('answers an ask that finds its mailbox full, and keeps the tell as a dead letter', async () => {
    const local = new LocalSystem(1, [
      {
        name: 'core',
        types: () => [type(Kind.Room, () => undefined, { mailbox: { control: 4, data: 4 } })],
      },
    ]);
    const asks = Array.from({ length: 6 }, () => local.ask(room(1), 1, EMPTY, 1_000));
    local.tell(room(1), 9, Buffer.alloc(3));
    await local.settle();
    await expect(asks[5]).rejects.toMatchObject({ code: 'MAILBOX_FULL' });
    expect(local.deadLetters('core').map(({ reason, type, to, bytes }) => [reason, type, to, bytes])).toEqual(
      [
        ['mailbox', 1, 'room/1', 0],
        ['mailbox', 1, 'room/1', 0],
        ['mailbox', 9, 'room/1', 3],
      ],
    );
  });

  it('that throws is alone in that, starts again from its last snapshot, and is given up after its budget', async () => {
    const lives: (number | undefined)[] = [];
    const faulty: ActorType = {
      kind: Kind.Room,
      name: 'room',
      restart: { intensity: 2, periodMs: 10_000 },
      create: (context, snapshot) => {
        lives.push(snapshot?.[0]);
        let count = snapshot?.[0] ?? 0;
        return {
          receive(message) {
            if (message.type === 2) throw new Error('on purpose');
            context.snapshot(Buffer.of(++count));
            context.reply(message, Buffer.of(count));
          },
        };
      },
    };
    const local = new LocalSystem(1, [{ name: 'core', types: () => [faulty] }]);
    const count = async (key: number) => (await local.until(local.ask(room(key), 1, EMPTY, 1_000)))[0];
    expect(await count(1)).toBe(1);
    expect(await count(1)).toBe(2);
    expect(await count(7)).toBe(1);

    const failed = local.ask(room(1), 2, EMPTY, 1_000);
    await local.settle();
    await expect(failed).rejects.toMatchObject({ code: 'ACTOR_DIED' });
    // Asked while it waits for its restart: the mail is kept.
    const waiting = local.ask(room(1), 1, EMPTY, 1_000);
    await local.settle();
    expect(lives).toEqual([undefined, undefined]);
    await local.advance(50);
    expect((await waiting)[0]).toBe(3);
    expect(lives).toEqual([undefined, undefined, 2]);
    expect(await count(7)).toBe(2);

    local.tell(room(1), 2, EMPTY);
    await local.advance(99);
    expect(lives.length).toBe(3);
    await local.advance(1);
    expect(lives.length).toBe(4);
    local.tell(room(1), 2, EMPTY);
    await local.advance(5_000);
    expect(local.failures.map((failure) => failure.gaveUp)).toEqual([false, false, true]);
    await expect(local.until(local.ask(room(1), 1, EMPTY, 1_000))).rejects.toMatchObject({
      code: 'ACTOR_DIED',
    });

    await local.advance(10_000);
    expect(await count(1)).toBe(1);
  });

  it('takes its timers along when it fails, and one that throws fails it', async () => {
    const fired: string[] = [];
    const local = new LocalSystem(1, [
      {
        name: 'core',
        types: () => [
          type(Kind.Room, (message, context) => {
            if (message.type === 1) context.clock.setTimeout(() => fired.push('late'), 100);
            if (message.type === 2) {
              context.clock.setTimeout(() => {
                throw new Error('in a timer');
              }, 10);
            }
          }),
        ],
      },
    ]);
    local.tell(room(1), 1, EMPTY);
    local.tell(room(1), 2, EMPTY);
    await local.advance(60);
    expect(local.clock.next()).toBeUndefined();
    await local.advance(1_000);
    expect(fired).toEqual([]);
    expect(local.failures.map((failure) => failure.error.message)).toEqual(['in a timer']);
  });

  it('is gone after a while without mail, and made anew by the next message', async () => {
    const events: string[] = [];
    const sleepy: ActorType = {
      kind: Kind.Room,
      name: 'room',
      passivateMs: 1_000,
      create: () => {
        events.push('born');
        return { receive: () => events.push('mail'), stopping: () => void events.push('stopping') };
      },
    };
    const local = new LocalSystem(1, [{ name: 'core', types: () => [sleepy] }]);
    local.tell(room(1), 1, EMPTY);
    await local.advance(900);
    local.tell(room(1), 1, EMPTY);
    await local.advance(900);
    expect(events).toEqual(['born', 'mail', 'mail']);
    await local.advance(500);
    local.tell(room(1), 1, EMPTY);
    await local.settle();
    expect(events).toEqual(['born', 'mail', 'mail', 'stopping', 'born', 'mail']);
  });

  it('that stops still says what it was saying, and its watchers are told once', async () => {
    const heard: string[] = [];
    const watcher = type(Kind.Session, (message, context) => {
      if (message.type === 1) context.watch(room(1));
      else heard.push(`${message.type.toString(16)}:${[...message.body].join(',')}`);
    });
    const stopper = type(Kind.Room, (message, context) => {
      context.stop();
      context.reply(message, Buffer.from('bye'));
    });
    const local = new LocalSystem(1, [
      { name: 'a', types: () => [watcher] },
      { name: 'b', types: () => [stopper] },
    ]);
    local.tell(session(1), 1, EMPTY);
    local.tell(session(2), 1, EMPTY);
    await local.settle();
    expect((await local.until(local.ask(room(1), 1, EMPTY, 1_000))).toString()).toBe('bye');
    await local.settle();
    const news = `ff00:${Kind.Room},0,0,0,0,0,1,0`;
    expect(heard).toEqual([news, news]);
    await local.until(local.ask(room(1), 1, EMPTY, 1_000));
    await local.settle();
    expect(heard.length).toBe(2);
    local.tell(session(1), 1, EMPTY);
    await local.settle();
    await local.until(local.ask(room(1), 1, EMPTY, 1_000));
    await local.settle();
    expect(heard.length).toBe(3);
  });

  it('runs what it asked for at the end of the turn once, after all mail of the turn', async () => {
    const events: string[] = [];
    let asked = false;
    const batching = type(Kind.Room, (message, context) => {
      events.push(`${message.body[0]}`);
      if (asked) return;
      asked = true;
      context.onTurnEnd(() => {
        asked = false;
        events.push('end');
      });
    });
    const local = new LocalSystem(1, [{ name: 'core', types: () => [batching] }]);
    for (let i = 0; i < 3; i++) local.tell(room(i), 1, Buffer.of(i));
    await local.settle();
    expect(events).toEqual(['0', '1', '2', 'end']);
  });

  it('has its answer after whatever the other told it before on the same lane', async () => {
    const events: string[] = [];
    const asker = type(Kind.Session, (message, context) => {
      if (message.type !== 1) {
        events.push(`told ${message.body[0]}`);
        return;
      }
      void context.ask(room(1), 1, EMPTY, 1_000).then(() => events.push('answered'));
    });
    const talker = type(Kind.Room, (message, context) => {
      for (let i = 0; i < 3; i++) context.tell(message.from, 2, Buffer.of(i));
      context.reply(message, EMPTY);
    });
    const local = new LocalSystem(3, [
      { name: 'a', types: () => [asker] },
      { name: 'b', types: () => [talker] },
    ]);
    local.tell(session(1), 1, EMPTY);
    await local.settle();
    expect(events).toEqual(['told 0', 'told 1', 'told 2', 'answered']);
  });

  it('has its answer behind mail that takes more than a turn', async () => {
    let told = 0;
    let toldBefore = 0;
    const asker = type(
      Kind.Session,
      (message, context) => {
        if (message.type === 2) told++;
        else {
          void context.ask(room(1), 1, EMPTY, 1_000).then(() => {
            toldBefore = told;
          });
        }
      },
      { mailbox: { control: 16, data: 5_000 } },
    );
    const talker = type(Kind.Room, (message, context) => {
      for (let i = 0; i < 3_000; i++) context.tell(message.from, 2, EMPTY);
      context.reply(message, EMPTY);
    });
    const local = new LocalSystem(3, [
      { name: 'a', types: () => [asker] },
      { name: 'b', types: () => [talker] },
    ]);
    local.tell(session(1), 1, EMPTY);
    await local.settle();
    expect(toldBefore).toBe(3_000);
  });

  it('fails alone when it does not catch an ask that was refused', async () => {
    const local = new LocalSystem(1, [{ name: 'core', types: () => [type(Kind.Room, () => undefined)] }]);
    const { cells } = local.system('core');
    local.tell(room(1), 1, EMPTY);
    await local.settle();
    const cell = cells.find(Kind.Room, 1);
    const caught = cell?.context?.ask(room(2), 1, EMPTY, 10).catch((reason: unknown) => reason);
    await local.advance(20);
    const error = await caught;
    expect(local.system('core').blame(error)).toBe(true);
    expect(local.system('core').blame(new Error('of nobody'))).toBe(false);
    expect(local.failures.map((failure) => failure.actor)).toEqual(['room/1']);
  });
});

describe('a thread that stops', () => {
  it('lets the kind named last go first, so that what it says is still heard', async () => {
    const events: string[] = [];
    const rooms = type(Kind.Room, (message) => events.push(`room: ${message.type}`));
    const sessions: ActorType = {
      kind: Kind.Session,
      name: 'session',
      create: (context) => ({
        receive: () => undefined,
        stopping: async () => {
          await Promise.resolve();
          context.tell(room(1), 5, EMPTY);
          events.push('session: stopping');
        },
      }),
    };
    const local = new LocalSystem(1, [{ name: 'core', types: () => [rooms, sessions] }]);
    local.tell(session(1), 1, EMPTY);
    await local.settle();
    await local.system('core').stop(1_000);
    expect(events).toEqual(['session: stopping', 'room: 5']);
    local.tell(session(2), 1, EMPTY);
    await local.settle();
    expect(local.deadLetters('core').map(({ reason, to }) => [reason, to])).toEqual([
      ['nobody', 'session/2'],
    ]);
  });

  it('does not wait for an actor beyond the deadline', async () => {
    const stuck: ActorType = {
      kind: Kind.Session,
      name: 'session',
      create: () => ({ receive: () => undefined, stopping: () => new Promise(() => undefined) }),
    };
    const local = new LocalSystem(1, [{ name: 'core', types: () => [stuck] }]);
    local.tell(session(1), 1, EMPTY);
    await local.settle();
    const stopped = local.system('core').stop(1_000);
    await local.advance(1_000);
    await stopped;
  });
});

describe('a thread that died', () => {
  it('comes back with the snapshots of its actors, told to those who watch threads before anything else reaches it', async () => {
    const events: string[] = [];
    const io = type(Kind.Io, (message, context) => {
      if (message.type === 1) {
        context.watchThreads();
        context.watch(session(5));
      } else if (message.type === 0xff00) {
        events.push(`io: terminated ${message.body[7]}`);
        context.tell(session(5), 3, EMPTY);
      } else {
        events.push(`io: thread ${message.body[0]} generation ${message.body.readUInt32BE(1)}`);
        context.tell(session(5), 2, EMPTY, MailLane.Control);
      }
    });
    const sessions: ActorType = {
      kind: Kind.Session,
      name: 'session',
      create: (context, snapshot) => {
        events.push(`session: born with ${snapshot?.toString()}`);
        return {
          receive(message) {
            events.push(`session: ${message.type}`);
            if (message.type === 1) context.snapshot(Buffer.from('state'));
          },
        };
      },
    };
    const local = new LocalSystem(1, [
      { name: 'io', types: () => [io] },
      { name: 'core', types: () => [sessions] },
    ]);
    local.tell({ kind: Kind.Io, key: 0 }, 1, EMPTY);
    local.tell(session(5), 1, EMPTY);
    await local.settle();
    const hanging = local.ask(session(5), 9, EMPTY, 60_000);
    await local.settle();
    local.kill('core');
    await expect(hanging).rejects.toMatchObject({ code: 'ACTOR_DIED' });
    await local.settle();
    local.respawn('core');
    await local.settle();
    expect(events).toEqual([
      'session: born with undefined',
      'session: 1',
      'session: 9',
      'io: terminated 2',
      'io: thread 1 generation 1',
      'session: born with state',
      'session: 2',
      'session: 3',
    ]);
  });
});

describe('the tap', () => {
  it('asks no actor how it is while nobody watches', async () => {
    let described = 0;
    const shown: ActorType = {
      kind: Kind.Room,
      name: 'room',
      create: () => ({
        receive: () => undefined,
        describe: () => ({ state: `described ${++described}` }),
      }),
    };
    const local = new LocalSystem(1, [{ name: 'core', types: () => [shown] }]);
    local.tell(room(1), 1, EMPTY);
    await local.advance(1_000);
    expect(described).toBe(0);
    expect(local.system('core').tap.next()).toBeUndefined();
  });
});
