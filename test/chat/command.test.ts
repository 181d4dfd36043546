import { describe, expect, test } from 'vitest';
import { commandsOf, findCommand, helpLines, parseInput, type Situation } from '../../src/chat/command.js';
import { COMMANDS } from '../../src/chat/commands.js';
import { NatterError } from '../../src/chat/error.js';
import { editDistance, nearest } from '../../src/chat/nearest.js';

const HERE: Situation = { mode: 'server', live: true, room: '#lobby' };
const RING: Situation = { mode: 'ring', live: false, room: '#lobby' };

function refusal(line: string, situation: Situation = HERE): NatterError {
  try {
    parseInput(line, situation);
  } catch (error) {
    if (error instanceof NatterError) return error;
    throw error;
  }
  throw new Error(`${line} was not refused`);
}

describe('an input line', () => {
  test('without a slash is said', () => {
    expect(parseInput('hello /join', HERE)).toEqual({ kind: 'say', text: 'hello /join' });
  });

  test('with two slashes says one', () => {
    expect(parseInput('//join', HERE)).toEqual({ kind: 'say', text: '/join' });
  });

  test('that is a path is said', () => {
    expect(parseInput('/etc/hosts is wrong', HERE)).toMatchObject({ kind: 'say' });
    expect(parseInput('/', HERE)).toMatchObject({ kind: 'say' });
  });

  test('with a command is taken apart, and the last argument keeps its blanks and lines', () => {
    expect(parseInput('/msg  Zoë  two  words\nand a line', HERE)).toEqual({
      kind: 'command',
      command: 'msg',
      args: ['Zoë', 'two  words\nand a line'],
    });
    expect(parseInput('/ME waves', HERE)).toEqual({ kind: 'command', command: 'me', args: ['waves'] });
  });

  test.each([
    ['/list-users', 'who'],
    ['/send-private-message bo hi', 'msg'],
    ['/j dev', 'join'],
    ['/part', 'leave'],
    ['/exit', 'quit'],
    ['/list-geo', 'where'],
    ['/join-geo 30', 'near'],
    ['/join-interest go', 'interest'],
  ])('%s is an alias of /%s', (line, command) => {
    expect(parseInput(line, HERE)).toMatchObject({ command });
  });
});

describe('the gatekeeper', () => {
  test.each([
    ['/joim dev', 'join'],
    ['/quti', 'quit'],
    ['/hlep', 'help'],
    ['/stickr cat', 'sticker'],
    ['/lst', 'list'],
    ['/send-privat-message bo hi', 'send-private-message'],
  ])('%s: suggests /%s', (line, meant) => {
    const error = refusal(line);
    expect(error.code).toBe('UNKNOWN_COMMAND');
    expect(error.message).toContain(`did you mean /${meant}?`);
  });

  test('has no suggestion for what is near nothing', () => {
    expect(refusal('/xyzzyplugh').message).toContain('/help');
  });

  test.each([['/join'], ['/join a b'], ['/msg bo'], ['/me'], ['/who x'], ['/away x'], ['/search']])(
    '%s: answers the wrong form with the right one',
    (line) => {
      const error = refusal(line);
      expect(error.code).toBe('USAGE');
      const name = line.slice(1).split(' ')[0] ?? '';
      expect(error.message).toContain(findCommand(name)?.usage);
    },
  );

  test('lets nothing that needs the server run without it', () => {
    expect(refusal('/join dev', { ...HERE, live: false }).code).toBe('DISCONNECTED');
    expect(parseInput('/msg bo hi', { ...HERE, live: false })).toMatchObject({ command: 'msg' });
  });

  test('waits for no server in the ring', () => {
    for (const line of ['/join-geo', '/names', '/status', '/invite'])
      expect(parseInput(line, RING)).toMatchObject({ kind: 'command' });
  });

  test('says where a command of the other mode works', () => {
    expect(refusal('/invite')).toMatchObject({
      code: 'NOT_ALLOWED',
      message: expect.stringContaining('ring'),
    });
    expect(refusal('/password', RING)).toMatchObject({
      code: 'NOT_ALLOWED',
      message: expect.stringContaining('server'),
    });
  });

  test('takes a place of several words as one', () => {
    expect(parseInput('/where  New York ', RING)).toMatchObject({ args: ['New York'] });
    expect(parseInput('/list-geo', RING)).toMatchObject({ command: 'where', args: [] });
  });

  test('knows which commands need a conversation, or a room', () => {
    expect(refusal('/topic x', { ...HERE, room: '@bo' }).code).toBe('NOT_ALLOWED');
    expect(() => parseInput('/me x', { mode: 'server', live: true })).toThrow(/join a room/);
  });
});

describe('the table', () => {
  test('has no spelling twice', () => {
    const spellings = COMMANDS.flatMap((command) => [command.name, ...command.aliases]);
    expect(new Set(spellings).size).toBe(spellings.length);
  });

  test('explains all, or one', () => {
    expect(helpLines('server')).toHaveLength(commandsOf('server').length);
    expect(helpLines('ring').join('\n')).toContain('/invite');
    expect(helpLines('server').join('\n')).not.toContain('/invite');
    expect(helpLines('server', '/list-users').join('\n')).toContain('/who');
    expect(() => helpLines('server', 'nonsens')).toThrow(NatterError);
  });
});

describe('nearness', () => {
  test('counts a swap of neighbours once', () => {
    expect(editDistance('quti', 'quit')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });

  test('takes a beginning as near', () => {
    expect(nearest('forg', ['serve', 'forget'])).toBe('forget');
  });
});
