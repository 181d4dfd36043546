import { Assets } from './assets.js';
import { type ChartSource, Charts } from './charts.js';
import { InspectorHttp } from './http.js';
import { chartCss, MachineCharts } from './machine-charts.js';
import { MachinesApi } from './machines-api.js';
import { json, type Route } from './route.js';
import type { FrameSource } from './source.js';
import { Streams } from './streams.js';

/** Whose machines run here; `inspect` for nobody's. */
export type Program = 'chat' | 'serve' | 'ring' | 'inspect';

export interface InspectorOptions {
  /** 0 means any. */
  readonly port: number;
  readonly program: Program;
  /** What runs; without it there is only the gallery. */
  readonly source?: FrameSource;
  /** Every machine of natter, unless given. */
  readonly charts?: ChartSource;
}

export interface OpenInspector {
  /** The link, with its token. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the inspector's page on 127.0.0.1 until it is closed. @throws NatterError PORT_TAKEN */
export async function openInspector(options: InspectorOptions): Promise<OpenInspector> {
  const { port, program, source } = options;
  const machines = new MachineCharts();
  const charts = new Charts(options.charts ?? machines);
  const streams = source && new Streams(source);
  const hello: Route = {
    method: 'GET',
    path: '/api/hello',
    answer: () =>
      json({ program, pid: process.pid, live: source !== undefined, full: streams?.isFull ?? false }),
  };
  const routes = [hello, ...charts.routes, ...new MachinesApi().routes, ...(streams?.routes ?? [])];
  const http = new InspectorHttp(new Assets({ 'chart.css': chartCss }), routes);
  await http.listen(port);
  return {
    url: http.url,
    close: async () => {
      streams?.close();
      await http.close();
      await machines.close();
    },
  };
}
