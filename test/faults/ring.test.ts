/** Seven real processes on loopback: everything people do in a ring, then two neighbours die at once. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/natter.js';
import { type Member, RingParty } from '../support/ring-party.js';

const party = new RingParty('harbour');
const files = temporaryFolder();
const NICKS = ['ada', 'ben', 'cleo', 'dan', 'eva', 'finn', 'gus'];
/** Three of them are in Vienna, two in Graz 145 km away, and two do not say. */
const PLACES: Record<string, readonly string[]> = {
  ada: ['--city', 'Vienna', '--interest', 'chess'],
  ben: ['--at', '48.21,16.37', '--interest', 'Chess'],
  cleo: ['--city', 'Graz', '--interest', 'tea'],
  dan: ['--city', 'Graz'],
  eva: ['--at', '48.19,16.40'],
};
const members = new Map<string, Member>();
const keys = new Map<string, string>();
let first = '';

function of(nick: string): Member {
  const member = members.get(nick);
  if (member === undefined) throw new Error(`nobody is called ${nick}`);
  return member;
}

beforeAll(async () => {
  for (const nick of NICKS) {
    const peers = first === '' ? [] : ['--peer', first];
    const { member, address, key } = await party.start(nick, { args: [...peers, ...(PLACES[nick] ?? [])] });
    if (first === '') first = address;
    members.set(nick, member);
    keys.set(nick, key);
  }
  await Promise.all(NICKS.map((nick) => of(nick).isIn(6, 60_000)));
}, 120_000);

afterAll(async () => {
  await party.close();
  files.remove();
});

describe('seven people without a server', () => {
  it('form one ring: everyone is the successor of one and the predecessor of one', async () => {
    const wanted = [...keys.values()].toSorted();
    const have = (side: 'successor' | 'predecessor') =>
      NICKS.map((nick) => String(of(nick).ring?.[side])).toSorted();
    await Promise.all(
      NICKS.map((nick) =>
        of(nick).run.until('its place', () => String(have('successor')) === String(wanted), 30_000),
      ),
    );
    await of('ada').run.until('all places', () => String(have('predecessor')) === String(wanted), 30_000);
  });

  it('talk in the lobby, each word once on every screen', async () => {
    const said = NICKS.map((nick) => `good morning from ${nick}`);
    for (const nick of NICKS) of(nick).type(`good morning from ${nick}`);
    await Promise.all(NICKS.map((nick) => of(nick).heard(said)));
    for (const nick of NICKS) {
      const heard = of(nick)
        .texts()
        .filter((text) => text.startsWith('good morning'));
      expect(heard.toSorted()).toEqual(said.toSorted());
    }
    const signed = of('ben')
      .run.events('message')
      .find(({ from }) => from === 'ada');
    expect(signed).toMatchObject({ author: keys.get('ada'), clock: expect.stringMatching(/^[0-9a-f]{16}$/) });
  });

  it('meet those who share an interest', async () => {
    of('ada').type('/join-interest chess');
    await of('ada').run.until('the group', ({ lines }) =>
      lines.some(
        ({ event, group, members: who }) =>
          event === 'group' && group === '+chess' && String(who).includes('ben'),
      ),
    );
    of('ada').type('shall we play?');
    await of('ben').heard(['shall we play?'], '+chess');
    await of('gus').heard(['good morning from ada']);
    expect(of('gus').texts('+chess')).toEqual([]);
    of('ada').type('/lobby');
  });

  it('meet those who are near, and are told who founded the group', async () => {
    of('eva').type('/join-geo 30');
    for (const nick of ['ada', 'ben'])
      await of(nick).run.until('the enrolment', ({ lines }) =>
        lines.some(
          ({ event, group, members: who }) =>
            event === 'group' && group === '~eva' && String(who).includes(nick),
        ),
      );
    of('eva').type('who is in town?');
    await Promise.all(['ada', 'ben'].map((nick) => of(nick).heard(['who is in town?'], '~eva')));
    expect(of('cleo').texts('~eva')).toEqual([]);
    of('eva').type('/lobby');
  });

  it('answer every command, also a wrong one', async () => {
    const { run } = of('cleo');
    for (const command of ['/list-users', '/list-geo', '/status', '/names']) of('cleo').type(command);
    await run.until('everybody', () =>
      NICKS.every((nick) => run.events('presence').some(({ user }) => user === nick)),
    );
    of('cleo').type('/join-geo far');
    await run.until('an error', () => run.events('error').length > 0);
    of('cleo').type('/send-private-message zoe hello');
    await run.until('not online', () =>
      run.events('error').some(({ message }) => String(message).includes('not online')),
    );
    of('cleo').type('/send-private-message cleo hello');
    await run.until('yourself', () => run.events('error').some(({ code }) => code === 'YOURSELF'));
  });

  it('say things privately that nobody else sees', async () => {
    of('dan').type('/send-private-message gus only for you');
    await of('gus').heard(['only for you'], '@dan');
    await of('dan').run.until('the receipt', ({ lines }) =>
      lines.some(({ event, state }) => event === 'delivery' && state === 'delivered'),
    );
    for (const nick of ['ada', 'ben', 'cleo', 'eva', 'finn'])
      expect(of(nick).run.stdout).not.toContain('only for you');
  });

  it('send files from one to the other', async () => {
    const bytes = Buffer.alloc(3_000_000, 'ring');
    const path = join(files.path, 'chart.bin');
    writeFileSync(path, bytes);
    of('finn').type(`/send ${path} @ben`);
    await of('ben').run.until('the offer', ({ lines }) =>
      lines.some(
        ({ event, state, name }) => event === 'transfer' && state === 'offered' && name === 'chart.bin',
      ),
    );
    of('ben').type('/accept');
    await of('ben').run.until(
      'the file',
      ({ lines }) => lines.some(({ event, state }) => event === 'transfer' && state === 'done'),
      60_000,
    );
    const done = of('ben')
      .run.events('transfer')
      .find(({ state }) => state === 'done');
    expect(sha(readFileSync(String(done?.path)))).toBe(sha(bytes));
  }, 90_000);

  it('give a late joiner the history, once', async () => {
    const { member } = await party.start('hal', { args: ['--peer', first] });
    await member.isIn(7);
    const said = NICKS.map((nick) => `good morning from ${nick}`);
    await member.heard(said);
    expect(member.texts().filter((text) => text.startsWith('good morning')).length).toBe(NICKS.length);
    member.run.kill();
    expect(await member.run.exit).toBe(0);
    await of('ada').isIn(6);
  });

  it('go on when two neighbours are killed at once: nothing is lost or doubled', async () => {
    const byKey = new Map([...keys].map(([nick, key]) => [key, nick]));
    const dead = 'gus';
    const next = byKey.get(String(of(dead).ring?.successor)) ?? '';
    const left = NICKS.filter((nick) => nick !== dead && nick !== next);
    for (const nick of [dead, next]) of(nick).run.kill('SIGKILL');
    const during = left.map((nick) => `still here: ${nick}`);
    for (const nick of left) of(nick).type(`still here: ${nick}`);
    await Promise.all(left.map((nick) => of(nick).isIn(left.length - 1, 60_000)));
    const after = left.map((nick) => `healed: ${nick}`);
    for (const nick of left) of(nick).type(`healed: ${nick}`);
    await Promise.all(left.map((nick) => of(nick).heard([...during, ...after])));
    for (const nick of left) {
      const heard = of(nick).texts();
      expect(new Set(heard).size).toBe(heard.length);
    }
  }, 120_000);
});

function sha(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
