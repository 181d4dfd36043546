import type { WireHandler, Wires } from '../../src/actors/ring/world.js';
import { realClock } from '../../src/actors/runtime/clock.js';
import { UdpDriver } from '../../src/actors/udp.js';
import { createEndpoint } from '../../src/net/endpoint.js';
import { peerTermsOf } from '../../src/net/ring/community.js';
import { handshakeKeys, type Identity } from '../../src/net/ring/identity.js';
import { CloseCode, type Connection, type Lane, type PathAddress } from '../../src/net/types.js';

/** A real socket on loopback whose connections are wires, without threads and without any bound of a peer's. */
export class RogueWires implements Wires {
  readonly addresses: readonly PathAddress[];
  readonly #driver: UdpDriver;
  readonly #connections = new Map<number, Connection>();
  readonly #handlers: { target: WireHandler | undefined };

  static async open(identity: Identity, community: Buffer, secret?: Buffer): Promise<RogueWires> {
    const connections = new Map<number, Connection>();
    const handlers: { target: WireHandler | undefined } = { target: undefined };
    const driver = await UdpDriver.open({
      bind: { host: '127.0.0.1', port: 0 },
      clock: realClock(),
      endpoint: (transmit) =>
        createEndpoint({
          keys: handshakeKeys(identity),
          peers: peerTermsOf(community, secret),
          listening: true,
          transmit,
          random: (target) => crypto.getRandomValues(target),
          handler: {
            opened: (connection) => {
              connections.set(connection.id, connection);
              const { id, remoteKey, path, dialled } = connection;
              handlers.target?.opened(id, remoteKey, path, dialled);
            },
            frame: ({ id }, type, body) => handlers.target?.frame(id, type, body),
            closed: ({ id }, reason) => {
              connections.delete(id);
              handlers.target?.closed(id, reason);
            },
            failed: (attempt, reason) => handlers.target?.failed(attempt, reason),
          },
        }),
    });
    return new RogueWires(driver, connections, handlers);
  }

  private constructor(
    driver: UdpDriver,
    connections: Map<number, Connection>,
    handlers: { target: WireHandler | undefined },
  ) {
    this.#driver = driver;
    this.#connections = connections;
    this.#handlers = handlers;
    this.addresses = [{ address: driver.address.host, port: driver.address.port }];
  }

  set handler(handler: WireHandler) {
    this.#handlers.target = handler;
  }

  dial(to: PathAddress, giveUpMs: number): number {
    const attempt = this.#driver.endpoint.connect({ to, giveUpMs }, realClock().now());
    this.#driver.wake();
    return attempt;
  }

  abandon(wire: number): void {
    this.#driver.endpoint.abandon(wire);
  }

  send(wire: number, type: number, body: Uint8Array, lane: Lane): boolean {
    const isTaken = (this.#connections.get(wire)?.send(type, Buffer.from(body), lane) ?? 0) !== 0;
    this.#driver.wake();
    return isTaken;
  }

  close(wire: number, code: CloseCode, text: string): void {
    this.#connections.get(wire)?.close(code, text);
    this.#driver.wake();
  }

  rttMs(wire: number): number | undefined {
    return this.#connections.get(wire)?.rttMs;
  }

  want = () => false;
  unwant(): void {}
  supply = () => false;
  unsupply(): void {}

  /** Frees the socket. */
  end(): Promise<void> {
    return this.#driver.close(CloseCode.Done, '');
  }
}
