/**
 * Pictures of the inspector's page: a real browser looks at real programs.
 *
 *   npm run picture:inspector            every one of them, into docs/img/
 *   npm run picture:inspector -- NAME    only that one
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { openClient } from '#natter/actors/client/client.js';
import { findChromium, launchChromium, MISSING } from '../../test/support/chromium.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const MAIN = join(root, 'dist', 'main.js');
const PASSWORD = 'a password for pictures';
/** Who is in the ring of the picture. */
const WALKERS = ['ana', 'bo', 'cyd', 'dana', 'Élise', 'noor', 'ravi', 'mia', 'jörg', 'ada', 'tove', 'zoë'];
const WINDOW = { width: 1440, height: 860 };

/** A run of the program; `line` waits for a JSON line, `end` ends it. */
function natter(...args) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const reader = createInterface({ input: child.stdout });
  const lines = [];
  reader.on('line', (text) => lines.push(text));
  const found = async (fits) => {
    while (!lines.some(fits)) await once(reader, 'line');
    return lines.find(fits);
  };
  return {
    found,
    line: async (event) => JSON.parse(await found((text) => text.startsWith(`{"event":"${event}"`))),
    write: (text) => child.stdin.write(`${text}\n`),
    end: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill();
      await once(child, 'close');
    },
    kill: async () => {
      child.kill('SIGKILL');
      await once(child, 'close');
    },
  };
}

/** What every scene needs: a folder, and a list of what is to be undone, last first. */
function stage() {
  const folder = mkdtempSync(join(tmpdir(), 'natter-picture-'));
  const undo = [() => rmSync(folder, { recursive: true, force: true })];
  return {
    folder,
    later: (task) => undo.push(task),
    run: (...args) => {
      const run = natter(...args);
      undo.push(run.end);
      return run;
    },
    clear: async () => {
      for (const task of undo.reverse()) await task();
    },
  };
}

/** A server with its inspector, and so many people in its lobby. */
async function crowded({ folder, run, later }, people) {
  const server = run(
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--data',
    join(folder, 'server'),
    '--inspect',
    '0',
    '--json',
  );
  const { port } = await server.line('listening');
  const { url } = await server.line('inspector');
  const address = `127.0.0.1:${port}`;
  const clients = [];
  for (let number = 1; number <= people; number++) {
    const user = `person-${number}`;
    const client = await openClient({
      data: join(folder, user),
      server: address,
      threaded: false,
      onEvent: () => {},
    });
    later(() => client.close());
    await client.login(address, { user, password: PASSWORD, register: true, remember: false });
    clients.push(client);
  }
  return { url, address, clients };
}

/** Ten conversations, so that there is something besides sessions. */
const ROOMS = [
  '#dev',
  '#ops',
  '#music',
  '#books',
  '#garden',
  '#chess',
  '#hiking',
  '#cooking',
  '#maps',
  '#film',
];

/** A page on a screen of its own, in light colours unless said otherwise. */
async function visited({ browser, later }, url, options = {}) {
  const context = await browser.newContext({ viewport: WINDOW, colorScheme: 'light', ...options });
  later(() => context.close());
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

/** Types a search, and chooses the first that it finds. */
async function choose(page, words) {
  await page.getByRole('tree').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type(words);
  await page.locator('.actor-line[data-type=actor]').first().waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.chart-view [data-state].active').first().waitFor();
}

/** A presence among dozens of sessions, in the moment in which its person comes back. */
async function live(scene, options) {
  const { url, clients } = await crowded(scene, 30);
  const [ana, bo] = clients;
  for (const [index, room] of ROOMS.entries()) await clients[index].join(room);
  const page = await visited(scene, url, options);
  await ana.away(true);
  await choose(page, 'machine:presence state:away');
  await page.getByRole('searchbox', { name: /search actors/i }).fill('');
  for (const text of ['good morning', 'the build is green']) await bo.say('#lobby', text, 'text');
  for (const isAway of [false, true, false]) {
    await ana.away(isAway);
    await page.locator(`[data-state="presence.${isAway ? 'away' : 'online'}"].active`).waitFor();
  }
  await page.locator('.glowing').first().waitFor();
  return page;
}

/** A session of a server, one of its edges chosen and its context shown. */
async function session(scene) {
  const { url, clients } = await crowded(scene, 24);
  for (const [index, room] of ROOMS.entries()) await clients[index].join(room);
  const page = await visited(scene, url);
  await choose(page, 'kind:session');
  for (const text of ['good morning', 'the build is green']) await clients[0].say('#lobby', text, 'text');
  await page.getByRole('button', { name: 'Context' }).click();
  await page.locator('[data-edge="session.active|LOGOUT|0"]').last().click();
  await page.getByRole('region', { name: 'Chosen transition' }).getByText('From').waitFor();
  return page;
}

/** A ring of twelve, one of whom has just lost power. */
async function ring(scene, options) {
  const peer = (nick, ...more) =>
    scene.run(
      ...['ring', '--name', 'walkers', '--listen', '127.0.0.1:0', '--json', '--nick', nick],
      ...['--data', join(scene.folder, nick), ...more],
    );
  const [founder, ...others] = WALKERS;
  const first = peer(founder, '--inspect', '0');
  const { host, port } = await first.line('listening');
  const { url } = await first.line('inspector');
  const peers = [];
  for (const nick of others) {
    const next = peer(nick, '--peer', `${host}:${port}`);
    await next.line('listening');
    peers.push(next);
  }
  const page = await visited(scene, `${url}#/ring`, options);
  const seen = page.locator('.peer-line');
  await seen.nth(others.length).waitFor();
  await peers[4].kill();
  await page.locator('.ring .link.broken, .ring .link.suspect').first().waitFor({ state: 'attached' });
  await seen.nth(3).click();
  // The name in the list and the peer in the drawing are marked; the pointer is elsewhere.
  await page.mouse.move(20, 100);
  return page;
}

/** Every machine. */
async function gallery(scene) {
  const page = await visited(scene, await machinesOnly(scene));
  await page.locator('.cards svg').nth(10).waitFor();
  return page;
}

/** A transfer in the middle of its life, with the shortest ways to its end. */
async function simulator(scene) {
  const page = await visited(scene, `${await machinesOnly(scene)}#/machines/transfer/ACCEPT/TURN`);
  await page.locator('[data-state="transfer.resuming"].active').waitFor();
  await page.getByRole('combobox', { name: 'State to find ways to' }).selectOption('transfer.done');
  await page.getByRole('button', { name: 'Go there' }).first().waitFor();
  await page.locator('[data-event=OPENED]').click();
  await page.locator('[data-state="transfer.running"].active').waitFor();
  await page.locator('.stage').scrollIntoViewIfNeeded();
  return page;
}

/** The link of `natter inspect`. */
async function machinesOnly(scene) {
  const text = await scene.run('inspect', '--port', '0').found((line) => line.includes('token='));
  return /http:\S+/.exec(text)[0];
}

const dark = { colorScheme: 'dark' };
const SCENES = {
  'inspector-live': (scene) => live(scene),
  'inspector-dark': (scene) => live(scene, dark),
  'inspector-session': session,
  'inspector-ring': (scene) => ring(scene),
  'inspector-gallery': gallery,
  'inspector-simulator': simulator,
};

const chromium = findChromium();
if (chromium === undefined) throw new Error(MISSING);
const wanted = process.argv.slice(2);
for (const [name, play] of Object.entries(SCENES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const scene = stage();
  try {
    scene.browser = await launchChromium(chromium);
    scene.later(() => scene.browser.close());
    const page = await play(scene);
    await page.screenshot({ path: join(root, 'docs', 'img', `${name}.png`) });
    console.log(`docs/img/${name}.png`);
  } finally {
    await scene.clear();
  }
}
