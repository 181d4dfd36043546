import { describe, expect, it } from 'vitest';
import { assign, type SnapshotFrom, setup } from 'xstate';
import { type ActorType, type Address, Kind, type Message } from '../../src/actors/runtime/actor.js';
import { type Deadline, HostedMachine } from '../../src/actors/runtime/machine.js';
import { LocalSystem } from '../support/local-system.js';

const EMPTY = Buffer.alloc(0);
const door: Address = { kind: Kind.Session, key: 1 };
const Say = { knock: 1, fail: 2, reject: 3, state: 4 } as const;
const OPEN_MS = 1_000;

type Event = { type: 'KNOCK'; at: number } | { type: 'FAIL' } | { type: 'REJECT' } | { type: 'DUE' };

const doorMachine = setup({
  types: {
    context: {} as { knocks: number; closesAt: number },
    events: {} as Event,
    input: {} as { knocks: number },
  },
  actions: {
    count: assign({
      knocks: ({ context }) => context.knocks + 1,
      closesAt: ({ event }) => (event.type === 'KNOCK' ? event.at + OPEN_MS : 0),
    }),
    fail: () => {
      throw new Error('a broken action');
    },
  },
}).createMachine({
  id: 'door',
  initial: 'closed',
  context: ({ input }) => ({ knocks: input.knocks, closesAt: 0 }),
  on: { FAIL: { actions: 'fail' } },
  states: {
    closed: { on: { KNOCK: { target: 'open', actions: 'count' } } },
    open: { on: { DUE: 'closed' } },
  },
});

function doorDeadlines(state: SnapshotFrom<typeof doorMachine>): Deadline<Event>[] {
  if (!state.matches('open')) return [];
  return [{ id: 'close', at: state.context.closesAt, event: { type: 'DUE' } }];
}

const doorType: ActorType = {
  kind: Kind.Session,
  name: 'door',
  create: (context, snapshot) => {
    const machine = new HostedMachine(context, doorMachine, {
      input: { knocks: 0 },
      restored: snapshot,
      persist: true,
      deadlines: doorDeadlines,
      facts: (state) => ({ knocks: state.context.knocks }),
    });
    return {
      receive(message: Message) {
        if (message.type === Say.knock) machine.send({ type: 'KNOCK', at: context.clock.now() });
        if (message.type === Say.fail) machine.send({ type: 'FAIL' });
        if (message.type === Say.state) {
          const { state, facts } = machine.describe();
          context.reply(message, Buffer.from(`${state} after ${facts.knocks}`));
        }
      },
      describe: () => machine.describe(),
    };
  },
};

function local(): LocalSystem {
  return new LocalSystem(1, [{ name: 'core', types: () => [doorType] }]);
}

async function state(system: LocalSystem): Promise<string> {
  return (await system.until(system.ask(door, Say.state, EMPTY, 1_000))).toString();
}

describe('a hosted machine', () => {
  it('turns the deadlines in its context into timers', async () => {
    const system = local();
    system.tell(door, Say.knock, EMPTY);
    await system.advance(OPEN_MS - 1);
    expect(await state(system)).toBe('open after 1');
    await system.advance(1);
    expect(await state(system)).toBe('closed after 1');
  });

  it('that throws fails its actor alone, and goes on from its snapshot with its timers armed again', async () => {
    const system = local();
    system.tell(door, Say.knock, EMPTY);
    await system.advance(400);
    system.tell(door, Say.fail, EMPTY);
    await system.advance(100);
    expect(system.failures.map(({ error }) => error.message)).toEqual(['a broken action']);
    expect(await state(system)).toBe('open after 1');
    await system.advance(500);
    expect(await state(system)).toBe('closed after 1');
  });

  it('goes on from its snapshot in the next life of its thread', async () => {
    const system = local();
    system.tell(door, Say.knock, EMPTY);
    await system.advance(300);
    system.kill('core');
    await system.advance(300);
    system.respawn('core');
    await system.settle();
    expect(await state(system)).toBe('open after 1');
    await system.advance(400);
    expect(await state(system)).toBe('closed after 1');
  });

  it('starts anew from a snapshot that another machine wrote, or nobody can read', async () => {
    const made: string[] = [];
    const other: ActorType = {
      ...doorType,
      create: (context) => {
        for (const restored of [
          Buffer.from('a1676d616368696e6561', 'hex'),
          Buffer.from([0xff, 0x00, 0x13]),
        ]) {
          made.push(
            new HostedMachine(context, doorMachine, { input: { knocks: 4 }, restored }).describe().state,
          );
        }
        return { receive: () => undefined };
      },
    };
    const system = new LocalSystem(1, [{ name: 'core', types: () => [other] }]);
    system.tell(door, Say.knock, EMPTY);
    await system.settle();
    expect(made).toEqual(['closed', 'closed']);
  });
});
