import type { Answer, Route } from './route.js';
import { wanted } from './route.js';

/** Draws the chart of a machine by its name in the catalogue; undefined when there is no such machine. */
export type DrawChart = (machine: string) => Promise<string | undefined>;

const NONE: Answer = { status: 404, type: 'text/plain; charset=utf-8', body: 'There is no such machine.\n' };

/** The drawings as the page fetches them: each is made once, when it is first asked for. */
export class Charts {
  readonly #draw: DrawChart;
  readonly #drawn = new Map<string, Promise<string | undefined>>();

  constructor(draw: DrawChart) {
    this.#draw = draw;
  }

  get routes(): readonly Route[] {
    return [
      { method: 'GET', path: '/api/chart', answer: ({ query }) => this.#answer(wanted(query, 'machine')) },
    ];
  }

  async #answer(machine: string): Promise<Answer> {
    const svg = await this.#svg(machine);
    if (svg === undefined) return NONE;
    return { status: 200, type: 'image/svg+xml; charset=utf-8', body: svg };
  }

  async #svg(machine: string): Promise<string | undefined> {
    const known = this.#drawn.get(machine);
    if (known !== undefined) return known;
    const drawing = this.#draw(machine);
    this.#drawn.set(machine, drawing);
    try {
      const svg = await drawing;
      // Names that nobody drew are not remembered, or they could fill the memory.
      if (svg === undefined) this.#drawn.delete(machine);
      return svg;
    } catch (error) {
      this.#drawn.delete(machine);
      throw error;
    }
  }
}
