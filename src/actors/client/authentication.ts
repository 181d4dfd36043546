import { createActor, fromPromise, toPromise } from 'xstate';
import type { Credentials } from '../../chat/events.js';
import { Operation, type WelcomeReply } from '../../chat/operations.js';
import { LoginStartReply, RegisterStartReply, WelcomeReply as WelcomeSchema } from '../../chat/schemas.js';
import { loginMac } from '../../net/login.js';
import { errorOf } from '../failure.js';
import type { Clock } from '../runtime/actor.js';
import type { ActorTap } from '../runtime/actor-tap.js';
import type { Calls } from './calls.js';
import { loginMachine, type Unlocked } from './login.machine.js';
import { registrationMachine } from './registration.machine.js';
import { REQUEST_DEADLINE_MS } from './requests.js';
import type { Outcome } from './steps.js';
import type { Stretching } from './world.js';

export interface AuthenticationOptions {
  /** Attached to the connection. */
  readonly calls: Calls;
  /** Noise handshake hash of the connection, 64 bytes. */
  readonly handshakeHash: Buffer;
  readonly stretching: Stretching;
  readonly clock: Clock;
  /** Where its machines are shown to whoever watches. */
  readonly tap?: ActorTap | undefined;
  readonly credentials: Credentials;
  /** Public key of this device, 32 bytes. */
  readonly deviceKey: Buffer;
  /** How this device is called in the list of devices. */
  readonly label: string;
  /** Try the device's key before the password. */
  readonly deviceKnown: boolean;
  /** The password is for making the account: it is no use before that. */
  readonly deviceOnly: boolean;
  /** Make the account instead of logging in. */
  readonly register: boolean;
  /** RegisterFinish leaves now: the account may exist from here on, whether we hear of it or not. */
  registering(): void;
}

/** Runs a login or a registration over one connection. */
export class Authentication {
  readonly #options: AuthenticationOptions;
  /** Questions that the server was asked. */
  #asked = 0;
  /** The last one is under way, for as long as until then; milliseconds since 1970. */
  #answerUntil: number | undefined;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /** Never rejects: what went wrong is in the outcome. */
  async run(): Promise<Outcome> {
    try {
      const { tap, register } = this.#options;
      if (register) {
        const registration = this.#registration();
        tap?.machine(registration, { chart: 'client-registration', facts: () => this.#facts() });
        return await toPromise(registration.start());
      }
      const login = this.#login();
      tap?.machine(login, { chart: 'client-login', facts: () => this.#facts() });
      return await toPromise(login.start());
    } catch (error) {
      return { welcome: undefined, error: errorOf(error) };
    }
  }

  #login() {
    const { credentials, stretching, deviceKnown, deviceOnly } = this.#options;
    const { user: n, password = '' } = credentials;
    return createActor(
      loginMachine.provide({
        actors: {
          askDevice: fromPromise(() => this.#welcome(Operation.LoginDevice, { n })),
          blind: fromPromise(() => stretching.clientLoginStart({ password })),
          askStart: fromPromise(({ input: r }) => this.#start(Operation.LoginStart, r)),
          stretch: fromPromise(({ input }) => stretching.clientLoginFinish({ password, ...input })),
          askFinish: fromPromise(({ input }) => this.#finishLogin(input)),
        },
      }),
      { input: { deviceKnown, hasPassword: credentials.password !== undefined && !deviceOnly } },
    );
  }

  #registration() {
    const { credentials, stretching } = this.#options;
    const { password = '' } = credentials;
    return createActor(
      registrationMachine.provide({
        actors: {
          blind: fromPromise(() => stretching.clientRegistrationStart({ password })),
          askStart: fromPromise(({ input: r }) => this.#start(Operation.RegisterStart, r)),
          stretch: fromPromise(({ input }) => stretching.clientRegistrationFinish({ password, ...input })),
          askFinish: fromPromise(({ input }) => this.#finishRegistration(input)),
        },
      }),
    );
  }

  async #start(operation: Operation, r: string): Promise<string> {
    const body = { n: this.#options.credentials.user, r };
    const schema = operation === Operation.LoginStart ? LoginStartReply : RegisterStartReply;
    return (await this.#ask(() => this.#options.calls.call(operation, body, schema))).r;
  }

  #welcome(operation: Operation, body: object): Promise<WelcomeReply> {
    return this.#ask(() => this.#options.calls.call(operation, body, WelcomeSchema));
  }

  async #ask<T>(call: () => Promise<T>): Promise<T> {
    this.#asked++;
    this.#answerUntil = this.#options.clock.wall() + REQUEST_DEADLINE_MS;
    try {
      return await call();
    } finally {
      this.#answerUntil = undefined;
    }
  }

  /** For an inspector: neither who it is nor anything of what proves it. */
  #facts(): Record<string, string | number> {
    const { register, deviceKnown, deviceOnly, credentials } = this.#options;
    const hasPassword = credentials.password !== undefined && !deviceOnly;
    return {
      ...(register ? {} : { deviceKnown: deviceKnown ? 1 : 0, hasPassword: hasPassword ? 1 : 0 }),
      asked: this.#asked,
      ...(this.#answerUntil === undefined ? {} : { waitsUntil: new Date(this.#answerUntil).toISOString() }),
    };
  }

  #finishRegistration(r: string): Promise<WelcomeReply> {
    const { credentials, label: l, registering } = this.#options;
    registering();
    const body = { n: credentials.user, r, d: credentials.remember, l };
    return this.#welcome(Operation.RegisterFinish, body);
  }

  #finishLogin({ finish: r, sessionKey }: Unlocked): Promise<WelcomeReply> {
    const { credentials, handshakeHash, deviceKey, label: l } = this.#options;
    const m = loginMac(Buffer.from(sessionKey, 'base64url'), handshakeHash, deviceKey);
    const body = { n: credentials.user, r, m, d: credentials.remember, l };
    return this.#welcome(Operation.LoginFinish, body);
  }
}
