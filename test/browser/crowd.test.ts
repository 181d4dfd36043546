/** The live page with ten thousand actors, of which as many change at once as a frame may hold. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type OpenInspector, openInspector } from '#natter/ui/inspector/inspector.js';
import { describeInBrowser } from '../support/browser.js';
import { Crowd } from '../support/crowd.js';
import { LivePage } from '../support/live-page.js';

const ACTORS = 10_000;
/** Ten frames a second, each with so many changed actors and so many events of the chosen one. */
const FRAME_MS = 100;
const CHANGED = 1_000;
const EVENTS = 20;
const SECONDS = 6;

interface Strain {
  readonly framesPerS: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
  readonly tasks: readonly number[];
  readonly heap: number;
}

let crowd: Crowd;
let inspector: OpenInspector;

beforeEach(async () => {
  crowd = new Crowd(ACTORS);
  inspector = await openInspector({ port: 0, program: 'serve', source: crowd });
});

afterEach(() => inspector.close());

describeInBrowser('ten thousand actors', (browser) => {
  it('are found, scrolled and watched without strain while they change', async () => {
    const visit = await browser.visit(inspector.url);
    const live = new LivePage(visit);
    await live.tree.waitFor();
    await expect.poll(() => visit.page.textContent('.found')).toContain('10,000 actors');
    await live.find('session/9999');
    expect(await live.actors()).toEqual(['session/9999']);
    await live.search.fill('');
    // All of them are there again, and the chosen one is in sight.
    await expect.poll(async () => (await live.actors()).length).toBeGreaterThan(10);
    expect(await live.actors()).toContain('session/9999');
    await visit.page.keyboard.press('Home');
    await expect.poll(async () => (await live.actors()).length).toBeGreaterThan(10);
    // Only what is in sight is in the page.
    expect(await visit.page.locator('.actor-line').count()).toBeLessThan(100);
    await visit.probe('strain()');
    const ticking = setInterval(() => crowd.tick(CHANGED, EVENTS), FRAME_MS);
    await visit.page.mouse.move(150, 400);
    for (let turn = 0; turn < SECONDS * 10; turn++) {
      await visit.page.mouse.wheel(0, 2_000);
      await new Promise((resolve) => setTimeout(resolve, FRAME_MS));
    }
    clearInterval(ticking);
    const strain = await visit.page.evaluate<Strain>('strained()');
    const { framesPerS, p50, p99, longest, tasks, heap } = strain;
    const busyMs = tasks.reduce((sum, each) => sum + each, 0);
    console.log(
      `${ACTORS} actors, ${(CHANGED * 1_000) / FRAME_MS} changes a second, scrolling: ${framesPerS.toFixed(0)} frames/s, ` +
        `between two ${p50.toFixed(1)} ms (99 %: ${p99.toFixed(1)}, longest ${longest.toFixed(0)}), ` +
        `${tasks.length} tasks over 50 ms (${busyMs.toFixed(0)} ms), heap ${(heap / 1e6).toFixed(0)} MB`,
    );
    expect(framesPerS).toBeGreaterThan(20);
    expect(busyMs).toBeLessThan(SECONDS * 1_000 * 0.2);
    expect(visit.complaints).toEqual([]);
    await visit.close();
  }, 60_000);

  it('take no more memory the longer one watches', async () => {
    const visit = await browser.visit(inspector.url);
    const live = new LivePage(visit);
    await live.find('session/77');
    const heap = () => visit.page.evaluate<number>('(gc(), performance.memory.usedJSHeapSize / 1e6)');
    const run = async (ticks: number) => {
      for (let tick = 0; tick < ticks; tick++) {
        // As fast as it is taken.
        while (!crowd.tick(CHANGED, 200)) await new Promise((resolve) => setTimeout(resolve, 10));
      }
      await expect.poll(() => crowd.mishap('restart', `the end of ${ticks}`)).toBe(true);
      await expect.poll(() => live.mishaps.textContent()).toContain(`the end of ${ticks}`);
    };
    await run(60);
    const before = await heap();
    await run(300);
    expect((await heap()) - before).toBeLessThan(15);
    await visit.close();
  }, 60_000);
});
