import { type Actor, createActor } from 'xstate';
import type { ServerAddress } from '../../chat/address.js';
import { NatterError } from '../../chat/error.js';
import type { Credentials, LinkState } from '../../chat/events.js';
import type { WelcomeReply } from '../../chat/operations.js';
import { Malformed, Reader } from '../../net/bytes.js';
import { KEEPALIVE_ATTENTIVE_MS } from '../../net/constants.js';
import {
  CloseCode,
  type CloseReason,
  type Connection,
  type EndpointHandler,
  type KeyPair,
  type PathAddress,
} from '../../net/types.js';
import { errorOf } from '../failure.js';
import { Candidate } from './candidate.js';
import type { Channel } from './channel.js';
import { deservesRetry, disconnected, keyChanged, shutOut, unreachable } from './failures.js';
import type { FileTraffic } from './files/link.js';
import { pinKey } from './pins.js';
import { linkState, sessionMachine } from './session.machine.js';
import { Silence } from './silence.js';
import type { Outcome } from './steps.js';
import { type ClientProfile, type Dialer, fraction, type World } from './world.js';

/** One round of handshakes; then the name is resolved again, since the server may have moved. */
const HANDSHAKE_MS = 10_000;
/** A handshake beside a silent connection; then the connection counts as lost. */
const HANDSHAKE_BESIDE_MS = 5_000;

export interface SessionOptions {
  readonly world: World;
  readonly channel: Channel;
  readonly profile: ClientProfile;
  readonly server: ServerAddress;
  readonly credentials: Credentials;
  readonly keys: KeyPair;
  /** The server may know the keys already. */
  readonly deviceKnown: boolean;
  /** How this device is called in the list of devices. */
  readonly label: string;
  /** Logged in, at first and again over each new connection; requests flow from now on. */
  welcome(welcome: WelcomeReply): void;
  /** A frame that is no answer. */
  news(type: number, reader: Reader): void;
  /** Chunks of files over the connection that is logged in. */
  readonly files: FileTraffic;
  /** First contact: the server's key is trusted from now on. */
  pinned(fingerprint: string): void;
  state(state: LinkState, failure: NatterError | undefined): void;
}

/** Does what the session machine says: names, sockets, handshakes, logins, and minding a server's silence. */
export class Session implements EndpointHandler {
  readonly #options: SessionOptions;
  readonly #machine: Actor<typeof sessionMachine>;
  readonly #reader = new Reader();
  readonly #silence: Silence;
  #to: PathAddress | undefined;
  #dialer: Dialer | undefined;
  /** The handshake under way; 0 when there is none. */
  #attempt = 0;
  #candidate: Candidate | undefined;
  #current: Connection | undefined;
  #welcome: WelcomeReply | undefined;
  #deviceKnown: boolean;

  constructor(options: SessionOptions) {
    const { clock, random } = options.world;
    this.#options = options;
    this.#deviceKnown = options.deviceKnown;
    this.#silence = new Silence({
      clock,
      owed: () => options.channel.owed > 0 || this.#current?.owing === true,
      heardAt: () => this.#current?.heardAt ?? 0,
      silent: () => this.#machine.send({ type: 'SILENT' }),
      heard: () => this.#machine.send({ type: 'HEARD' }),
    });
    this.#machine = createActor(this.#provided(), {
      input: { random: () => fraction(random) },
      clock: {
        setTimeout: (run, ms) => clock.setTimeout(run, ms),
        clearTimeout: (id) => clock.clearTimeout(id),
      },
    });
    options.world.tap?.machine(this.#machine, {
      chart: 'client-session',
      facts: () => ({ attempts: this.#machine.getSnapshot().context.attempts }),
    });
    this.#machine.subscribe(({ value, context }) =>
      options.state(linkState(value, context.attempts), context.failure),
    );
    this.#machine.start();
  }

  /** Connects, and stays connected until `quit`. */
  dial(): void {
    this.#machine.send({ type: 'DIAL' });
  }

  /** Everything that was missed is here. */
  synced(): void {
    this.#machine.send({ type: 'SYNCED' });
  }

  /** Gives up for good, as if the server had refused. */
  refuse(failure: NatterError): void {
    this.#machine.send({ type: 'REFUSED', failure });
  }

  /** Logged in over this one. */
  get connection(): Connection | undefined {
    return this.#current;
  }

  /** Something was queued on the connection. */
  wake(): void {
    this.#dialer?.wake();
    this.#silence.watch();
  }

  /** Ends the session for good: says goodbye and frees the socket. Never fails. */
  async quit(): Promise<void> {
    this.#machine.send({ type: 'QUIT' });
    this.#machine.stop();
    this.#silence.reset();
    const dialer = this.#dialer;
    this.#dialer = undefined;
    await dialer?.close();
  }

  // ---- From the endpoint --------------------------------------------------------------------------------

  opened(connection: Connection): void {
    if (this.#attempt === 0) {
      connection.close(CloseCode.Done, '');
      return;
    }
    this.#attempt = 0;
    this.#candidate = new Candidate(connection, this.#options, () => this.#dialer?.wake());
    this.#machine.send({ type: 'OPENED' });
  }

  frame(connection: Connection, type: number, body: Buffer): void {
    try {
      this.#take(connection, type, body);
    } catch (error) {
      // What does not fit its schema is as bad as what does not fit its frame.
      if (error instanceof NatterError && error.code === 'PROTOCOL') throw new Malformed(error.message);
      throw error;
    }
  }

  #take(connection: Connection, type: number, body: Buffer): void {
    if (connection === this.#candidate?.connection) {
      this.#candidate.frame(type, body);
      return;
    }
    // An old connection beside the current one may still bring answers.
    if (this.#options.channel.frame(type, this.#reader.reset(body))) return;
    if (connection === this.#current) this.#options.news(type, this.#reader.reset(body));
  }

  closed(connection: Connection, reason: CloseReason): void {
    const { server } = this.#options;
    if (connection === this.#candidate?.connection) {
      this.#dropCandidate();
      this.#machine.send({ type: 'LOST', failure: disconnected(server.name, reason) });
    } else if (connection === this.#current) {
      this.#current = undefined;
      this.#options.channel.detach();
      if (reason.code === CloseCode.Revoked) this.refuse(shutOut(reason));
      else this.#machine.send({ type: 'LOST', failure: disconnected(server.name, reason) });
    }
  }

  wanted(connection: Connection, file: number, first: number, count: number): void {
    if (connection === this.#current) this.#options.files.wanted(file, first, count);
  }

  chunk(connection: Connection, file: number, chunk: number, record: Buffer): void {
    if (connection === this.#current) this.#options.files.chunk(file, chunk, record);
  }

  supplied(connection: Connection, file: number, chunk: number): void {
    if (connection === this.#current) this.#options.files.supplied(file, chunk);
  }

  /** The keepalive was sent: its answer is owed like any other. */
  asked(connection: Connection): void {
    if (connection === this.#current) this.#silence.watch();
  }

  failed(attempt: number, reason: CloseReason): void {
    if (attempt !== this.#attempt) return;
    this.#attempt = 0;
    const { server } = this.#options;
    if (reason.code === CloseCode.KeyChanged) this.refuse(keyChanged(server.name));
    else this.#machine.send({ type: 'LOST', failure: unreachable(server.name) });
  }

  // ---- The machine's actions ----------------------------------------------------------------------------

  #provided(): typeof sessionMachine {
    return sessionMachine.provide({
      actions: {
        resolveName: () => void this.#resolveName(),
        openSocket: () => void this.#openSocket(),
        startHandshake: () => this.#startHandshake(),
        abandonHandshake: () => this.#abandonHandshake(),
        authenticate: () => void this.#authenticate(),
        takeOver: () => this.#takeOver(),
        dropConnections: () => this.#dropConnections(),
      },
    });
  }

  async #resolveName(): Promise<void> {
    const { world, server } = this.#options;
    try {
      this.#to = { address: await world.resolve(server.host), port: server.port };
      this.#machine.send({ type: 'RESOLVED' });
    } catch (error) {
      // Without a network names cannot be resolved; that says nothing about one that was good before.
      const failure = errorOf(error);
      if (this.#welcome === undefined) this.refuse(failure);
      else this.#machine.send({ type: 'LOST', failure });
    }
  }

  async #openSocket(): Promise<void> {
    const { world, keys } = this.#options;
    if (this.#to === undefined) return;
    try {
      this.#dialer ??= await world.dialer(keys, this, this.#to);
      this.#machine.send({ type: 'BOUND' });
    } catch (error) {
      this.refuse(errorOf(error));
    }
  }

  #startHandshake(): void {
    const { profile, server } = this.#options;
    if (this.#to === undefined || this.#dialer === undefined) return;
    const pin = profile.pinOf(server.name);
    this.#attempt = this.#dialer.connect({
      to: this.#to,
      keepaliveMs: KEEPALIVE_ATTENTIVE_MS,
      giveUpMs: this.#current === undefined ? HANDSHAKE_MS : HANDSHAKE_BESIDE_MS,
      ...(pin === undefined ? {} : { serverKey: pin.key }),
    });
  }

  #abandonHandshake(): void {
    if (this.#attempt !== 0) this.#dialer?.abandon(this.#attempt);
    this.#attempt = 0;
    const candidate = this.#candidate;
    this.#dropCandidate();
    candidate?.connection.close(CloseCode.Done, '');
  }

  /** Pins the key before anything is said: whoever answers at this address later must have the same. */
  async #authenticate(): Promise<void> {
    const { profile, server } = this.#options;
    const candidate = this.#candidate;
    if (candidate === undefined) return;
    try {
      const first = await pinKey(profile, server.name, candidate.connection.remoteKey);
      if (first !== undefined) this.#options.pinned(first);
    } catch (error) {
      this.refuse(errorOf(error));
      return;
    }
    if (candidate !== this.#candidate) return;
    const outcome = await candidate.authenticate(this.#options, {
      deviceKnown: this.#deviceKnown,
      deviceOnly: this.#isRegistering,
      register: this.#isRegistering && !this.#deviceKnown,
      registering: () => {
        this.#deviceKnown = true;
      },
    });
    if (candidate === this.#candidate) this.#authenticated(outcome);
  }

  get #isRegistering(): boolean {
    return this.#options.credentials.register && this.#welcome === undefined;
  }

  #authenticated({ welcome, error }: Outcome): void {
    if (welcome !== undefined) {
      this.#welcome = welcome;
      this.#deviceKnown = true;
      this.#machine.send({ type: 'AUTHENTICATED' });
    } else if (error !== undefined) {
      this.#rejected(error);
    }
  }

  #rejected(error: NatterError): void {
    if (this.#isRegistering && error.code === 'DEVICE_UNKNOWN') {
      // The registration was cut off, and the server never saw its end: begin again.
      this.#deviceKnown = false;
      this.#machine.send({ type: 'LOST', failure: error });
    } else if (deservesRetry(error, this.#welcome !== undefined)) {
      this.#machine.send({ type: 'LOST', failure: error });
    } else {
      this.refuse(error);
    }
  }

  /** The candidate goes on; the old connection, if there is one, has had its time. */
  #takeOver(): void {
    const candidate = this.#candidate;
    const welcome = this.#welcome;
    if (candidate === undefined || welcome === undefined) return;
    const { connection } = candidate;
    const old = this.#current;
    this.#current = connection;
    this.#candidate = undefined;
    this.#silence.reset();
    old?.close(CloseCode.Done, '');
    this.#options.channel.attach(connection, () => this.wake());
    this.#options.welcome(welcome);
    for (const { type, body } of candidate.release()) this.frame(connection, type, body);
    this.#silence.watch();
  }

  #dropConnections(): void {
    const old = this.#current;
    this.#current = undefined;
    this.#silence.reset();
    this.#options.channel.detach();
    old?.close(CloseCode.Done, '');
    this.#dialer?.wake();
  }

  #dropCandidate(): void {
    const candidate = this.#candidate;
    this.#candidate = undefined;
    candidate?.abandon();
  }
}
