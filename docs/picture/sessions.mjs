/**
 * What is in the pictures, by name. Each plays a real session: a server, people who talk through clients of
 * their own, and mia, whose terminal is drawn.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Resvg } from '@resvg/resvg-js';
import { openClient } from '#natter/actors/client/client.js';
import { startServer } from '#natter/actors/server/server.js';

const MAIN = 'dist/main.js';
const PASSWORD = 'a password for pictures';

/** A server in this process and whoever talks there; `end` takes all of it away again. */
async function openPlace() {
  const folder = mkdtempSync(join(tmpdir(), 'natter-picture-'));
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await startServer({ data: join(folder, 'server'), listen, log: 'silent' });
  const address = `127.0.0.1:${server.port}`;
  const clients = [];
  const enter = async (user) => {
    const waiting = new Map();
    const client = await openClient({
      data: join(folder, user),
      server: address,
      threaded: false,
      onEvent: (events) => {
        for (const { event, message } of events)
          if (event === 'delivery' && message.delivery === 'ok') waiting.get(message.text)?.();
      },
    });
    clients.push(client);
    await client.login(address, { user, password: PASSWORD, register: true, remember: false });
    const say = (room, text, kind = 'text') =>
      new Promise((resolve, reject) => {
        waiting.set(text, resolve);
        client.say(room, text, kind).catch(reject);
      });
    return { client, say };
  };
  const end = async () => {
    for (const client of clients) {
      await client.quit(500);
      await client.close();
    }
    await server.stop(1_000);
    rmSync(folder, { recursive: true });
  };
  return { address, folder, enter, end };
}

/** Mia's terminal, once she has an account there and is in the lobby. */
async function register(start, { address, folder }, terminal) {
  const args = [MAIN, 'chat', '--server', address, '--data', join(folder, 'mia')];
  const mia = start(process.execPath, args, terminal);
  await mia.see('reachable');
  mia.type(`\t\t\t${PASSWORD}\t\x1b[C`);
  await mia.see('(x) register');
  mia.type('\r');
  await mia.see('mia >');
  return mia;
}

async function dashboard(start, columns, rows) {
  const place = await openPlace();
  const people = {};
  for (const name of ['ana', 'bo', 'dana', 'Élise', '王小明', 'noor']) people[name] = await place.enter(name);
  await people.ana.client.topic('#lobby', 'Welcome - /help lists commands').catch(() => undefined);
  await people.ana.say('#lobby', 'morning all');
  await people.bo.say('#lobby', 'the spec is at https://example.org/spec, section 5 is the one that changed');
  await people.王小明.say('#lobby', '你好！我刚刚读完了新的规范，写得很清楚 👍');
  const mia = await register(start, place, { columns, rows, env: { USER: 'mia' } });
  for (const room of ['dev', 'ops', '日本語']) {
    mia.type(`/join ${room}\r`);
    await mia.see(`#${room}`);
  }
  mia.type('\x1b1');
  await mia.see('>1 #lobby');
  await people.Élise.say('#lobby', 'crème brûlée at four? 👨‍👩‍👧‍👦 are all invited');
  await people.bo.say('#lobby', 'waves at everyone', 'action');
  await people.ana.say(
    '#lobby',
    'mia: can you look at the wrap code? A long line has to break between two words and keep its indent.',
  );
  await people.dana.say('#lobby', 'coffee', 'sticker');
  for (const room of ['#dev', '#ops']) for (const name of ['ana', 'bo']) await people[name].client.join(room);
  for (let number = 1; number <= 12; number++) await people.ana.say('#dev', `build ${number} is green`);
  await people.bo.say('#ops', 'mia: the pager is yours');
  await people.bo.say('#ops', 'mia, and the coffee machine');
  await people.bo.client.join('@mia');
  for (const text of ['hi', 'got a minute?', 'never mind, found it']) await people.bo.say('@mia', text);
  await people.dana.client.away(true);
  await mia.see('@bo');
  mia.type('on it :tada:\r');
  await mia.see(' ok ');
  await people.noor.client.typing('#lobby', true);
  mia.type('the release is tagged');
  await mia.see('noor is typing');
  return { session: mia, end: place.end };
}

/** What ana sends: hills in the evening. */
const HILLS = `<svg xmlns="http://www.w3.org/2000/svg" width="480" height="320">
  <defs><linearGradient id="sky" x2="0" y2="1"><stop stop-color="#274b8a"/><stop offset=".7" stop-color="#f2a65a"/></linearGradient></defs>
  <rect width="480" height="320" fill="url(#sky)"/>
  <circle cx="330" cy="170" r="42" fill="#ffe08a"/>
  <path d="M0 230 Q90 130 190 215 T400 190 T480 220 V320 H0Z" fill="#3f6b63"/>
  <path d="M0 275 Q120 200 250 265 T480 250 V320 H0Z" fill="#254a34"/>
  <path d="M70 262 v-62 m-20 20 q20-52 40 0 m-46 22 q26-50 52 0" stroke="#12281b" stroke-width="9" fill="#12281b"/>
</svg>`;
/** Long enough to be on its way while the picture is taken; its bytes are a hole. */
const FILM_BYTES = 5e8;

/** A private conversation in which a picture has come, and a film is coming. */
async function files(start) {
  const place = await openPlace();
  const ana = await place.enter('ana');
  const home = join(place.folder, 'home');
  mkdirSync(home);
  const mia = await register(start, place, {
    columns: 100,
    rows: 32,
    env: { USER: 'mia', HOME: home, COLORTERM: 'truecolor', XDG_CONFIG_HOME: home },
  });
  mia.type('/query ana\r');
  await mia.see('@ana');
  await ana.client.join('@mia');
  await ana.say('@mia', 'back from the hills! one picture, and then the film');
  const picture = join(place.folder, 'evening.png');
  writeFileSync(picture, new Resvg(HILLS).render().asPng());
  await ana.client.sendFile('@mia', picture);
  await mia.see('ana offers evening.png');
  mia.type('/accept\r');
  await mia.see('▀▀▀▀');
  const film = join(place.folder, 'hills, uncut.mkv');
  writeFileSync(film, '');
  truncateSync(film, FILM_BYTES);
  await ana.client.sendFile('@mia', film);
  await mia.see('ana offers hills');
  mia.type('/accept\r');
  await mia.see('[███');
  await ana.client.typing('@mia', true);
  await mia.see('[█████');
  mia.type('what a light!');
  await mia.see('what a light!');
  await mia.see('ana is typing');
  return { session: mia, end: place.end };
}

/** Who is in the ring of the picture, with what they share. */
const WALKERS = [
  ['ana', '--city', 'Vienna', '--interest', 'hiking'],
  ['bo', '--at', '48.15,16.1', '--interest', 'hiking', '--interest', 'chess'],
  ['cyd', '--interest', 'chess'],
  ['dana', '--city', 'Graz'],
  ['Élise', '--interest', 'chess'],
  ['noor'],
];

/** A peer of a ring as a process; `line` waits for a JSON line. */
async function openPeer(folder, [nick, ...flags]) {
  const args = ['ring', '--name', 'walkers', '--listen', '127.0.0.1:0', '--json', '--nick', nick, ...flags];
  const child = spawn(process.execPath, [MAIN, ...args, '--data', join(folder, nick)]);
  const lines = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(JSON.parse(line)));
  const line = async (fits) => {
    while (!lines.some(fits)) await once(reader, 'line');
    return lines.find(fits);
  };
  const { host, port } = await line(({ event }) => event === 'listening');
  return {
    at: `${host}:${port}`,
    line,
    say: (text) => child.stdin.write(`${text}\n`),
    end: async () => {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}

/** Seven people and nobody in charge: the lobby, or the ring itself. */
async function ring(start, columns, rows, isView) {
  const folder = mkdtempSync(join(tmpdir(), 'natter-picture-'));
  const [founder, ...others] = WALKERS;
  const ana = await openPeer(folder, founder);
  const peers = [ana];
  for (const walker of others) peers.push(await openPeer(folder, [...walker, '--peer', ana.at]));
  const [, bo, cyd, dana] = peers;
  const args = ['ring', '--name', 'walkers', '--listen', '127.0.0.1:0', '--peer', ana.at, '--nick', 'mia'];
  const mia = start(
    process.execPath,
    [MAIN, ...args, '--city', 'Vienna', '--interest', 'hiking', '--data', join(folder, 'mia')],
    { columns, rows },
  );
  await mia.see(`ring: ${WALKERS.length} peers, stable`);
  await mia.see('near Vienna');
  ana.say('the server room is flooded. good thing we need none');
  await mia.see('flooded');
  bo.say('so we meet up here again');
  await mia.see('meet up');
  ana.say('/join-geo 40');
  await mia.see('~ana');
  ana.say('who comes up the Kahlenberg on Sunday?');
  cyd.say('/msg mia are you bringing the map?');
  await mia.see('@cyd');
  dana.say('too far for me, have fun');
  await mia.see('have fun');
  mia.type(isView ? '\x1b[15~' : 'see you on Sunday :tada:\r');
  await mia.see(isView ? 'Esc close' : ' ok ');
  if (isView) await mia.see('@ mia');
  const end = async () => {
    for (const peer of peers) await peer.end();
    rmSync(folder, { recursive: true });
  };
  return { session: mia, end };
}

/** What somebody sees who starts for the first time. */
async function firstScreen(start, columns, rows) {
  const folder = mkdtempSync(join(tmpdir(), 'natter-picture-'));
  const args = [MAIN, 'chat', '--data', folder];
  const session = start(process.execPath, args, { columns, rows, env: { USER: 'mia' } });
  await session.see('Ctrl+C quit');
  return { session, end: async () => rmSync(folder, { recursive: true }) };
}

/** A client with a server beside it in one process: what runs in both. */
async function machines(start) {
  const { session, end } = await firstScreen(start, 100, 28);
  session.type('\r');
  await session.see('mia >');
  session.type('/join dev\r');
  await session.see('>2 #dev');
  session.type('\x1b[20~');
  await session.see('[*] steady');
  await session.see('room/2');
  return { session, end };
}

export const SESSIONS = {
  ring: (start) => ring(start, 100, 28, false),
  'ring-view': (start) => ring(start, 80, 24, true),
  files,
  machines,
  setup: (start) => firstScreen(start, 80, 24),
  dashboard: (start) => dashboard(start, 80, 24),
  wide: (start) => dashboard(start, 140, 40),
};
