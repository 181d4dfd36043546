/**
 * The table of slash commands, and the one gatekeeper in front of it: `parseInput` checks spelling, arity,
 * link and place before any handler runs, so that a handler only does its work.
 */
import { NatterError } from './error.js';
import type { Target } from './events.js';
import { nearest } from './nearest.js';

export type CommandName =
  | 'help'
  | 'join'
  | 'leave'
  | 'msg'
  | 'query'
  | 'me'
  | 'names'
  | 'who'
  | 'list'
  | 'topic'
  | 'whois'
  | 'away'
  | 'back'
  | 'search'
  | 'clear'
  | 'quit'
  | 'sticker'
  | 'status'
  | 'password'
  | 'devices'
  | 'forget-device'
  | 'retry'
  | 'history'
  | 'send'
  | 'accept'
  | 'reject'
  | 'trust'
  | 'untrust'
  | 'get'
  | 'files'
  | 'pause'
  | 'resume'
  | 'cancel'
  | 'preview';

export interface CommandSpec {
  readonly name: CommandName;
  /** Other spellings; the long ones are those of the program natter descends from. */
  readonly aliases: readonly string[];
  /** The form, as it answers a wrong one. */
  readonly usage: string;
  /** One line for `/help`. */
  readonly help: string;
  /** Fewest and most arguments; the last one takes the rest of the line when `rest` is set. */
  readonly min: number;
  readonly max: number;
  readonly rest: boolean;
  /** Needs a live link to the server. What is only queued does not. */
  readonly link: boolean;
  /** Needs a conversation in front: any, or one that is a room. */
  readonly place?: 'conversation' | 'room';
}

/** What the gatekeeper must know of the moment. */
export interface Situation {
  readonly live: boolean;
  /** The conversation in front, if any. */
  readonly room?: Target;
}

export type Input =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'command'; readonly command: CommandName; readonly args: readonly string[] };

export const COMMANDS: readonly CommandSpec[] = [
  spec('help', ['h', '?'], '/help [COMMAND]', 'Lists the commands, or explains one.', [0, 1]),
  spec('join', ['j'], '/join ROOM', 'Goes to a room and makes it if it is not there.', [1, 1], {
    link: true,
  }),
  spec('leave', ['part'], '/leave [ROOM]', 'Leaves this room, or the one named.', [0, 1], { link: true }),
  spec(
    'msg',
    ['m', 'tell', 'send-private-message'],
    '/msg NAME TEXT',
    'Says something privately, also to somebody who is not online.',
    [2, 2],
    { rest: true },
  ),
  spec('query', ['q'], '/query NAME', 'Opens the private conversation with a person.', [1, 1], {
    link: true,
  }),
  spec('me', [], '/me TEXT', 'Says what you do: /me waves.', [1, 1], { rest: true, place: 'conversation' }),
  spec('names', ['n'], '/names [ROOM]', 'Lists who is in this room, or in the one named.', [0, 1], {
    link: true,
  }),
  spec('who', ['list-users', 'users'], '/who', 'Lists who is online.', [0, 0], { link: true }),
  spec('list', ['rooms'], '/list', 'Lists the rooms of this server.', [0, 0], { link: true }),
  spec('topic', ['t'], '/topic [TEXT]', 'Shows the topic of this room, or sets it.', [0, 1], {
    rest: true,
    place: 'room',
  }),
  spec('whois', ['wi'], '/whois NAME', 'Tells whether a person is online.', [1, 1], { link: true }),
  spec('away', [], '/away', 'Shows you as away until /back.', [0, 0], { link: true }),
  spec('back', [], '/back', 'Shows you as here again.', [0, 0], { link: true }),
  spec(
    'search',
    ['s', 'find'],
    '/search TEXT',
    'Finds a text among the messages of this conversation.',
    [1, 1],
    {
      rest: true,
      place: 'conversation',
    },
  ),
  spec('clear', [], '/clear', 'Clears the screen; nothing is deleted.', [0, 0]),
  spec('quit', ['exit', 'bye'], '/quit', 'Leaves natter.', [0, 0]),
  spec('sticker', [], '/sticker [NAME]', 'Sends a sticker, or lists them.', [0, 1], {
    place: 'conversation',
  }),
  spec('status', [], '/status', 'Tells server, link, your name and what is unsent.', [0, 0]),
  spec(
    'password',
    ['passwd'],
    '/password',
    'Changes your password; asks for the old and the new one.',
    [0, 0],
    {
      link: true,
    },
  ),
  spec('devices', [], '/devices', 'Lists the devices your account remembers.', [0, 0], { link: true }),
  spec(
    'forget-device',
    [],
    '/forget-device KEY',
    'Makes a remembered device ask for the password again.',
    [1, 1],
    {
      link: true,
    },
  ),
  spec('retry', [], '/retry [all]', 'Sends the last failed message again, or all of them.', [0, 1]),
  spec(
    'history',
    ['more'],
    '/history [COUNT]',
    'Fetches older messages, 50 unless you say how many.',
    [0, 1],
    {
      link: true,
      place: 'conversation',
    },
  ),
  spec(
    'send',
    ['file', 'upload'],
    '/send FILE [TARGET]',
    'Sends a file here, or to #ROOM or @NAME.',
    [1, 1],
    {
      rest: true,
      link: true,
    },
  ),
  spec('accept', [], '/accept [N|NAME]', 'Takes a file that somebody offers you.', [0, 1], { rest: true }),
  spec('reject', ['decline'], '/reject [N|NAME]', 'Declines a file that somebody offers you.', [0, 1], {
    rest: true,
  }),
  spec('trust', [], '/trust NAME', 'Takes what a person sends you privately without asking.', [1, 1]),
  spec('untrust', [], '/untrust NAME', 'Asks again before a file of that person is taken.', [1, 1]),
  spec('get', ['download'], '/get [N|NAME]', 'Fetches a file of this conversation.', [0, 1], { rest: true }),
  spec('files', ['transfers'], '/files', 'Shows the files under way and those of before (F6).', [0, 0]),
  spec('pause', [], '/pause [N]', 'Halts a file, or all of them.', [0, 1]),
  spec('resume', [], '/resume [N]', 'Goes on with a file, or with all of them.', [0, 1]),
  spec('cancel', [], '/cancel [N]', 'Ends a file for good; one you sent is withdrawn.', [0, 1]),
  spec('preview', [], '/preview [N]', 'Shows a picture, or the first lines of a text, that is here.', [0, 1]),
];

const BY_SPELLING: ReadonlyMap<string, CommandSpec> = new Map(
  COMMANDS.flatMap((command) =>
    [command.name, ...command.aliases].map((spelling) => [spelling, command] as const),
  ),
);

/** The command behind a name or an alias, with or without its slash. */
export function findCommand(spelling: string): CommandSpec | undefined {
  return BY_SPELLING.get(spelling.replace(/^\//, '').toLowerCase());
}

/**
 * Reads one input: something to say, or a command that may run now. `//` at the start says a slash.
 * @throws NatterError UNKNOWN_COMMAND naming the nearest one, USAGE with the right form, DISCONNECTED, or
 *   NOT_A_MEMBER when there is no fitting conversation in front
 */
export function parseInput(line: string, situation: Situation): Input {
  if (line.startsWith('//')) return { kind: 'say', text: line.slice(1) };
  const match = /^\/([^\s/]+)(?:\s+([\s\S]*))?$/u.exec(line);
  // "/" alone, or a path such as /etc/hosts: nobody means a command by it.
  if (!match) return { kind: 'say', text: line };
  const command = findCommand(match[1] ?? '');
  if (!command) throw unknown(match[1] ?? '');
  const args = split(match[2] ?? '', command);
  if (args.length < command.min || args.length > command.max) throw wrongForm(command);
  admit(command, situation);
  return { kind: 'command', command: command.name, args };
}

/** What answers a wrong form, also one that only a handler can see. */
export function wrongForm(command: CommandSpec): NatterError {
  return new NatterError('USAGE', `Write it as ${command.usage}.`);
}

/** The lines of `/help`, or of `/help COMMAND`. */
export function helpLines(about?: string): string[] {
  if (about === undefined) {
    const width = Math.max(...COMMANDS.map((command) => command.usage.length));
    return COMMANDS.map((command) => `${command.usage.padEnd(width)}  ${command.help}`);
  }
  const command = findCommand(about);
  if (!command) throw unknown(about.replace(/^\//, ''));
  const also = command.aliases.map((alias) => `/${alias}`).join(', ');
  return [`${command.usage}  ${command.help}`, ...(also === '' ? [] : [`Also written ${also}.`])];
}

function admit(command: CommandSpec, situation: Situation): void {
  if (command.link && !situation.live) {
    throw new NatterError(
      'DISCONNECTED',
      `/${command.name} needs the server; wait until the connection is back and try again.`,
    );
  }
  if (command.place !== undefined && situation.room === undefined) {
    throw new NatterError('NOT_A_MEMBER', `/${command.name} needs a conversation; /join a room first.`);
  }
  if (command.place === 'room' && !situation.room?.startsWith('#')) {
    throw new NatterError('NOT_ALLOWED', `/${command.name} works in rooms only; go to one first.`);
  }
}

function split(rest: string, command: CommandSpec): string[] {
  const args: string[] = [];
  let left = rest.trim();
  while (left !== '') {
    if (command.rest && args.length === command.max - 1) return [...args, left];
    const word = /^\S+/u.exec(left)?.[0] ?? left;
    args.push(word);
    left = left.slice(word.length).trimStart();
  }
  return args;
}

function unknown(word: string): NatterError {
  const typed = word.slice(0, 40);
  const meant = nearest(typed, BY_SPELLING.keys());
  const hint = meant === undefined ? '/help lists the commands' : `did you mean /${meant}?`;
  return new NatterError(
    'UNKNOWN_COMMAND',
    `There is no command /${typed}; ${hint}${hint.endsWith('?') ? '' : '.'}`,
    meant === undefined ? {} : { nearest: meant },
  );
}

function spec(
  name: CommandName,
  aliases: readonly string[],
  usage: string,
  help: string,
  [min, max]: readonly [number, number],
  more: { rest?: boolean; link?: boolean; place?: 'conversation' | 'room' } = {},
): CommandSpec {
  const { rest = false, link = false } = more;
  const base = { name, aliases, usage, help, min, max, rest, link };
  return more.place === undefined ? base : { ...base, place: more.place };
}
