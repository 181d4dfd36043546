import { hostname } from 'node:os';
import type { ServerAddress } from '../../chat/address.js';
import type { NatterError } from '../../chat/error.js';
import type { Credentials, LinkState } from '../../chat/events.js';
import type { WelcomeReply } from '../../chat/operations.js';
import type { Reader } from '../../net/bytes.js';
import { Authentication } from './authentication.js';
import type { Channel } from './channel.js';
import { notLoggedIn, unreachable } from './failures.js';
import type { FileTraffic } from './files/link.js';
import { REQUEST_DEADLINE_MS } from './requests.js';
import { Session } from './session.js';
import { passwordNeeded } from './steps.js';
import type { World } from './world.js';

export interface LoginOptions {
  readonly world: World;
  readonly channel: Channel;
  readonly server: ServerAddress;
  readonly credentials: Credentials;
  welcome(welcome: WelcomeReply): void;
  news(type: number, reader: Reader): void;
  readonly files: FileTraffic;
  pinned(fingerprint: string): void;
  state(state: LinkState, failure: NatterError | undefined): void;
  /** The session ended by itself after it was once live. */
  failed(failure: NatterError): void;
}

/** One `login` command and the session that comes of it. */
export class Login {
  readonly session: Session;
  readonly #options: LoginOptions;
  readonly #deviceKey: Buffer;
  readonly #label = hostname();
  #forgetting: Promise<void> | undefined;
  #first: { resolve(welcome: WelcomeReply): void; reject(error: NatterError): void } | undefined;

  /** @throws NatterError DEVICE_UNKNOWN without a password and a remembered device, and what the profile throws */
  constructor(options: LoginOptions) {
    const { world, channel, server, credentials } = options;
    const { user, password, remember } = credentials;
    const profile = world.profile();
    const deviceKnown = profile.remembered(server.name, user) !== undefined;
    if (!deviceKnown && password === undefined) throw passwordNeeded();
    const keys =
      deviceKnown || remember ? profile.device(server.name, user, { create: true }) : world.keyPair();
    this.#options = options;
    this.#deviceKey = keys.publicKey;
    this.session = new Session({
      world,
      channel,
      profile,
      server,
      credentials,
      keys,
      deviceKnown,
      label: this.#label,
      welcome: (welcome) => this.#welcomed(welcome),
      news: (type, reader) => options.news(type, reader),
      files: options.files,
      pinned: (print) => options.pinned(print),
      state: (state, failure) => this.#state(state, failure),
    });
  }

  /** @returns the first welcome. @throws NatterError what the server refused with, KEY_CHANGED, NO_ANSWER */
  async start(): Promise<WelcomeReply> {
    const { world, server, credentials } = this.#options;
    const { clock } = world;
    const timer = clock.setTimeout(() => this.session.refuse(unreachable(server.name)), REQUEST_DEADLINE_MS);
    try {
      const welcome = await new Promise<WelcomeReply>((resolve, reject) => {
        this.#first = { resolve, reject };
        this.session.dial();
      });
      const profile = world.profile();
      if (credentials.remember) await profile.remember(server.name, credentials.user, Buffer.from(welcome.a));
      await profile.used(server.name, credentials.user);
      return welcome;
    } finally {
      clock.clearTimeout(timer);
      await this.#forgetting;
    }
  }

  /** Proves the password again, which some operations want. @throws NatterError WRONG_PASSWORD */
  async prove(password: string): Promise<void> {
    const { world, channel, credentials } = this.#options;
    const { connection } = this.session;
    if (connection === undefined) throw notLoggedIn();
    const { error } = await new Authentication({
      calls: channel.calls,
      handshakeHash: connection.handshakeHash,
      stretching: world.stretching,
      clock: world.clock,
      tap: world.tap,
      credentials: { ...credentials, password, register: false },
      deviceKey: this.#deviceKey,
      label: this.#label,
      deviceKnown: false,
      deviceOnly: false,
      register: false,
      registering: () => {},
    }).run();
    if (error !== undefined) throw error;
  }

  #welcomed(welcome: WelcomeReply): void {
    this.#options.welcome(welcome);
    this.#first?.resolve(welcome);
  }

  #state(state: LinkState, failure: NatterError | undefined): void {
    this.#options.state(state, failure);
    if (state !== 'failed' || failure === undefined) return;
    if (failure.code === 'DEVICE_UNKNOWN') this.#forgetting = this.#forget();
    if (this.#first !== undefined) this.#first.reject(failure);
    this.#options.failed(failure);
  }

  /** The next login asks for the password at once, with a key that nobody has forgotten. Never fails. */
  async #forget(): Promise<void> {
    const { world, server, credentials } = this.#options;
    // A folder that takes no writes now keeps a login that is refused once more: nothing is lost by it.
    await world
      .profile()
      .forgetLogin(server.name, credentials.user)
      .catch(() => {});
  }
}
