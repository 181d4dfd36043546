import { NatterError } from '../../chat/error.js';
import { fingerprint } from '../../net/fingerprint.js';
import { lanTagOf } from '../../net/ring/community.js';
import { handshakeKeys } from '../../net/ring/identity.js';
import type { PathAddress } from '../../net/types.js';
import type { Inspectable } from '../inspect/inspectable.js';
import { inspectableOf } from '../inspectable-system.js';
import type { Home } from '../ring/home.js';
import type { WireData } from '../ring/io/worker.js';
import type { Profile } from '../ring/own-record.js';
import { Kind } from '../runtime/actor.js';
import { type Supervisor, type SystemEvent, startSystem, type ThreadSpec } from '../runtime/supervisor.js';
import { type Commands, ringCommandsOver } from './commands.js';
import type { CoreData, CoreNews } from './core.js';
import type { RingOptions } from './options.js';
import { Repeats } from './repeats.js';
import { withRing } from './sight.js';

const LISTEN_MS = 10_000;
const STOP_MS = 5_000;
/** The others are told that one leaves. */
const FAREWELL_MS = 2_000;
/** To offer a file is to read all of it first. */
const COMMAND_MS = 10 * 60_000;

/**
 * A peer in threads of its own: `io` has the socket, `core` everything else; this one has the screen. Commands go by
 * Comlink, events come in batches.
 */
export class ThreadedPeer {
  /** Where it listens; with port 0 asked for, the one it got. */
  host = '';
  port = 0;
  readonly key: string;
  readonly commands: Commands;
  readonly #options: RingOptions;
  readonly #home: Home;
  readonly #repeats = new Repeats();
  #system: Supervisor | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: RingOptions, home: Home) {
    this.#options = options;
    this.#home = home;
    this.key = fingerprint(home.identity.publicKey);
    this.commands = ringCommandsOver((name, args) => this.#call(name, args));
  }

  /** The threads, for the inspector and for tests. */
  get system(): Supervisor {
    if (this.#system !== undefined) return this.#system;
    throw new NatterError('STOPPED', 'This peer has not started.');
  }

  /** What an inspector looks into. */
  get inspectable(): Inspectable {
    return withRing(inspectableOf(this.system.looks), this.commands, this.#options.community);
  }

  async start(profile: Profile, bootstrap: readonly PathAddress[]): Promise<void> {
    this.#system = await startSystem({
      threads: this.#threads(profile, bootstrap),
      onEvent: (event) => this.#onEvent(event),
    });
    const { listen } = this.#options;
    await this.#listen(listen.host, listen.port);
    // An invite asked for at once shall say where.
    await this.#system.thread('core').call('listening', LISTEN_MS);
  }

  /** Leaves, if that was not done yet, ends the threads and frees the folder. Safe to call twice. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#system
      ?.thread('core')
      .call('command', FAREWELL_MS, 'quit', [0])
      .catch(() => {});
    await this.#system?.stop(STOP_MS);
    this.#home.lock.release();
  }

  #threads(profile: Profile, bootstrap: readonly PathAddress[]): ThreadSpec[] {
    const { folder, identity, community, secret, terms } = this.#home;
    const keys = handshakeKeys(identity);
    const core: CoreData = {
      folder,
      identity,
      community,
      name: this.#options.community,
      profile,
      keeps: this.#options.keeps ?? false,
      bootstrap,
      ...(secret === undefined ? {} : { secret }),
    };
    const io: WireData = { ...keys, ...terms, tag: lanTagOf(community) };
    return [
      { name: 'core', module: new URL('./core.js', import.meta.url), kinds: [Kind.Ring], data: core },
      { name: 'io', module: new URL('../ring/io/worker.js', import.meta.url), kinds: [Kind.Wire], data: io },
    ];
  }

  async #listen(host: string, port: number): Promise<void> {
    const { lan } = this.#options;
    const got = await this.#system?.thread('io').call('listen', LISTEN_MS, host, port, lan);
    const { host: bound, port: number } = got as { readonly host: string; readonly port: number };
    this.host = bound;
    this.port = number;
  }

  async #call(name: string, args: readonly unknown[]): Promise<unknown> {
    if (this.#system === undefined || this.#closed !== undefined)
      throw new NatterError('STOPPED', 'This peer has left the ring; start natter again.');
    return this.#system.thread('core').call('command', COMMAND_MS, name, args);
  }

  #onEvent(event: SystemEvent): void {
    const { onEvent } = this.#options;
    switch (event.type) {
      case 'posted':
        onEvent(this.#repeats.filter((event.value as CoreNews).events));
        return;
      case 'restarted':
        if (event.thread === 'io') this.#listen(this.host, this.port).catch((error) => this.#tell(error));
        return;
      case 'gaveUp':
        this.#tell(new NatterError('ACTOR_DIED', 'A part of natter has failed too often; start it again.'));
        return;
      case 'threadDied':
        return;
      case 'actorFailed':
        this.#tell(event.error);
    }
  }

  #tell(error: Error): void {
    const code = error instanceof NatterError ? error.code : 'INTERNAL';
    this.#options.onEvent([{ event: 'error', code, message: error.message }]);
  }
}
