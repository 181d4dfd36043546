import type { ClientCommands, ClientEvent } from '../../chat/events.js';
import type { Inspectable } from '../inspect/inspectable.js';
import type { Clock } from '../runtime/actor.js';
import { realClock } from '../runtime/clock.js';
import { LocalClient, SCRIPT_HABITS } from './local.js';
import { systemRandom } from './system.js';

export interface ClientOptions {
  /** The data folder (`--data`); the platform's own without it. */
  readonly data?: string;
  /** `HOST:PORT` that the caller is about to use; `login` and `probe` are told again. */
  readonly server: string;
  /** Everything in one worker thread beside a screen; or in this thread: quick to start, for scripts. */
  readonly threaded: boolean;
  /** Events in order, one batch per turn. */
  readonly onEvent: (events: ClientEvent[]) => void;
  /** Only without a thread of its own: functions do not cross. */
  readonly clock?: Clock;
  readonly random?: (target: Buffer) => void;
}

export interface Client extends ClientCommands {
  /** What an inspector looks into; only of one in a thread of its own. */
  readonly inspectable?: Inspectable;
  close(): Promise<void>;
}

/**
 * Makes a client. Nothing goes over the network before `login` or `probe`. A client in a thread keeps a screen
 * informed (what was missed, who is there, the lag); one in this thread tells what it is asked for.
 */
export async function openClient(options: ClientOptions): Promise<Client> {
  const { data, threaded, onEvent, clock = realClock(), random = systemRandom } = options;
  if (!threaded) return new LocalClient({ data, clock, random, habits: SCRIPT_HABITS, onEvent });
  // Scripts do without: loading it takes as long as the rest.
  const { openRemoteClient } = await import('./remote.js');
  return openRemoteClient(data, onEvent);
}
