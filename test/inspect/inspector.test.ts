import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame, RingDot } from '../../src/actors/inspect/frames.js';
import type { Inspectable, Report, Wish } from '../../src/actors/inspect/inspectable.js';
import { Inspector } from '../../src/actors/inspect/inspector.js';

const TICK_MS = 100;

/** A system whose threads say what a test has them say. */
class Told implements Inspectable {
  readonly wishes: Wish[] = [];
  looks = 0;
  #report: ((report: Report) => void) | undefined;

  look(report: (report: Report) => void) {
    this.looks++;
    this.#report = report;
    return { wish: (next: Wish) => void this.wishes.push(next), close: () => void this.looks-- };
  }

  say(report: Report): void {
    this.#report?.(report);
  }

  room(key: number, state: string): void {
    const row = { machine: 'room', state, mailbox: 0, restarts: 0, life: 'live' as const };
    this.say({ thread: 'core', actors: [{ actor: `room/${key}`, ...row }] });
  }
}

const SESSION = {
  ...{ actor: 'session/1', machine: 'client-session', state: 'live', mailbox: 0, restarts: 0 },
  life: 'live' as const,
};
const THREAD = {
  ...{ generation: 0, up: true, actors: 1, deadLetters: 0, handled: 0, mailbox: 0, loopDelayP99Ms: 0 },
};

const SELF: RingDot = {
  ...{ key: 'me', name: 'ana', place: 0, role: 'self', link: 'none', lagMs: undefined },
};

const EVENT = { at: '', kind: 'in', name: 'Post', other: '', bytes: 5, edges: [], skipped: 0 } as const;

function states(frames: readonly Frame[]): string[] {
  return frames.flatMap(({ actors }) => (actors ?? []).map(({ actor, state }) => `${actor} ${state}`));
}

describe('an inspector', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('looks at nothing while nobody watches', () => {
    const system = new Told();
    const inspector = new Inspector([system]);
    expect(system.looks).toBe(0);
    const watch = inspector.watch(() => true);
    expect(system.looks).toBe(1);
    watch.close();
    expect(system.looks).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tells everything first, then only what has changed, as it stands at each tick', () => {
    const system = new Told();
    const frames: Frame[] = [];
    new Inspector([system]).watch((frame) => frames.push(frame));
    system.room(1, 'waking');
    system.room(2, 'open');
    vi.advanceTimersByTime(TICK_MS);
    system.room(1, 'loading');
    system.room(1, 'open');
    vi.advanceTimersByTime(TICK_MS * 5);
    expect(frames.map(({ whole }) => whole)).toEqual([true, false]);
    expect(states(frames)).toEqual(['room/1 waking', 'room/2 open', 'room/1 open']);
  });

  it('tells one who is slow later, once, as it stands by then', () => {
    const system = new Told();
    const frames: Frame[] = [];
    let isFull = false;
    new Inspector([system]).watch((frame) => {
      if (isFull) return false;
      frames.push(frame);
      return true;
    });
    vi.advanceTimersByTime(TICK_MS);
    isFull = true;
    for (let i = 0; i < 50; i++) {
      system.room(1, `state${i}`);
      vi.advanceTimersByTime(TICK_MS);
    }
    isFull = false;
    vi.advanceTimersByTime(TICK_MS);
    expect(states(frames)).toEqual(['room/1 state49']);
  });

  it('keeps the latest events for one who is slow, and counts the others', () => {
    const system = new Told();
    const frames: Frame[] = [];
    let isFull = true;
    const chosen = 'core room/1';
    const inspector = new Inspector([system]);
    inspector.watch((frame) => (isFull ? false : frames.push(frame)), { chosen, ring: false });
    for (let n = 0; n < 5_000; n++) {
      system.say({ thread: 'core', events: [{ ...EVENT, actor: 'room/1', name: `n${n}` }] });
      if (n % 20 === 0) vi.advanceTimersByTime(TICK_MS);
    }
    isFull = false;
    vi.advanceTimersByTime(TICK_MS);
    const events = frames.flatMap((frame) => frame.events ?? []);
    expect(events.length).toBeLessThanOrEqual(400);
    expect(events.at(-1)?.name).toBe('n4999');
    expect(events.reduce((sum, { skipped }) => sum + 1 + skipped, 0)).toBe(5_000);
  });

  it('tells nothing old of one who is chosen again', () => {
    const system = new Told();
    const frames: Frame[] = [];
    const chosen = 'core room/1';
    const watch = new Inspector([system]).watch((frame) => frames.push(frame), { chosen, ring: false });
    const detail = (state: string) =>
      system.say({ thread: 'core', details: [{ actor: 'room/1', active: [state], facts: {} }] });
    system.room(1, 'open');
    detail('room.open');
    vi.advanceTimersByTime(TICK_MS);
    watch.interest({ chosen: undefined, ring: false });
    watch.interest({ chosen, ring: false });
    vi.advanceTimersByTime(TICK_MS);
    detail('room.idle');
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.flatMap((frame) => frame.detail?.active ?? [])).toEqual(['room.open', 'room.idle']);
  });

  it('tells a second watcher everything, though it came late', () => {
    const system = new Told();
    const inspector = new Inspector([system]);
    inspector.watch(() => true);
    system.room(1, 'open');
    vi.advanceTimersByTime(TICK_MS * 3);
    const late: Frame[] = [];
    inspector.watch((frame) => late.push(frame));
    vi.advanceTimersByTime(TICK_MS);
    expect(late.map(({ whole }) => whole)).toEqual([true]);
    expect(states(late)).toEqual(['room/1 open']);
    expect(system.looks).toBe(1);
  });

  it('asks for what all watchers have chosen, and tells each of them of their own choice', () => {
    const system = new Told();
    const inspector = new Inspector([system]);
    const [one, two]: [Frame[], Frame[]] = [[], []];
    const [first] = ([one, two] as const).map((frames, i) =>
      inspector.watch((frame) => frames.push(frame), { chosen: `core room/${i + 1}`, ring: false }),
    );
    expect(system.wishes.at(-1)).toEqual({ chosen: ['core room/1', 'core room/2'], ring: false });
    system.say({ thread: 'core', events: [1, 2, 2].map((key) => ({ ...EVENT, actor: `room/${key}` })) });
    vi.advanceTimersByTime(TICK_MS);
    expect([one, two].map((frames) => frames.flatMap(({ events = [] }) => events).length)).toEqual([1, 2]);
    first?.close();
    expect(system.wishes.at(-1)).toEqual({ chosen: ['core room/2'], ring: false });
  });

  it('lets go of a watcher that throws, and goes on for the others', () => {
    const system = new Told();
    const inspector = new Inspector([system]);
    inspector.watch(() => {
      throw new Error('a broken pipe');
    });
    const frames: Frame[] = [];
    const watch = inspector.watch((frame) => frames.push(frame));
    vi.advanceTimersByTime(TICK_MS);
    system.room(1, 'open');
    vi.advanceTimersByTime(TICK_MS);
    expect(states(frames)).toEqual(['room/1 open']);
    watch.close();
    expect(system.looks).toBe(0);
  });

  it('shows a system that comes while somebody watches, and no more when it is taken away', () => {
    const [first, second] = [new Told(), new Told()];
    const inspector = new Inspector([first]);
    const frames: Frame[] = [];
    inspector.watch((frame) => frames.push(frame), { chosen: 'client session/9', ring: false });
    first.room(1, 'open');
    vi.advanceTimersByTime(TICK_MS);
    const remove = inspector.add(second);
    expect(second.wishes.at(-1)?.chosen).toEqual(['client session/9']);
    second.say({ thread: 'client', actors: [SESSION], row: { ...THREAD, name: 'client' } });
    vi.advanceTimersByTime(TICK_MS);
    expect(states(frames)).toEqual(['room/1 open', 'session/1 live']);
    remove();
    expect([first.looks, second.looks]).toEqual([1, 0]);
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.at(-1)).toMatchObject({ whole: true, threads: [] });
    expect(states(frames.slice(-1))).toEqual(['room/1 open']);
  });

  it('tells two systems apart that have a thread of the same name', () => {
    const systems = [new Told(), new Told()] as const;
    const [one, other] = systems;
    const inspector = new Inspector(systems);
    const frames: Frame[] = [];
    const watch = inspector.watch((frame) => frames.push(frame));
    const restart = { id: '0 7', at: '', kind: 'restart', actor: 'session/1' } as const;
    for (const system of systems) {
      const state = system === one ? 'live' : 'dialling';
      const row = { name: 'client', ...THREAD };
      system.say({ thread: 'client', fresh: true, row, actors: [{ ...SESSION, state }] });
      system.say({ thread: 'client', mishaps: [{ ...restart, cause: state }] });
    }
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.flatMap(({ threads = [] }) => threads.map(({ name }) => name))).toEqual([
      'client',
      'client#2',
    ]);
    const shown = frames.flatMap(({ actors = [] }) =>
      actors.map(({ thread, state }) => `${thread} ${state}`),
    );
    expect(shown).toEqual(['client live', 'client#2 dialling']);
    const told = frames.flatMap(({ mishaps = [] }) =>
      mishaps.map(({ thread, cause }) => `${thread} ${cause}`),
    );
    expect(told).toEqual(['client live', 'client#2 dialling']);
    // Whoever chooses an actor of one asks that one alone, by the name that it has there.
    watch.interest({ chosen: 'client#2 session/1', ring: false });
    expect(systems.map(({ wishes }) => wishes.at(-1)?.chosen)).toEqual([[], ['client session/1']]);
    other.say({ thread: 'client', events: [{ ...EVENT, actor: 'session/1', name: 'READY' }] });
    one.say({ thread: 'client', events: [{ ...EVENT, actor: 'session/1', name: 'CLOSE' }] });
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.flatMap(({ events = [] }) => events.map(({ name }) => name))).toEqual(['READY']);
    inspector.close();
  });

  it('finds one who was chosen before it told of itself, whatever its thread is called here', () => {
    const [one, other] = [new Told(), new Told()];
    const inspector = new Inspector([one, other]);
    inspector.watch(() => true, { chosen: 'client#2 session/1', ring: false });
    one.say({ thread: 'client', fresh: true });
    other.say({ thread: 'client', fresh: true });
    expect(one.wishes.at(-1)?.chosen).toEqual([]);
    expect(other.wishes.at(-1)?.chosen).toEqual(['client session/1']);
    inspector.close();
  });

  it('tells which rings there are, and how each is seen to whoever wants to see it', () => {
    const systems = [new Told(), new Told()] as const;
    const inspector = new Inspector(systems);
    const frames: Frame[] = [];
    const watch = inspector.watch((frame) => frames.push(frame));
    const sight = (state: string) => ({ state, self: SELF, dots: [] });
    for (const [at, system] of systems.entries())
      system.say({ thread: 'core', ring: { name: `ring ${at}`, sight: undefined } });
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.at(-1)?.rings).toEqual([
      { thread: 'core', name: 'ring 0', sight: undefined },
      { thread: 'core#2', name: 'ring 1', sight: undefined },
    ]);
    // Somebody else sees one: nothing of that is this one's business.
    systems[1].say({ thread: 'core', ring: { name: 'ring 1', sight: sight('stable') } });
    const before = frames.length;
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.length).toBe(before);
    watch.interest({ chosen: undefined, ring: true });
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.at(-1)?.rings?.map((ring) => ring.sight?.state)).toEqual([undefined, 'stable']);
    systems[0].say({ thread: 'core', ring: { name: 'ring 0', sight: sight('alone') } });
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.at(-1)?.rings?.map((ring) => ring.sight?.state)).toEqual(['alone', 'stable']);
    inspector.close();
  });

  it('knows of no ring when the system that was in it is taken away', () => {
    const inspector = new Inspector([new Told()]);
    const frames: Frame[] = [];
    inspector.watch((frame) => frames.push(frame), { chosen: undefined, ring: true });
    const peer = new Told();
    const remove = inspector.add(peer);
    peer.say({ thread: 'core', ring: { name: 'walkers', sight: undefined } });
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.at(-1)?.rings).toHaveLength(1);
    remove();
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.at(-1)).toMatchObject({ whole: true, rings: [] });
    inspector.close();
  });

  it('takes what the next system of that name tells for news', () => {
    const inspector = new Inspector();
    const frames: Frame[] = [];
    inspector.watch((frame) => frames.push(frame));
    for (const cause of ['first', 'second']) {
      const system = new Told();
      const remove = inspector.add(system);
      system.say({
        thread: 'client',
        mishaps: [{ id: '0 0', at: '', kind: 'restart', actor: 'session/1', cause }],
      });
      remove();
    }
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.flatMap(({ mishaps = [] }) => mishaps.map(({ cause }) => cause))).toEqual([
      'first',
      'second',
    ]);
    inspector.close();
  });

  it('forgets the actors of a thread that was born anew', () => {
    const system = new Told();
    const frames: Frame[] = [];
    new Inspector([system]).watch((frame) => frames.push(frame));
    system.room(1, 'open');
    system.room(2, 'open');
    vi.advanceTimersByTime(TICK_MS);
    system.say({ thread: 'core', fresh: true });
    system.room(2, 'waking');
    vi.advanceTimersByTime(TICK_MS);
    expect(frames.at(-1)?.gone).toEqual(['core room/1']);
    expect(states(frames.slice(-1))).toEqual(['room/2 waking']);
  });
});
