/** The page in a real browser before anything is watched: its frame, its link, its keys, its colours. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { machines } from '../../src/actors/machines/catalogue.js';
import { describeInBrowser, type Visit } from '../support/browser.js';
import { Natter } from '../support/natter.js';

let run: Natter;
let url = '';

beforeAll(async () => {
  run = new Natter(['inspect', '--port', '0']);
  await run.until('the link', ({ stdout }) => stdout.includes('token='));
  url = /http:\S+/.exec(run.stdout)?.[0] ?? '';
});

afterAll(async () => {
  run.kill();
  expect(await run.exit).toBe(0);
});

/** Nothing came from elsewhere, and nobody complained: no error, no violation of the policy. */
function isClean(visit: Visit): void {
  expect(visit.origins()).toEqual([new URL(url).origin]);
  expect(visit.complaints).toEqual([]);
}

/** Every card has its drawing. */
async function isDrawn({ page }: Visit): Promise<void> {
  await expect.poll(() => page.locator('.cards svg').count(), { timeout: 60_000 }).toBe(machines.length);
}

async function isAccessible(visit: Visit): Promise<void> {
  expect(await visit.probe('unnamed()')).toEqual([]);
  expect(await visit.probe('dangling()')).toEqual([]);
  expect(await visit.probe('homeless()')).toEqual([]);
  expect(await visit.probe('faint()')).toEqual([]);
}

describeInBrowser('natter inspect', (browser) => {
  it('shows every machine, from its own origin only, as often as the link is opened', async () => {
    for (let time = 0; time < 2; time++) {
      const visit = await browser.visit(url);
      await visit.page.getByRole('heading', { name: 'natter inspector' }).waitFor();
      for (const name of ['client-session', 'room', 'transfer', 'link'])
        await visit.page
          .getByRole('link', { name: `${name}. ` })
          .first()
          .waitFor();
      isClean(visit);
      await visit.close();
    }
  });

  it('refuses everything that the page asked for to whoever asks without its token', async () => {
    const visit = await browser.visit(url);
    await isDrawn(visit);
    const token = new URL(url).searchParams.get('token') ?? '';
    expect(visit.requests.length).toBeGreaterThan(5);
    for (const request of visit.requests) {
      expect(request).toContain(token);
      for (const forged of [request.replace(token, 'x'.repeat(token.length)), request.replace(token, '')])
        expect((await fetch(forged)).status, forged).toBe(403);
    }
    await visit.close();
  });

  it('says what to do when the link is wrong', async () => {
    const { origin } = new URL(url);
    const visit = await browser.visit(`${origin}/?token=wrong`);
    expect(await visit.page.textContent('body')).toMatch(/link/i);
    await visit.page.goto(origin);
    expect(await visit.page.textContent('body')).toMatch(/link/i);
    await visit.close();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`can be read and named in ${colorScheme} colours`, async () => {
      const visit = await browser.visit(url, { colorScheme });
      await isDrawn(visit);
      await isAccessible(visit);
      await visit.page.getByRole('link', { name: /^transfer\./ }).click();
      await visit.page.getByText('Stands in offered').waitFor();
      await isAccessible(visit);
      isClean(visit);
      await visit.close();
    });
  }

  it('refuses a place that somebody made up, without harm', async () => {
    const long = `transfer/${'x/'.repeat(400)}`;
    for (const place of ['transfer/NONSENSE', 'transfer/%00/__proto__', long]) {
      const visit = await browser.visit(`${url}#/machines/${place}`);
      const { page } = visit;
      const told = async () => (await page.getByRole('alert').allTextContents()).join('').trim();
      await expect.poll(told, { timeout: 20_000 }).not.toBe('');
      await page.getByRole('link', { name: 'All machines' }).click();
      await page.getByRole('link', { name: /^transfer\./ }).waitFor();
      expect(visit.complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
      await visit.close();
    }
  });

  it('keeps the colours that somebody chose over a reload', async () => {
    const visit = await browser.visit(url, { colorScheme: 'light' });
    const ground = () => visit.page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await ground();
    while ((await ground()) === light) await visit.page.keyboard.press('t');
    const dark = await ground();
    await visit.page.reload();
    expect(await ground()).toBe(dark);
    await visit.close();
  });

  it('tells its keys, and gives the focus back', async () => {
    const visit = await browser.visit(url);
    const { page } = visit;
    await page.getByRole('button', { name: 'Keys' }).focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect((await visit.probe<{ name: string }>('focus()')).name).toContain('Keys');
    await visit.close();
  });

  it('shows with Tab alone where one is, on every stop', async () => {
    const visit = await browser.visit(url);
    await isDrawn(visit);
    const stops: Focus[] = [];
    for (let stop = 0; stop < 12; stop++) {
      await visit.page.keyboard.press('Tab');
      stops.push(await visit.probe<Focus>('focus()'));
    }
    expect(stops[0]?.name).toMatch(/skip/i);
    for (const { isBody, isVisible, name, role } of stops)
      if (!isBody) expect({ name, role, isVisible }).toEqual({ name, role, isVisible: true });
    await visit.close();
  });

  it('stays within a narrow window', async () => {
    for (const width of [800, 480, 360]) {
      const visit = await browser.visit(url, { viewport: { width, height: 800 } });
      await isDrawn(visit);
      expect(await visit.probe('overflowing()'), `${width} px`).toBe(0);
      await visit.page.getByRole('link', { name: /^transfer\./ }).click();
      await visit.page.getByText('Stands in offered').waitFor();
      expect(await visit.probe('overflowing()'), `simulator at ${width} px`).toBe(0);
      await visit.close();
    }
  });
});

interface Focus {
  readonly name: string;
  readonly role: string;
  readonly isBody: boolean;
  readonly isVisible: boolean;
}
