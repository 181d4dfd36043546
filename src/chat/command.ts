/**
 * The one gatekeeper in front of the slash commands (commands.ts): `parseInput` checks spelling, arity,
 * link and place before any handler runs, so that a handler only does its work.
 */
import { COMMANDS, type CommandName, type CommandSpec, type Mode } from './commands.js';
import { NatterError } from './error.js';
import type { Target } from './events.js';
import { nearest } from './nearest.js';

/** What the gatekeeper must know of the moment. */
export interface Situation {
  readonly mode: Mode;
  /** Is the server there? In the ring nobody needs to be. */
  readonly live: boolean;
  /** The conversation in front, if any. */
  readonly room?: Target;
}

export type Input =
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'command'; readonly command: CommandName; readonly args: readonly string[] };

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
 * @throws NatterError UNKNOWN_COMMAND naming the nearest one, USAGE with the right form, NOT_ALLOWED in a mode
 *   that has no such thing, DISCONNECTED, or NOT_A_MEMBER when there is no fitting conversation in front
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

/** The commands that are of use in a mode. */
export function commandsOf(mode: Mode): readonly CommandSpec[] {
  return COMMANDS.filter((command) => command.mode === undefined || command.mode === mode);
}

/** The lines of `/help`, or of `/help COMMAND`. */
export function helpLines(mode: Mode, about?: string): string[] {
  if (about === undefined) {
    const commands = commandsOf(mode);
    const width = Math.max(...commands.map((command) => command.usage.length));
    return commands.map((command) => `${command.usage.padEnd(width)}  ${command.help}`);
  }
  const command = findCommand(about);
  if (!command) throw unknown(about.replace(/^\//, ''));
  const also = command.aliases.map((alias) => `/${alias}`).join(', ');
  return [`${command.usage}  ${command.help}`, ...(also === '' ? [] : [`Also written ${also}.`])];
}

function admit(command: CommandSpec, situation: Situation): void {
  const { mode } = situation;
  if (command.mode !== undefined && command.mode !== mode) throw otherMode(command);
  if (command.link && mode === 'server' && !situation.live) {
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

function otherMode({ name, mode }: CommandSpec): NatterError {
  return new NatterError(
    'NOT_ALLOWED',
    mode === 'ring'
      ? `/${name} is for the ring; natter ring --name COMMUNITY starts or joins one.`
      : `/${name} is for a server; in the ring there is nobody who would keep that.`,
  );
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
