/** A thread that dies under somebody's eyes: what the page says, and that it goes on. */
import { afterEach, expect, it } from 'vitest';
import { startServer } from '#natter/actors/server/server.js';
import { openInspection } from '#natter/ui/inspector/inspection.js';
import { openInspector } from '#natter/ui/inspector/inspector.js';
import { Operation } from '../../src/chat/operations.js';
import { describeInBrowser } from '../support/browser.js';
import { Crowd } from '../support/crowd.js';
import { LivePage } from '../support/live-page.js';
import { temporaryFolder } from '../support/natter.js';
import { RawClient } from '../support/raw-client.js';

const WAIT = { timeout: 20_000 };

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function running(): Promise<{ server: Awaited<ReturnType<typeof startServer>>; url: string }> {
  const folder = temporaryFolder();
  closing.push(() => folder.remove());
  const listen = { host: '127.0.0.1', port: 0 };
  const server = await startServer({ data: folder.path, listen, workers: 1, log: 'silent' });
  closing.push(() => server.stop(5_000));
  const inspection = await openInspection('serve', 0);
  closing.push(() => inspection.close());
  inspection.add(server.inspectable);
  return { server, url: inspection.url ?? '' };
}

describeInBrowser('a worker thread that dies', (browser) => {
  it('is told of with its cause, and the session that was on it is shown as it comes back', async () => {
    const { server, url } = await running();
    const raw = await new RawClient().connect(server.port);
    closing.push(() => raw.close());
    await raw.register('ana');
    const visit = await browser.visit(url);
    closing.push(() => visit.close());
    const live = new LivePage(visit);
    // A server is in no ring.
    expect(await visit.page.getByRole('link', { name: 'Ring' }).count()).toBe(0);
    await live.find('kind:session');
    await live.isIn('session', 'active');
    expect(await live.mishaps.textContent()).toContain('Nothing has gone wrong');
    await server.system.kill('core-0');
    await expect.poll(() => live.mishaps.textContent(), WAIT).toContain('thread died');
    await expect.poll(() => live.mishaps.textContent(), WAIT).toContain('thread back');
    await live.isIn('session', 'active');
    expect(await live.card.textContent()).toContain('active');
    // What it does in its next life is shown from the start.
    await live.hasEvent('begun');
    await raw.do(Operation.Away, { a: true });
    await live.hasEvent('Away');
    const thread = visit.page.locator('.actor-line[data-type=thread][data-key="core-0"]');
    expect(await thread.getAttribute('aria-label')).toContain('1 restart');
    // By keyboard: the list of mishaps, read by name.
    await visit.page.keyboard.press('m');
    await visit.page.getByRole('list', { name: /went wrong/ }).waitFor();
    expect(visit.complaints).toEqual([]);
  }, 60_000);
});

describeInBrowser('messages that reach nobody', (browser) => {
  it('are counted beside their thread, where there are any', async () => {
    const crowd = new Crowd(4);
    const inspector = await openInspector({ port: 0, program: 'serve', source: crowd });
    closing.push(() => inspector.close());
    const visit = await browser.visit(inspector.url);
    closing.push(() => visit.close());
    const lines = visit.page.locator('.actor-line[data-type=thread]');
    const letters = lines.locator('.letters');
    await expect.poll(() => letters.allTextContents(), WAIT).toEqual(['', '']);
    const [row] = crowd.threads;
    // Where there are none the line has the columns of all others.
    const states = visit.page.locator('.actor-line[data-type] .state:not(:empty)');
    const left = await states.evaluateAll((all) => all.map((each) => each.getBoundingClientRect().left));
    expect(new Set(left).size).toBe(1);
    crowd.tell({ threads: row === undefined ? [] : [{ ...row, deadLetters: 1_234 }] });
    await expect.poll(() => letters.allTextContents(), WAIT).toEqual(['✝1,234', '']);
    expect(await lines.first().getAttribute('aria-label')).toContain('1,234 dead letters');
    for (const width of [1400, 480]) {
      await visit.page.setViewportSize({ width, height: 800 });
      expect(await letters.first().evaluate((part) => part.scrollWidth <= part.clientWidth + 1)).toBe(true);
    }
    expect(await visit.probe('faint()')).toEqual([]);
    expect(visit.complaints).toEqual([]);
  });
});
