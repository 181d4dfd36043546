/**
 * The measured process of the fan-out bench: a natter server, or a `ws` hub that passes on what it gets.
 * It answers the parent's `cpu` with the processor time of all its threads.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Inspectable } from '../actors/inspect/inspectable.js';
import type { IoFigures } from '../actors/io/worker.js';
import { startServer } from '../actors/server/server.js';
import { Onlooker } from './onlooker.js';

export interface HubAddress {
  readonly host: string;
  readonly port: number;
}

interface Hub {
  readonly address: HubAddress;
  /** Datagrams out and in so far; a hub over TCP has none. */
  readonly datagrams: () => Promise<{ out: number; in: number } | undefined>;
  /** What an inspector looks into, where there is one. */
  readonly inspectable?: Inspectable;
  readonly stop: () => Promise<void>;
}

async function natter(): Promise<Hub> {
  const data = mkdtempSync(join(tmpdir(), 'natter-bench-'));
  const unlimited = 1e9;
  const server = await startServer({
    data,
    listen: { host: '127.0.0.1', port: 0 },
    log: 'silent',
    limits: {
      handshakesPerS: unlimited,
      handshakesBurst: unlimited,
      registrationsPerAddressPerMinute: unlimited,
      requestsPerS: unlimited,
      requestsBurst: unlimited,
      postsPerS: unlimited,
      postsBurst: unlimited,
      framesPerS: unlimited,
      framesBurst: unlimited,
    },
  });
  const stop = async () => {
    await server.stop(5_000);
    rmSync(data, { recursive: true, force: true });
  };
  const datagrams = async () => {
    const { datagramsOut, datagramsIn } = (await server.system
      .thread('io')
      .call('figures', 1_000)) as IoFigures;
    return { out: datagramsOut, in: datagramsIn };
  };
  return {
    address: { host: server.host, port: server.port },
    datagrams,
    inspectable: server.inspectable,
    stop,
  };
}

async function websocket(): Promise<Hub> {
  const { WebSocketServer } = await import('ws');
  const hub = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  hub.on('connection', (socket) => {
    socket.on('message', (data) => {
      for (const client of hub.clients) client.send(data, { binary: true });
    });
  });
  await new Promise<void>((resolve) => hub.once('listening', resolve));
  const { port } = hub.address() as { port: number };
  const stop = () => new Promise<void>((resolve) => hub.close(() => resolve()));
  return { address: { host: '127.0.0.1', port }, datagrams: async () => undefined, stop };
}

const hub = await (process.argv[2] === 'ws' ? websocket() : natter());
let onlooker: Onlooker | undefined;

/** From now on somebody watches, and has chosen a room; or nobody does. */
function watch(isWatched: boolean): void {
  onlooker?.close();
  const { inspectable } = hub;
  const wanted = (actor: string) => actor.startsWith('room/');
  onlooker = isWatched && inspectable ? new Onlooker(inspectable, wanted) : undefined;
}

process.on('message', async (message) => {
  switch (message) {
    case 'cpu': {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuUs: user + system, datagrams: await hub.datagrams() });
      return;
    }
    case 'watched':
    case 'unwatched':
      watch(message === 'watched');
      return;
    default:
      await hub.stop();
      process.disconnect();
  }
});
process.send?.(hub.address);
