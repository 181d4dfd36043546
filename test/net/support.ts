/** What the tests of the protocol core share: seeded randomness, key pairs, a plain connection, a wire. */
import sodium from 'sodium-native';
import { DatagramEndpoint } from '../../src/net/endpoint.js';
import { ReplayWindow } from '../../src/net/replay.js';
import type { ConnectionHost, ConnectionSeed, DrivenConnection } from '../../src/net/seam.js';
import type {
  CloseCode,
  CloseReason,
  Connection,
  EndpointHandler,
  EndpointOptions,
  KeyPair,
  PathAddress,
} from '../../src/net/types.js';

/** A small seeded generator (mulberry32): the same seed fills the same bytes. */
export function seeded(seed: number): (target: Buffer) => void {
  let state = seed >>> 0;
  return (target) => {
    for (let i = 0; i < target.length; i++) {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      target[i] = (mixed ^ (mixed >>> 14)) & 0xff;
    }
  };
}

export function keyPair(seed: number): KeyPair {
  const secretKey = Buffer.alloc(32);
  const publicKey = Buffer.alloc(32);
  seeded(seed)(secretKey);
  sodium.crypto_scalarmult_base(publicKey, secretKey);
  return { publicKey, secretKey };
}

/** The least that a connection can be: the initiator says hello, the responder answers each packet it opens. */
export class PlainConnection implements DrivenConnection {
  readonly id: number;
  readonly dialled: boolean;
  readonly remoteKey: Buffer;
  readonly handshakeHash: Buffer;
  readonly path: PathAddress;
  readonly rttMs = 0;
  readonly outgoingMessages = 0;
  readonly outgoingBytes = 0;
  heardAt: number;
  owing: boolean;
  closed: CloseReason | undefined;
  owner: unknown;
  received: string[] = [];
  readonly seed: ConnectionSeed;
  readonly #host: ConnectionHost;
  readonly #window = new ReplayWindow();
  #number = 0;
  #helloAt: number;

  constructor(seed: ConnectionSeed, host: ConnectionHost) {
    this.seed = seed;
    this.#host = host;
    this.id = seed.id;
    this.dialled = seed.initiator;
    this.remoteKey = seed.remoteKey;
    this.handshakeHash = seed.handshakeHash;
    this.path = seed.path;
    this.heardAt = seed.now;
    this.owing = seed.initiator;
    this.#helloAt = seed.initiator ? seed.now : Number.POSITIVE_INFINITY;
  }

  receive(datagram: Buffer, _from: PathAddress, now: number): void {
    const { keys } = this.seed;
    const length = keys.open(datagram, now);
    if (length < 0) this.#host.counters.dropped++;
    else if (!this.#window.accept(keys.packetNumber)) this.#host.counters.replayed++;
    else {
      this.heardAt = now;
      this.#helloAt = Number.POSITIVE_INFINITY;
      this.received.push(keys.opened.toString('utf8', 0, length));
      this.owing = !this.seed.initiator;
      this.#host.dirty(this);
    }
  }

  flush(now: number): void {
    if (!this.owing) return;
    if (this.seed.initiator) this.#helloAt = now + 200;
    else this.owing = false;
    this.say(this.seed.initiator ? 'hello' : 'welcome', now);
  }

  say(text: string, now: number): void {
    const { keys, remoteId, path } = this.seed;
    const length = keys.plain.write(text);
    this.#host.transmit(keys.seal(remoteId, this.#number++, length, now), path);
  }

  deadline(): number {
    return this.#helloAt;
  }

  send(): number {
    return 0;
  }
  cancel(): void {}
  push(): void {}
  unpush(): void {}
  latest(): void {}

  want(): boolean {
    return false;
  }

  unwant(): void {}

  supply(): boolean {
    return false;
  }

  unsupply(): void {}

  close(code: CloseCode, text: string): void {
    this.closed = { code, text, local: true };
    this.#host.handler.closed(this, this.closed);
    this.#host.gone(this);
  }
}

export interface Failure {
  readonly attempt: number;
  readonly reason: CloseReason;
  readonly offeredKey: Buffer | undefined;
}

/** An endpoint with a name on the wire and a record of what it told its owner. */
export interface Node {
  readonly at: PathAddress;
  readonly endpoint: DatagramEndpoint;
  readonly opened: Connection[];
  readonly closed: CloseReason[];
  readonly failed: Failure[];
}

export interface Sent {
  readonly from: PathAddress;
  readonly to: PathAddress;
  readonly datagram: Buffer;
}

/** A wire in virtual time: every datagram takes `delayMs`; `pass` may drop, change or add datagrams. */
export class Wire {
  now = 1_000_000;
  delayMs = 10;
  readonly log: Sent[] = [];
  pass: (sent: Sent) => Sent[] = (sent) => [sent];
  readonly #nodes = new Map<string, Node>();
  #flying: { readonly at: number; readonly sent: Sent }[] = [];

  add(
    at: PathAddress,
    options: Partial<EndpointOptions> & Pick<EndpointOptions, 'keys'>,
    seed = at.port,
  ): Node {
    const opened: Connection[] = [];
    const closed: CloseReason[] = [];
    const failed: Failure[] = [];
    const handler: EndpointHandler = {
      opened: (connection) => opened.push(connection),
      frame: () => {},
      closed: (_, reason) => closed.push(reason),
      failed: (attempt, reason, offeredKey) => failed.push({ attempt, reason, offeredKey }),
    };
    const endpoint = new DatagramEndpoint(
      {
        listening: false,
        handler,
        random: seeded(seed),
        transmit: (datagram, to) => this.send({ from: at, to, datagram: Buffer.from(datagram) }),
        ...options,
      },
      (connection, host) => new PlainConnection(connection, host),
    );
    const node = { at, endpoint, opened, closed, failed };
    this.#nodes.set(`${at.address} ${at.port}`, node);
    return node;
  }

  remove(node: Node): void {
    this.#nodes.delete(`${node.at.address} ${node.at.port}`);
  }

  send(sent: Sent): void {
    this.log.push(sent);
    for (const each of this.pass(sent)) this.#flying.push({ at: this.now + this.delayMs, sent: each });
  }

  /** Runs everything that is due within `ms` from now, in order. */
  run(ms: number): void {
    const end = this.now + ms;
    for (let turns = 0; turns < 1_000_000; turns++) {
      for (const node of this.#nodes.values()) {
        if (node.endpoint.deadline() <= this.now) node.endpoint.flush(this.now);
      }
      const next = Math.min(
        ...this.#flying.map(({ at }) => at),
        ...[...this.#nodes.values()].map(({ endpoint }) => endpoint.deadline()),
      );
      if (next > end) break;
      this.now = Math.max(this.now, next);
      const arriving = this.#flying.filter(({ at }) => at <= this.now);
      this.#flying = this.#flying.filter(({ at }) => at > this.now);
      for (const { sent } of arriving) this.#deliver(sent);
    }
    this.now = end;
  }

  #deliver({ from, to, datagram }: Sent): void {
    this.#nodes.get(`${to.address} ${to.port}`)?.endpoint.receive(datagram, from, this.now);
  }
}
