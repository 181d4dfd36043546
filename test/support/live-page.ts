/** The inspector's live page as somebody uses it: by what it shows and how it is called, seldom by how it is built. */
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import type { Visit } from './browser.js';

/** Generous: the machine may be busy with other tests. */
const WAIT = { timeout: 20_000 };

export class LivePage {
  readonly visit: Visit;

  constructor(visit: Visit) {
    this.visit = visit;
  }

  get page() {
    return this.visit.page;
  }

  get tree(): Locator {
    return this.page.getByRole('tree');
  }

  get search(): Locator {
    return this.page.getByRole('searchbox', { name: /search actors/i });
  }

  /** Who is chosen, as a card says it. */
  get card(): Locator {
    return this.page.getByRole('region', { name: 'Chosen actor' });
  }

  /** One edge, and what is to be known of it. */
  get edgeCard(): Locator {
    return this.page.getByRole('region', { name: 'Chosen transition' });
  }

  get mishaps(): Locator {
    return this.page.locator('.mishaps');
  }

  /** Searches with the keyboard alone, and chooses the first that is found. */
  async find(words: string): Promise<void> {
    await this.page.keyboard.press('/');
    await this.search.fill(words);
    // Who is looked for may not be there yet: then Enter finds nobody, and nothing is chosen.
    const isChosen = async () => {
      await this.search.press('Enter');
      return this.card.isVisible();
    };
    await expect.poll(isChosen, WAIT).toBe(true);
  }

  /** Names of the actors in sight. */
  actors(): Promise<string[]> {
    return this.page.locator('.actor-line[data-type=actor] .name').allTextContents();
  }

  /** Waits until exactly these states are lit, given without the machine's id. */
  async isIn(machine: string, ...states: readonly string[]): Promise<void> {
    const ids = [machine, ...states.map((state) => `${machine}.${state}`)];
    await expect.poll(() => this.lit(), WAIT).toEqual(ids.toSorted());
  }

  /** Ids of the states that are lit. */
  async lit(): Promise<string[]> {
    const ids = await this.page
      .locator('.chart-view [data-state].active')
      .evaluateAll((states) => states.map((state) => state.getAttribute('data-state') ?? ''));
    return [...new Set(ids)].toSorted();
  }

  /** Ids of the edges that are marked as those it could take now. */
  possible(): Promise<string[]> {
    return this.page
      .locator('.chart-view [data-edge].possible')
      .evaluateAll((edges) => [...new Set(edges.map((edge) => edge.getAttribute('data-edge') ?? ''))].sort());
  }

  /** Waits until this one is among them. */
  async couldTake(edge: string): Promise<void> {
    await expect.poll(() => this.possible(), WAIT).toContain(edge);
  }

  /** Waits until these edges have glowed at some time. */
  async haveGlowed(...edges: readonly string[]): Promise<void> {
    await expect
      .poll(() => this.visit.probe<string[]>('glows()'), WAIT)
      .toEqual(expect.arrayContaining([...edges]));
  }

  edge(id: string): Locator {
    return this.page.locator(`.chart-view [data-edge="${id}"]`).last();
  }

  /** Whether the middle of something lies within the chart's frame. */
  async isInSight(part: Locator): Promise<boolean> {
    const [box, frame] = [
      await part.boundingBox(),
      await this.page.locator('.chart-frame:visible').boundingBox(),
    ];
    if (box === null || frame === null) return false;
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    return x > frame.x && x < frame.x + frame.width && y > frame.y && y < frame.y + frame.height;
  }

  /** Names of the events in sight, newest first. */
  async events(): Promise<string[]> {
    const lines = await this.page.locator('.event-line').evaluateAll((all) =>
      all.map((line) => ({
        index: Number(line.getAttribute('data-index')),
        name: line.querySelector('.name')?.textContent ?? '',
      })),
    );
    return lines.toSorted((a, b) => a.index - b.index).map(({ name }) => name);
  }

  async hasEvent(name: string): Promise<void> {
    await expect.poll(() => this.events(), WAIT).toContain(name);
  }
}
