import type { ChartEdge } from '../../../chart/chart.js';
import type { Api } from './api.js';

/** What machines would answer, by what is active in them. The server reads it off the chart, which never changes. */
export class Answers {
  readonly #api: Api;
  readonly #known = new Map<string, Promise<readonly ChartEdge[]>>();

  constructor(api: Api) {
    this.#api = api;
  }

  /** @param active ids of all active states. @throws ApiError */
  of(machine: string, active: readonly string[]): Promise<readonly ChartEdge[]> {
    const key = [machine, ...active].join(' ');
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const answer = this.#ask(machine, active);
    this.#known.set(key, answer);
    answer.catch(() => this.#known.delete(key));
    return answer;
  }

  async #ask(machine: string, active: readonly string[]): Promise<readonly ChartEdge[]> {
    const asked = { machine, active };
    return (await this.#api.post<{ edges: readonly ChartEdge[] }>('/api/enabled', asked)).edges;
  }
}
