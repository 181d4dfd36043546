import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import { NatterError } from '../../chat/error.js';
import { fingerprint } from '../../net/fingerprint.js';
import { FolderPart, lockFolder, openFolder } from '../../store/folder.js';
import { opaqueSetup, serverKeys } from '../../store/keys.js';
import type { FileLock } from '../../store/lock.js';
import type { Inspectable } from '../inspect/inspectable.js';
import { inspectableOf } from '../inspectable-system.js';
import type { IoData } from '../io/worker.js';
import { serverSetup } from '../jobs/opaque.js';
import { LIMITS, readLimits, type ServerLimits } from '../limits.js';
import { Kind } from '../runtime/actor.js';
import { type Supervisor, type SystemEvent, startSystem, type ThreadSpec } from '../runtime/supervisor.js';
import type { CoreData, CoreError } from './core.js';
import type { DiskData, DiskNews } from './disk.js';
import { type LogStyle, makeLog } from './log.js';
import { Metrics } from './metrics.js';

const LISTEN_MS = 10_000;
const READY_MS = 30_000;
const COMPACT_MS = 5_000;
const CORES_MAX = 4;

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface ServerOptions {
  /** The data folder, as `--data` names it; absent: the platform's place. */
  readonly data?: string;
  /** Port 0 means any. */
  readonly listen: Endpoint;
  /** Core threads; default: one per processor less one, at most 4. */
  readonly workers?: number;
  /** Above those of `limits.json`, which are above the defaults. */
  readonly limits?: Partial<ServerLimits>;
  readonly metrics?: Endpoint;
  /** Default `json`. */
  readonly log?: LogStyle;
}

/** Default number of core threads. */
export function defaultWorkers(): number {
  return Math.max(1, Math.min(CORES_MAX, availableParallelism() - 1));
}

/**
 * Starts a server: takes its data folder, loads what lasts, then listens.
 * @throws NatterError DATA_LOCKED, DATA_FOREIGN, DATA_UNWRITABLE, DATA_CORRUPT, PORT_TAKEN, BAD_ADDRESS;
 *   then nothing of it is left running
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const folder = openFolder(options.data, FolderPart.Server);
  const lock = lockFolder(folder);
  const server = new Server(options, folder, lock);
  try {
    await server.start();
  } catch (error) {
    await server.stop(1_000);
    throw error;
  }
  return server;
}

/** A running server, as its command line sees it. */
export class Server {
  /** Where it listens; with port 0 asked for, the one it got. */
  host = '';
  port = 0;
  /** Its key's fingerprint, which clients print at first contact. */
  key = '';
  readonly pid = process.pid;
  /** Where metrics are served, if they are. */
  metricsAt: Endpoint | undefined;
  /** Resolves when a thread is beyond help: the process must end, and be started anew by whoever runs it. */
  readonly failed: Promise<Error>;
  readonly #options: ServerOptions;
  readonly #folder: string;
  readonly #lock: FileLock;
  readonly #log: Logger;
  #system: Supervisor | undefined;
  #metrics: Metrics | undefined;
  #fail: (error: Error) => void = () => {};
  #stopped: Promise<void> | undefined;

  /** Use `startServer`. */
  constructor(options: ServerOptions, folder: string, lock: FileLock) {
    this.#options = options;
    this.#folder = folder;
    this.#lock = lock;
    // Only this thread logs: what a worker writes to standard error arrives late, or never if it dies.
    this.#log = makeLog(options.log ?? 'json');
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
  }

  /** The threads, for the inspector and for tests. */
  get system(): Supervisor {
    if (this.#system) return this.#system;
    throw new NatterError('STOPPED', 'The server has not started.');
  }

  /** What an inspector looks into. */
  get inspectable(): Inspectable {
    return inspectableOf(this.system.looks);
  }

  async start(): Promise<void> {
    const { listen, metrics } = this.#options;
    this.#system = await startSystem({
      threads: await this.#threads(),
      onEvent: (event) => this.#onEvent(event),
    });
    await this.#system.thread('core-0').call('ready', READY_MS);
    if (metrics) {
      this.#metrics = new Metrics(this.#system);
      this.metricsAt = await this.#metrics.listen(metrics.host, metrics.port);
    }
    const got = await this.#listen(listen);
    this.host = got.host;
    this.port = got.port;
    this.#log.info({ host: this.host, port: this.port, folder: this.#folder }, 'listening');
  }

  /** Closes every connection, commits what came, writes the snapshot, frees the folder. Safe to call twice. */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    const end = performance.now() + deadlineMs;
    await this.#metrics?.close();
    const compactMs = Math.min(COMPACT_MS, deadlineMs / 2);
    // The journal has everything: a snapshot only makes the next start quicker.
    await this.#system
      ?.thread('core-0')
      .call('compact', compactMs)
      .catch(() => {});
    await this.#system?.stop(Math.max(1, end - performance.now()));
    this.#lock.release();
    this.#log.info('stopped');
  }

  /** Started in this order, stopped in the reverse one: clients first, the store last. */
  async #threads(): Promise<ThreadSpec[]> {
    const folder = this.#folder;
    const keys = serverKeys(folder);
    this.key = fingerprint(keys.publicKey);
    const limits: ServerLimits = { ...LIMITS, ...readLimits(folder), ...this.#options.limits };
    const setup = await serverSetup();
    const opaque = opaqueSetup(folder, () => setup);
    const disk = new URL('./disk.js', import.meta.url);
    const cores = Math.max(1, this.#options.workers ?? defaultWorkers());
    const ioData: IoData = { publicKey: keys.publicKey, secretKey: keys.secretKey, limits };
    return [
      {
        name: 'files',
        module: disk,
        kinds: [Kind.Files, Kind.Blobs],
        data: { folder, part: 'files', limits } satisfies DiskData,
        // A chunk is hashed and written in a tenth of a millisecond, but there are thousands a second.
        background: true,
      },
      {
        name: 'store',
        module: disk,
        kinds: [Kind.Store],
        data: { folder, part: 'store', limits } satisfies DiskData,
      },
      ...Array.from({ length: cores }, (_, i) =>
        coreSpec(i, { folder, opaque, limits, singletons: i === 0 }),
      ),
      { name: 'io', module: new URL('../io/worker.js', import.meta.url), kinds: [Kind.Io], data: ioData },
    ];
  }

  async #listen({ host, port }: Endpoint): Promise<Endpoint> {
    return (await this.system.thread('io').call('listen', LISTEN_MS, host, port)) as Endpoint;
  }

  #onEvent(event: SystemEvent): void {
    switch (event.type) {
      case 'threadDied':
        this.#log.error({ thread: event.thread, err: event.error }, 'a thread died');
        return;
      case 'restarted':
        this.#log.warn({ thread: event.thread, generation: event.generation }, 'a thread was restarted');
        if (event.thread === 'io') this.#listen(this).catch((error: Error) => this.#fail(error));
        return;
      case 'gaveUp':
        this.#log.fatal({ thread: event.thread, err: event.error }, 'a thread died too often');
        this.#fail(event.error ?? new NatterError('INTERNAL', `The thread ${event.thread} died too often.`));
        return;
      case 'actorFailed':
        this.#log.error({ thread: event.thread, actor: event.actor, err: event.error }, 'an actor failed');
        return;
      case 'posted': {
        const news = event.value as CoreError | DiskNews;
        if ('error' in news) this.#log.error({ thread: event.thread, stack: news.stack }, news.error);
        else if (news.readOnly) this.#log.error({ thread: event.thread }, `read-only: ${news.readOnly}`);
        else this.#log.warn({ thread: event.thread }, 'the disk takes writes again');
      }
    }
  }
}

function coreSpec(index: number, data: CoreData): ThreadSpec {
  const kinds = data.singletons
    ? [Kind.Session, Kind.Room, Kind.Transfer, Kind.Presence, Kind.Groups, Kind.Registry]
    : [Kind.Session, Kind.Room, Kind.Transfer];
  return { name: `core-${index}`, module: new URL('./core.js', import.meta.url), kinds, data };
}
