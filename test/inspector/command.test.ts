/** `--inspect` and `natter inspect`, as the real command line answers to them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Natter, temporaryFolder } from '../support/natter.js';

let folder: ReturnType<typeof temporaryFolder>;
const running: Natter[] = [];

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(async () => {
  for (const natter of running.splice(0)) {
    natter.child.kill('SIGTERM');
    await natter.exit;
  }
  folder.remove();
});

function run(...args: string[]): Natter {
  const natter = new Natter([...args, '--data', folder.path]);
  running.push(natter);
  return natter;
}

/** What the program behind a link says of itself. */
async function helloOf(link: string): Promise<unknown> {
  const page = await fetch(link);
  expect(page.status).toBe(200);
  const url = new URL(link);
  expect(url.hostname).toBe('127.0.0.1');
  return (await fetch(new URL(`/api/hello${url.search}`, url))).json();
}

it('inspect alone prints its link on standard output, and a signal ends it well', async () => {
  const natter = run('inspect');
  await natter.until('a link', ({ stdout }) => stdout.endsWith('\n'));
  expect(await helloOf(natter.stdout.trim())).toMatchObject({ program: 'inspect', live: false });
  natter.child.kill('SIGTERM');
  expect(await natter.exit).toBe(0);
});

it.each([
  ['serve', ['serve', '--listen', '127.0.0.1:0']],
  ['ring', ['ring', '--name', 'lilacs', '--nick', 'anna', '--listen', '127.0.0.1:0', '--no-lan']],
])('%s --json tells the link as an event', async (program, args) => {
  const natter = run(...args, '--json', '--inspect');
  const { url } = await natter.first('inspector');
  expect(await helloOf(String(url))).toMatchObject({ program, live: true });
});

it('without --json the link goes to standard error', async () => {
  const natter = run('serve', '--listen', '127.0.0.1:0', '--inspect', '0');
  await natter.until('a link', ({ stderr }) => /The inspector is at http:\S+\n/.test(stderr));
  const [link = ''] = /http:\S+/.exec(natter.stderr) ?? [];
  expect(await helloOf(link)).toMatchObject({ program: 'serve' });
  expect(natter.stdout).toBe('');
});

it('a port that is taken is said before anything starts', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const natter = run('serve', '--listen', '127.0.0.1:0', '--inspect', String(port));
  expect(await natter.exit).toBe(1);
  expect(natter.stderr).toMatch(new RegExp(`port ${port}.*choose another`));
  expect(natter.stderr).not.toContain('listens');
  other.close();
});

it('a port that is none is refused', async () => {
  const natter = run('inspect', '--port', '70000');
  expect(await natter.exit).toBe(2);
  expect(natter.stderr).toContain('is not between 0 and 65535');
});
