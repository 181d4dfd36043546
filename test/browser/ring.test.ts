/** The drawing of a ring of real peers, in a real browser: who is there, how they are linked, who is gone. */
import { afterEach, expect, it } from 'vitest';
import { describeInBrowser } from '../support/browser.js';
import { RingPeers } from '../support/ring-peers.js';

const WAIT = { timeout: 30_000 };

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describeInBrowser('the ring', (browser) => {
  it('is drawn with its peers and their links; one that is killed breaks off', async () => {
    const peers = new RingPeers();
    closing.push(() => peers.close());
    const ana = await peers.start('ana', ['--inspect', '0']);
    await peers.start('bo', ['--peer', ana.at]);
    const elise = await peers.start('Élise', ['--peer', ana.at]);
    await ana.line('ring', { peers: 2, state: 'stable' });
    const url = String((await ana.natter.first('inspector')).url);
    const visit = await browser.visit(`${url}#/ring`);
    closing.push(() => visit.close());
    const { page } = visit;
    const list = page.getByRole('listbox', { name: /Peers/ });
    const names = () => list.locator('.name').allTextContents();
    await expect.poll(async () => (await names()).toSorted(), WAIT).toEqual(['ana', 'bo', 'Élise']);
    expect(await page.locator('svg.ring .peer').count()).toBe(3);
    const live = page.locator('svg.ring .link.live');
    await expect.poll(() => live.count(), WAIT).toBe(2);
    expect(await list.textContent()).toMatch(/successor/);
    // Along the list by keyboard: what is said of a peer stands in the middle of the drawing.
    await list.focus();
    await page.keyboard.press('End');
    expect(await page.locator('svg.ring .about').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/successor|predecessor/)]),
    );
    for (const question of ['unnamed()', 'dangling()', 'homeless()', 'faint()', 'overflowing()'])
      expect(await visit.probe(question), question).toEqual(question === 'overflowing()' ? 0 : []);
    elise.natter.kill('SIGKILL');
    const trouble = page.locator('svg.ring .link.broken, svg.ring .link.suspect');
    await expect.poll(() => trouble.count(), { timeout: 30_000, interval: 50 }).toBeGreaterThan(0);
    await expect.poll(() => live.count(), WAIT).toBe(1);
    expect(visit.complaints).toEqual([]);
    expect(visit.origins()).toEqual([new URL(url).origin]);
  }, 90_000);

  it('shows somebody alone who is alone, and their machines beside it', async () => {
    const peers = new RingPeers();
    closing.push(() => peers.close());
    const ana = await peers.start('ana', ['--inspect', '0']);
    const visit = await browser.visit(String((await ana.natter.first('inspector')).url));
    closing.push(() => visit.close());
    await visit.page.getByRole('tree').waitFor();
    await visit.page.getByRole('link', { name: 'Ring' }).click();
    await expect.poll(() => visit.page.locator('.peer-line').count(), WAIT).toBe(1);
  }, 60_000);
});
