import { afterEach, describe, expect, test } from 'vitest';
import { FakeTerminal } from '../support/fake-terminal.js';
import { RESTORED } from '../support/terminal.js';

let fake: FakeTerminal;
afterEach(() => fake.close());

/** The client with the mouse on; then a shell that prints how it left the terminal's line discipline. */
async function start(): Promise<FakeTerminal> {
  fake = await FakeTerminal.inLobby({
    columns: 80,
    rows: 24,
    after: 'echo "code $?"; stty -a; echo finished; read rest',
  });
  fake.terminal.type('\x1bm');
  await fake.terminal.waitFor(() => fake.terminal.state().isMouseReported);
  expect(fake.terminal.state()).toEqual({
    isAlternate: true,
    isCursorShown: true,
    isPasteBracketed: true,
    isFocusReported: true,
    isMouseReported: true,
    isWrapping: false,
  });
  return fake;
}

async function expectRestored(exitCode: number) {
  await fake.terminal.waitFor('finished');
  expect(fake.terminal.state()).toEqual(RESTORED);
  await fake.terminal.waitFor(`code ${exitCode}`);
  expect(fake.terminal.text()).toMatch(/ echo /);
  expect(fake.terminal.text()).toMatch(/ icanon /);
}

describe('the terminal is as it was after', () => {
  test('Ctrl+C twice', async () => {
    await start();
    fake.terminal.type('words\x03');
    await fake.terminal.waitForGone('words');
    fake.terminal.type('\x03');
    await fake.terminal.waitFor('Quit?');
    fake.terminal.type('\x03');
    await expectRestored(0);
    await expect.poll(() => fake.calls.map(({ call }) => call)).toContain('quit');
  });

  test('/quit, which stops the server it started', async () => {
    await start();
    fake.terminal.type('/quit\r');
    await expectRestored(0);
    await expect.poll(() => fake.calls.map(({ call }) => call).slice(-3)).toEqual(['quit', 'close', 'stop']);
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('%s', async (signal, exitCode) => {
    await start();
    fake.signal(signal);
    await expectRestored(exitCode);
  });

  test('an exception nobody caught, which is told', async () => {
    await start();
    fake.crash('exception');
    await expectRestored(1);
    expect(fake.terminal.raw).toContain('SyntaxError');
  });

  test('a rejection nobody caught', async () => {
    await start();
    fake.crash('rejection');
    await expectRestored(1);
    expect(fake.terminal.raw).toContain('nobody catches this');
  });

  test('the end of the process from elsewhere', async () => {
    await start();
    fake.crash('exit');
    await expectRestored(7);
  });
});
