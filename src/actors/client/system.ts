import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import sodium from 'sodium-native';
import { NatterError } from '../../chat/error.js';
import type { Location } from '../../chat/events.js';
import { FolderPart, openFolder } from '../../store/folder.js';
import { newKeyPair } from '../../store/keys.js';
import { Profile } from '../../store/profile.js';
import type { Cities, Whereabouts } from '../jobs/cities.js';
import type { OpaquePool } from '../jobs/pool.js';
import type { Clock } from '../runtime/actor.js';
import type { ActorTap } from '../runtime/actor-tap.js';
import { openDialer } from './driver.js';
import { SystemDisk } from './files/system-disk.js';
import type { Stretching, World } from './world.js';

export interface SystemOptions {
  /** The data folder; the platform's own without it. */
  readonly data: string | undefined;
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  readonly tap?: ActorTap | undefined;
}

/** The world as it is: sockets, names, threads and files. */
export class System implements World {
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  readonly stretching: Stretching;
  readonly tap: ActorTap | undefined;
  readonly #data: string | undefined;
  #profile: Profile | undefined;
  #disk: SystemDisk | undefined;
  #pool: Promise<OpaquePool> | undefined;
  #cities: Promise<Cities> | undefined;

  constructor({ data, clock, random, tap }: SystemOptions) {
    this.tap = tap;
    this.clock = clock;
    this.random = random;
    this.#data = data;
    this.stretching = {
      clientRegistrationStart: async (task) => (await this.#jobs()).clientRegistrationStart(task),
      clientRegistrationFinish: async (task) => (await this.#jobs()).clientRegistrationFinish(task),
      clientLoginStart: async (task) => (await this.#jobs()).clientLoginStart(task),
      clientLoginFinish: async (task) => (await this.#jobs()).clientLoginFinish(task),
    };
  }

  async resolve(host: string): Promise<string> {
    if (isIP(host) !== 0) return host;
    try {
      return (await lookup(host)).address;
    } catch (error) {
      throw new NatterError(
        'BAD_ADDRESS',
        `No host ${host} was found; check the spelling and your network.`,
        { host },
        error,
      );
    }
  }

  dialer: World['dialer'] = (keys, handler, to) => openDialer(keys, handler, to, this.clock, this.random);

  profile(): Profile {
    this.#profile ??= new Profile(openFolder(this.#data, FolderPart.Client));
    return this.#profile;
  }

  disk(): SystemDisk {
    this.#disk ??= new SystemDisk(openFolder(this.#data, FolderPart.Client));
    return this.#disk;
  }

  keyPair = newKeyPair;

  turnEnd(run: () => void): void {
    setImmediate(run);
  }

  async locate(at: Whereabouts): Promise<Location> {
    this.#cities ??= import('../jobs/cities.js').then(({ Cities: Gazetteer }) => new Gazetteer());
    return (await this.#cities).locate(at);
  }

  async close(): Promise<void> {
    const [pool, cities] = [this.#pool, this.#cities];
    this.#pool = undefined;
    this.#cities = undefined;
    await (await pool)?.close();
    await (await cities)?.close();
  }

  /** Loaded late: whoever logs in by a remembered device needs no password, so no threads either. */
  #jobs(): Promise<OpaquePool> {
    this.#pool ??= import('../jobs/pool.js').then(({ OpaquePool: Pool }) => new Pool());
    return this.#pool;
  }
}

/** Unpredictable bytes. */
export function systemRandom(target: Buffer): void {
  sodium.randombytes_buf(target);
}
