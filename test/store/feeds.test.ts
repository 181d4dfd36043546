import { MessageChannel } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { AUTHOR_ENTRIES_MAX, CLOCK_AHEAD_MAX_MS, ENTRY_LIFE_MS } from '../../src/net/ring/constants.js';
import type { SyncHead } from '../../src/net/ring/sync/set.js';
import { MemoryFeedStore } from '../../src/store/feeds/memory.js';
import type { FeedStore } from '../../src/store/feeds/types.js';
import { Author, durable, feedsPath, LOBBY, LOBBY_ID, openFeeds, textsOf, WALL } from './feeds-support.js';
import { ManualTimers, temporaryFolder } from './support.js';

const states = (added: readonly { readonly state: string }[]): string[] => added.map(({ state }) => state);

const kinds: [name: string, open: () => FeedStore][] = [
  ['on disk', () => openFeeds(temporaryFolder())],
  ['in memory', () => new MemoryFeedStore()],
];

describe.each(kinds)('feeds %s', (_, open) => {
  test('number what comes in its order, and show it in the order of clocks', () => {
    const store = open();
    const [ana, ben] = [new Author(1), new Author(2)];
    const early = ben.say('early', WALL - 50);
    const added = store.append([ana.say('a'), ana.say('b'), early], WALL);
    expect(added).toEqual([1, 2, 3].map((number) => ({ state: 'new', number })));
    expect(textsOf(store.after(LOBBY_ID, 0, 10))).toEqual(['a', 'b', 'early']);
    expect(textsOf(store.history(LOBBY_ID, 99, 10))).toEqual(['early', 'a', 'b']);
    expect(store.after(LOBBY_ID, 1, 1).map(({ number }) => number)).toEqual([2]);
    expect(store.lastNumber(LOBBY_ID)).toBe(3);
    expect(store.groups()).toEqual([LOBBY_ID]);
  });

  test('page back from an entry by what was said before it, not by what came before it', () => {
    const store = open();
    const [ana, ben] = [new Author(1), new Author(2)];
    store.append(ana.talk(6, WALL), WALL);
    store.append([ben.say('between', WALL + 2)], WALL);
    const last = store.history(LOBBY_ID, 99, 3);
    expect(textsOf(last)).toEqual(['words 3', 'words 4', 'words 5']);
    const before = store.history(LOBBY_ID, last[0]?.number ?? 0, 3);
    expect(textsOf(before).sort()).toEqual(['between', 'words 1', 'words 2']);
    expect(textsOf(store.history(LOBBY_ID, before[0]?.number ?? 0, 9))).toHaveLength(1);
  });

  test('take an entry once, in whatever order entries come', () => {
    const store = open();
    const said = new Author(1).talk(5);
    const mixed = [4, 0, 2, 1, 3].map((index) => said[index]).filter((entry) => entry !== undefined);
    expect(states(store.append(mixed, WALL))).toEqual(Array(5).fill('new'));
    expect(states(store.append(mixed, WALL))).toEqual(Array(5).fill('known'));
    expect(store.tail(LOBBY_ID, said[0]?.feed ?? '')).toMatchObject({ seq: 5, hash: said[4]?.hash });
  });

  test('refuse a second history of one feed, naming both, and keep the first', () => {
    const store = open();
    const [first, twin] = [new Author(1), new Author(1)];
    const [one, two] = [first.say('first'), first.say('goes on')];
    const other = twin.say('second');
    expect(states(store.append([one], WALL))).toEqual(['new']);
    expect(store.append([other], WALL)).toEqual([{ state: 'forked', held: one.hash, came: other.hash }]);
    // What hangs on the second history is no better; what hangs on the first goes on.
    const behind = twin.say('of the second');
    expect(store.append([behind], WALL)).toEqual([{ state: 'forked', held: one.hash, came: other.hash }]);
    expect(states(store.append([two], WALL))).toEqual(['new']);
    expect(textsOf(store.after(LOBBY_ID, 0, 9))).toEqual(['first', 'goes on']);
  });

  test('notice a fork also where the gap between two histories closes', () => {
    const store = open();
    const [first, twin] = [new Author(1), new Author(1)];
    first.say('one');
    first.say('two');
    const three = first.say('three');
    const other = [twin.say('uno'), twin.say('dos')][1];
    if (other === undefined) throw new Error('nothing was said');
    store.append([three], WALL);
    expect(store.append([other], WALL)).toEqual([
      { state: 'forked', held: three.previous, came: other.hash },
    ]);
  });

  test('refuse what is from the future, and a feed whose clock goes back', () => {
    const store = open();
    const ana = new Author(1);
    const [now, back] = [ana.say('now', WALL), ana.say('back', WALL - 1)];
    expect(store.append([now, back], WALL)).toEqual([
      { state: 'new', number: 1 },
      { state: 'refused', why: 'clock' },
    ]);
    const ahead = new Author(2).say('ahead', WALL + CLOCK_AHEAD_MAX_MS + 1);
    expect(store.append([ahead], WALL)).toEqual([{ state: 'refused', why: 'clock' }]);
    expect(store.lastClock).toEqual(now.clock);
  });

  test('forget what is too old, and do not take it in again', () => {
    const store = open();
    const ana = new Author(1);
    const old = ana.talk(3, WALL);
    const young = ana.say('young', WALL + 20_000);
    store.append([...old, young], WALL);
    const later = WALL + ENTRY_LIFE_MS + 10_000;
    while (store.sweep(later));
    expect(textsOf(store.after(LOBBY_ID, 0, 9))).toEqual(['young']);
    expect(textsOf(store.history(LOBBY_ID, 99, 9))).toEqual(['young']);
    expect(states(store.append(old, later))).toEqual(['past', 'past', 'past']);
    // Numbers go on: nobody's cursor points at something else.
    expect(store.append([new Author(2).say('next', later)], later)).toEqual([{ state: 'new', number: 5 }]);
    while (store.sweep(WALL + 3 * ENTRY_LIFE_MS));
    expect(store.groups()).toEqual([]);
  });

  test('keep an author to a share, so that nobody talks the others out of the history', () => {
    const store = open();
    const quiet = new Author(1).say('quiet', WALL - 1_000);
    store.append([quiet], WALL);
    store.append(new Author(2).talk(AUTHOR_ENTRIES_MAX + 300, WALL), WALL);
    while (store.sweep(WALL));
    const kept = store.history(LOBBY_ID, 0, 99_999);
    expect(kept).toHaveLength(AUTHOR_ENTRIES_MAX + 1);
    expect(textsOf(kept)[0]).toBe('quiet');
    expect(textsOf(kept)[1]).toBe('words 300');
  });

  test('keep no more than a group holds, and the newest of it', () => {
    const store = open();
    for (let author = 0; author < 5; author++) {
      const said = new Author(author).talk(AUTHOR_ENTRIES_MAX - 200, WALL + author * 10_000);
      store.append(said, WALL + 60_000);
    }
    while (store.sweep(WALL + 60_000));
    const kept = store.history(LOBBY_ID, 0, 99_999);
    expect(kept).toHaveLength(10_000);
    expect(kept[0]?.entry.body.toString()).toBe('words 1500');
    const gone = new Author(0).talk(1_500, WALL)[1_499];
    if (gone === undefined) throw new Error('nothing was said');
    expect(states(store.append([gone], WALL + 60_000))).toEqual(['past']);
  });

  test('are alike as sets when they hold alike, whatever way it came', () => {
    const [a, b] = [open(), open()];
    const said = [...new Author(1).talk(7), ...new Author(2).talk(5)];
    a.append(said, WALL);
    b.append([...said].reverse(), WALL);
    expect(a.set(LOBBY_ID).root).toEqual(b.set(LOBBY_ID).root);
    a.append([new Author(3).say('more')], WALL);
    expect(a.set(LOBBY_ID).root).not.toEqual(b.set(LOBBY_ID).root);
    const differing = [...Array(256).keys()].filter(
      (bucket) =>
        a.set(LOBBY_ID).digest.readUInt32BE(bucket * 4) !== b.set(LOBBY_ID).digest.readUInt32BE(bucket * 4),
    );
    expect(differing).toHaveLength(1);
    expect(a.set(LOBBY_ID).heads(differing[0] ?? 0)).toMatchObject([{ first: 1, last: 1 }]);
  });

  test('say which parts of a feed they lack, and read what others lack, in pieces', () => {
    const [full, part] = [open(), open()];
    const said = new Author(1).talk(10);
    full.append(said, WALL);
    part.append(
      said.filter(({ seq }) => seq === 3 || seq === 7),
      WALL,
    );
    const head = headsOf(full)[0];
    if (head === undefined) throw new Error('no head');
    const lacking = part.set(LOBBY_ID).lack(head);
    expect(lacking.map(({ from, to }) => [from, to])).toEqual([
      [1, 2],
      [4, 6],
      [8, 10],
    ]);
    const [first] = lacking;
    if (first === undefined) throw new Error('nothing is lacking');
    expect(full.set(LOBBY_ID).read(first, 99_999)).toHaveLength(2);
    expect(full.set(LOBBY_ID).read(first, 1)).toHaveLength(1);
    expect(full.set(LOBBY_ID).lack(headsOf(part)[0] ?? head)).toEqual([]);
  });

  test('ask for the proof of a fork, and for nothing of a forked feed', () => {
    const [mine, theirs] = [open(), open()];
    mine.append([new Author(1).say('to you')], WALL);
    const other = new Author(1).say('to them');
    theirs.append([other], WALL);
    const head = headsOf(theirs)[0];
    if (head === undefined) throw new Error('no head');
    expect(mine.set(LOBBY_ID).lack(head)).toEqual([{ id: head.id, from: 1, to: 1 }]);
    mine.append([other], WALL);
    expect(mine.set(LOBBY_ID).lack({ ...head, last: 5 })).toEqual([]);
    expect(headsOf(mine)).toEqual([]);
  });

  test('ask for no more of what somebody claims to have than they would keep', () => {
    const store = open();
    const head = { id: Buffer.alloc(16, 9), first: 1, last: 2 ** 50, mark: Buffer.alloc(8), at: WALL };
    store.append([new Author(1).say('x')], WALL);
    const [range] = store.set(LOBBY_ID).lack(head);
    expect((range?.to ?? 0) - (range?.from ?? 0)).toBeLessThan(AUTHOR_ENTRIES_MAX);
    expect(store.set(LOBBY_ID).lack({ ...head, at: WALL - ENTRY_LIFE_MS })).toEqual([]);
  });

  test('know what was lost everywhere, and welcome it nevertheless', () => {
    const [joined, since] = [open(), open()];
    const said = new Author(1).talk(10);
    joined.append(said.slice(4), WALL);
    since.append(said, WALL);
    const set = joined.set(LOBBY_ID);
    const head = headsOf(since)[0];
    if (head === undefined) throw new Error('no head');
    expect(set.lack(head)).toHaveLength(1);
    set.lost({ id: head.id, from: 1, to: 4 });
    expect(set.lack(head)).toEqual([]);
    expect(set.root).toEqual(since.set(LOBBY_ID).root);
    expect(states(joined.append(said.slice(0, 2), WALL))).toEqual(['new', 'new']);
  });

  test('forget a group that one left, and nothing of another', () => {
    const store = open();
    const tag = Buffer.alloc(16, 3);
    store.append([new Author(1).say('lobby'), new Author(1, 1, tag).say('tag')], WALL);
    store.drop(tag.toString('hex'));
    expect(store.groups()).toEqual([LOBBY_ID]);
    expect(store.after(tag.toString('hex'), 0, 9)).toEqual([]);
    expect(textsOf(store.after(LOBBY_ID, 0, 9))).toEqual(['lobby']);
    expect(states(store.append([new Author(1, 1, tag).say('tag')], WALL))).toEqual(['new']);
  });

  test('have small tables that do not meet', () => {
    const store = open();
    const [one, two] = [store.rows('one'), store.rows('two')];
    one.put('b', Buffer.from('1'));
    one.put('a', Buffer.from('2'));
    two.put('a', Buffer.from('3'));
    expect(one.entries().map(([key, value]) => key + value)).toEqual(['a2', 'b1']);
    one.delete('a');
    expect(one.get('a')).toBeUndefined();
    expect(two.get('a')?.toString()).toBe('3');
  });
});

function headsOf(store: FeedStore): SyncHead[] {
  return [...Array(256).keys()].flatMap((bucket) => store.set(LOBBY_ID).heads(bucket));
}

test('everything is as it was after a restart: numbers, gaps, ends of feeds, what is too old, rows', async () => {
  const folder = temporaryFolder();
  const said = new Author(1).talk(20);
  let store = openFeeds(folder);
  store.append(
    said.filter(({ seq }) => seq !== 5 && seq !== 9),
    WALL,
  );
  store.append(new Author(2).talk(3, WALL - ENTRY_LIFE_MS + 5_000), WALL);
  while (store.sweep(WALL + 10_000));
  store.rows('own').put('version', Buffer.from('7'));
  const { root } = store.set(LOBBY_ID);
  await store.close();
  store = openFeeds(folder);
  expect(store.set(LOBBY_ID).root).toEqual(root);
  expect(store.lastNumber(LOBBY_ID)).toBe(21);
  expect(store.tail(LOBBY_ID, said[0]?.feed ?? '')).toMatchObject({ seq: 20, hash: said[19]?.hash });
  expect(store.lastClock).toEqual(said[19]?.clock);
  expect(states(store.append(said.slice(4, 6), WALL))).toEqual(['new', 'known']);
  const old = new Author(2).talk(1, WALL - ENTRY_LIFE_MS + 5_000);
  expect(states(store.append(old, WALL + 10_000))).toEqual(['past']);
  expect(store.rows('own').get('version')?.toString()).toBe('7');
  expect(store.after(LOBBY_ID, 0, 99)).toHaveLength(19);
});

test('what comes in turns of its own while the disk is busy shares a commit, and waits for the disk once', async () => {
  let commits = 0;
  const store = openFeeds(temporaryFolder(), { beforeCommit: () => commits++ });
  const said = new Author(1).talk(40);
  const { port1, port2 } = new MessageChannel();
  for (const _ of said) port1.postMessage(undefined);
  const kept: Promise<unknown>[] = [];
  await new Promise<void>((resolve) => {
    // Every message is a turn, as those of another thread are.
    port2.on('message', () => {
      const [entry] = said.splice(0, 1);
      if (entry !== undefined) kept.push(new Promise((done) => store.append([entry], WALL, done)));
      if (said.length === 0) resolve();
    });
  });
  expect(await Promise.all(kept)).toEqual(Array(40).fill(undefined));
  port2.close();
  expect(commits).toBeLessThan(5);
});

test('entries are durable when it is said so, and one commit serves a turn', async () => {
  const folder = temporaryFolder();
  let commits = 0;
  const store = openFeeds(folder, { beforeCommit: () => commits++ });
  const said = new Author(1).talk(50);
  let told = 0;
  const before = commits;
  for (const entry of said) store.append([entry], WALL, (error) => (told += error === undefined ? 1 : 0));
  expect(told).toBe(0);
  await durable(store);
  expect(told).toBe(50);
  expect(commits - before).toBe(1);
});

test('what a full disk did not take never came, and comes again when there is room', async () => {
  const timers = new ManualTimers();
  let isFull = false;
  const turned: (string | undefined)[] = [];
  const store = openFeeds(temporaryFolder(), {
    timers,
    turned: (why) => turned.push(why),
    beforeCommit: () => {
      if (isFull) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    },
  });
  const ana = new Author(1);
  const [first, second] = ana.talk(2);
  if (first === undefined || second === undefined) throw new Error('nothing was said');
  store.append([first], WALL);
  await durable(store);
  isFull = true;
  let failure: string | undefined;
  store.append([second], WALL, (error) => (failure = error?.code));
  await durable(store);
  expect(failure).toBe('DISK_FULL');
  expect(store.fault?.code).toBe('DISK_FULL');
  expect(store.append([second], WALL)).toEqual([{ state: 'refused', why: 'disk' }]);
  expect(store.lastNumber(LOBBY_ID)).toBe(1);
  expect(textsOf(store.after(LOBBY_ID, 0, 9))).toEqual(['words 0']);
  isFull = false;
  timers.fire();
  expect(store.fault).toBeUndefined();
  expect(turned).toHaveLength(2);
  expect(store.append([second], WALL)).toEqual([{ state: 'new', number: 2 }]);
});

test('a damaged entry is a gap that others fill', async () => {
  const folder = temporaryFolder();
  const said = new Author(1).talk(3);
  const store = openFeeds(folder);
  store.append(said, WALL);
  await store.close();
  await damageEntry(feedsPath(folder), said[1]?.body ?? LOBBY);
  const again = openFeeds(folder);
  expect(textsOf(again.after(LOBBY_ID, 0, 9))).toEqual(['words 0', 'words 2']);
  const head = headsOf(again)[0];
  if (head === undefined) throw new Error('no head');
  expect(
    again
      .set(LOBBY_ID)
      .lack(head)
      .map(({ from, to }) => [from, to]),
  ).toEqual([[2, 2]]);
  expect(again.append(said, WALL).map(({ state }) => state)).toEqual(['known', 'new', 'known']);
  expect(textsOf(again.history(LOBBY_ID, 0, 9))).toEqual(['words 0', 'words 1', 'words 2']);
});

async function damageEntry(path: string, body: Buffer): Promise<void> {
  const { readFile, writeFile } = await import('node:fs/promises');
  const bytes = await readFile(path);
  let at = bytes.indexOf(body);
  if (at < 0) throw new Error('it is not in the file');
  for (; at >= 0; at = bytes.indexOf(body, at + 1)) bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}
