/** A page that nobody looks at: a browser has six connections to one host, and each page that watches holds one. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type OpenInspector, openInspector } from '#natter/ui/inspector/inspector.js';
import { describeInBrowser, type Visit } from '../support/browser.js';
import { Crowd } from '../support/crowd.js';
import { LivePage } from '../support/live-page.js';

const WAIT = { timeout: 20_000 };

let crowd: Crowd;
let inspector: OpenInspector;

beforeEach(async () => {
  crowd = new Crowd(4);
  inspector = await openInspector({ port: 0, program: 'serve', source: crowd });
});

afterEach(() => inspector.close());

/** As if the person went to another tab, or came back: a browser without a window hides none by itself. */
async function turn({ page }: Visit, isHidden: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true });
    Object.defineProperty(document, 'visibilityState', { value: '${isHidden ? 'hidden' : 'visible'}', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
}

describeInBrowser('a page that nobody looks at', (browser) => {
  it('ends its stream, and when it is seen again shows whom it had chosen as they are by then', async () => {
    const visit = await browser.visit(inspector.url);
    const live = new LivePage(visit);
    await live.find('session/3');
    await expect.poll(() => live.card.textContent(), WAIT).toContain('anonymous');
    expect(crowd.watchers).toBe(1);
    await turn(visit, true);
    await expect.poll(() => crowd.watchers, WAIT).toBe(0);
    await expect.poll(() => visit.page.textContent('#status'), WAIT).toBe('paused');
    // Nobody is told meanwhile.
    crowd.tick(4);
    await turn(visit, false);
    await expect.poll(() => crowd.watchers, WAIT).toBe(1);
    await expect.poll(() => visit.page.textContent('#status'), WAIT).toBe('live');
    await expect.poll(() => live.card.textContent(), WAIT).toContain('authenticating');
    expect(await live.card.getByRole('heading').textContent()).toBe('session/3');
    expect(visit.complaints).toEqual([]);
    await visit.close();
  });

  it('keeps its stream when it was only passed over on the way from one to another', async () => {
    const visit = await browser.visit(inspector.url);
    await expect.poll(() => visit.page.textContent('#status'), WAIT).toBe('live');
    const { length } = visit.requests;
    await turn(visit, true);
    await turn(visit, false);
    expect(crowd.watchers).toBe(1);
    expect(visit.requests.length).toBe(length);
    await visit.close();
  });
});

describeInBrowser('more pages of one browser than it has connections', (browser) => {
  it('are shown as soon as one of those before them is out of sight', async () => {
    const first = await browser.visit(inspector.url);
    const context = first.page.context();
    await expect.poll(() => crowd.watchers, WAIT).toBe(1);
    for (let count = 2; count <= 6; count++) {
      const page = await context.newPage();
      await page.goto(inspector.url);
      await expect.poll(() => crowd.watchers, WAIT).toBe(count);
    }
    // The seventh cannot even be asked for.
    const seventh = await context.newPage();
    const opening = seventh.goto(inspector.url);
    await turn(first, true);
    await opening;
    await expect.poll(() => seventh.textContent('#status'), WAIT).toBe('live');
    expect(crowd.watchers).toBe(6);
    await context.close();
  });
});
