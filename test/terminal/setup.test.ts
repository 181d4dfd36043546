import { afterEach, describe, expect, test } from 'vitest';
import { FakeTerminal } from '../support/fake-terminal.js';

let fake: FakeTerminal;
afterEach(() => fake.close());

const start = async (env: Record<string, string> = {}, rows = 24) => {
  fake = await FakeTerminal.start({ columns: 80, rows, env });
  await fake.terminal.waitFor('natter');
};

describe('the setup screen', () => {
  test('"Try it here" starts a server on this machine and makes an account where there is none', async () => {
    await start();
    await fake.terminal.waitFor('Try it here');
    fake.answer('login', { fail: 'DEVICE_UNKNOWN', message: 'This device is not known.' });
    fake.terminal.type('\r');
    await fake.called('embedded');
    const [server, credentials] = await fake.called('login', 2);
    expect(server).toBe('127.0.0.1:7777');
    expect(credentials).toMatchObject({ user: 'mia', register: true, remember: true });
    await fake.terminal.waitFor('This device is not known.');
  });

  test('goes to a server with name, password and choices made on the keyboard alone', async () => {
    await start({ USER: '' });
    await fake.terminal.waitFor('Try it here');
    // From "Try it here" up to the name, then down to server, password, account, remember.
    fake.terminal.type('\x1b[Azoë\x1b[B\x1b[Bchat.example.org:7777\tsecret words\t\x1b[C\t\x1b[C');
    await fake.terminal.waitFor('(x) no');
    await fake.terminal.waitFor('*** ');
    await fake.terminal.waitForGone('secret');
    fake.terminal.type('\r');
    expect(await fake.called('login')).toEqual([
      'chat.example.org:7777',
      { user: 'zoë', password: 'secret words', register: true, remember: false },
    ]);
    await fake.terminal.waitFor('zoë >');
  });

  test('starts the server of last time again where that was on this machine', async () => {
    const again = { server: '127.0.0.1:7777', user: 'mia', here: true };
    await start({ FAKE_START: JSON.stringify(again) });
    await fake.called('embedded');
    expect(await fake.called('login')).toEqual([
      '127.0.0.1:7777',
      { user: 'mia', register: false, remember: true },
    ]);
    await fake.terminal.waitFor('mia >');
  });

  test('goes back to the ring of last time by itself', async () => {
    await start({ FAKE_START: JSON.stringify({ ring: 'walkers', user: 'mia', goesTo: 'ring' }) });
    expect(await fake.called('joinRing')).toEqual([{ ring: 'walkers', nick: 'mia' }]);
  });

  test('waits, filled in, where one wants to be asked', async () => {
    const known = { ring: 'walkers', user: 'mia', goesTo: 'ring', isAsked: true };
    await start({ FAKE_START: JSON.stringify(known) });
    await fake.terminal.waitFor('walkers');
    fake.terminal.type('\r');
    expect(await fake.called('joinRing')).toEqual([{ ring: 'walkers', nick: 'mia' }]);
  });

  test('says whether the server is there, and how far', async () => {
    await start({ FAKE_START: JSON.stringify({ server: '127.0.0.1:7000' }) });
    await fake.terminal.waitFor('reachable, 0.4 ms, new to you');
    fake.answer('probe', { fail: 'NO_ANSWER', message: 'No answer.' });
    fake.terminal.type('\x1b[B\x1b[B\x7f');
    await fake.terminal.waitFor('not reachable');
  });

  test('is passed by where server, name and password are known', async () => {
    await start({ FAKE_START: JSON.stringify({ server: 'there:1', user: 'mia', password: 'wrong' }) });
    await fake.called('login');
    await fake.terminal.waitFor('mia >');
  });

  test('a refused login leads back to the form with the reason', async () => {
    await start({ FAKE_START: JSON.stringify({ server: 'there:1' }) });
    fake.answer('login', { fail: 'WRONG_PASSWORD', message: 'Name or password is wrong; try again.' });
    fake.terminal.type('\x1b[B\x1b[B\x1b[Bpw\r');
    await fake.terminal.waitFor('! Name or password is wrong; try again.');
    fake.answer('login', { value: { user: 'mia' } });
    fake.terminal.type('\r');
    await fake.terminal.waitFor('mia >');
  });

  test('shows what one is at, and what went wrong, where there is little room', async () => {
    await start({}, 12);
    await fake.terminal.waitFor('[ Try it here ]');
    fake.terminal.type('\x1b[A\x1b[A');
    await fake.terminal.waitFor('> [ Start or join a ring ]');
    fake.terminal.type('\r');
    await fake.terminal.waitFor('! Write the name of a ring to start or join');
    await fake.terminal.waitFor('> Ring');
    await fake.terminal.waitFor('Ctrl+C quit');
  });

  test('Ctrl+C leaves', async () => {
    await start();
    await fake.terminal.waitFor('Ctrl+C quit');
    fake.terminal.type('\x03');
    expect((await fake.terminal.exited).exitCode).toBe(0);
  });
});
