/**
 * Pictures of the running client: a pseudo-terminal, a terminal emulator without a window, SVG, PNG.
 *
 *   npm run picture            every picture of sessions.mjs, into docs/img/
 *   npm run picture -- NAME    only that one
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import { Resvg } from '@resvg/resvg-js';
import headless from '@xterm/headless';
import { SESSIONS } from './sessions.mjs';
import { drawTerminal } from './svg.mjs';

// The addon reads its table from the start of a pooled buffer's memory, so it must get a buffer of its own.
Buffer.poolSize = 0;
const { UnicodeGraphemesAddon } = await import('@xterm/addon-unicode-graphemes');

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const dejavu = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
const FONTS = [
  join(dejavu, 'DejaVuSansMono.ttf'),
  join(dejavu, 'DejaVuSansMono-Bold.ttf'),
  join(dejavu, 'DejaVuSans.ttf'),
  join(here, 'fonts', 'NatterCJK.otf'),
];
/** A picture has this many pixels for each unit of the SVG. */
const SCALE = 2;
const WAIT_MS = 15_000;

/** A program in a terminal: `type` writes keys, `see` waits for a text. */
function open(command, args, { columns, rows, env = {} }) {
  const terminal = new headless.Terminal({ cols: columns, rows, allowProposedApi: true });
  terminal.loadAddon(new UnicodeGraphemesAddon());
  terminal.unicode.activeVersion = '15-graphemes';
  const pty = spawn(command, args, {
    name: 'xterm-256color',
    cols: columns,
    rows,
    cwd: root,
    env: { ...process.env, NO_COLOR: '', TERM: 'xterm-256color', LANG: 'C.UTF-8', ...env },
  });
  let check = () => {};
  let raw = '';
  pty.onData((data) => {
    raw += data;
    terminal.write(data, () => check());
  });
  const text = () => {
    const { active } = terminal.buffer;
    return Array.from({ length: rows }, (_, y) =>
      active.getLine(active.viewportY + y).translateToString(),
    ).join('\n');
  };
  return {
    terminal,
    isCursorShown: () => raw.lastIndexOf('\x1b[?25h') > raw.lastIndexOf('\x1b[?25l'),
    type: (keys) => pty.write(keys),
    see: (wanted) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`"${wanted}" did not appear:\n${text()}`)), WAIT_MS);
        check = () => {
          if (!text().includes(wanted)) return;
          clearTimeout(timer);
          resolve();
        };
        check();
      }),
    close: () =>
      new Promise((resolve) => {
        pty.onExit(resolve);
        pty.kill('SIGTERM');
      }),
  };
}

const wanted = process.argv.slice(2);
for (const [name, play] of Object.entries(SESSIONS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const opened = [];
  const start = (command, args, options) => {
    const program = open(command, args, options);
    opened.push(program);
    return program;
  };
  let end = async () => {};
  try {
    const played = await play(start);
    end = played.end;
    const { terminal, isCursorShown } = played.session;
    const png = new Resvg(drawTerminal(terminal, isCursorShown()), {
      fitTo: { mode: 'zoom', value: SCALE },
      font: { fontFiles: FONTS, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans Mono' },
    });
    const file = join(root, 'docs', 'img', `${name}.png`);
    writeFileSync(file, png.render().asPng());
    console.log(`docs/img/${name}.png`);
  } finally {
    await Promise.all(opened.map((program) => program.close()));
    await end();
  }
}
