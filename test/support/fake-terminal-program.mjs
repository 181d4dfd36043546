/**
 * The terminal client over a client that does what a test says: the test listens on a loopback port and
 * writes JSON lines ({ emit: ClientEvent }, { report: Report }, { now: ms }, { answer, value | fail }, { crash }); every command is told back
 * ({ call, args }).
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { NatterError } from '#natter/chat/error.js';
import { Input } from '#natter/ui/terminal/input.js';
import { runRing, runTerminal } from '#natter/ui/terminal/run.js';

let time = Number(process.env.FAKE_NOW);
const now = () => time;
const control = connect(Number(process.env.FAKE_CONTROL_PORT), '127.0.0.1');

/** Answers told in advance, by command: a value, or { fail: code, message }. */
const answers = new Map();
let emit = () => undefined;
let show = () => undefined;
let nextId = 1;

function tell(call, args) {
  control.write(`${JSON.stringify({ call, args })}\n`);
  const answer = answers.get(call);
  if (answer?.fail !== undefined) throw new NatterError(answer.fail, answer.message);
  return answer?.value;
}

const room = (name, kind) => ({
  room: name,
  kind,
  topic: '',
  head: 0,
  cursor: 0,
  unread: 0,
  mentions: 0,
  members: 1,
});

const client = {
  key: 'mmmm-aaaa',
  async login(server, credentials) {
    const value = tell('login', [server, credentials]) ?? { user: credentials.user };
    emit({ event: 'welcome', user: value.user, account: '00' });
    return value;
  },
  async probe(server) {
    return tell('probe', [server]) ?? { lagMs: 0.4, fingerprint: 'ab12 cd34', known: false };
  },
  async join(name) {
    const value = tell('join', [name]) ?? room(name, name.startsWith('@') ? 'direct' : 'room');
    emit({ event: 'room', room: value });
    return value;
  },
  async leave(name) {
    tell('leave', [name]);
    emit({ event: 'left', room: name });
  },
  async say(target, text, kind) {
    const id = `own${nextId++}`;
    tell('say', [target, text, kind, id]);
    const message = {
      room: target,
      seq: 0,
      id,
      from: 'me',
      text,
      at: now(),
      kind,
      mine: true,
      delivery: 'sending',
    };
    emit({ event: 'message', message, history: false });
    return id;
  },
  async retry(id) {
    tell('retry', [id]);
  },
  async discard(id) {
    tell('discard', [id]);
  },
  async history(target, before, count) {
    tell('history', [target, before, count]);
    emit({ event: 'beginning', room: target });
  },
  async follow(target, since) {
    return tell('follow', [target, since]) ?? room(target, 'room');
  },
  async read(target, seq) {
    tell('read', [target, seq]);
  },
  async typing(target, on) {
    tell('typing', [target, on]);
  },
  async away(on) {
    tell('away', [on]);
  },
  async who(target) {
    return tell('who', [target]) ?? [{ user: 'ana', state: 'online' }];
  },
  async person(name) {
    return tell('person', [name]) ?? { user: name, state: 'offline' };
  },
  async rooms() {
    return tell('rooms', []) ?? [];
  },
  async topic(target, topic) {
    tell('topic', [target, topic]);
  },
  async changePassword(...args) {
    tell('changePassword', args);
  },
  async devices() {
    return tell('devices', []) ?? [];
  },
  async forgetDevice(key) {
    tell('forgetDevice', [key]);
  },
  async sendFile(target, path) {
    return tell('sendFile', [target, path]) ?? 'f0';
  },
  async acceptFile(id, into) {
    tell('acceptFile', into === undefined ? [id] : [id, into]);
  },
  async rejectFile(id) {
    tell('rejectFile', [id]);
  },
  async pauseFile(id) {
    tell('pauseFile', [id]);
  },
  async resumeFile(id) {
    tell('resumeFile', [id]);
  },
  async cancelFile(id) {
    tell('cancelFile', [id]);
  },
  async trust(user, on) {
    tell('trust', [user, on]);
  },
  async transfers() {
    return tell('transfers', []) ?? [];
  },
  async offers() {
    return tell('offers', []) ?? [];
  },
  async locate(at) {
    return tell('locate', [at]);
  },
  async location() {
    return tell('location', []);
  },
  async near(km) {
    const value = tell('near', [km]) ?? room('~mia', 'geo');
    emit({ event: 'room', room: value });
    return value;
  },
  async interest(tag) {
    const value = tell('interest', [tag]) ?? room(`+${tag}`, 'interest');
    emit({ event: 'room', room: value });
    return value;
  },
  async groups() {
    return tell('groups', []) ?? [];
  },
  async tags() {
    return tell('tags', []) ?? [];
  },
  async invite() {
    return tell('invite', []) ?? 'natter://join?c=walkers';
  },
  async addresses() {
    return tell('addresses', []) ?? ['127.0.0.1:40000'];
  },
  async ringStatus() {
    return tell('ringStatus', []) ?? { peers: 0, state: 'alone', sinceMs: 0 };
  },
  async ringView() {
    return tell('ringView', []) ?? [];
  },
  inspectable: {
    look(report) {
      tell('look', []);
      show = report;
      return {
        wish: ({ chosen }) => void tell('wish', chosen),
        close: () => void tell('lookAway', []),
      };
    },
  },
  async quit(ms) {
    tell('quit', [ms]);
  },
  async close() {
    tell('close', []);
  },
};

control.write(`${JSON.stringify({ pid: process.pid })}\n`);
createInterface({ input: control }).on('line', (line) => {
  const order = JSON.parse(line);
  if (order.now !== undefined) time = order.now;
  if (order.emit !== undefined) emit(order.emit);
  if (order.report !== undefined) show(order.report);
  if (order.answer !== undefined) answers.set(order.answer, order);
  if (order.crash === 'exception') setImmediate(() => JSON.parse('{'));
  if (order.crash === 'rejection') Promise.reject(new Error('nobody catches this'));
  if (order.crash === 'exit') process.exit(7);
});
control.on('error', () => process.exit(9));

const start = process.env.FAKE_START === undefined ? undefined : JSON.parse(process.env.FAKE_START);
const inspector = process.env.FAKE_INSPECTOR;
const input = new Input(process.stdin, () => process.kill(process.pid, 'SIGINT'));
const seat = { input, output: process.stdout, now, ...(inspector && { inspector }) };
const open = async (onEvent) => {
  emit = onEvent;
  return client;
};
const run = () =>
  process.env.FAKE_RING === undefined
    ? runTerminal({
        ...seat,
        client: open,
        ring: async (wish, onEvent) => {
          tell('joinRing', [wish]);
          return open(onEvent);
        },
        ...(start === undefined ? {} : { start }),
        embedded: async () => {
          tell('embedded', []);
          return { server: '127.0.0.1:7777', stop: async () => void tell('stop', []) };
        },
      })
    : runRing({ ...seat, ring: open });
process.exitCode = await run();
control.end();
