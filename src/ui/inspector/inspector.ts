import { Assets } from './assets.js';
import { Charts, type DrawChart } from './charts.js';
import { InspectorHttp } from './http.js';
import { json, type Route } from './route.js';
import type { FrameSource } from './source.js';
import { Streams } from './streams.js';

export interface InspectorOptions {
  /** 0 means any. */
  readonly port: number;
  /** Whose machines run here: `serve`, `chat`, `ring`, or `inspect` for none. */
  readonly program: string;
  /** What runs; without it there is only the gallery. */
  readonly source?: FrameSource;
  readonly draw: DrawChart;
  /** Styles of the drawings, which the page takes as a file of its own because its policy forbids them inline. */
  readonly chartCss: string;
  readonly routes?: readonly Route[];
}

export interface OpenInspector {
  /** The link, with its token. */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the inspector's page on 127.0.0.1 until it is closed. @throws NatterError PORT_TAKEN */
export async function openInspector(options: InspectorOptions): Promise<OpenInspector> {
  const { port, program, source, draw, chartCss, routes = [] } = options;
  const streams = source && new Streams(source);
  const hello: Route = {
    method: 'GET',
    path: '/api/hello',
    answer: () =>
      json({ program, pid: process.pid, live: source !== undefined, full: streams?.isFull ?? false }),
  };
  const charts = new Charts(draw);
  const http = new InspectorHttp(new Assets({ 'chart.css': chartCss }), [
    hello,
    ...charts.routes,
    ...(streams?.routes ?? []),
    ...routes,
  ]);
  await http.listen(port);
  return {
    url: http.url,
    close: async () => {
      streams?.close();
      await http.close();
    },
  };
}
