/** `natter serve`: runs a server until a signal ends it. */

import { formatAddress, type HostPort, parseAddress } from '../../chat/address.js';
import { NatterError } from '../../chat/error.js';
import { type Console, tell, untilStopped } from '../console.js';
import { Exit } from '../exit.js';
import { type InspectFlag, type Inspection, inspectorText, openInspection } from '../inspector/inspection.js';
import { printJson } from '../json.js';
import { type StartServer, startServer } from '../server.js';

export interface ServeOptions {
  readonly data?: string;
  readonly listen?: HostPort;
  readonly workers?: number;
  readonly metrics?: HostPort;
  readonly inspect?: InspectFlag;
  readonly json?: boolean;
}

/** Enough to make durable what was accepted and to say goodbye; whoever supervises us waits about so long. */
const STOP_MS = 8_000;

export async function run(
  options: ServeOptions,
  _args: readonly string[],
  console: Console,
  start: StartServer = startServer,
): Promise<Exit> {
  // First, so that a port that is taken is told before anybody can connect.
  const inspection = await openInspection('serve', options.inspect);
  try {
    return await serve(options, inspection, console, start);
  } finally {
    await inspection.close();
  }
}

async function serve(
  options: ServeOptions,
  inspection: Inspection,
  console: Console,
  start: StartServer,
): Promise<Exit> {
  const { data, workers, metrics, listen = parseAddress('0.0.0.0') } = options;
  const server = await start({
    ...(data === undefined ? {} : { data }),
    ...(workers === undefined ? {} : { workers }),
    ...(metrics === undefined ? {} : { metrics }),
    listen,
    log: options.json || !console.stderr.isTTY ? 'json' : 'pretty',
  });
  const { host, port, key, metricsAt } = server;
  const at = metricsAt === undefined ? {} : { metrics: formatAddress(metricsAt) };
  if (options.json) printJson(console, { event: 'listening', host, port, pid: process.pid, key, ...at });
  else tell(console, `natter listens on ${formatAddress({ host, port })}; its key is ${key}.`);
  inspection.add(server.inspectable);
  if (inspection.url !== undefined) {
    if (options.json) printJson(console, { event: 'inspector', url: inspection.url });
    else tell(console, inspectorText(inspection.url));
  }
  const failure = await Promise.race([untilStopped(console), server.failed]);
  // Before the threads that it looks into.
  await inspection.close();
  await server.stop(STOP_MS);
  if (failure === undefined) return Exit.Done;
  throw new NatterError(
    'INTERNAL',
    `The server stopped because a part of it failed for good (${failure.message}); start it again.`,
    {},
    failure,
  );
}
