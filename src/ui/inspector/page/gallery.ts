import type { Api } from './api.js';
import { ChartView } from './chart-view.js';
import { element } from './dom.js';
import type { View } from './view.js';

/** Every machine there is, whether one runs or not. */
export class Gallery implements View {
  readonly id = 'machines';
  readonly title = 'Machines';
  readonly element: HTMLElement;
  readonly keys = [];
  readonly #chart: ChartView;

  constructor(api: Api) {
    this.#chart = new ChartView(api);
    this.element = element('section', { 'aria-label': this.title }, this.#chart.element);
  }

  show([machine]: readonly string[]): void {
    void this.#chart.show(machine, 'Name a machine in the address.');
  }

  hide(): void {}

  key(): boolean {
    return false;
  }
}
