/** What the command line needs of a server, and the one that is started on this machine to try natter out. */
import type { Inspectable } from '../actors/inspect/inspectable.js';
import { DEFAULT_PORT, formatAddress, type HostPort, parseAddress } from '../chat/address.js';
import { NatterError } from '../chat/error.js';

export interface ServerOptions {
  readonly data?: string;
  readonly listen: HostPort;
  readonly workers?: number;
  readonly metrics?: HostPort;
  /** To standard error: `pretty` for people; `json` unless given. */
  readonly log?: 'json' | 'pretty' | 'silent';
}

export interface RunningServer {
  readonly host: string;
  /** The one it got, when port 0 was asked for. */
  readonly port: number;
  /** Fingerprint of its key. */
  readonly key: string;
  /** Where metrics are served, if they are. */
  readonly metricsAt: HostPort | undefined;
  /** What an inspector looks into. */
  readonly inspectable: Inspectable;
  /** Resolves when a part of it is beyond help: then it must be stopped, and started anew. */
  readonly failed: Promise<Error>;
  /** Finishes what was accepted, says goodbye to everyone, at the latest after so many milliseconds. */
  stop(deadlineMs: number): Promise<void>;
}

export type StartServer = (options: ServerOptions) => Promise<RunningServer>;

/** Loaded late: nothing that only talks to a server needs any of it. */
export const startServer: StartServer = async (options) => {
  const server = await import('../actors/server/server.js');
  return server.startServer(options);
};

const LOOPBACK = '127.0.0.1';
const STOP_MS = 3_000;

export interface ServerHere {
  /** HOST:PORT. */
  readonly server: string;
  /** Absent when another process serves there. */
  readonly inspectable?: Inspectable;
  stop(): Promise<void>;
}

/**
 * "Try it here": a server on this machine, reachable from nowhere else, in the same data folder.
 * @param before where it was the last time: the device is remembered under that address, so it is tried first
 * @throws NatterError of the server
 */
export async function startHere(
  data: string | undefined,
  start: StartServer = startServer,
  before?: string,
): Promise<ServerHere> {
  const usual = before === undefined ? DEFAULT_PORT : parseAddress(before).port;
  const at = (port: number) =>
    start({ ...(data === undefined ? {} : { data }), listen: { host: LOOPBACK, port }, log: 'silent' });
  try {
    const server = await at(usual).catch((error) => {
      if (error instanceof NatterError && error.code === 'PORT_TAKEN') return at(0);
      throw error;
    });
    return {
      server: formatAddress({ host: LOOPBACK, port: server.port }),
      inspectable: server.inspectable,
      stop: () => server.stop(STOP_MS),
    };
  } catch (error) {
    // Another natter on this machine tries it out already, or serves from this folder: join that one.
    if (!(error instanceof NatterError) || error.code !== 'DATA_LOCKED') throw error;
    return { server: formatAddress({ host: LOOPBACK, port: usual }), stop: async () => undefined };
  }
}
