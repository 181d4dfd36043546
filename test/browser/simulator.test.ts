/** The gallery and the simulator in a real browser, by pointer and by keyboard alone. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OpenInspector, openInspector } from '#natter/ui/inspector/inspector.js';
import { describeInBrowser, type TestBrowser, type Visit } from '../support/browser.js';

let inspector: OpenInspector;

beforeAll(async () => {
  inspector = await openInspector({ port: 0, program: 'inspect' });
});
afterAll(() => inspector.close());

/** What is asked of an open machine. */
class Bench {
  readonly page: Page;
  readonly #visit: Visit;

  private constructor(visit: Visit) {
    this.#visit = visit;
    this.page = visit.page;
  }

  static async open(browser: TestBrowser, place: string, options = {}): Promise<Bench> {
    return new Bench(await browser.visit(`${inspector.url}#/machines/${place}`, options));
  }

  offer(label: string): Locator {
    return this.page
      .getByRole('group', { name: 'Events that may happen now' })
      .getByText(label, { exact: true });
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog', { name: 'A guard asks' });
  }

  /** Waits until it says that it stands there. */
  async standsIn(where: string): Promise<void> {
    await this.page.getByText(`Stands in ${where}`).waitFor();
  }

  /** Ids of the innermost states, or of the edges, with this class. */
  marked(mark: 'active' | 'enabled', of: 'state' | 'edge'): Promise<string[]> {
    return this.page.evaluate(
      `[...document.querySelectorAll('.simulator [data-${of}].${mark}')].map((each) => each.dataset.${of}).sort()`,
    );
  }

  steps(): Promise<string[]> {
    return this.page.getByRole('list', { name: 'Steps so far' }).getByRole('listitem').allTextContents();
  }

  async close(): Promise<void> {
    expect(this.#visit.complaints).toEqual([]);
    expect(this.#visit.origins()).toEqual([new URL(inspector.url).origin]);
    await this.#visit.close();
  }
}

describeInBrowser('the gallery', (browser) => {
  it('is gone through by keys alone: Enter opens the first that was found, Down leads to it, Escape shows all', async () => {
    const bench = await Bench.open(browser, '');
    const { page } = bench;
    await page.getByText('11 machines').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('exhausted');
    await page.getByText('1 of 11 machines').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('11 machines', { exact: true }).waitFor();
    await page.keyboard.type('doubting');
    await page.keyboard.press('ArrowDown');
    expect(await page.evaluate('document.activeElement.hash')).toBe('#/machines/client-session');
    await page.keyboard.press('/');
    await page.keyboard.press('Enter');
    await bench.standsIn('offline');
    await bench.close();
  });

  it('finds a machine by its name, by a state, by an event, and opens it', async () => {
    const bench = await Bench.open(browser, '');
    const { page } = bench;
    const cards = page.getByRole('list', { name: 'Machines' }).getByRole('listitem');
    await page.getByText('11 machines').waitFor();
    // Each has its drawing.
    await page.locator('.cards .picture svg').nth(10).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('doubting');
    await page.getByText('1 of 11 machines').waitFor();
    expect(await cards.filter({ visible: true }).getByRole('heading').allTextContents()).toEqual([
      'client-sessionclient',
    ]);
    await page.getByRole('searchbox').fill('nothing has this');
    await page.getByText('No machine has that.').waitFor();
    await page.getByRole('searchbox').fill('exhausted');
    await cards.filter({ visible: true }).getByRole('link').click();
    await bench.standsIn('dialling');
    expect(await page.getByRole('heading', { level: 2 }).filter({ visible: true }).textContent()).toBe(
      'link',
    );
    await page.getByRole('link', { name: 'All machines' }).click();
    await cards.first().waitFor();
    await bench.close();
  });
});

describeInBrowser('an address that names no machine', (browser) => {
  it('says so, and shows which there are instead of the one before', async () => {
    const visit = await browser.visit(`${inspector.url}#/machines/transfer/ACCEPT`);
    const { page } = visit;
    await page.getByText('Stands in accepted').waitFor();
    await page.evaluate('location.hash = "#/machines/nope"');
    await page.getByText('There is no machine nope; these are all there are.').waitFor();
    await page.getByText('11 machines').waitFor();
    expect(await page.locator('.simulator').isVisible()).toBe(false);
    await page.getByRole('link', { name: /^presence/ }).click();
    await page.getByText('Stands in online').waitFor();
    expect(await page.locator('.simulator [data-state^=transfer]').count()).toBe(0);
    await page.getByRole('link', { name: 'All machines' }).click();
    await page.getByText('11 machines').waitFor();
    expect(await page.getByRole('alert').filter({ visible: true }).count()).toBe(0);
    await visit.close();
  });
});

describeInBrowser('the simulator', (browser) => {
  it('shows the shortest ways where they can be seen, and covers nothing of the chart', async () => {
    const options = { viewport: { width: 1280, height: 700 } };
    const bench = await Bench.open(browser, 'transfer/ACCEPT/TURN', options);
    await bench.standsIn('resuming');
    const { page } = bench;
    // All of it is seen.
    await page.locator('.chart-frame:visible').press('0');
    await page.locator('.simulator [data-state="transfer.done"] .box').first().click();
    const there = page.getByRole('button', { name: 'Go there' }).first();
    await expect.poll(async () => (await there.boundingBox())?.y ?? 700).toBeLessThan(700 - 20);
    const [frame, tools] = [
      await page.locator('.chart-frame:visible').boundingBox(),
      await page.locator('.chart-tools:visible').boundingBox(),
    ];
    expect((tools?.y ?? 0) + (tools?.height ?? 700)).toBeLessThanOrEqual(frame?.y ?? 0);
    await bench.close();
  });

  it('steps when an enabled edge is clicked, and says so of one that is not', async () => {
    const bench = await Bench.open(browser, 'transfer');
    await bench.standsIn('offered');
    // The drawing may come after the lists.
    await expect
      .poll(() => bench.marked('active', 'state'), { timeout: 20_000 })
      .toEqual(['transfer', 'transfer.offered']);
    const edge = (id: string) => bench.page.locator(`[data-edge="${id}"] text`).first();
    await edge('transfer.offered|ACCEPT|0').click();
    await bench.standsIn('accepted');
    expect(await bench.marked('enabled', 'edge')).toEqual(
      expect.arrayContaining(['transfer.accepted|PAUSE|0', 'transfer.accepted|TURN|0', 'transfer|CANCEL|0']),
    );
    await edge('transfer.paused|RESUME|0').click({ force: true });
    await bench.page.getByText('RESUME is not answered where the machine stands now.').waitFor();
    await bench.standsIn('accepted');
    await bench.close();
  });

  it('asks for guards, remembers an answer when told to, and lets it be changed', async () => {
    const bench = await Bench.open(browser, 'transfer/ACCEPT/TURN/COMPLETE');
    const { page, dialog } = bench;
    await bench.standsIn('verifying');
    await bench.offer('MISMATCH').click();
    await dialog.getByText('mayStillBecomeRight').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await bench.standsIn('verifying');
    expect(await bench.steps()).toHaveLength(4);
    await bench.offer('MISMATCH').click();
    await dialog.getByLabel('Remember this answer').check();
    await dialog.getByRole('button', { name: 'Yes' }).click();
    await bench.standsIn('resuming');
    await bench.offer('COMPLETE').click();
    await bench.standsIn('verifying');
    await bench.offer('MISMATCH').click();
    await bench.standsIn('resuming');
    const memory = page.getByLabel('mayStillBecomeRight');
    expect(await memory.inputValue()).toBe('yes');
    await memory.selectOption('no');
    await bench.offer('COMPLETE').click();
    await bench.standsIn('verifying');
    await bench.offer('MISMATCH').click();
    await bench.standsIn('failed, which is its end');
    await page.getByText('It has come to its end.').waitFor();
    await bench.close();
  });

  it('is where it was after a reload, and one step back with the browser’s own back', async () => {
    const bench = await Bench.open(browser, 'transfer/ACCEPT/TURN/COMPLETE/MISMATCH~!mayStillBecomeRight');
    await bench.standsIn('failed');
    await bench.page.reload();
    await bench.standsIn('failed');
    expect(await bench.steps()).toEqual([
      'begin → offered',
      'ACCEPT → accepted',
      'TURN → resuming',
      'COMPLETE → verifying',
      'MISMATCH (mayStillBecomeRight: no) → failed',
    ]);
    await bench.page.keyboard.press('u');
    await bench.standsIn('verifying');
    await bench.offer('VERIFIED').click();
    await bench.standsIn('done');
    await bench.page.goBack();
    await bench.standsIn('verifying');
    await bench.close();
  });

  it('goes back to any step, and to the beginning', async () => {
    const bench = await Bench.open(browser, 'link/OPENED/GREETED/SYNCED');
    await bench.standsIn('live');
    await bench.page.getByRole('list', { name: 'Steps so far' }).getByText('OPENED').click();
    await bench.standsIn('handshaking');
    expect(await bench.steps()).toHaveLength(2);
    await bench.page.getByRole('button', { name: 'Restart' }).click();
    await bench.standsIn('dialling');
    await bench.page.getByRole('button', { name: 'Undo', disabled: true }).waitFor();
    await bench.close();
  });

  it('lists the shortest ways to a state, goes one at once and plays another', async () => {
    const bench = await Bench.open(browser, 'transfer');
    const { page } = bench;
    await bench.standsIn('offered');
    await page.getByLabel('State to find ways to').selectOption({ label: 'done' });
    await page.getByText('4 steps').first().waitFor();
    expect(await page.locator('.ways li p:first-child').allTextContents()).toEqual([
      '4 steps: begin → ACCEPT → TURN → COMPLETE → VERIFIED',
    ]);
    await page.getByRole('button', { name: 'Go there' }).click();
    await bench.standsIn('done');
    await page.getByRole('button', { name: 'Restart' }).click();
    await bench.standsIn('offered');
    await page.getByRole('button', { name: 'Play' }).click();
    for (const state of ['accepted', 'resuming', 'verifying', 'done']) await bench.standsIn(state);
    await bench.close();
  });

  it('says what of a link cannot be walked, and keeps what can', async () => {
    const bench = await Bench.open(browser, 'transfer/ACCEPT/TOASTED/TURN');
    await bench.page.getByText('transfer does not answer TOASTED there.').waitFor();
    await bench.standsIn('accepted');
    await bench.close();
  });

  it('is worked by the keyboard alone', async () => {
    const bench = await Bench.open(browser, 'transfer/ACCEPT/TURN/COMPLETE');
    const { keyboard } = bench.page;
    await bench.standsIn('verifying');
    await keyboard.press('e');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await bench.dialog.waitFor();
    await keyboard.press('y');
    await bench.standsIn('resuming');
    // The list still has the focus, so that one can go on.
    await keyboard.press('Enter');
    await bench.standsIn('running');
    await keyboard.press('u');
    await bench.standsIn('resuming');
    await keyboard.press('r');
    await bench.standsIn('offered');
    // At its end the keyboard stands where that is said.
    await keyboard.press('e');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await bench.standsIn('rejected');
    expect(await bench.page.evaluate('document.activeElement.textContent')).toBe('It has come to its end.');
    await keyboard.press('a');
    await bench.page.getByText('11 machines').waitFor();
    await bench.close();
  });

  it('leads from an open machine to the search of all', async () => {
    const bench = await Bench.open(browser, 'transfer/ACCEPT');
    await bench.standsIn('accepted');
    await bench.page.keyboard.press('/');
    await bench.page.keyboard.type('exhausted');
    await bench.page.getByText('1 of 11 machines').waitFor();
    // The first Escape gives up what was typed, the second leaves the field to the keys of the page.
    for (const key of ['Escape', 'Escape', '?']) await bench.page.keyboard.press(key);
    await bench.page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await bench.close();
  });

  it('leaves the letters to a list of choices while the keyboard is in it', async () => {
    const bench = await Bench.open(browser, 'transfer/ACCEPT');
    await bench.standsIn('accepted');
    await bench.page.getByRole('combobox', { name: 'State to find ways to' }).focus();
    // Two of them are keys of the page as well: all machines, undo.
    await bench.page.keyboard.type('paused');
    await bench.page.getByRole('button', { name: 'Play' }).first().waitFor();
    await bench.standsIn('accepted');
    expect(await bench.page.evaluate('location.hash')).toBe('#/machines/transfer/ACCEPT');
    await bench.close();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`can be read and named in ${colorScheme} colours, in a narrow window too`, async () => {
      const viewport = { width: 780, height: 900 };
      const visit = await browser.visit(`${inspector.url}#/machines/transfer/ACCEPT`, {
        colorScheme,
        viewport,
      });
      await visit.page.getByText('Stands in accepted').waitFor();
      for (const question of ['unnamed()', 'dangling()', 'homeless()', 'faint()'])
        expect(await visit.probe(question), question).toEqual([]);
      expect(await visit.page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      await visit.close();
    });
});
