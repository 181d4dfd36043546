import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LayoutPool } from '#natter/actors/jobs/layout-pool.js';
import { machines } from '../../src/actors/machines/catalogue.js';
import { chartOf } from '../../src/chart/chart-of.js';
import { layoutChart } from '../../src/chart/layout.js';
import { chartSvg } from '../../src/chart/svg.js';
import { type ExportedFile, exportedFiles } from '../../src/ui/machine-export.js';
import { Natter, temporaryFolder } from '../support/natter.js';
import { odd } from './machines.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCS = join(ROOT, 'docs', 'machines');

async function exported(): Promise<ExportedFile[]> {
  const files: ExportedFile[] = [];
  for await (const file of exportedFiles(layoutChart)) files.push(file);
  return files;
}

/** A checkout may have other line ends than what is written here. */
const textOf = (path: string) => readFileSync(path, 'utf8').replaceAll('\r\n', '\n');

describe('the catalogue of machines', () => {
  test('has every machine of the program, under a name of its own, and no other', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.machine.ts'))
      .map((name) => `src/${name.replaceAll('\\', '/')}`);
    expect(machines.map(({ file }) => file).toSorted()).toEqual(files.toSorted());
    expect(new Set(machines.map(({ name }) => name)).size).toBe(machines.length);
    for (const { name } of machines) expect(name).toMatch(/^[a-z][a-z-]*$/);
  });

  test('is told in the docs', () => {
    const page = textOf(join(DOCS, 'README.md'));
    for (const { name, file } of machines) {
      expect(page).toContain(`(${name}.svg)`);
      expect(page).toContain(file);
    }
  });
});

describe('what the docs show of the machines', () => {
  test('is what the code draws; `npm run machines` draws it anew', async () => {
    const files = await exported();
    const stale = files.filter(
      ({ name, content }) => !existsSync(join(DOCS, name)) || textOf(join(DOCS, name)) !== content,
    );
    expect(stale.map(({ name }) => name)).toEqual([]);
    const known = new Set(['README.md', ...files.map(({ name }) => name)]);
    expect(readdirSync(DOCS).filter((name) => !known.has(name))).toEqual([]);
  });

  test('names nothing outside of its folder, runs nothing, and says so to the browser', async () => {
    const files = await exported();
    const page = files.find(({ name }) => name === 'index.html')?.content ?? '';
    expect(page).toContain(`content="default-src 'none'; img-src 'self' file:; style-src 'sha256-`);
    expect(page).not.toMatch(/<script|\son\w+=|https?:/);
    const names = new Set(files.map(({ name }) => name));
    const named = [...page.matchAll(/(?:href|src)="([^#"]+)"/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !names.has(name))).toEqual([]);
    for (const { content } of files.filter(({ name }) => name.endsWith('.svg')))
      expect(content.replace('http://www.w3.org/2000/svg', '')).not.toMatch(
        /<script|\son\w+=|https?:|url\(|@import/,
      );
  });
});

describe('a drawing as SVG', () => {
  test('keeps names that are words of XML as text', async () => {
    const svg = chartSvg(await layoutChart(chartOf(odd)));
    expect(svg).toContain('&lt;script&gt;');
    expect(svg).not.toContain('<script');
    expect(svg).toContain('aria-label="Statechart of odd &quot;one&quot; &lt;b&gt;"');
  });

  test('has each edge by its id: its line where it leads somewhere, and its label', async () => {
    for (const { machine } of machines) {
      const chart = chartOf(machine);
      const svg = chartSvg(await layoutChart(chart), { bare: true });
      expect(svg).not.toContain('<style');
      for (const { id, targets } of chart.edges)
        expect(svg.split(`data-edge="${id}"`), id).toHaveLength(targets.length > 0 ? 3 : 2);
    }
  });
});

describe('natter inspect --export', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => folder.remove());

  async function run(into: string) {
    const natter = new Natter(['inspect', '--export', into]);
    const exit = await natter.exit;
    return { exit, out: natter.stdout.trim().split('\n'), err: natter.stderr.trim() };
  }

  test('writes two files for each machine and a page, into a folder that it makes, and names them', async () => {
    const into = join(folder.path, 'a', 'b');
    const { exit, out, err } = await run(into);
    expect(exit).toBe(0);
    expect(out.toSorted()).toEqual(readdirSync(into).toSorted());
    expect(out).toHaveLength(2 * machines.length + 1);
    expect(err).toBe(`Wrote ${out.length} files into ${into}; index.html shows them all.`);
    for (const { name, content } of await exported()) expect(textOf(join(into, name)), name).toBe(content);
  });

  test('replaces what it wrote before and leaves the rest alone, whatever bears its names', async () => {
    const elsewhere = join(folder.path, 'elsewhere.txt');
    const into = join(folder.path, 'out');
    mkdirSync(into);
    writeFileSync(elsewhere, 'mine');
    writeFileSync(join(into, 'notes.txt'), 'mine too');
    writeFileSync(join(into, 'room.mmd'), 'old');
    symlinkSync(elsewhere, join(into, 'room.svg'));
    expect((await run(into)).exit).toBe(0);
    expect(textOf(elsewhere)).toBe('mine');
    expect(textOf(join(into, 'notes.txt'))).toBe('mine too');
    expect(textOf(join(into, 'room.mmd'))).toContain('stateDiagram-v2');
    expect(textOf(join(into, 'room.svg'))).toContain('<svg');
  });

  test('says in one sentence that the folder is none, or that a file cannot be written', async () => {
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    for (const none of [file, join(file, 'within')]) {
      const { exit, err } = await run(none);
      expect(exit).toBe(2);
      expect(err).toMatch(/^\S+ is not a folder, nor can it become one; name another one with --export\.$/);
    }
    const nowhere = await run('/proc/nowhere');
    expect(nowhere.exit).toBe(1);
    expect(nowhere.err).toMatch(/^\/proc\/nowhere cannot be written \(E\w+\); change its rights/);
    mkdirSync(join(folder.path, 'room.svg'));
    const { exit, err } = await run(folder.path);
    expect(exit).toBe(1);
    expect(err).toMatch(/room\.svg cannot be written \(E\w+\); change its rights/);
    expect(readdirSync(folder.path).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

test('a chart is laid out in a thread of its own as it would be here', async () => {
  const pool = new LayoutPool();
  try {
    const [first] = machines;
    if (first === undefined) throw new Error('no machines');
    expect(await pool.layout(chartOf(first.machine))).toEqual(await layoutChart(chartOf(first.machine)));
  } finally {
    await pool.close();
  }
});
