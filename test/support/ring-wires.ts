/** Two or more wire actors over real sockets, each with a ring actor that only writes down what it hears. */
import { networkInterfaces } from 'node:os';
import { LateHandler } from '../../src/actors/late-handler.js';
import { WireActor, type WireSocket } from '../../src/actors/ring/io/wire.js';
import { RemoteWires } from '../../src/actors/ring/wires.js';
import type { WireHandler } from '../../src/actors/ring/world.js';
import { WireMessage } from '../../src/actors/ring-messages.js';
import { type Actor, type ActorContext, Kind, type Message } from '../../src/actors/runtime/actor.js';
import { realClock } from '../../src/actors/runtime/clock.js';
import { WIRE } from '../../src/actors/singletons.js';
import { UdpDriver } from '../../src/actors/udp.js';
import { Malformed } from '../../src/net/bytes.js';
import { createEndpoint } from '../../src/net/endpoint.js';
import {
  CloseCode,
  type CloseReason,
  type KeyPair,
  type PathAddress,
  type PeerTerms,
} from '../../src/net/types.js';
import { LocalSystem } from './local-system.js';

const UNBOUND = { handshakesPerS: 1000, handshakesBurst: 1000 };

/** A frame of this type is malformed to the ring actor of these tests. */
export const WRONG = 0x7f;
/** Makes the ring actor fail. */
export const FAIL = 0x100;

export interface Heard {
  readonly what: keyof WireHandler;
  readonly wire: number;
  readonly more: readonly unknown[];
}

/** Writes down what happens on its wires. */
class Listener implements Actor, WireHandler {
  readonly wires: RemoteWires;
  readonly #hear: (heard: Heard) => void;

  constructor(context: ActorContext, hear: (heard: Heard) => void) {
    this.#hear = hear;
    this.wires = new RemoteWires(context);
    this.wires.handler = this;
  }

  receive(message: Message): void {
    if (message.type === FAIL) throw new Error('the test wants it');
    this.wires.receive(message);
  }

  opened(wire: number, key: Buffer, path: PathAddress, dialled: boolean): void {
    this.#hear({ what: 'opened', wire, more: [key, path, dialled] });
  }
  frame(wire: number, type: number, body: Buffer): void {
    if (type === WRONG) throw new Malformed('wrong');
    this.#hear({ what: 'frame', wire, more: [type, body.toString()] });
  }
  closed(wire: number, reason: CloseReason): void {
    this.#hear({ what: 'closed', wire, more: [reason.code, reason.text] });
  }
  failed(wire: number, reason: CloseReason): void {
    this.#hear({ what: 'failed', wire, more: [reason.code] });
  }
  wanted(wire: number, transfer: number, first: number, count: number): void {
    this.#hear({ what: 'wanted', wire, more: [transfer, first, count] });
  }
  chunk(wire: number, transfer: number, chunk: number, record: Buffer): void {
    this.#hear({ what: 'chunk', wire, more: [transfer, chunk, Buffer.from(record)] });
  }
  supplied(wire: number, transfer: number, chunk: number): void {
    this.#hear({ what: 'supplied', wire, more: [transfer, chunk] });
  }
  moved(wire: number, path: PathAddress): void {
    this.#hear({ what: 'moved', wire, more: [path] });
  }
  readdressed(): void {
    this.#hear({ what: 'readdressed', wire: 0, more: [this.wires.addresses] });
  }
}

/** One peer's socket, wire actor and listener; time of the actors stands still unless `local` advances it. */
export class WiredPeer {
  readonly heard: Heard[] = [];
  readonly local: LocalSystem;
  interfaces = Object.values(networkInterfaces()).flatMap((all = []) => all.map(({ address }) => address));
  #driver: UdpDriver | undefined;
  #socket: WireSocket | undefined;
  #listener: Listener | undefined;
  #waiting: (() => void)[] = [];
  readonly #handler = new LateHandler();
  readonly #keys: KeyPair;
  readonly #peers: PeerTerms;

  constructor(keys: KeyPair, peers: PeerTerms) {
    this.#keys = keys;
    this.#peers = peers;
    const hear = (heard: Heard) => {
      this.heard.push(heard);
      for (const look of this.#waiting.splice(0)) look();
    };
    this.local = new LocalSystem(3, [
      {
        name: 'io',
        types: () => [
          {
            kind: Kind.Wire,
            name: 'wire',
            create: (context, snapshot) => {
              const actor = new WireActor({
                context,
                socket: () => this.#socket,
                interfaces: () => this.interfaces,
                isReborn: snapshot !== undefined,
              });
              this.#handler.target = actor;
              return actor;
            },
          },
        ],
      },
      {
        name: 'core',
        types: () => [
          {
            kind: Kind.Ring,
            name: 'ring',
            eager: true,
            create: (context) => {
              this.#listener = new Listener(context, hear);
              return this.#listener;
            },
          },
        ],
      },
    ]);
  }

  get wires(): RemoteWires {
    if (this.#listener === undefined) throw new Error('the ring actor has not begun');
    return this.#listener.wires;
  }

  get at(): PathAddress {
    if (this.#socket === undefined) throw new Error('it does not listen');
    return this.#socket.bound;
  }

  async listen(host = '127.0.0.1'): Promise<void> {
    const clock = realClock();
    const driver = await UdpDriver.open({
      bind: { host, port: 0 },
      clock,
      endpoint: (transmit) =>
        createEndpoint({
          keys: this.#keys,
          peers: this.#peers,
          listening: true,
          handler: this.#handler,
          transmit,
          random: (target) => crypto.getRandomValues(target),
          limits: UNBOUND,
        }),
    });
    this.#driver = driver;
    const bound = { address: driver.address.host, port: driver.address.port };
    this.#socket = {
      endpoint: driver.endpoint,
      bound,
      connect: (options) => driver.endpoint.connect(options, clock.now()),
      accept: () => {},
      wake: () => driver.wake(),
    };
    this.local.tell(WIRE, WireMessage.Listen, Buffer.alloc(0));
  }

  /** Waits until the `count`-th of those is heard; meanwhile the actors run. */
  async hears(what: keyof WireHandler, count = 1): Promise<Heard> {
    for (;;) {
      const found = this.heard.filter((heard) => heard.what === what)[count - 1];
      if (found !== undefined) return found;
      await this.local.until(new Promise<void>((resolve) => this.#waiting.push(resolve)));
    }
  }

  async close(): Promise<void> {
    await this.#driver?.close(CloseCode.Done, '');
  }
}
