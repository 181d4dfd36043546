import { array, maxLength, object, pipe, safeParse, string } from 'valibot';
import type { Chart } from '../../chart/chart.js';
import { enabledEdges } from '../../chart/enabled.js';
import { NatterError } from '../../chat/error.js';
import { type Answer, json, type Route, wanted } from './route.js';

/** Machines by their name in the catalogue; undefined when there is no such one. */
export interface ChartSource {
  chart(machine: string): Chart | undefined;
  /** Its drawing, without styles. */
  svg(machine: string): Promise<string | undefined>;
}

const id = pipe(string(), maxLength(200));
/** Where a machine stands: ids of all states that are active in it. */
const standing = object({ machine: id, active: pipe(array(id), maxLength(64)) });

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
      { method: 'POST', path: '/api/enabled', answer: ({ body }) => this.#enabled(body) },
    ];
  }

  #chart(machine: string): Answer {
    const chart = this.#source.chart(machine);
    return chart === undefined ? NONE : json(chart);
  }

  /** The edges that it may take there. */
  #enabled(body: unknown): Answer {
    const { success, output } = safeParse(standing, body);
    if (!success) throw new NatterError('BAD_ARGUMENT', 'Send a machine and its active states.');
    const chart = this.#source.chart(output.machine);
    return chart === undefined ? NONE : json({ edges: enabledEdges(chart, new Set(output.active)) });
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
