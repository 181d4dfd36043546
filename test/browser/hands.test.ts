/** The live page under quick hands: typing ahead of it, to another view before this one is there, and back. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Operation } from '../../src/chat/operations.js';
import { describeInBrowser } from '../support/browser.js';
import { LivePage } from '../support/live-page.js';
import { type Natter, serve, temporaryFolder } from '../support/natter.js';
import { RawClient } from '../support/raw-client.js';

const WAIT = { timeout: 20_000 };

const folder = temporaryFolder();
const raw = new RawClient();
let server: Natter;
let url = '';

beforeAll(async () => {
  const { run, port } = await serve(`${folder.path}/server`, ['--inspect', '0']);
  server = run;
  url = String((await server.first('inspector')).url);
  await raw.connect(port);
  await raw.register('ana');
});

afterAll(async () => {
  await raw.close();
  server.kill();
  await server.exit;
  folder.remove();
});

describeInBrowser('whoever is quick on the live page', (browser) => {
  async function open(): Promise<LivePage> {
    const visit = await browser.visit(url);
    await visit.page.getByRole('tree').waitFor();
    const live = new LivePage(visit);
    await expect.poll(() => live.actors(), WAIT).toContain('registry/0');
    return live;
  }

  /** What stands where no event is shown. */
  function emptiness({ page }: LivePage): Promise<string> {
    return page.evaluate(`(() => {
      const { content } = getComputedStyle(document.querySelector('.events'), '::before');
      return content === 'none' ? '' : content.slice(1, -1);
    })()`);
  }

  it('finds with Down what was typed a moment before', async () => {
    const live = await open();
    await live.page.keyboard.press('/');
    // In one turn of the page, as fast as hands can be.
    await live.page.evaluate(`{
      const field = document.activeElement;
      field.value = 'registry';
      field.dispatchEvent(new InputEvent('input', { bubbles: true }));
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
    }`);
    await expect.poll(() => live.actors(), WAIT).toEqual(['registry/0']);
    await live.page.keyboard.press('Enter');
    await expect.poll(() => live.card.isVisible(), WAIT).toBe(true);
    expect(await live.card.getByRole('heading').textContent()).toBe('registry/0');
    await live.visit.close();
  });

  it('is told why no event is shown', async () => {
    const live = await open();
    const { keyboard } = live.page;
    await expect.poll(() => emptiness(live), WAIT).toBe('Choose an actor to see what it gets and does.');
    await live.find('kind:session');
    await live.isIn('session', 'active');
    await expect.poll(() => emptiness(live), WAIT).toBe('Nothing has happened since it was chosen.');
    await raw.do(Operation.Away, { a: true });
    await expect.poll(() => emptiness(live), WAIT).toBe('');
    await keyboard.press('f');
    await keyboard.type('qqq');
    await expect.poll(() => emptiness(live), WAIT).toBe('None of them has what you filter by.');
    await keyboard.press('Escape');
    await expect.poll(() => emptiness(live), WAIT).toBe('');
    await live.edge('session.active|LOGOUT|0').click();
    await expect.poll(() => emptiness(live), WAIT).toBe('None of them took this transition.');
    await live.visit.close();
  });

  it('comes back from another view to where they were, and with the same key once more to its beginning', async () => {
    const live = await open();
    const { keyboard } = live.page;
    await live.find('kind:session');
    await live.isIn('session', 'active');
    await live.edge('session.active|LOGOUT|0').click();
    await live.edgeCard.waitFor();
    await keyboard.press('2');
    await live.page.getByRole('link', { name: 'room. ' }).first().click();
    await live.page.getByRole('button', { name: 'Undo' }).waitFor();
    await keyboard.press('1');
    expect(await live.card.getByRole('heading').textContent()).toMatch(/^session/);
    await live.edgeCard.waitFor();
    await live.page.getByRole('link', { name: 'Machines', exact: true }).click();
    await live.page.getByRole('button', { name: 'Undo' }).waitFor();
    await live.page.getByRole('link', { name: 'Machines', exact: true }).click();
    await live.page.getByRole('heading', { name: 'Every machine of natter' }).waitFor();
    expect(live.visit.complaints).toEqual([]);
    await live.visit.close();
  });

  it('stays where they went before a machine was there to be stepped through', async () => {
    const live = await open();
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await live.page.route('**/api/step*', async (route) => {
      await held;
      await route.continue();
    });
    await live.page.keyboard.press('2');
    await live.page.getByRole('link', { name: 'room. ' }).first().click();
    await live.page.getByRole('button', { name: 'Undo' }).waitFor();
    await live.page.keyboard.press('1');
    await live.tree.waitFor();
    answer();
    // Its list of steps has the beginning as soon as the answer is taken in, seen or not.
    await live.page.getByText('begin').waitFor({ state: 'attached' });
    expect(await live.tree.isVisible()).toBe(true);
    await live.visit.close();
  });

  it('is told that a chart is being drawn, not to choose the one that was just chosen', async () => {
    const live = await open();
    let answer = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await live.page.route('**/api/chart*', async (route) => {
      await held;
      await route.continue();
    });
    await live.find('kind:room');
    await expect.poll(() => live.page.locator('.live .empty').textContent(), WAIT).toBe('drawing ..');
    answer();
    await live.page.locator('.live .chart-view svg').waitFor();
    await live.visit.close();
  });
});
