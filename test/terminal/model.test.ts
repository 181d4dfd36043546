import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ClientEvent, LinkState, Message } from '../../src/chat/events.js';
import { foldText } from '../../src/ui/terminal/chat.js';
import { Model } from '../../src/ui/terminal/model.js';
import { TIMELINE_MAX, Timeline } from '../../src/ui/terminal/timeline.js';
import { message, NOW, room } from '../support/fake-terminal.js';

let model: Model;
beforeEach(() => {
  model = new Model();
  model.apply({ event: 'welcome', user: 'mia', account: '00' }, NOW);
  model.apply({ event: 'room', room: room('#lobby', { kind: 'lobby' }) }, NOW);
});

const apply = (...events: ClientEvent[]) => events.map((event) => model.apply(event, NOW).effect);
const own = (seq: number, id: string, delivery: Message['delivery']): ClientEvent =>
  message(seq, id, { id, mine: true, from: 'mia', delivery });
const texts = (target = '#lobby') =>
  model.find(target)?.timeline.items.map((item) => (item.type === 'message' ? item.message.text : item.type));

describe('people of the ring', () => {
  test('who is written otherwise has not gone, and stays the other one of their conversation', () => {
    const ring = new Model('', { key: 'k-me', community: 'walkers' });
    const tell = (event: ClientEvent) => ring.apply(event, NOW);
    const person = (user: string, state: 'online' | 'offline') =>
      tell({ event: 'presence', room: '#lobby', user, state, author: 'k-ana' });
    ring.apply({ event: 'welcome', user: 'mia', account: '00' }, NOW - 60_000);
    tell({ event: 'room', room: room('#lobby', { kind: 'lobby' }) });
    tell({ event: 'room', room: { ...room('@ana', { kind: 'direct' }), author: 'k-ana' } });
    tell({ event: 'members', room: '#lobby', members: [{ user: 'mia', state: 'online', author: 'k-me' }] });
    person('ana', 'online');
    person('ana~b67v', 'online');
    person('ana', 'offline');
    const conversation = ring.find('@ana');
    expect(conversation && ring.other(conversation)).toMatchObject({ user: 'ana~b67v', state: 'online' });
    expect(ring.lobby?.timeline.items).toMatchObject([
      { type: 'presence', joined: new Set(['ana']), left: new Set() },
      { type: 'notice', text: 'ana is written ana~b67v now.' },
    ]);
  });
});

describe('messages', () => {
  test("stand in the order of their numbers, one's own unanswered ones last", () => {
    apply(own(0, 'mine', 'sending'), message(2, 'two'), message(1, 'one'));
    expect(texts()).toEqual(['one', 'two', 'mine']);
  });

  test("of one's own go to their place when they are accepted, once", () => {
    apply(message(1, 'one'), own(0, 'mine', 'sending'), own(0, 'later', 'sending'), message(3, 'three'));
    const { message: accepted } = own(2, 'mine', 'ok') as ClientEvent & { event: 'message' };
    apply({ event: 'delivery', message: accepted }, own(2, 'mine', 'ok'));
    expect(texts()).toEqual(['one', 'mine', 'three', 'later']);
  });

  test('keep their place when they get another id', () => {
    apply(own(0, 'a', 'sending'), own(0, 'b', 'sending'));
    const { message: renamed } = own(0, 'a2', 'sending') as ClientEvent & { event: 'message' };
    apply({ event: 'delivery', message: { ...renamed, text: 'a' }, was: 'a' }, own(1, 'a2', 'ok'));
    expect(texts()).toEqual(['a2', 'b']);
  });

  test('brought by history stand before what is known', () => {
    apply(
      message(5, 'five'),
      ...[3, 4].map((seq) => ({ ...message(seq, `${seq}`), history: true }) as ClientEvent),
    );
    expect(texts()).toEqual(['3', '4', 'five']);
    expect(model.current?.timeline.first).toBe(3);
  });

  test('of the ring stand in the order of clocks, then authors, in whichever order they come', () => {
    const said = fc.record({
      clock: fc.constantFrom('01', '02', '03', '04'),
      author: fc.constantFrom('a', 'b'),
    });
    fc.assert(
      fc.property(fc.array(fc.option(said, { freq: 3 }), { maxLength: 40 }), (came) => {
        const timeline = new Timeline();
        const { message: sample } = message(1, 'x') as ClientEvent & { event: 'message' };
        came.forEach((words, index) => {
          if (words === null) timeline.add({ type: 'notice', at: NOW, text: '', isWarning: false });
          else timeline.put({ ...sample, ...words, id: `${index}`, seq: index + 1 }, false);
        });
        const keys = timeline.items.flatMap((item) =>
          item.type === 'message' ? [`${item.message.clock}${item.message.author}`] : [],
        );
        expect(keys).toEqual([...keys].sort());
        expect(timeline.items).toHaveLength(came.length);
        const newest = timeline.after(came.length - 1)?.message.seq;
        expect(newest).toBe(came.at(-1) ? came.length : undefined);
      }),
      { seed: 4 },
    );
  });

  test('that failed are retried oldest first', () => {
    apply(own(0, 'a', 'failed'), own(0, 'b', 'sending'), own(0, 'c', 'failed'));
    expect(model.current?.timeline.failures().map(({ id }) => id)).toEqual(['a', 'c']);
    expect(model.current?.timeline.unanswered).toBe(3);
  });

  test('beyond what is kept drop the oldest', () => {
    const timeline = new Timeline();
    const { message: sample } = message(1, 'x') as ClientEvent & { event: 'message' };
    for (let seq = 1; seq <= TIMELINE_MAX + 3; seq++) timeline.put({ ...sample, id: `${seq}`, seq }, false);
    expect(timeline.items.length).toBe(TIMELINE_MAX);
    expect(timeline.first).toBe(4);
  });
});

describe('unread', () => {
  test('counts what comes in a conversation that is not seen, and mentions apart', () => {
    apply({ event: 'room', room: room('#dev') });
    const effects = apply(
      message(1, 'hello', { room: '#dev', id: 'd1' }),
      message(2, 'Mia, look', { room: '#dev', id: 'd2' }),
      message(3, 'miami', { room: '#dev', id: 'd3' }),
      message(4, 'mine', { room: '#dev', id: 'd4', mine: true }),
    );
    expect(effects).toEqual(['none', 'mention', 'none', 'none']);
    expect(model.find('#dev')).toMatchObject({ unread: 3, mentions: 1 });
  });

  test('is what the server says when it says so, whichever of the two comes first', () => {
    apply({ event: 'room', room: room('#dev') });
    apply({ event: 'room', room: room('#dev', { head: 1, unread: 1 }) }, message(1, 'x', { room: '#dev' }));
    expect(model.find('#dev')?.unread).toBe(1);
    apply(message(2, 'y', { room: '#dev' }), { event: 'room', room: room('#dev', { head: 2, unread: 2 }) });
    expect(model.find('#dev')?.unread).toBe(2);
  });

  test('ends when the conversation is opened, and a line marks where it began', () => {
    apply(
      { event: 'room', room: room('#dev', { head: 4, cursor: 2, unread: 2 }) },
      message(4, 'x', { room: '#dev' }),
    );
    model.open('#dev');
    expect(model.current?.newAfter).toBe(2);
    expect(model.markRead()).toBe(4);
    expect(model.markRead()).toBe(0);
    expect(model.current?.unread).toBe(0);
    model.open('#lobby');
    expect(model.find('#dev')?.newAfter).toBeUndefined();
  });

  test('leads to what mentions oneself first', () => {
    apply(
      { event: 'room', room: room('#dev', { head: 1, unread: 1 }) },
      { event: 'room', room: room('#ops', { head: 1, unread: 1, mentions: 1 }) },
    );
    expect(model.nextActive()?.room).toBe('#ops');
  });
});

describe('people', () => {
  const presence = (user: string, state: 'online' | 'away' | 'offline'): ClientEvent => ({
    event: 'presence',
    room: '#lobby',
    user,
    state,
  });

  test('who come and go are folded into one line until somebody speaks, those who were there are not', () => {
    apply(presence('ana', 'online'), {
      event: 'members',
      room: '#lobby',
      members: [{ user: 'ana', state: 'online' }],
    });
    apply(
      presence('bo', 'online'),
      presence('cyd', 'online'),
      presence('bo', 'offline'),
      presence('dee', 'online'),
    );
    const [fold] = model.current?.timeline.items ?? [];
    expect(fold?.type === 'presence' && foldText(fold)).toBe('cyd and dee joined');
    apply(message(1, 'hi'), presence('cyd', 'offline'), presence('dee', 'away'));
    expect(texts()).toEqual(['presence', 'hi', 'presence']);
  });

  test('are known by the lobby wherever they are shown', () => {
    expect(model.stateOf('bo')).toBeUndefined();
    apply(presence('bo', 'away'));
    expect(model.stateOf('bo')).toBe('away');
    expect(model.stateOf('cyd')).toBe('offline');
  });

  test('stop typing when they have spoken, or after a while', () => {
    apply(
      { event: 'typing', room: '#lobby', user: 'ana', on: true },
      { event: 'typing', room: '#lobby', user: 'bo', on: true },
    );
    apply(message(1, 'there'));
    const lobby = model.current;
    expect(lobby && model.typing(lobby, NOW + 1_000)).toEqual(['bo']);
    expect(lobby && model.typing(lobby, NOW + 10_000)).toEqual([]);
  });
});

test('notes from before the first conversation are shown in it', () => {
  const fresh = new Model();
  fresh.apply({ event: 'pinned', server: 'there:1', fingerprint: 'ab12' }, NOW);
  fresh.apply({ event: 'room', room: room('#lobby', { kind: 'lobby' }) }, NOW);
  expect(fresh.current?.timeline.items).toMatchObject([{ type: 'notice' }]);
});

test('leaving the current conversation goes to the one before it', () => {
  apply({ event: 'room', room: room('#dev') });
  model.open('#dev');
  model.leaving('#dev');
  apply({ event: 'left', room: '#dev' });
  expect(model.current?.room).toBe('#lobby');
});

test('being moved out of the current conversation goes nowhere, until somebody goes elsewhere', () => {
  apply({ event: 'room', room: room('~ana', { kind: 'geo' }) }, { event: 'room', room: room('#dev') });
  model.open('~ana');
  apply({ event: 'left', room: '~ana' });
  expect(model.current).toMatchObject({ room: '~ana', isGone: true });
  model.open('#dev');
  expect(model.find('~ana')).toBeUndefined();
});

test('a group founded anew takes the place of the one before, without its words', () => {
  apply({ event: 'room', room: room('~ana', { kind: 'geo' }) });
  model.open('~ana');
  model.note('of before', NOW);
  apply({ event: 'left', room: '~ana' }, { event: 'room', room: room('~ana', { kind: 'geo' }) });
  expect(model.current).toMatchObject({ room: '~ana', isGone: false });
  expect(model.current?.timeline.items).toEqual([]);
});

describe('the link', () => {
  const link = (state: LinkState, sinceMs: number, detail = ''): ClientEvent => ({
    event: 'link',
    state,
    lagMs: 0,
    sinceMs,
    detail,
  });

  test('stays lost, with its reason, through every attempt until one succeeds', () => {
    apply(link('live', 0), link('reconnecting', 4_000, 'Nobody answers.'), link('handshaking', 0));
    expect(model.link).toMatchObject({ lostAt: NOW - 4_000, detail: 'Nobody answers.' });
    apply(link('reconnecting', 0, 'Nobody answers.'));
    expect(model.link.lostAt).toBe(NOW - 4_000);
    apply(link('syncing', 0));
    expect(model.link).toMatchObject({ lostAt: undefined, detail: '' });
  });

  test('of a first attempt is not called lost', () => {
    apply(link('dialling', 0), link('handshaking', 0));
    expect(model.link.lostAt).toBeUndefined();
  });
});

describe('errors', () => {
  const error: ClientEvent = {
    event: 'error',
    code: 'WRONG_PASSWORD',
    message: 'Name or password is wrong.',
  };

  test('of a login are left to the setup screen, later ones are shown', () => {
    const fresh = new Model();
    fresh.apply(error, NOW);
    fresh.apply({ event: 'room', room: room('#lobby', { kind: 'lobby' }) }, NOW);
    expect(fresh.current?.timeline.items).toEqual([]);
    apply(error);
    expect(texts()).toEqual(['notice']);
  });
});
