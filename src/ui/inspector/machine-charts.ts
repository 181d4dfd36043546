import { LayoutPool } from '../../actors/jobs/layout-pool.js';
import { machines } from '../../actors/machines/catalogue.js';
import type { Chart } from '../../chart/chart.js';
import { chartOf } from '../../chart/chart-of.js';
import { chartStyle } from '../../chart/style.js';
import { chartSvg } from '../../chart/svg.js';
import type { ChartSource } from './charts.js';

/** The drawings' classes in colours that the page defines, for light and dark alike. */
export const chartCss = chartStyle({
  paper: 'var(--chart-paper)',
  box: 'var(--chart-box)',
  holder: 'var(--chart-holder)',
  border: 'var(--chart-border)',
  ink: 'var(--chart-ink)',
  soft: 'var(--chart-soft)',
  guard: 'var(--chart-guard)',
  line: 'var(--chart-line)',
  final: 'var(--chart-final)',
});

/** The charts of the catalogue, laid out in the job pool. */
export class MachineCharts implements ChartSource {
  readonly #pool = new LayoutPool();

  chart(name: string): Chart | undefined {
    const row = machines.find((each) => each.name === name);
    return row && chartOf(row.machine);
  }

  async svg(name: string): Promise<string | undefined> {
    const chart = this.chart(name);
    return chart && chartSvg(await this.#pool.layout(chart), { bare: true });
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
