/**
 * The floors of the house: who may import whom. Read from the text of every file under src, since what a
 * compiler resolves cannot say what ought not to be there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const TEST = fileURLToPath(new URL('.', import.meta.url));

/** Each floor and what it may import besides itself: a folder, or one file of it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['ui'],
  // `natter bench` measures the screen too, so the two stand on one floor.
  ui: ['bench', 'sim', 'actors', 'chart', 'chat', 'store'],
  bench: ['ui/terminal', 'actors', 'chat', 'net'],
  sim: ['actors', 'chat', 'net', 'store'],
  actors: ['chart', 'chat', 'net', 'store'],
  chart: [],
  // Bodies are checked against the wire's own limits.
  chat: ['net/constants.ts'],
  // What the disk refuses is told to people as every other error is; what is received gets a safe name.
  store: ['chat/error.ts', 'chat/filename.ts', 'net'],
  net: [],
};

/** What packages the pure floors may use. None of these does I/O or reads a clock. */
const PURE: Readonly<Record<string, readonly string[]>> = {
  chart: ['elkjs', 'xstate'],
  chat: ['cbor-x', 'geokdbush', 'mime', 'ngeohash', 'node-emoji', 'node:module', 'unhomoglyph', 'valibot'],
  net: ['noise-handshake', 'sodium-native'],
};

/** Time and chance are handed in; nothing here may reach for them. */
const IMPURE =
  /\b(?:Date\.now|new Date\(\)|Math\.random|performance|process|set(?:Timeout|Interval|Immediate)|queueMicrotask|randombytes\w*|getRandomValues|crypto_(?:kx|box|sign)_keypair)\b/;

interface Import {
  readonly from: string;
  /** A path below src, or a package. */
  readonly to: string;
  /** Gone when it runs. */
  readonly typeOnly: boolean;
  readonly names: readonly string[];
}

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name));
}

/** Without comments, which may name what the code may not use. */
function codeOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function pathOf(file: string, specifier: string): string {
  if (specifier.startsWith('#natter/')) return specifier.slice('#natter/'.length).replace(/\.js$/, '.ts');
  if (!specifier.startsWith('.')) return specifier;
  return relative(SRC, resolve(dirname(file), specifier))
    .replaceAll('\\', '/')
    .replace(/\.js$/, '.ts');
}

const STATIC = /^(?:import|export)\s+(type\s+)?([^;'"]*?)\s*\bfrom\s+'([^']+)'/gm;
const DYNAMIC = /\bimport\('([^']+)'\)(?:\)\.(\w+))?/g;

function importsOf(file: string): Import[] {
  const code = codeOf(file);
  const from = relative(SRC, file).replaceAll('\\', '/');
  const found: Import[] = [];
  for (const [, type, clause = '', specifier = ''] of code.matchAll(STATIC)) {
    const named = (/\{([^}]*)\}/.exec(clause)?.[1] ?? '').split(',').map((name) => name.trim());
    const listed = named.filter((name) => name !== '');
    const typeOnly =
      type !== undefined || (listed.length > 0 && listed.every((name) => name.startsWith('type ')));
    const names = listed.map((name) => name.replace(/^type /, '').split(' as ')[0] ?? '');
    if (clause.includes('*')) names.push('*');
    found.push({ from, to: pathOf(file, specifier), typeOnly, names });
  }
  for (const [, specifier = '', name = '*'] of code.matchAll(DYNAMIC))
    found.push({ from, to: pathOf(file, specifier), typeOnly: false, names: [name] });
  return found;
}

const sources = filesBelow(SRC, /(?<!\.d)\.ts$/);
const imports = sources.flatMap(importsOf);
const inside = imports.filter(({ to }) => to.endsWith('.ts'));

function floorOf(path: string): string {
  return path.split('/')[0] ?? '';
}

/** The first circle in a graph, as a path that ends where it began. */
function circleIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, way: readonly string[]): string[] | undefined => {
    const at = way.indexOf(node);
    if (at >= 0) return [...way.slice(at), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const circle = visit(next, [...way, node]);
      if (circle) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const circle = visit(node, []);
    if (circle) return circle;
  }
  return undefined;
}

function graphOf(edges: readonly Import[], name: (path: string) => string): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const edge of edges) {
    const [from, to] = [name(edge.from), name(edge.to)];
    if (from === to) continue;
    const targets = graph.get(from) ?? new Set();
    graph.set(from, targets.add(to));
  }
  return graph;
}

describe('the floors of the house', () => {
  it('are found: the reading of imports itself works', () => {
    expect(sources.length).toBeGreaterThan(200);
    expect(inside).toContainEqual({
      from: 'main.ts',
      to: 'ui/cli.ts',
      typeOnly: false,
      names: ['runCli'],
    });
    expect(
      circleIn(
        new Map([
          ['a', new Set(['b'])],
          ['b', new Set(['c'])],
          ['c', new Set(['b'])],
        ]),
      ),
    ).toEqual(['b', 'c', 'b']);
  });

  it('import only what lies below them', () => {
    const upward = inside.filter(({ from, to }) => {
      const allowed = MAY_IMPORT[floorOf(from)] ?? [];
      return (
        floorOf(from) !== floorOf(to) && !allowed.some((path) => to === path || to.startsWith(`${path}/`))
      );
    });
    expect(upward.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('have no folders that need each other', () => {
    expect(circleIn(graphOf(inside, dirname))).toBeUndefined();
  });

  it('have no files that need each other while they are loaded', () => {
    const loaded = inside.filter(({ typeOnly }) => !typeOnly);
    expect(circleIn(graphOf(loaded, (path) => path))).toBeUndefined();
  });

  it.each(Object.entries(PURE))('hand %s its time, its chance and its socket', (floor, packages) => {
    const foreign = imports.filter(
      ({ from, to }) => floorOf(from) === floor && !to.endsWith('.ts') && !packages.includes(to),
    );
    expect(foreign.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
    const reaching = sources.filter(
      (file) => floorOf(relative(SRC, file)) === floor && IMPURE.test(codeOf(file)),
    );
    expect(reaching.map((file) => relative(SRC, file))).toEqual([]);
  });

  it('export no function, class or constant that nobody uses', () => {
    const used = new Set<string>();
    const elsewhere = filesBelow(TEST, /\.m?ts$/).flatMap(importsOf);
    for (const { to, names } of [...imports, ...elsewhere])
      for (const name of names) used.add(`${to}#${name}`);
    const unused = sources.flatMap((file) => {
      const path = relative(SRC, file).replaceAll('\\', '/');
      // Whatever loads a module whole may use all of it: commands by `run`, threads by `start`.
      if (used.has(`${path}#*`)) return [];
      const exported = codeOf(file).matchAll(/^export (?:async )?(?:const|function|class) (\w+)/gm);
      return [...exported]
        .map(([, name = '']) => `${path}#${name}`)
        .filter((name) => !used.has(name) && !name.endsWith('#start'));
    });
    expect(unused).toEqual([]);
  });
});

it('is described as it is: every file that a page names is there', () => {
  const root = join(SRC, '..');
  const pages = [
    join(root, 'README.md'),
    join(root, 'CONTRIBUTING.md'),
    ...filesBelow(join(root, 'docs'), /\.md$/),
  ];
  const missing = pages.flatMap((page) => {
    const named = readFileSync(page, 'utf8').matchAll(/\b(?:src|test|docs)\/[\w./-]*\w/g);
    return [...new Set([...named].map(([path]) => path))]
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${relative(root, page)}: ${path}`);
  });
  expect(missing).toEqual([]);
});
