import { describe, expect, test } from 'vitest';
import { MachinesApi } from '../../src/ui/inspector/machines-api.js';
import type { MachineCard, Walked } from '../../src/ui/inspector/machines-data.js';
import { type AskGuard, type Poster, Simulation } from '../../src/ui/inspector/page/simulation.js';
import { partsOf, stepsOf } from '../../src/ui/inspector/page/step-text.js';

/** The server's answers without the server between. */
class Direct implements Poster {
  readonly asked: unknown[] = [];
  readonly #routes = new MachinesApi().routes;

  async post<T>(path: string, body: unknown): Promise<T> {
    this.asked.push(body);
    return this.ask<T>('POST', path, JSON.parse(JSON.stringify(body)));
  }

  async ask<T>(method: 'GET' | 'POST', path: string, body: unknown): Promise<T> {
    const route = this.#routes.find((each) => each.path === path && each.method === method);
    const answer = await route?.answer({ query: new URLSearchParams(), body });
    if (answer === undefined || 'open' in answer) throw new Error(`Nothing answers ${path}.`);
    return JSON.parse(String(answer.body)) as T;
  }
}

const nobody: AskGuard = async (guard) => {
  throw new Error(`Nobody expected ${guard}.`);
};
const always =
  (answer: boolean | undefined): AskGuard =>
  async () =>
    answer;
const BEGUN = { event: 'xstate.init', answers: {} };

async function begun(machine: string, direct = new Direct()): Promise<Simulation> {
  const simulation = new Simulation(direct, machine);
  await simulation.load([BEGUN], nobody);
  return simulation;
}

describe('the simulator', () => {
  test('steps, says which edges it took and what may come next, and goes back', async () => {
    const simulation = await begun('transfer');
    expect(simulation.standing).toMatchObject({ value: 'offered', taken: [] });
    await simulation.take('ACCEPT', nobody);
    await simulation.take('TURN', nobody);
    expect(simulation.standing).toMatchObject({ value: 'resuming', taken: ['transfer.accepted|TURN|0'] });
    expect(simulation.standing?.offers.map(({ label }) => label)).toContain('COMPLETE');
    simulation.backTo(2);
    expect(simulation.standing).toMatchObject({ value: 'accepted' });
    simulation.backTo(0);
    expect(simulation.taken.map(({ label }) => label)).toEqual(['begin']);
  });

  test('asks the person for each guard, and takes no step that they would rather not take', async () => {
    const steps = stepsOf(['ACCEPT', 'TURN', 'COMPLETE']);
    for (const [answer, value] of [
      [true, 'resuming'],
      [false, 'failed'],
      [undefined, 'verifying'],
    ] as const) {
      const simulation = new Simulation(new Direct(), 'transfer');
      await simulation.load(steps, nobody);
      expect(await simulation.take('MISMATCH', always(answer))).toBe(answer !== undefined);
      expect(simulation.standing).toMatchObject({ value, done: value === 'failed' });
    }
  });

  test('is the same again after a reload, from its address alone', async () => {
    const simulation = new Simulation(new Direct(), 'transfer');
    await simulation.load(stepsOf(['ACCEPT', 'TURN', 'COMPLETE']), nobody);
    await simulation.take('MISMATCH', always(true));
    const parts = partsOf(simulation.steps);
    expect(parts).toEqual(['ACCEPT', 'TURN', 'COMPLETE', 'MISMATCH~mayStillBecomeRight']);
    const again = new Simulation(new Direct(), 'transfer');
    await again.load(stepsOf(parts), nobody);
    expect(again.taken).toEqual(simulation.taken);
  });

  test('fetches nothing that it has, and a long way in pieces', async () => {
    const direct = new Direct();
    const simulation = await begun('client-session', direct);
    const round = ['DIAL', 'RESOLVED', 'BOUND', 'OPENED', 'AUTHENTICATED', 'SYNCED', 'QUIT'];
    const long = stepsOf([...round, ...round, ...round]);
    await simulation.load(long, nobody);
    expect(simulation.taken).toHaveLength(22);
    expect(direct.asked).toHaveLength(4);
    await simulation.load(long.slice(0, 8), nobody);
    await simulation.load(long.slice(0, 9), nobody);
    expect(direct.asked).toHaveLength(5);
  });

  test('keeps what could be taken of an address that is wrong', async () => {
    const simulation = new Simulation(new Direct(), 'transfer');
    await expect(simulation.load(stepsOf(['ACCEPT', 'OPENED', 'TURN']), nobody)).rejects.toThrow('OPENED');
    expect(simulation.taken.map(({ label }) => label)).toEqual(['begin', 'ACCEPT']);
  });
});

describe('what is asked of the machines', () => {
  const direct = new Direct();

  test('all of them are told, with what a search finds them by', async () => {
    const cards = await direct.ask<readonly MachineCard[]>('GET', '/api/machines', undefined);
    expect(cards).toHaveLength(11);
    const session = cards.find(({ name }) => name === 'client-session');
    expect(session).toMatchObject({ runs: 'client', file: 'src/actors/client/session.machine.ts' });
    expect(session?.words).toEqual(expect.arrayContaining(['doubting', 'SILENT', 'after backoff']));
  });

  test('the ways to a state are told, and none to what is no state', async () => {
    const ways = async (state: string) =>
      (await direct.post<{ ways: unknown[] }>('/api/ways', { machine: 'transfer', state })).ways;
    expect(await ways('transfer.paused')).toHaveLength(1);
    expect(await ways('transfer.nowhere')).toEqual([]);
  });

  test.each([
    ['a machine that is none', { machine: 'toaster', steps: [] }],
    ['a machine by what every object has', { machine: '__proto__', steps: [] }],
    ['no steps', { machine: 'transfer' }],
    ['too many steps', { machine: 'transfer', steps: Array(41).fill(BEGUN) }],
    ['a step without answers', { machine: 'transfer', from: 'offered', steps: [{ event: 'ACCEPT' }] }],
    ['an answer that is none', { machine: 'room', steps: [{ event: '', answers: { nobodyReads: 'yes' } }] }],
    ['a text', 'transfer'],
    ['nothing', null],
  ])('refuses %s', async (_, body) => {
    await expect(direct.post('/api/steps', body)).rejects.toMatchObject({ code: 'BAD_ARGUMENT' });
  });

  test.each([
    ['a state that is none', { from: 'nowhere', steps: [{ ...BEGUN, event: 'ACCEPT' }] }],
    ['a state of another shape', { from: [['offered']], steps: [BEGUN] }],
    ['an event that is not answered', { from: 'done', steps: [{ ...BEGUN, event: 'ACCEPT' }] }],
  ])('goes no step further from %s', async (_, body) => {
    const walked = await direct.post<Walked>('/api/steps', { machine: 'transfer', ...body });
    expect(walked).toEqual({ standings: [], refused: expect.stringMatching(/\.$/) });
  });
});
