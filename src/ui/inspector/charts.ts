import type { Chart } from '../../chart/chart.js';
import { type Answer, json, type Route, wanted } from './route.js';

/** Machines by their name in the catalogue; undefined when there is no such one. */
export interface ChartSource {
  chart(machine: string): Chart | undefined;
  /** Its drawing, without styles. */
  svg(machine: string): Promise<string | undefined>;
}

const NONE = json({ code: 'BAD_ARGUMENT', message: 'There is no such machine.' }, 404);

/** The charts as the page fetches them: each is drawn once, when it is first asked for. */
export class Charts {
  readonly #source: ChartSource;
  readonly #drawn = new Map<string, Promise<string | undefined>>();

  constructor(source: ChartSource) {
    this.#source = source;
  }

  get routes(): readonly Route[] {
    return [
      { method: 'GET', path: '/api/chart', answer: ({ query }) => this.#drawing(wanted(query, 'machine')) },
      { method: 'GET', path: '/api/machine', answer: ({ query }) => this.#chart(wanted(query, 'machine')) },
    ];
  }

  #chart(machine: string): Answer {
    const chart = this.#source.chart(machine);
    return chart === undefined ? NONE : json(chart);
  }

  async #drawing(machine: string): Promise<Answer> {
    const svg = await this.#svg(machine);
    return svg === undefined ? NONE : { status: 200, type: 'image/svg+xml; charset=utf-8', body: svg };
  }

  async #svg(machine: string): Promise<string | undefined> {
    const known = this.#drawn.get(machine);
    if (known !== undefined) return known;
    const drawing = this.#source.svg(machine);
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
