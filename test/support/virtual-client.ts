import { ClientCore } from '../../src/actors/client/core.js';
import type { Disk } from '../../src/actors/client/files/disk.js';
import type { ClientProfile, Habits, Stretching, World } from '../../src/actors/client/world.js';
import { ActorTap } from '../../src/actors/runtime/actor-tap.js';
import { Tap } from '../../src/actors/runtime/tap.js';
import { NatterError } from '../../src/chat/error.js';
import type { ClientEvent, Credentials } from '../../src/chat/events.js';
import { cellOf } from '../../src/chat/geo.js';
import type { KeyPair } from '../../src/net/types.js';
import { noDisk } from './fake-disk.js';
import { FakeServer } from './fake-server.js';
import { VirtualTime } from './virtual-time.js';

/** OPAQUE, played: the password goes to the fake server as it is. */
export const fakeStretching: Stretching = {
  clientRegistrationStart: async ({ password }) => ({ state: '', request: password }),
  clientRegistrationFinish: async ({ password }) => password,
  clientLoginStart: async ({ password }) => ({ state: '', request: password }),
  clientLoginFinish: async ({ response }) =>
    response === 'good'
      ? { finish: 'finish', sessionKey: Buffer.alloc(64).toString('base64url') }
      : undefined,
};

/** A profile in memory. */
export class FakeProfile implements ClientProfile {
  readonly pins = new Map<string, { server: string; key: Buffer; fingerprint: string }>();
  readonly logins = new Set<string>();
  readonly keys = keyPair(42);

  pinOf(server: string) {
    return this.pins.get(server);
  }

  async pin(server: string, key: Buffer, fingerprint: string): Promise<void> {
    this.pins.set(server, { server, key: Buffer.from(key), fingerprint });
  }

  device(): KeyPair {
    return this.keys;
  }

  async remember(server: string, user: string): Promise<void> {
    this.logins.add(`${server} ${user}`);
  }

  remembered(server: string, user: string) {
    return this.logins.has(`${server} ${user}`) ? { server, user, account: Buffer.alloc(16) } : undefined;
  }

  async forgetLogin(server: string, user: string): Promise<void> {
    this.logins.delete(`${server} ${user}`);
  }

  async used(): Promise<void> {}
}

function keyPair(fill: number): KeyPair {
  return { publicKey: Buffer.alloc(32, fill), secretKey: Buffer.alloc(32, fill + 1) };
}

export const CREDENTIALS: Credentials = {
  user: 'ana',
  password: 'correct horse',
  register: false,
  remember: false,
};
export const SCRIPT: Habits = { backlog: 0, attentive: false };
export const SCREEN: Habits = { backlog: 100, attentive: true };

/** A client core in virtual time with a server of its own. */
export class FakeClient {
  readonly time: VirtualTime;
  readonly server: FakeServer;
  readonly profile: FakeProfile;
  readonly core: ClientCore;
  /** What an inspector would look into. */
  readonly tap = new Tap();
  readonly events: ClientEvent[] = [];
  static made = 0;
  #seed: number;

  constructor(
    habits: Habits = SCRIPT,
    at: { server: FakeServer; time: VirtualTime } | undefined = undefined,
    profile = new FakeProfile(),
    disk: Disk = noDisk(),
  ) {
    this.time = at?.time ?? new VirtualTime();
    this.server = at?.server ?? new FakeServer(this.time);
    this.profile = profile;
    this.#seed = ++FakeClient.made;
    if (at === undefined) this.server.passwords.set('ana', 'correct horse');
    const world: World = {
      clock: this.time,
      tap: new ActorTap(this.tap),
      random: (target) => this.#random(target),
      resolve: async (host) => {
        if (host === 'nowhere.invalid')
          throw new NatterError('BAD_ADDRESS', 'There is no host of this name.');
        return '127.0.0.1';
      },
      dialer: async (keys, handler) => this.server.dialer(keys, handler),
      stretching: fakeStretching,
      profile: () => this.profile,
      locate: async (at) => {
        if ('city' in at) throw new NatterError('BAD_ARGUMENT', 'There is no such city.');
        return { cell: cellOf(at.lat, at.lon), city: 'Somewhere' };
      },
      disk: () => disk,
      keyPair: () => keyPair(100 + this.#seed),
      turnEnd: (run) => queueMicrotask(run),
    };
    this.core = new ClientCore(world, habits, (events) => this.events.push(...events));
  }

  /** Logs in as ana and waits until everything is there. */
  async login(credentials: Partial<Credentials> = {}): Promise<void> {
    await this.time.resolve(this.core.login('host:1', { ...CREDENTIALS, ...credentials }));
    await this.time.until(() => this.link === 'live');
  }

  get link(): string {
    return this.of('link').at(-1)?.state ?? 'offline';
  }

  of<E extends ClientEvent['event']>(event: E): Extract<ClientEvent, { event: E }>[] {
    return this.events.filter((each): each is Extract<ClientEvent, { event: E }> => each.event === event);
  }

  /** What was shown, in the order in which it was: news and, once they are in the log, one's own. */
  shown(): string[] {
    return this.events.flatMap((event) => {
      if (event.event === 'message' && event.message.seq > 0) return [event.message.text];
      return [];
    });
  }

  /** States of one's own messages by text, as they changed. */
  deliveries(text: string): string[] {
    return this.of('delivery')
      .filter((event) => event.message.text === text && event.was === undefined)
      .map((event) => event.message.delivery);
  }

  #random(target: Buffer): void {
    for (let i = 0; i < target.length; i++) {
      this.#seed = (this.#seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      target[i] = this.#seed >> 16;
    }
  }
}
