import { describe, expect, test } from 'vitest';
import { NatterError } from '../../src/chat/error.js';
import { type Cli, type CommandRow, runCli } from '../../src/ui/cli.js';
import { commands, everywhere } from '../../src/ui/commands/table.js';
import { FakeConsole } from '../support/fake-console.js';

interface Call {
  readonly name: string;
  readonly options: unknown;
  readonly args: readonly string[];
}

/** The real table, with commands that only write down how they were called. */
function recording(calls: Call[], fail?: Error): Cli {
  const rows = commands.map(
    (row): CommandRow => ({
      ...row,
      load: async () => ({
        run: async (options, args) => {
          calls.push({ name: row.name, options, args });
          if (fail) throw fail;
          return 0;
        },
      }),
    }),
  );
  return { version: '1.2.3', help: 'Talks.', everywhere, commands: rows };
}

async function natter(line: string, fail?: Error) {
  const calls: Call[] = [];
  const console = new FakeConsole();
  const argv = line === '' ? [] : line.split(' ');
  const exit = await runCli(recording(calls, fail), argv, console);
  // The streams hand on what was written a turn later.
  await new Promise((resolve) => setImmediate(resolve));
  return { exit, calls, console, call: calls[0] };
}

const SERVER = '--server 127.0.0.1:7 --user ana';

describe('the command line', () => {
  test('runs chat when no command is named', async () => {
    expect((await natter('')).call?.name).toBe('chat');
    expect((await natter('--plain --server h:1')).call).toMatchObject({
      name: 'chat',
      options: { plain: true, server: 'h:1' },
    });
  });

  test('takes --data before and after the command', async () => {
    expect((await natter('--data d who --server h:1 --user a')).call?.options).toMatchObject({ data: 'd' });
    expect((await natter('who --server h:1 --user a --data d')).call?.options).toMatchObject({ data: 'd' });
    expect((await natter('--data d')).call).toMatchObject({ name: 'chat', options: { data: 'd' } });
  });

  test('converts what it is given', async () => {
    expect(
      (await natter('serve --listen [::1]:0 --workers 3 --metrics 127.0.0.1:9 --json')).call?.options,
    ).toEqual({
      listen: { host: '::1', port: 0 },
      workers: 3,
      metrics: { host: '127.0.0.1', port: 9 },
      json: true,
    });
    expect(
      (await natter(`tail ${SERVER} --room dev --since 5 --until-idle 100`)).call?.options,
    ).toMatchObject({
      server: '127.0.0.1:7',
      room: '#dev',
      since: 5,
      untilIdle: 100,
    });
    expect((await natter(`send ${SERVER} --to @bo one two`)).call).toMatchObject({
      args: ['one', 'two'],
      options: { to: '@bo' },
    });
    expect((await natter('who --server EXAMPLE.org --user a')).call?.options).toMatchObject({
      server: 'example.org:7777',
    });
  });

  test('prints version and help on standard output and ends with 0', async () => {
    const version = await natter('--version');
    expect([version.exit, version.console.out]).toEqual([0, '1.2.3\n']);
    const help = await natter('--help');
    expect(help.exit).toBe(0);
    for (const { name } of commands) expect(help.console.out).toContain(`\n  ${name}`);
    const sendHelp = await natter('send --help');
    expect(sendHelp.console.out).toContain('--key <key>');
    expect(sendHelp.console.out).toContain('--data <dir>');
    expect(sendHelp.console.err).toBe('');
  });

  test.each([
    ['sned x', /no command "sned"; did you mean natter send\?/],
    ['regster --user x', /option|register/],
    ['frget', /did you mean natter forget\?/],
    ['xyzzyplugh', /natter --help/],
    ['chat lobby', /does not take "lobby"/],
    ['serve now', /does not take "now"/],
    ['forget a:1 b:2', /does not take "b:2"/],
    ['forget', /missing required argument/i],
    ['send hello', /--(server|to|user)/],
    ['send --server h:1 --user ana hi', /--to/],
    ['tail --server h:1 --user a --room r --since -1', /-1/],
    ['tail --server h:1 --user a --room r --since x', /"x" is not a number/],
    ['send --server h:1 --user a --to ~ana --at 91,0 hi', /no such place/],
    ['who --server h:1 --user a --at 1', /LATITUDE,LONGITUDE/],
    ['who --server h:99999 --user a', /HOST:PORT/],
    ['who --server h:0 --user a', /Port 0/],
    ['who --user a --server', /argument missing/i],
    ['serve --workers 0', /between 1 and 64/],
    ['serve --lisen x', /--listen/],
    ['--nosuch', /unknown option/i],
  ])('natter %s: ends with 2 and one sentence', async (line, sentence) => {
    const { exit, calls, console } = await natter(line);
    expect(exit).toBe(2);
    expect(calls).toEqual([]);
    expect(console.out).toBe('');
    expect(console.err).toMatch(/^[A-Z"][^\n]*[.?!)]\n$/);
    expect(console.sentence).toMatch(sentence);
  });

  test.each([
    ['WRONG_PASSWORD', 3],
    ['KEY_CHANGED', 3],
    ['DEVICE_UNKNOWN', 3],
    ['NO_ANSWER', 4],
    ['USAGE', 2],
    ['NO_SUCH_USER', 1],
    ['DISK_FULL', 1],
  ] as const)('a command that fails with %s ends with %i', async (code, exit) => {
    const failed = await natter(`send ${SERVER} --to x --json hi`, new NatterError(code, 'Do this.'));
    expect(failed.exit).toBe(exit);
    expect(failed.console.sentence).toBe('Do this.');
    expect(failed.console.json).toEqual([{ event: 'error', code, message: 'Do this.' }]);
  });

  test('a fault of its own ends with 1 and is told as one', async () => {
    const failed = await natter(`send ${SERVER} --to x hi`, new TypeError('oops\u001b[2J'));
    expect(failed.exit).toBe(1);
    expect(failed.console.sentence).toBe('Something went wrong inside natter: oops[2J');
    expect(failed.console.out).toBe('');
  });
});

test('docs/ERRORS.md and the program agree on exit codes', async () => {
  const { readFileSync } = await import('node:fs');
  const { exitOf } = await import('../../src/ui/exit.js');
  const page = readFileSync(new URL('../../docs/ERRORS.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| ([A-Z_]+) +\|.*\| (\d) +\|$/gm)];
  expect(rows.length).toBeGreaterThan(40);
  for (const [, code, exit] of rows) {
    expect([code, exitOf(new NatterError(code as 'USAGE', 'x'))]).toEqual([code, Number(exit)]);
  }
});
