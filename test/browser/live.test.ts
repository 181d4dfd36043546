/** The live page over a real server, as its people log in, talk and leave. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Operation } from '../../src/chat/operations.js';
import { describeInBrowser, type Visit } from '../support/browser.js';
import { LivePage } from '../support/live-page.js';
import { Natter, register, serve, temporaryFolder } from '../support/natter.js';
import { RawClient } from '../support/raw-client.js';

const WAIT = { timeout: 20_000 };

let folder: ReturnType<typeof temporaryFolder>;
let server: Natter;
let port = 0;
let url = '';
const closing: (() => unknown)[] = [];

beforeEach(async () => {
  folder = temporaryFolder();
  await start('0');
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  server.kill();
  await server.exit;
  folder.remove();
});

async function start(inspectPort: string): Promise<void> {
  ({ run: server, port } = await serve(`${folder.path}/server`, ['--inspect', inspectPort], port));
  url = String((await server.first('inspector')).url);
}

/** Somebody who is connected and has not said who they are. */
async function connected(): Promise<RawClient> {
  const client = await new RawClient().connect(port);
  closing.push(() => client.close());
  return client;
}

/** `natter send` that waits for lines on its standard input. */
async function sender(user: string): Promise<Natter> {
  const at = `127.0.0.1:${port}`;
  await register(at, user, `${folder.path}/${user}`);
  const args = ['send', '--server', at, '--user', user, '--to', '#lobby', '--data', `${folder.path}/${user}`];
  const run = new Natter([...args, '--json']);
  closing.push(async () => {
    run.kill('SIGKILL');
    await run.exit;
  });
  return run;
}

function isClean(visit: Visit): void {
  expect(visit.origins()).toEqual([new URL(url).origin]);
  expect(visit.complaints).toEqual([]);
}

describeInBrowser('the live page', (browser) => {
  async function open(): Promise<LivePage> {
    const visit = await browser.visit(url);
    closing.push(() => visit.close());
    await visit.page.getByRole('tree').waitFor();
    return new LivePage(visit);
  }

  /** Somebody who has not logged in, and a page on which their session is chosen. */
  async function watched() {
    const raw = await connected();
    const live = await open();
    await live.find('kind:session');
    await live.isIn('session', 'anonymous');
    return { raw, live };
  }

  it('finds a session, and shows it move as somebody logs in and says something', async () => {
    const { raw, live } = await watched();
    await raw.register('ana');
    await live.isIn('session', 'active');
    await live.haveGlowed('session.anonymous|AUTHENTICATE|0', 'session.preparing|READY|0');
    await live.hasEvent('READY');
    expect(await live.card.textContent()).toContain('active');
    await raw.do(Operation.Away, { a: true });
    await raw.close();
    await expect.poll(() => live.card.textContent(), WAIT).toContain('is no more');
    isClean(live.visit);
  });

  it('shows the messages of a session as its person talks, and never what was said', async () => {
    const run = await sender('ana');
    const live = await open();
    run.child.stdin.write('a first secret line\n');
    await run.first('accepted');
    await live.find('kind:session state:active');
    await live.isIn('session', 'active');
    const before = (await live.events()).length;
    // What is said before the thread knows that somebody watches is not shown: so it is said until something is.
    const said = async () => {
      run.child.stdin.write('another secret line\n');
      return (await live.events()).length;
    };
    await expect.poll(said, { ...WAIT, interval: 250 }).toBeGreaterThan(before);
    await run.until('accepted', () => run.events('accepted').length >= 2);
    expect(await live.page.content()).not.toMatch(/secret|ana\b/);
    isClean(live.visit);
  });

  it('tells what an edge is when it is clicked, and shows only what took it', async () => {
    const { raw, live } = await watched();
    await raw.register('ana');
    await live.hasEvent('READY');
    await live.edge('session.preparing|READY|0').click();
    await live.edgeCard.waitFor();
    const told = await live.edgeCard.textContent();
    for (const part of ['READY', 'session.preparing', 'session.active']) expect(told).toContain(part);
    await expect.poll(() => live.events(), WAIT).toEqual(['READY']);
    await live.page.keyboard.press('Escape');
    await live.edgeCard.waitFor({ state: 'hidden' });
    await expect.poll(() => live.events(), WAIT).toContain('AUTHENTICATE');
  });

  it('marks what a session could take where it stands, and lists it for the keyboard', async () => {
    const { raw, live } = await watched();
    await live.couldTake('session.anonymous|AUTHENTICATE|0');
    expect(await live.possible()).not.toContain('session.active|LOGOUT|0');
    await raw.register('ana');
    await live.isIn('session', 'active');
    await live.couldTake('session.active|LOGOUT|0');
    expect(await live.possible()).not.toContain('session.anonymous|AUTHENTICATE|0');
    // What was just taken glows, and is not one of them.
    await live.haveGlowed('session.preparing|READY|0');
    expect(await live.possible()).not.toContain('session.preparing|READY|0');
    const answers = live.page.getByRole('group', { name: 'Transitions that it could take now' });
    expect(await answers.getByRole('button').count()).toBe((await live.possible()).length);
    await live.page.keyboard.press('e');
    await live.page.keyboard.press('ArrowDown');
    const { name } = await live.visit.probe<{ name: string }>('focus()');
    await live.page.keyboard.press('Enter');
    // The card has the edge's id until the chart is there.
    const heading = live.edgeCard.getByRole('heading');
    await expect.poll(async () => name.startsWith(`${await heading.textContent()} `), WAIT).toBe(true);
    await raw.close();
    await expect.poll(() => live.possible(), WAIT).toEqual([]);
    isClean(live.visit);
  });

  it('leads by keyboard from an event to its edge in the chart, and from there to the events', async () => {
    const { raw, live } = await watched();
    await raw.register('ana');
    await live.hasEvent('READY');
    const { keyboard } = live.page;
    // Close enough that an edge may well be out of sight.
    for (let i = 0; i < 6; i++) await live.page.getByRole('button', { name: 'Zoom in' }).click();
    await keyboard.press('v');
    await keyboard.press('End');
    const current = live.page.locator('.event-line[aria-selected=true]');
    // From the oldest one up to the first transition.
    for (let up = 0; (await current.getAttribute('data-kind')) !== 'edge'; up++) {
      expect(up).toBeLessThan(50);
      await keyboard.press('ArrowUp');
    }
    await keyboard.press('Enter');
    const name = await current.locator('.name').textContent();
    await expect.poll(() => live.edgeCard.getByRole('heading').textContent(), WAIT).toBe(name);
    const chosen = live.page.locator('.chart-view [data-edge].chosen').last();
    await expect.poll(() => live.isInSight(chosen), WAIT).toBe(true);
    // Once more goes over to it, and from there back to the events that took it.
    await keyboard.press('Enter');
    const focused = () => live.page.evaluate('document.activeElement.dataset.edge');
    expect(await focused()).toBe(await chosen.getAttribute('data-edge'));
    await keyboard.press('Enter');
    expect(await focused()).toBeUndefined();
    expect(await live.events()).toContain(name);
    expect((await live.visit.probe<{ name: string }>('focus()')).name).toContain('Events');
    // A step along the edges brings the next one into sight as well.
    await keyboard.press('Enter');
    await keyboard.press('ArrowRight');
    const next = live.page.locator('.chart-view [data-edge]:focus');
    expect(await live.isInSight(next)).toBe(true);
    isClean(live.visit);
  });

  it('filters events by what is typed, pauses them, and shows the context on request', async () => {
    const { raw, live } = await watched();
    await raw.register('ana');
    await live.hasEvent('READY');
    await live.page.keyboard.press('Escape');
    await live.page.keyboard.press('f');
    await live.page.keyboard.type('identif');
    await expect.poll(() => live.events(), WAIT).toEqual(['IDENTIFIED']);
    await live.page.keyboard.press('Control+A');
    await live.page.keyboard.press('Delete');
    await expect.poll(() => live.events(), WAIT).toContain('READY');
    await live.tree.focus();
    expect(await live.card.getByRole('term').count()).toBe(0);
    await live.page.keyboard.press('c');
    await live.card.getByRole('term').first().waitFor();
    await live.page.keyboard.press('p');
    await live.page.getByRole('button', { name: 'Go on' }).waitFor();
  });

  it('lets the keyboard go from the fields to their lists, and zooms wherever it is', async () => {
    const { raw, live } = await watched();
    await raw.register('ana');
    await live.hasEvent('READY');
    const { keyboard } = live.page;
    const stands = async () => (await live.visit.probe<{ name: string }>('focus()')).name;
    for (const key of ['ArrowDown', 'Enter', 'Escape']) {
      await keyboard.press('f');
      await keyboard.press(key);
      expect(await stands(), key).toBe('Events, newest first');
    }
    await keyboard.press('/');
    // What was typed is given up first, then the field is left.
    await keyboard.press('Escape');
    expect(await live.search.inputValue()).toBe('');
    await keyboard.press('Escape');
    expect(await stands()).toBe('Actors by thread and kind');
    const size = async () =>
      (await live.page.locator('.chart-frame svg [data-state]').first().boundingBox())?.width;
    const before = Number(await size());
    await keyboard.press('+');
    await expect.poll(size, WAIT).toBeGreaterThan(before);
    await keyboard.press('0');
    await expect.poll(size, WAIT).toBeLessThanOrEqual(before);
    isClean(live.visit);
  });

  it('shows nobody else’s chart for somebody who is not there', async () => {
    const { live } = await watched();
    await live.page.evaluate("location.hash = '#/live/core-0/session%2F4711'");
    await live.page.getByText('core-0 session/4711 is not there; choose another actor.').waitFor();
    expect(await live.lit()).toEqual([]);
    expect(await live.page.locator('.chart-frame:visible [data-state]').count()).toBe(0);
  });

  it('keeps its place over a reload: who is chosen, and which edge', async () => {
    const raw = await connected();
    await raw.register('ana');
    const live = await open();
    await live.find('kind:session');
    await live.isIn('session', 'active');
    const name = await live.card.getByRole('heading').textContent();
    await live.edge('session.active|LOGOUT|0').click();
    await live.edgeCard.waitFor();
    await live.page.reload();
    await live.isIn('session', 'active');
    expect(await live.card.getByRole('heading').textContent()).toBe(name);
    expect(await live.edgeCard.textContent()).toContain('LOGOUT');
  });

  it('shows two people two things at once', async () => {
    const raw = await connected();
    const [one, other] = [await open(), await open()];
    await one.find('kind:session');
    await other.find('kind:registry');
    await one.isIn('session', 'anonymous');
    await raw.register('ana');
    await one.isIn('session', 'active');
    await expect.poll(async () => (await other.events()).length, WAIT).toBeGreaterThan(0);
    expect(await one.card.textContent()).toContain('session/');
    expect(await other.card.textContent()).toContain('registry/');
    expect(await other.lit()).not.toContain('session.active');
    await one.visit.close();
    await raw.do(Operation.Away, { a: true });
    isClean(other.visit);
  });

  it('says that it is cut off when the program ends, and that its link is old when it was started anew', async () => {
    const live = await open();
    await live.find('kind:registry');
    const { port: inspectPort } = new URL(url);
    server.kill('SIGKILL');
    await server.exit;
    const banner = live.page.getByRole('alert');
    await expect.poll(() => banner.textContent(), WAIT).toContain('does not answer');
    // What was seen last stays.
    expect(await live.card.textContent()).toContain('registry/');
    await start(inspectPort);
    await live.page.getByRole('button', { name: 'Try now' }).click();
    await expect.poll(() => banner.textContent(), WAIT).toContain('old');
    await live.page.goto(url);
    await live.tree.waitFor();
    await live.find('kind:registry');
    await banner.waitFor({ state: 'hidden' });
  });

  it('can be used with the keyboard alone: search, tree, chart, events', async () => {
    const raw = await connected();
    await raw.register('ana');
    const live = await open();
    const { keyboard } = live.page;
    await live.find('kind:session');
    await live.isIn('session', 'active');
    // From the tree to the chart by Tab, into its edges, and along them by arrows.
    await expect
      .poll(async () => {
        await keyboard.press('Tab');
        return (await live.visit.probe<{ role: string; name: string }>('focus()')).name;
      }, WAIT)
      .toMatch(/CLOSE|AUTHENTICATE|IDENTIFIED|LOGOUT|after/);
    await keyboard.press('ArrowRight');
    await keyboard.press('Enter');
    await live.edgeCard.waitFor();
    await keyboard.press('Escape');
    await live.edgeCard.waitFor({ state: 'hidden' });
    // Up and down in the tree choose somebody else.
    await live.search.focus();
    await keyboard.press('Escape');
    await expect.poll(async () => (await live.actors()).length, WAIT).toBeGreaterThan(3);
    await keyboard.press('ArrowDown');
    await keyboard.press('ArrowDown');
    await keyboard.press('Enter');
    await live.card.waitFor();
    isClean(live.visit);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    it(`can be read and named in ${colorScheme} colours, and in narrow windows`, async () => {
      const raw = await connected();
      await raw.register('ana');
      const visit = await browser.visit(url, { colorScheme });
      closing.push(() => visit.close());
      const live = new LivePage(visit);
      await live.find('kind:session');
      await live.isIn('session', 'active');
      await live.edge('session.active|LOGOUT|0').click();
      await live.edgeCard.waitFor();
      await live.page.keyboard.press('c');
      await live.page.keyboard.press('m');
      for (const width of [1400, 800, 480]) {
        await live.page.setViewportSize({ width, height: 800 });
        expect(await visit.probe('overflowing()'), `${width} px`).toBe(0);
        for (const question of ['unnamed()', 'dangling()', 'homeless()', 'faint()'])
          expect(await visit.probe(question), `${question} at ${width} px`).toEqual([]);
      }
      isClean(visit);
    });
  }
});
