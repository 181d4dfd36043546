/** The live page of a chat: what its own client does, as it logs in at a real server and talks. */
import { afterEach, expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.js';
import { LivePage } from '../support/live-page.js';
import { Natter, register, serve, temporaryFolder } from '../support/natter.js';

/** It may wait a while before it tries again. */
const WAIT = { timeout: 60_000 };

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

function ending(run: Natter): Natter {
  closing.push(async () => {
    run.kill('SIGKILL');
    await run.exit;
  });
  return run;
}

describeInBrowser('a chat that is inspected', (browser) => {
  it('shows its session as it sends to a server that is gone, and logs in again, and never what was said', async () => {
    const folder = temporaryFolder();
    closing.push(() => folder.remove());
    const { run: first, server, port } = await serve(`${folder.path}/server`);
    ending(first);
    const data = `${folder.path}/ana`;
    await register(server, 'ana', data);
    const login = ['--plain', '--server', server, '--user', 'ana', '--data', data];
    const chat = ending(new Natter(['chat', ...login, '--inspect', '0']));
    await chat.until('the link', ({ stderr }) => stderr.includes('token='));
    const url = /http:\S+/.exec(chat.stderr)?.[0] ?? '';
    const visit = await browser.visit(url);
    closing.push(() => visit.close());
    const live = new LivePage(visit);
    await live.find('kind:client-session');
    // It is in no ring, so there is none to be seen.
    expect(await visit.page.getByRole('link', { name: 'Ring' }).count()).toBe(0);
    expect(await live.card.textContent()).toContain('on client');
    await live.isIn('session', 'live', 'live.steady');

    // Its server is gone without a word: what is sent now is owed, and the session begins to doubt.
    first.kill('SIGKILL');
    await first.exit;
    chat.child.stdin.write('a secret line\n');
    await live.haveGlowed('session.live.steady|SILENT|0');
    // Once there is a server again it logs in anew, and the line is said.
    ending((await serve(`${folder.path}/server`, [], port)).run);
    const authenticated = async () =>
      (await visit.probe<string[]>('glows()')).map((edge) => edge.split('|')[1]);
    await expect
      .poll(authenticated, WAIT)
      .toEqual(expect.arrayContaining(['OPENED', 'AUTHENTICATED', 'SYNCED']));
    await live.isIn('session', 'live', 'live.steady');
    await chat.until('the line', ({ stdout }) => stdout.includes('a secret line'));
    expect(await visit.page.content()).not.toMatch(/secret|password of/);
    expect(visit.origins()).toEqual([new URL(url).origin]);
    expect(visit.complaints).toEqual([]);
  }, 150_000);
});
