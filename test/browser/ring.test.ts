/** The drawing of a ring of real peers, in a real browser: who is there, how they are linked, who is gone. */
import { afterEach, expect, it } from 'vitest';
import type { RingDot, RingRow } from '#natter/actors/inspect/frames.js';
import { openInspector } from '#natter/ui/inspector/inspector.js';
import { describeInBrowser } from '../support/browser.js';
import { Crowd } from '../support/crowd.js';
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
    await page.getByRole('heading', { name: 'walkers' }).waitFor();
    // Along the list by keyboard: what is said of a peer stands in the middle of the drawing.
    await list.focus();
    await page.keyboard.press('End');
    expect(await page.locator('svg.ring .about').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringMatching(/successor|predecessor/)]),
    );
    for (const question of ['unnamed()', 'dangling()', 'homeless()', 'faint()', 'overflowing()'])
      expect(await visit.probe(question), question).toEqual(question === 'overflowing()' ? 0 : []);
    elise.natter.kill('SIGKILL');
    const suspect = page.locator('svg.ring .link.suspect');
    await expect.poll(() => suspect.count(), { timeout: 30_000, interval: 50 }).toBe(1);
    // The ring does without it, and the one who is left is on either side.
    await list.getByText('successor and predecessor', { exact: true }).waitFor();
    await list.getByText(/(successor|predecessor), broken/).waitFor();
    expect(await page.locator('svg.ring .link.broken').count()).toBe(1);
    expect(await live.count()).toBe(1);
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

  it('has a tab where there is one, and one for each where there are several', async () => {
    const crowd = new Crowd(4);
    const inspector = await openInspector({ port: 0, program: 'chat', source: crowd });
    closing.push(() => inspector.close());
    const visit = await browser.visit(inspector.url);
    closing.push(() => visit.close());
    const { page } = visit;
    const tab = page.getByRole('link', { name: 'Ring', exact: true });
    await page.getByRole('tree').waitFor();
    await page.locator('.actor-line[data-type=thread]').first().waitFor();
    expect(await tab.count()).toBe(0);
    await page.keyboard.press('3');
    expect(new URL(page.url()).hash).not.toContain('ring');
    crowd.tell({ rings: [ringOf('core', 'walkers', 'bo')] });
    await tab.waitFor();
    await page.keyboard.press('3');
    await page.getByRole('option', { name: /bo/ }).waitFor();
    expect(await page.getByRole('navigation', { name: 'Rings' }).count()).toBe(0);
    crowd.tell({ rings: [ringOf('core', 'walkers', 'bo'), ringOf('core#2', 'walkers', 'cy')] });
    await page.getByRole('link', { name: 'walkers (core#2)' }).click();
    await page.getByRole('option', { name: /cy/ }).waitFor();
    expect(await page.getByRole('option', { name: /bo/ }).count()).toBe(0);
    // The address holds which.
    crowd.rings = [ringOf('core', 'walkers', 'bo'), ringOf('core#2', 'walkers', 'cy')];
    await page.reload();
    await page.getByRole('option', { name: /cy/ }).waitFor();
    // The one that is looked at ends: the other is still there.
    crowd.tell({ rings: [ringOf('core', 'walkers', 'bo')] });
    await page.getByRole('option', { name: /bo/ }).waitFor();
    crowd.tell({ rings: [] });
    await page.getByText('This program is in no ring.').waitFor();
    expect(await tab.count()).toBe(0);
    expect(visit.complaints).toEqual([]);
  });

  it('can be read in a narrow window', async () => {
    const crowd = new Crowd(4);
    const names = ['bo', 'cy', 'dan', 'Élise', 'noor', 'a longer name', 'mia', 'jörg', 'ada'];
    crowd.rings = [ringOf('core', 'walkers', ...names)];
    const inspector = await openInspector({ port: 0, program: 'ring', source: crowd });
    closing.push(() => inspector.close());
    const visit = await browser.visit(`${inspector.url}#/ring`, { viewport: { width: 420, height: 760 } });
    closing.push(() => visit.close());
    const { page } = visit;
    await page.locator('svg.ring .peer text').nth(names.length).waitFor();
    const drawing = await page.locator('svg.ring').boundingBox();
    for (const name of await page.locator('svg.ring .peer text').all()) {
      const box = await name.boundingBox();
      expect(box?.height).toBeGreaterThan(12);
      expect(box?.x).toBeGreaterThanOrEqual(drawing?.x ?? 0);
      expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(420);
    }
    expect(await visit.probe('overflowing()')).toBe(0);
    for (const legend of await page.locator('.legend').all())
      expect((await legend.boundingBox())?.y).toBeGreaterThanOrEqual(
        (drawing?.y ?? 0) + (drawing?.height ?? 0),
      );
  });
});

/** A ring of these, as it stands. */
function ringOf(thread: string, name: string, ...others: readonly string[]): RingRow {
  const dots = others.map((other, at): RingDot => {
    const role = at === 0 ? 'successor' : at === others.length - 1 ? 'predecessor' : 'long';
    return {
      key: `key-${other}`,
      name: other,
      place: (at + 1) / (others.length + 1),
      role,
      link: 'live',
      lagMs: 1,
    };
  });
  const self: RingDot = { key: 'me', name: 'ana', place: 0, role: 'self', link: 'none', lagMs: undefined };
  return { thread, name, sight: { state: 'stable', self, dots } };
}
