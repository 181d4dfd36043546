/** Groups kept by a server, as people meet them: the real program, each in a process of its own. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Natter } from '../support/natter.js';
import { Party } from '../support/party.js';

let party: Party;
const chats: Natter[] = [];

beforeAll(async () => {
  party = await Party.open(['ana', 'bo', 'cy']);
}, 60_000);

afterAll(async () => {
  for (const chat of chats) chat.kill('SIGKILL');
  await Promise.all(chats.map((chat) => chat.exit));
  await party.close();
});

/** The linear client, until it says that it is in. */
async function chat(user: string, ...args: string[]): Promise<Natter> {
  const to = ['--server', party.at, '--user', user, '--data', party.path(user)];
  const run = new Natter(['chat', '--plain', ...to, ...args]);
  chats.push(run);
  await run.until('the lobby', ({ stderr }) => stderr.includes(`You are ${user} in #lobby`));
  return run;
}

function type(run: Natter, line: string): void {
  run.child.stdin.write(`${line}\n`);
}

function told(run: Natter, text: string): Promise<void> {
  return run.until(text, ({ stdout, stderr }) => `${stdout}${stderr}`.includes(text));
}

it('brings people near each other and people with one interest together, and tells them by whom', async () => {
  const ana = await chat('ana', '--at', '48.2,16.37', '--interest', 'Tea');
  const bo = await chat('bo', '--city', 'Bratislava', '--interest', 'tea');
  const cy = await chat('cy', '--at', '47.07,15.43');
  await told(bo, 'You were enrolled in +tea, which ana began.');

  type(ana, '/near 80');
  await told(bo, 'You were enrolled in ~ana by ana: everybody within 80 km.');
  await told(ana, 'What you type goes to ~ana now.');
  type(ana, 'who is around?');
  await told(bo, '~ana');
  await told(bo, 'who is around?');
  type(bo, '/join ~ana');
  await told(bo, 'What you type goes to ~ana now.');
  type(bo, 'me');
  await told(ana, 'bo: me');
  expect(`${cy.stdout}${cy.stderr}`).not.toContain('~ana');

  type(ana, '/status');
  await told(ana, '~ana: 2 within 80 km, founded by ana: ana, bo');
  await told(ana, '+tea: 2: ana, bo');

  type(cy, '/join ~ana');
  await told(cy, 'You are not within 80 km of where ~ana was founded');
  type(bo, '/where Graz');
  await told(bo, 'You are out of ~ana: you are not within its 80 km any more.');
  type(cy, '/near 10');
  await told(bo, 'You were enrolled in ~cy by cy: everybody within 10 km.');

  type(ana, '/near 20');
  await told(ana, '~ana');
  type(bo, '/quit');
  expect(await bo.exit).toBe(0);
});

it('takes groups as targets of scripted commands', async () => {
  const tail = party.run('bo', ['tail', '--room', '+tea']);
  await tail.first('joined');
  const send = party.run('ana', ['send', '--to', '+tea', 'the kettle is on']);
  expect(await send.exit).toBe(0);
  expect((await tail.first('message')).room).toBe('+tea');
  tail.kill();

  writeFileSync(party.path('leaves.txt'), 'oolong');
  const put = party.put('ana', '+tea', party.path('leaves.txt'));
  expect(await put.exit, put.stderr).toBe(0);
  const get = party.run('bo', ['get', '--into', party.folder('inbox'), '--once']);
  expect(await get.exit, get.stderr).toBe(0);
  expect(readFileSync(`${party.path('inbox')}/leaves.txt`, 'utf8')).toBe('oolong');

  const near = party.run('bo', ['send', '--at', '48.2,16.37', '--to', '~ana', 'just passing']);
  expect(await near.exit, near.stderr).toBe(0);
  const far = party.run('cy', ['send', '--to', '~ana', 'hello?']);
  expect(await far.exit).toBe(1);
  expect(far.stderr).toContain('You are not within 20 km');

  const who = party.run('bo', ['who']);
  expect(await who.exit).toBe(0);
  expect(who.events('presence').find(({ user }) => user === 'ana')).toMatchObject({
    state: 'online',
    near: 'u2edh',
    interests: ['tea'],
  });
});

it('refuses a place that is none before anything else', async () => {
  for (const [args, words] of [
    [['--at', '91,0'], 'There is no such place'],
    [['--at', 'NaN,0'], 'Write a place as LATITUDE,LONGITUDE'],
    [['--at', '1'.repeat(5000)], 'Write a place as LATITUDE,LONGITUDE'],
    [['--city', 'Xyzzyville'], 'There is no city Xyzzyville'],
    [['--at', '48,16', '--city', 'Graz'], 'not by both'],
  ] as const) {
    const run = party.run('ana', ['who', ...args]);
    expect(await run.exit).toBe(2);
    expect(run.stderr.trim().split('\n').at(-1)).toContain(words);
  }
});
