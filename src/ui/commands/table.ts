/** Every command of the command line: its flags here, its work in the module it loads. */
import { parseAddress, parseServer } from '../../chat/address.js';
import type { CommandRow, OptionRow } from '../cli.js';
import { count, natural, person, serverTarget } from './values.js';

export const everywhere: readonly OptionRow[] = [
  { flags: '--data <dir>', help: 'keep all state under this folder instead of the usual ones' },
];

const server: OptionRow = {
  flags: '--server <host:port>',
  help: 'the server to talk to',
  required: true,
  parse: (text) => parseServer(text).name,
};
const user: OptionRow = { flags: '--user <name>', help: 'the account to log in as', required: true };
const passwordFile: OptionRow = {
  flags: '--password-file <file>',
  help: 'read the password from this file (or set NATTER_PASSWORD)',
};
const remember: OptionRow = {
  flags: '--remember',
  help: 'let this device log in without a password from now on',
};
const json: OptionRow = { flags: '--json', help: 'print one JSON object a line' };
const login = [server, user, passwordFile];
const { required: _, ...anyServer } = server;
const { required: __, ...anyUser } = user;

export const commands: readonly CommandRow[] = [
  {
    name: 'chat',
    help: 'open the terminal client (this is what natter alone does)',
    fallback: true,
    options: [
      anyServer,
      anyUser,
      passwordFile,
      remember,
      { flags: '--plain', help: 'line by line, for screen readers and scripts, instead of a screen' },
    ],
    load: () => import('./chat.js'),
  },
  {
    name: 'serve',
    help: 'run a server',
    options: [
      {
        flags: '--listen <host:port>',
        help: 'where to listen; port 0 means any (default: 0.0.0.0:7777)',
        parse: parseAddress,
      },
      {
        flags: '--workers <n>',
        help: 'threads for rooms and sessions (default: by the number of cores)',
        parse: natural,
      },
      {
        flags: '--metrics <host:port>',
        help: 'serve Prometheus metrics and health over HTTP',
        parse: parseAddress,
      },
      json,
    ],
    load: () => import('./serve.js'),
  },
  {
    name: 'register',
    help: 'make an account',
    options: [...login, remember],
    load: () => import('./register.js'),
  },
  {
    name: 'send',
    help: 'say something: TEXT, or one message per line of standard input',
    args: '[text...]',
    options: [
      ...login,
      { flags: '--to <target>', help: '#room (or room), or @name', required: true, parse: serverTarget },
      { flags: '--key <key>', help: 'makes a repeated command one entry' },
      remember,
      json,
    ],
    load: () => import('./send.js'),
  },
  {
    name: 'tail',
    help: 'print what is said in a conversation',
    options: [
      ...login,
      { flags: '--room <target>', help: '#room (or room), or @name', required: true, parse: serverTarget },
      { flags: '--since <seq>', help: 'begin with the first entry after this one; 0 for all', parse: count },
      { flags: '--until-idle <ms>', help: 'end when caught up and nothing came for so long', parse: count },
      remember,
      json,
    ],
    load: () => import('./tail.js'),
  },
  {
    name: 'who',
    help: 'print who is online',
    options: [
      ...login,
      { flags: '--room <target>', help: 'who is in this room instead', parse: serverTarget },
      remember,
      json,
    ],
    load: () => import('./who.js'),
  },
  {
    name: 'put',
    help: 'send a file; ends when the server holds it',
    args: '<file>',
    background: true,
    options: [
      ...login,
      { flags: '--to <target>', help: '#room (or room), or @name', required: true, parse: serverTarget },
      remember,
      json,
    ],
    load: () => import('./put.js'),
  },
  {
    name: 'get',
    help: 'take the files that are offered, now and from now on',
    background: true,
    options: [
      ...login,
      { flags: '--into <dir>', help: 'the folder for them; made if it is missing', required: true },
      { flags: '--from <name>', help: 'only what this person offers', parse: person },
      { flags: '--once', help: 'end after the first finished file' },
      remember,
      json,
    ],
    load: () => import('./get.js'),
  },
  {
    name: 'forget',
    help: 'forget the pinned key of a server',
    args: '<host:port>',
    options: [],
    load: () => import('./forget.js'),
  },
  {
    name: 'bench',
    help: 'measure something, beside a peer in the same run',
    args: '<name>',
    options: [json],
    load: () => import('./bench.js'),
  },
];
