/** What the page does without a browser: searching, ordering, the tree's lines, the places of a ring. */
import { describe, expect, it } from 'vitest';
import type { ActorRow, RingDot, ThreadRow } from '../../src/actors/inspect/frames.js';
import { ActorTree, type Entry } from '../../src/ui/inspector/page/actor-tree.js';
import { compareActors } from '../../src/ui/inspector/page/order.js';
import { hashOf, placeOf } from '../../src/ui/inspector/page/place.js';
import { circleIn, type Label, placeDots } from '../../src/ui/inspector/page/ring-layout.js';
import { searchOf } from '../../src/ui/inspector/page/search.js';
import { bytesText, plain } from '../../src/ui/inspector/page/text.js';

const AT = '2026-01-01T00:00:00.000Z';

function row(actor: string, change: Partial<ActorRow> = {}): ActorRow {
  const machine = actor.split('/')[0];
  return {
    ...{ thread: 'core-0', actor, machine, state: 'open.idle', mailbox: 0, restarts: 0, life: 'live' },
    ...change,
  };
}

function thread(name: string): ThreadRow {
  const figures = { generation: 0, actors: 1, deadLetters: 0, handled: 0, mailbox: 0, loopDelayP99Ms: 1 };
  return { name, up: true, ...figures };
}

function treeOf(...actors: ActorRow[]): ActorTree {
  const tree = new ActorTree();
  tree.take({ whole: true, at: AT, threads: [thread('core-0')], actors });
  return tree;
}

const keys = (tree: ActorTree) => tree.entries.map(({ key }) => key);

function entry(tree: ActorTree, key: string): Entry {
  const found = tree.entries.find((each) => each.key === key);
  if (found === undefined) throw new Error(`there is no line ${key}`);
  return found;
}

describe('a search', () => {
  const found = (text: string, ...rows: ActorRow[]) =>
    rows.filter((each) => searchOf(text)?.(each) ?? true).map(({ actor }) => actor);

  it('wants every word, wherever it stands', () => {
    const rows = [row('room/1'), row('session/1'), row('session/2', { state: 'closing' })];
    expect(found('SESSION', ...rows)).toEqual(['session/1', 'session/2']);
    expect(found('session clos', ...rows)).toEqual(['session/2']);
    expect(found('  ', ...rows)).toHaveLength(3);
  });

  it('compares restarts and mailboxes as numbers', () => {
    const rows = [row('room/1', { restarts: 9 }), row('room/2', { restarts: 10, mailbox: 3 }), row('room/3')];
    expect(found('restarts>0', ...rows)).toEqual(['room/1', 'room/2']);
    expect(found('restarts>=10 mailbox<4', ...rows)).toEqual(['room/2']);
    expect(found('mailbox=0', ...rows)).toEqual(['room/1', 'room/3']);
  });

  it('may name a field', () => {
    const rows = [row('room/1', { thread: 'core-1' }), row('transfer/1', { state: 'room' })];
    expect(found('kind:room', ...rows)).toEqual(['room/1']);
    expect(found('thread:core-1', ...rows)).toEqual(['room/1']);
    expect(found('state:room', ...rows)).toEqual(['transfer/1']);
  });
});

it('actors are in the order of their numbers', () => {
  const sorted = [
    ...['groups/0', 'presence/0', 'presence/0/presence/7', 'presence/0/presence/10', 'presence/1'],
    ...['room/2', 'session/9', 'session/10'],
  ];
  expect(sorted.toReversed().sort(compareActors)).toEqual(sorted);
});

describe('the tree', () => {
  it('has a line for each thread, for each kind with several actors, and for each actor', () => {
    const tree = treeOf(row('session/2'), row('session/1'), row('registry/0'));
    expect(keys(tree)).toEqual([
      ...['core-0', 'core-0 registry/0', 'core-0 session/', 'core-0 session/1', 'core-0 session/2'],
    ]);
  });

  it('closes a kind with very many until somebody opens it, or searches', () => {
    const many = Array.from({ length: 1_024 }, (_, number) => row(`session/${number}`));
    const tree = treeOf(...many);
    expect(keys(tree)).toEqual(['core-0', 'core-0 session/']);
    tree.open(entry(tree, 'core-0 session/'), true);
    expect(tree.entries).toHaveLength(1_026);
    tree.open(entry(tree, 'core-0 session/'), false);
    tree.reveal('core-0 session/700');
    expect(keys(tree)).toContain('core-0 session/700');
  });

  it('makes no new lines when its actors only change', () => {
    const tree = treeOf(row('session/1'), row('session/2'));
    const before = tree.entries;
    tree.take({ whole: false, at: AT, actors: [row('session/1', { mailbox: 7 })] });
    expect(tree.entries).toBe(before);
    expect(tree.row('core-0 session/1')?.mailbox).toBe(7);
  });

  it('keeps the sums of a kind as its actors come, change and go', () => {
    const tree = treeOf(
      row('room/1', { mailbox: 2 }),
      row('room/2', { mailbox: 3, restarts: 1 }),
      row('room/3'),
    );
    tree.take({ whole: false, at: AT, actors: [row('room/1', { mailbox: 5 })], gone: ['core-0 room/3'] });
    const line = entry(tree, 'core-0 room/');
    expect(line).toMatchObject({ group: { mailbox: 8, restarts: 1, size: 2 } });
    tree.take({ whole: false, at: AT, gone: ['core-0 room/2'] });
    expect(keys(tree)).toEqual(['core-0', 'core-0 room/1']);
  });

  it('follows a search as states change', () => {
    const tree = treeOf(row('room/1'), row('room/2'), row('session/1'));
    tree.search(searchOf('state:asleep'));
    expect(tree.entries).toEqual([]);
    tree.take({ whole: false, at: AT, actors: [row('room/2', { state: 'asleep' })] });
    expect(keys(tree)).toEqual(['core-0', 'core-0 room/', 'core-0 room/2']);
    expect([tree.found, tree.size]).toEqual([1, 3]);
    tree.take({ whole: false, at: AT, actors: [row('room/2')] });
    expect(tree.entries).toEqual([]);
    tree.search(undefined);
    expect(tree.found).toBe(3);
  });

  it('begins anew with a whole frame', () => {
    const tree = treeOf(row('room/1'), row('room/2'));
    tree.take({ whole: true, at: AT, threads: [thread('io')], actors: [row('io/0', { thread: 'io' })] });
    expect(keys(tree)).toEqual(['io', 'io io/0']);
  });
});

describe('the ring', () => {
  const dot = (key: string, place: number, change: Partial<RingDot> = {}): RingDot => ({
    ...{ key, name: key, place, role: 'known', link: 'none', lagMs: undefined },
    ...change,
  });

  it('has oneself at the top and the others clockwise, with a line to whom there is a link', () => {
    const self = dot('me', 0.9, { role: 'self' });
    const next = dot('next', 0.15, { role: 'successor', link: 'live' });
    const circle = { x: 320, y: 320, radius: 210 };
    const placed = placeDots({ state: 'stable', self, dots: [next, dot('far', 0.4)] }, circle);
    const [top, right, below] = placed;
    expect(placed.map(({ dot: { key } }) => key)).toEqual(['me', 'next', 'far']);
    expect(top).toMatchObject({ x: 320, y: 110, path: undefined });
    expect(right).toMatchObject({ x: 530, y: 320, path: expect.stringMatching(/^M320 110Q/) });
    expect(below).toMatchObject({ x: 320, y: 530, path: undefined });
  });

  it('leaves room for names, however narrow it is', () => {
    const dots = Array.from({ length: 12 }, (_, at) => dot(`a-long-name-${at}`, (at + 1) / 13));
    const sight = { state: 'stable', self: dot('me', 0, { role: 'self' }), dots };
    for (const [width, height] of [
      [420, 360],
      [900, 640],
    ] as const) {
      const placed = placeDots(sight, circleIn(width, height));
      const labels = placed.flatMap(({ label }) => label ?? []);
      expect(labels).toHaveLength(13);
      for (const { x, y, anchor, text } of labels) {
        const left = x - text.length * 7 * { start: 0, middle: 0.5, end: 1 }[anchor];
        expect(left, text).toBeGreaterThanOrEqual(0);
        expect(left + text.length * 7, text).toBeLessThanOrEqual(width);
        expect(y > 12 && y < height, text).toBe(true);
      }
    }
  });

  it('sets no name over another, and drops those of whom there is no link first', () => {
    const self = dot('me', 0, { role: 'self' });
    const dots = Array.from({ length: 200 }, (_, at) =>
      dot(`somebody-${at}`, (at + 1) / 201, at % 20 === 0 ? { role: 'long', link: 'live' } : {}),
    );
    const placed = placeDots({ state: 'stable', self, dots }, circleIn(640, 640));
    const labels = placed.flatMap(({ label }) => label ?? []);
    const leftOf = ({ x, anchor, text }: Label) =>
      x - text.length * 7 * { start: 0, middle: 0.5, end: 1 }[anchor];
    for (const [index, one] of labels.entries())
      for (const other of labels.slice(index + 1)) {
        const [first, second] = leftOf(one) < leftOf(other) ? [one, other] : [other, one];
        const isBeside = leftOf(first) + first.text.length * 7 <= leftOf(second);
        expect(isBeside || Math.abs(one.y - other.y) >= 12, `${one.text} and ${other.text}`).toBe(true);
      }
    const linked = placed.filter(({ path, label }) => path !== undefined && label === undefined);
    expect(linked).toEqual([]);
    expect(labels.length).toBeLessThan(placed.length);
  });
});

it('shows names of others as one line that nothing in it can steer', () => {
  expect(plain('a\u202eb\u0007c\nd')).toBe('a\ufffdb\ufffdc\ufffdd');
  expect(plain('x'.repeat(500))).toHaveLength(201);
});

it('writes amounts as people do', () => {
  expect([0, 999, 1_000, 2_500_000].map(bytesText)).toEqual(['0 B', '999 B', '1.0 KB', '2.5 MB']);
});

it('keeps a place in the address, whatever stands in it', () => {
  const rest = ['core-0', 'session/17', 'session.a|GO|0'];
  expect(placeOf(hashOf('live', ...rest))).toEqual({ view: 'live', rest });
  expect(placeOf('#/live/%E0%A4%A')).toEqual({ view: 'live', rest: ['%E0%A4%A'] });
  expect(placeOf('')).toEqual({ view: '', rest: [] });
});
