/** Every command of the command line: its flags here, its work in the module it loads. */
import { parseListener, parseServer } from '../../chat/address.js';
import { parseCommunity } from '../../chat/community.js';
import { parsePoint } from '../../chat/geo.js';
import { parseTag } from '../../chat/tag.js';
import type { CommandRow, OptionRow } from '../cli.js';
import { count, counts, inviteLink, natural, oneOf, person, share, target, tcpPort, upTo } from './values.js';

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
const inspect: OptionRow = {
  flags: '--inspect [port]',
  help: 'show the machines as they run, on a web page that only this computer reaches',
  parse: tcpPort,
};
/** Where one is, coarsely. */
const place: readonly OptionRow[] = [
  { flags: '--at <lat,lon>', help: 'share this place, coarse to about 5 km', parse: parsePoint },
  { flags: '--city <name>', help: 'share the place of this city instead' },
];
/** And what one likes. */
const groupOptions: readonly OptionRow[] = [
  ...place,
  {
    flags: '--interest <tag>',
    help: 'something you like; may come several times',
    many: true,
    parse: parseTag,
  },
];
const TARGET_HELP = '#room (or room), @name, +interest, or ~founder of a group nearby';
const to: OptionRow = { flags: '--to <target>', help: TARGET_HELP, required: true, parse: target };
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
      ...groupOptions,
      { flags: '--plain', help: 'line by line, for screen readers and scripts, instead of a screen' },
      inspect,
      { flags: '--setup', help: 'ask where to go, instead of going where this device was last' },
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
        parse: parseListener,
      },
      {
        flags: '--workers <n>',
        help: 'threads for rooms and sessions (default: by the number of cores)',
        parse: natural,
      },
      {
        flags: '--metrics <host:port>',
        help: 'serve Prometheus metrics and health over HTTP',
        parse: parseListener,
      },
      inspect,
      json,
    ],
    load: () => import('./serve.js'),
  },
  {
    name: 'ring',
    help: 'talk in a ring, where nobody is in charge: start one, or join one',
    options: [
      {
        flags: '--name <community>',
        help: 'the community: everybody who gives this name',
        parse: parseCommunity,
      },
      { flags: '--join <link>', help: 'an invite link; /invite gives one', parse: inviteLink },
      { flags: '--closed', help: 'let in only those who have an invite link' },
      {
        flags: '--listen <host:port>',
        help: 'where others reach you; port 0 means any (default: 0.0.0.0:7777)',
        parse: parseListener,
      },
      {
        flags: '--peer <host:port>',
        help: 'where somebody of it is; may come several times',
        many: true,
        parse: parseServer,
      },
      { flags: '--nick <name>', help: 'your name there (default: that of your account here)', parse: person },
      ...groupOptions,
      { flags: '--no-lan', help: 'neither look for others on the local network nor be found there' },
      { flags: '--plain', help: 'line by line, for screen readers and scripts, instead of a screen' },
      inspect,
      json,
    ],
    load: () => import('./ring.js'),
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
      to,
      ...place,
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
      { flags: '--room <target>', help: TARGET_HELP, required: true, parse: target },
      ...place,
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
      { flags: '--room <target>', help: 'who is in this room or group instead', parse: target },
      ...place,
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
    options: [...login, to, ...place, remember, json],
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
    name: 'inspect',
    help: 'look at the machines that natter is made of, on a web page of this computer',
    options: [
      { flags: '--port <n>', help: 'where to serve the page; 0 means any (default: any)', parse: tcpPort },
      { flags: '--export <dir>', help: 'write them into this folder instead, as SVG and as Mermaid text' },
    ],
    load: () => import('./inspect.js'),
  },
  {
    name: 'sim',
    help: 'run many peers in virtual time, as a ring: natter sim ring --nodes N',
    args: '<name>',
    background: true,
    options: [
      { flags: '--nodes <n>', help: 'how many peers', required: true, parse: upTo(10_000, 1) },
      { flags: '--kill <share>', help: 'so many die at once, without a word', parse: share },
      { flags: '--consecutive', help: 'they die in one stretch of the ring' },
      { flags: '--loss <share>', help: 'so many datagrams are lost', parse: share },
      { flags: '--bursts', help: 'everybody has bad moments, in which most is lost' },
      {
        flags: '--one-way <share>',
        help: 'so many ways between two peers are closed in one direction',
        parse: share,
      },
      { flags: '--churn <share>', help: 'so many go per minute, and as many come', parse: share },
      { flags: '--partition <s>', help: 'half of them are cut off for so many seconds', parse: upTo(60) },
      { flags: '--stall <share>', help: 'so many stand still for some seconds', parse: share },
      { flags: '--liars <share>', help: 'so many lie about who comes next', parse: share },
      { flags: '--entries <n>', help: 'how much is said (default: 100)', parse: upTo(10_000, 1) },
      { flags: '--seed <n>', help: 'the same seed is the same run (default: 1)', parse: count },
      {
        flags: '--runs <n>',
        help: 'so many seeds, as many at once as there are cores',
        parse: upTo(1_000_000, 1),
      },
      {
        flags: '--system <name>',
        help: 'natter or flood alone (default: both; natter for many runs or peers)',
        parse: oneOf(['natter', 'flood']),
      },
      { flags: '--trace [members]', help: 'tell on standard error what happens (to 3,5,8)', parse: counts },
      { flags: '--trace-from <s>', help: 'begin to tell at this second', parse: count },
      json,
    ],
    load: () => import('./sim.js'),
  },
  {
    name: 'bench',
    help: 'measure something, beside a peer in the same run',
    args: '<name>',
    argsHelp:
      'fanout (a room of 200), files, connection (the protocol alone), runtime (actors), inspector (being watched) or pane (a long conversation)',
    options: [json],
    load: () => import('./bench.js'),
  },
];
