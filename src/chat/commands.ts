/** The table of slash commands. What each does stands where it is handled; who may run it now, command.ts decides. */
/** With a server, or in the ring, where nobody is in charge. */
export type Mode = 'server' | 'ring';

/** About files. */
export type FileCommand =
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

/** About people nearby and like-minded, and about the ring. */
export type GroupCommand = 'near' | 'interest' | 'lobby' | 'where' | 'invite' | 'ring' | 'status';

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
  | 'password'
  | 'devices'
  | 'forget-device'
  | 'retry'
  | 'history'
  | 'machines'
  | FileCommand
  | GroupCommand;

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
  /** With a server: needs a live link to it. What is only queued does not. */
  readonly link: boolean;
  /** Works in one of the two modes only. */
  readonly mode?: Mode;
  /** Needs a conversation in front: any, or one that is a room. */
  readonly place?: 'conversation' | 'room';
}

export const COMMANDS: readonly CommandSpec[] = [
  spec('help', ['h', '?'], '/help [COMMAND]', 'Lists the commands, or explains one.', [0, 1]),
  spec('join', ['j'], '/join ROOM', 'Goes to a room and makes it if it is not there; also to +TAG.', [1, 1], {
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
  spec('list', ['rooms'], '/list', 'Lists rooms, and interests that others have.', [0, 0], { link: true }),
  spec('topic', ['t'], '/topic [TEXT]', 'Shows the topic of this room, or sets it.', [0, 1], {
    rest: true,
    place: 'room',
    mode: 'server',
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
  spec('status', [], '/status', 'Tells your name, the connection, your groups and who is in them.', [0, 0]),
  spec(
    'password',
    ['passwd'],
    '/password',
    'Changes your password; asks for the old and the new one.',
    [0, 0],
    { link: true, mode: 'server' },
  ),
  spec('devices', [], '/devices', 'Lists the devices your account remembers.', [0, 0], {
    link: true,
    mode: 'server',
  }),
  spec(
    'forget-device',
    [],
    '/forget-device KEY',
    'Makes a remembered device ask for the password again.',
    [1, 1],
    { link: true, mode: 'server' },
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
  spec(
    'near',
    ['join-geo'],
    '/near [KM]',
    'Founds a group of everybody within KM km of you; without KM goes to the one you have.',
    [0, 1],
    { link: true },
  ),
  spec(
    'interest',
    ['join-interest'],
    '/interest [TAG]',
    'Goes to everybody with that interest; without TAG to your last one.',
    [0, 1],
    { link: true },
  ),
  spec('lobby', [], '/lobby', 'Goes back to the lobby, where everybody is.', [0, 0]),
  spec(
    'where',
    ['list-geo', 'at'],
    '/where [LAT,LON|CITY|off]',
    'Tells the place you share; or shares another, about 5 km coarse; or none.',
    [0, 1],
    { rest: true, link: true },
  ),
  spec(
    'machines',
    ['actors'],
    '/machines [WORD]',
    'Shows the machines that run in this program, or those with WORD (F9).',
    [0, 1],
    { rest: true },
  ),
  spec('invite', [], '/invite', 'Gives the link by which others come here.', [0, 0], { mode: 'ring' }),
  spec('ring', [], '/ring', 'Shows the ring: neighbours, long links, lag, health (F5).', [0, 0], {
    mode: 'ring',
  }),
];

function spec(
  name: CommandName,
  aliases: readonly string[],
  usage: string,
  help: string,
  [min, max]: readonly [number, number],
  more: {
    rest?: boolean;
    link?: boolean;
    place?: 'conversation' | 'room';
    mode?: Mode;
  } = {},
): CommandSpec {
  return { name, aliases, usage, help, min, max, rest: false, link: false, ...more };
}
