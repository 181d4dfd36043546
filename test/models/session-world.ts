import { Channel } from '../../src/actors/client/channel.js';
import { Session } from '../../src/actors/client/session.js';
import { encodeBody } from '../../src/chat/wire.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { replyCodec, requestCodec } from '../../src/net/talk.js';
import { CloseCode } from '../../src/net/types.js';
import { FakeConnection } from '../support/fake-connection.js';
import { noDisk } from '../support/fake-disk.js';
import { FakeProfile, fakeStretching } from '../support/virtual-client.js';
import { VirtualTime } from '../support/virtual-time.js';

const NEVER_MS = 1e9;

interface Deferred<T> {
  readonly done: (value: T) => void;
  readonly failed: (error: Error) => void;
}

type Dialer = Awaited<ReturnType<ConstructorParameters<typeof Session>[0]['world']['dialer']>>;

/** A client's session over a network whose every move is the test's: names, sockets, handshakes, answers. */
export class SessionWorld {
  readonly time = new VirtualTime();
  readonly seen: string[] = [];
  readonly told: string[] = [];
  readonly session: Session;
  name: Deferred<string> | undefined;
  socket: Deferred<Dialer> | undefined;
  attempt = 0;
  /** Not logged in over yet. */
  candidate: FakeConnection | undefined;
  current: FakeConnection | undefined;
  #request = 0;

  constructor() {
    const channel = new Channel(this.time, () => this.seen.push('dropConnections'));
    this.session = new Session({
      world: {
        clock: this.time,
        random: (target) => target.fill(0),
        resolve: () => this.#waits('resolveName', (deferred) => (this.name = deferred)),
        dialer: () => this.#waits('openSocket', (deferred) => (this.socket = deferred)),
        stretching: fakeStretching,
        profile: () => new FakeProfile(),
        locate: () => Promise.reject(new Error('nobody asks where they are')),
        disk: noDisk,
        keyPair: () => new FakeProfile().keys,
        turnEnd: (run) => queueMicrotask(run),
      },
      channel,
      profile: new FakeProfile(),
      server: { name: 'host:1', host: 'host', port: 1 },
      credentials: { user: 'ana', register: false, remember: false },
      keys: new FakeProfile().keys,
      deviceKnown: true,
      label: 'a test',
      welcome: () => {
        this.seen.push('takeOver');
        this.current = this.candidate;
        this.candidate = undefined;
      },
      news: () => undefined,
      files: { wanted: () => undefined, chunk: () => undefined, supplied: () => undefined },
      pinned: () => undefined,
      state: (state) => this.told.push(state),
    });
  }

  readonly dialer: Dialer = {
    connect: () => {
      this.seen.push('startHandshake');
      return ++this.attempt;
    },
    abandon: () => this.seen.push('abandonHandshake'),
    wake: () => undefined,
    close: async () => undefined,
  };

  /** A handshake came to its end. */
  open(): void {
    const connection: FakeConnection = new FakeConnection(
      ...([this.time, Buffer.alloc(32, 7), Buffer.alloc(32, 42), this.session] as const),
      ({ body }) => {
        const { request } = requestCodec.decode(new Reader(body));
        // What nobody answers is asked again.
        if (request !== this.#request) this.seen.push('authenticate');
        this.#request = request;
        return [];
      },
      () => undefined,
      // Its other end hears of it; only what was no more than a candidate tells of a handshake.
      () => {
        if (connection === this.candidate && connection.closed?.code === CloseCode.Done)
          this.seen.push('abandonHandshake');
      },
      NEVER_MS,
    );
    this.candidate = connection;
    this.session.opened(connection);
  }

  /** Something comes over the connection after all, and nothing is owed any more. */
  hear(): void {
    if (this.current === undefined) return;
    this.current.owing = false;
    this.current.heardAt = this.time.now();
  }

  reply(status: number, body: object): void {
    if (this.candidate === undefined) return;
    const writer = new Writer(256, 1 << 16);
    replyCodec.encode(writer, { request: this.#request, status, body: encodeBody(body) });
    this.session.frame(this.candidate, FrameType.Reply, writer.copy());
  }

  #waits<T>(effect: string, keep: (deferred: Deferred<T>) => void): Promise<T> {
    this.seen.push(effect);
    return new Promise((done, failed) => {
      keep({ done, failed });
    });
  }
}
