/**
 * A real Chromium without a window, driven by playwright-core: Debian's package or any other build on this machine,
 * never one that is downloaded. It reaches loopback only.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';

/** What to do without one. */
const MISSING =
  'these tests need Chromium: `apt-get install --no-install-recommends chromium` installs it on Debian and Ubuntu, or name any other build by NATTER_CHROMIUM=/path/to/chrome';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** As root there is no sandbox; whatever would call home is off, and no name but loopback's leads anywhere. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-proxy-server',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/** Generous: the machine may be busy with other tests. */
const WAIT_MS = 20_000;

/** The browser to drive: what NATTER_CHROMIUM names, or the first that the PATH holds; undefined if there is none. */
export function findChromium(): string | undefined {
  const named = process.env.NATTER_CHROMIUM;
  if (named !== undefined && named !== '') return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Tests that share one browser, begun before the first and ended after the last of them; its profile is a temporary
 * folder that goes with it. Without Chromium they are skipped with the sentence that says how to install it, and fail
 * under CI, where nothing may be passed over.
 */
export function describeInBrowser(name: string, tests: (browser: TestBrowser) => void): void {
  const path = findChromium();
  if (path === undefined) {
    it(name, (context) => {
      if (process.env.CI) throw new Error(MISSING);
      context.skip(MISSING);
    });
    return;
  }
  describe(name, () => {
    const browser = new TestBrowser();
    beforeAll(() => browser.launch(path), 60_000);
    afterAll(() => browser.close(), 60_000);
    tests(browser);
  });
}

export class TestBrowser {
  #browser: Browser | undefined;

  async launch(executablePath: string): Promise<void> {
    this.#browser = await chromium.launch({ executablePath, args: FLAGS, timeout: 60_000 });
  }

  /** Opens a page in a profile of its own, as another person at another browser would. */
  async visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    if (this.#browser === undefined) throw new Error('the browser was not launched');
    const context = await this.#browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
    context.setDefaultTimeout(WAIT_MS);
    const visit = new Visit(await context.newPage());
    await visit.page.goto(url);
    return visit;
  }

  async close(): Promise<void> {
    await this.#browser?.close();
    this.#browser = undefined;
  }
}

/** A page, with everything it asked for and everything it complained about. */
export class Visit {
  readonly page: Page;
  /** Every URL that was asked for, in order. */
  readonly requests: string[] = [];
  /** Errors and warnings of the console, violations of the Content-Security-Policy among them, and uncaught errors. */
  readonly complaints: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('request', (request) => this.requests.push(request.url()));
    page.on('pageerror', (error) => this.complaints.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.complaints.push(message.text());
    });
  }

  /** The origins that it asked, each once. */
  origins(): string[] {
    return [...new Set(this.requests.map((url) => new URL(url).origin))];
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
