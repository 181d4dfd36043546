import { afterEach, describe, expect, it } from 'vitest';
import { type Address, Kind } from '#natter/actors/runtime/actor.js';
import { type Supervisor, startSystem } from '#natter/actors/runtime/supervisor.js';
import { Do } from '../support/echo.mjs';
import { Reports } from '../support/reports.js';

const module = new URL('../support/echo.mjs', import.meta.url);
const room = (key: number): Address => ({ kind: Kind.Room, key });
const EMPTY = Buffer.alloc(0);

let system: Supervisor | undefined;
afterEach(async () => {
  await system?.stop(2_000);
  system = undefined;
});

async function twoRoomThreads(): Promise<Supervisor> {
  system = await startSystem({
    threads: [
      { name: 'core-0', module, kinds: [Kind.Room] },
      { name: 'core-1', module, kinds: [Kind.Room] },
    ],
    main: { kinds: [Kind.Test], start: () => [] },
  });
  return system;
}

describe('threads', () => {
  it('answer asks of the main thread over a direct port', async () => {
    const { main } = await twoRoomThreads();
    const answer = await main.ask(room(5), Do.echo, Buffer.from('hello'), 2_000);
    expect(answer.toString()).toBe('hello');
  });

  it('ask each other, wherever a key lives', async () => {
    const { main } = await twoRoomThreads();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, key) => {
        const body = Buffer.alloc(8);
        body.writeUInt32BE(key + 1, 0);
        body.writeUInt32BE(key, 4);
        return main.ask(room(key), Do.relay, body, 2_000);
      }),
    );
    expect(answers.map((answer) => answer.readUInt32BE())).toEqual([...Array(40).keys()]);
  });

  it('carry a refusal with its code and details', async () => {
    const { main } = await twoRoomThreads();
    await expect(main.ask(room(1), Do.refuse, EMPTY, 2_000)).rejects.toMatchObject({
      code: 'NOT_ALLOWED',
      message: 'Ask somebody else.',
      details: { seconds: 3 },
    });
  });

  it('let an ask that nobody answers end at its deadline', async () => {
    const { main } = await twoRoomThreads();
    await expect(main.ask(room(1), Do.hold, EMPTY, 20)).rejects.toMatchObject({ code: 'DEADLINE' });
  });

  it('are controlled by calls that keep error codes', async () => {
    const running = await twoRoomThreads();
    const core = running.thread('core-1');
    expect(await core.call('add', 1_000, 2, 3)).toBe(5);
    await expect(core.call('refuse', 1_000)).rejects.toMatchObject({ code: 'BUSY', details: { seconds: 2 } });
    await expect(core.call('never', 20)).rejects.toMatchObject({ code: 'DEADLINE' });
  });

  it('report a start that fails with what it threw', async () => {
    const starting = startSystem({
      threads: [
        { name: 'core', module, kinds: [Kind.Room] },
        { name: 'io', module, kinds: [Kind.Io], data: { refuse: true } },
      ],
    });
    await expect(starting).rejects.toMatchObject({ code: 'PORT_TAKEN', details: { port: 7 } });
  });

  it('show one who is looked at closely from the first thing that it does in its next life', async () => {
    system = await startSystem({
      threads: [{ name: 'core', module, kinds: [Kind.Room], data: { isHeard: true } }],
      main: { kinds: [Kind.Test], start: () => [] },
    });
    const told = new Reports();
    const look = system.looks.open(told);
    look.choose(['core room/7']);
    await system.main.ask(room(7), Do.count, EMPTY, 2_000);
    await told.until(({ rows }) => rows.has('core room/7'));
    const events = () =>
      told.reports.flatMap((report) => report.events).filter(({ actor }) => actor === 'room/7');
    const before = events().length;
    await system.kill('core');
    await told.until(() => events().some(({ kind }, index) => index >= before && kind === 'out'));
    const next = events().slice(before);
    expect(next.map(({ kind, name, type }) => (kind === 'life' ? name : `${kind} ${type}`))).toEqual([
      'begun',
      `out ${Do.count}`,
    ]);
    look.close();
  });
});
