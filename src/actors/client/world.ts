import type { Location } from '../../chat/events.js';
import type { ConnectOptions, EndpointHandler, KeyPair, PathAddress } from '../../net/types.js';
import type { Profile } from '../../store/profile.js';
import type { Whereabouts } from '../jobs/cities.js';
import type { Clock } from '../runtime/actor.js';
import type { ActorTap } from '../runtime/actor-tap.js';
import type { Disk } from './files/disk.js';

/**
 * Everything the client core takes from outside. With a simulated world the whole core runs in virtual time;
 * `system.ts` makes the real one.
 */
export interface World {
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  /** Where its machines are shown to whoever watches. */
  readonly tap?: ActorTap | undefined;
  /** The address behind a host name. @throws NatterError BAD_ADDRESS */
  resolve(host: string): Promise<string>;
  /** Opens a socket with an endpoint of these keys that can reach this address. */
  dialer(keys: KeyPair, handler: EndpointHandler, to: PathAddress): Promise<Dialer>;
  readonly stretching: Stretching;
  /** @throws NatterError when the data folder cannot be used */
  profile(): ClientProfile;
  /** The cell of a place, and the city nearest to it, found offline. @throws NatterError BAD_ARGUMENT */
  locate(at: Whereabouts): Promise<Location>;
  /** Files to send, the folder they land in, and what is remembered of them. @throws as `profile` */
  disk(): Disk;
  /** A new random X25519 pair. */
  keyPair(): KeyPair;
  /** Runs once at the end of this turn: events are handed over in batches. */
  turnEnd(run: () => void): void;
}

/** OPAQUE's client steps (src/actors/jobs), run away from this thread since they take their time. Strings are base64url. */
export interface Stretching {
  clientRegistrationStart(task: { password: string }): Promise<{ state: string; request: string }>;
  /** @returns the registration record. */
  clientRegistrationFinish(task: { password: string; state: string; response: string }): Promise<string>;
  clientLoginStart(task: { password: string }): Promise<{ state: string; request: string }>;
  /** @returns undefined when the password is wrong. */
  clientLoginFinish(task: {
    password: string;
    state: string;
    response: string;
  }): Promise<{ finish: string; sessionKey: string } | undefined>;
}

/** One socket and its endpoint. */
export interface Dialer {
  /** Starts a handshake; `opened` or `failed` of the handler ends it. */
  connect(options: ConnectOptions): number;
  abandon(attempt: number): void;
  /** Something was queued on a connection: it leaves at the end of this turn. */
  wake(): void;
  /** Closes every connection, then the socket. */
  close(): Promise<void>;
}

/** What lasts on the client's side, of what the core needs (src/store/profile.ts). */
export type ClientProfile = Pick<
  Profile,
  'pinOf' | 'pin' | 'device' | 'remember' | 'remembered' | 'forgetLogin' | 'used'
>;

/** How the core behaves towards whoever uses it. */
export interface Habits {
  /** Entries before the head that count as news at login, per conversation; 0 for scripts. */
  readonly backlog: number;
  /** Keep lists of who is there and measure the lag without being asked. */
  readonly attentive: boolean;
}

/** A number in [0, 1) from random bytes. */
export function fraction(random: World['random']): number {
  const bytes = Buffer.alloc(4);
  random(bytes);
  return bytes.readUInt32BE() / 2 ** 32;
}
