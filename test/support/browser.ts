/**
 * A real Chromium without a window, driven by playwright-core: Debian's package or any other build on this machine,
 * never one that is downloaded. It reaches loopback only.
 */
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { findChromium, launchChromium, MISSING } from './chromium.mjs';

const PROBES = fileURLToPath(new URL('../browser/probes.js', import.meta.url));

/** Generous: the machine may be busy with other tests. */
const WAIT_MS = 20_000;
/** A test waits for several things, one after the other. */
const TEST_MS = 90_000;

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
  describe(name, { timeout: TEST_MS }, () => {
    const browser = new TestBrowser();
    beforeAll(() => browser.launch(path), 60_000);
    afterAll(() => browser.close(), 60_000);
    tests(browser);
  });
}

export class TestBrowser {
  #browser: Browser | undefined;

  async launch(executablePath: string): Promise<void> {
    this.#browser = await launchChromium(executablePath);
  }

  /** Opens a page in a profile of its own, as another person at another browser would. */
  async visit(url: string, options: BrowserContextOptions = {}): Promise<Visit> {
    if (this.#browser === undefined) throw new Error('the browser was not launched');
    const context = await this.#browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
    context.setDefaultTimeout(WAIT_MS);
    await context.addInitScript({ path: PROBES });
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

  /** Asks `probes` (test/browser/probes.js) from within the page. */
  probe<T>(question: string): Promise<T> {
    return this.page.evaluate<T>(`probes.${question}`);
  }

  /** The origins that it asked, each once. */
  origins(): string[] {
    return [...new Set(this.requests.map((url) => new URL(url).origin))];
  }

  close(): Promise<void> {
    return this.page.context().close();
  }
}
