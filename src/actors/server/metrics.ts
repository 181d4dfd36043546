import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Gauge, Registry } from 'prom-client';
import { notOfThisMachine } from '../../chat/address.js';
import { NatterError } from '../../chat/error.js';
import type { ThreadStats } from '../runtime/stats.js';
import type { Supervisor } from '../runtime/supervisor.js';

const STATS_MS = 1_000;

/** What is read of the threads. */
type Watched = Pick<Supervisor, 'names' | 'thread' | 'restarts'>;

/** One figure of a thread: its name, what it is, and how it is read. */
type ThreadFigure = readonly [name: string, help: string, read: (stats: ThreadStats) => number];

const THREAD_FIGURES: readonly ThreadFigure[] = [
  ['natter_mailbox_depth', 'Unread messages of all mailboxes', (stats) => stats.mailboxDepthSum],
  ['natter_mailbox_depth_max', 'Unread messages of the fullest mailbox', (stats) => stats.mailboxDepthMax],
  ['natter_messages_handled_total', 'Messages handled by actors', (stats) => stats.messagesHandled],
  ['natter_dead_letters_total', 'Messages that reached nobody', (stats) => stats.deadLetters],
  ['natter_actor_restarts_total', 'Actors restarted after a failure', (stats) => stats.actorRestarts],
  ['natter_queued_bytes', 'Bytes that wait for credit or for a thread', (stats) => stats.queuedBytes],
  ['natter_loop_delay_p99_ms', 'Event loop delay since the last reading', (stats) => stats.loopDelayP99Ms],
];

/** Reads every thread's figures when somebody asks, and not before. */
export class Metrics {
  readonly #system: Watched;
  readonly #registry = new Registry();
  readonly #threads: ReadonlyMap<ThreadFigure, Gauge<'thread'>>;
  readonly #actors = this.#gauge('natter_actors', 'Actors alive, by kind', 'kind');
  readonly #sessions = this.#gauge('natter_sessions', 'Connections that have a session');
  readonly #rooms = this.#gauge('natter_rooms', 'Conversations that are awake');
  readonly #restarts = this.#gauge('natter_thread_restarts_total', 'Times a thread was respawned', 'thread');
  readonly #figures = new Map<string, Gauge<string>>();
  #http: Server | undefined;

  constructor(system: Watched) {
    this.#system = system;
    this.#threads = new Map(
      THREAD_FIGURES.map((figure) => [figure, this.#gauge(figure[0], figure[1], 'thread')]),
    );
  }

  /** Serves `/metrics` and `/health`. @returns where. @throws NatterError PORT_TAKEN, BAD_ADDRESS */
  async listen(host: string, port: number): Promise<{ host: string; port: number }> {
    const http = createServer((request, response) => {
      const answer = request.url === '/metrics' ? this.#metrics() : this.#health(request.url);
      answer.then(
        ({ status, body }) =>
          response.writeHead(status, { 'content-type': this.#registry.contentType }).end(body),
        () => response.writeHead(503).end('not now\n'),
      );
    });
    this.#http = http;
    await new Promise<void>((resolve, reject) => {
      http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
      http.listen(port, host, resolve);
    });
    const { address, port: got } = http.address() as AddressInfo;
    return { host: address, port: got };
  }

  async close(): Promise<void> {
    const http = this.#http;
    if (!http) return;
    http.closeAllConnections();
    await new Promise<void>((resolve) => http.close(() => resolve()));
  }

  async #metrics(): Promise<{ status: number; body: string }> {
    const { names } = this.#system;
    const stats = await Promise.all(
      names.map((name) =>
        this.#system
          .thread(name)
          .stats(STATS_MS)
          .catch(() => undefined),
      ),
    );
    const actors: Record<string, number> = {};
    names.forEach((thread, i) => {
      this.#restarts.set({ thread }, this.#system.restarts(thread));
      const of = stats[i];
      if (!of) return;
      for (const [figure, gauge] of this.#threads) gauge.set({ thread }, figure[2](of));
      for (const [kind, count] of Object.entries(of.actors)) actors[kind] = (actors[kind] ?? 0) + count;
    });
    this.#actors.reset();
    for (const [kind, count] of Object.entries(actors)) this.#actors.set({ kind }, count);
    this.#sessions.set(actors.session ?? 0);
    this.#rooms.set(actors.room ?? 0);
    await this.#readFigures('io', 'natter_io', "The I/O actor's");
    await this.#readFigures('files', 'natter_file', 'Of files:');
    return { status: 200, body: await this.#registry.metrics() };
  }

  /** What a thread counts besides: sessions, deliveries and drops in `io`, chunks in `files`. */
  async #readFigures(thread: string, prefix: string, whose: string): Promise<void> {
    const figures = (await this.#system
      .thread(thread)
      .call('figures', STATS_MS)
      .catch(() => undefined)) as Readonly<Record<string, number>> | undefined;
    for (const [name, value] of Object.entries(figures ?? {})) {
      const snake = name.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
      const full = `${prefix}_${snake}`;
      let gauge = this.#figures.get(full);
      if (!gauge) {
        gauge = this.#gauge(full, `${whose} ${snake.replaceAll('_', ' ')}`);
        this.#figures.set(full, gauge);
      }
      gauge.set(value);
    }
  }

  /** Healthy while every thread answers and the store takes writes. */
  async #health(url: string | undefined): Promise<{ status: number; body: string }> {
    if (url !== '/health') return { status: 404, body: 'try /metrics or /health\n' };
    const silent = await Promise.all(
      this.#system.names.map((name) =>
        this.#system
          .thread(name)
          .stats(STATS_MS)
          .then(
            () => [],
            () => [name],
          ),
      ),
    );
    const names = silent.flat();
    if (names.length > 0) return { status: 503, body: `silent: ${names.join(' ')}\n` };
    const fault = String(await this.#system.thread('store').call('fault', STATS_MS));
    if (fault !== '') return { status: 503, body: `read-only: ${fault}\n` };
    return { status: 200, body: 'ok\n' };
  }

  #gauge<L extends string = never>(name: string, help: string, label?: L): Gauge<L> {
    return new Gauge({ name, help, labelNames: label ? [label] : [], registers: [this.#registry] });
  }
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): NatterError {
  if (error.code === 'EADDRINUSE')
    return new NatterError(
      'PORT_TAKEN',
      `TCP port ${port} on ${host} is taken by another program: choose another with --metrics ${host}:PORT.`,
      { host, port },
    );
  if (error.code === 'EACCES')
    return new NatterError(
      'PORT_TAKEN',
      `TCP port ${port} on ${host} needs more rights: choose a port above 1023.`,
      { host, port },
    );
  if (error.code === 'EADDRNOTAVAIL') return notOfThisMachine(host);
  return new NatterError(
    'BAD_ADDRESS',
    `Cannot serve metrics on ${host}:${port} (${error.code ?? error.message}); write an address of this machine.`,
    {
      host,
      port,
    },
  );
}
