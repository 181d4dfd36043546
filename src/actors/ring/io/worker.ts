/** The io thread of a peer of the ring: one socket, one endpoint, the wire actor, and who is heard on the local network. */
import { networkInterfaces } from 'node:os';
import { createEndpoint } from '../../../net/endpoint.js';
import { isLoopback } from '../../../net/path.js';
import { ANY_IPV4, ANY_IPV6 } from '../../../net/ring/addresses.js';
import { CloseCode, type EndpointCounters, type Limits, type PeerTerms } from '../../../net/types.js';
import { LateHandler } from '../../late-handler.js';
import { WireMessage } from '../../ring-messages.js';
import { type ActorType, type Clock, Kind } from '../../runtime/actor.js';
import type { WorkerHost } from '../../runtime/host.js';
import { WIRE } from '../../singletons.js';
import { UdpDriver } from '../../udp.js';
import { type Interface, LanDiscovery } from '../discovery/lan.js';
import { openMulticast } from '../discovery/multicast.js';
import { WireActor, type WireCounters, type WireSocket } from './wire.js';

/** `data` of this thread. Keys cross threads as plain bytes. */
export interface WireData {
  /** X25519, of the peer's identity. */
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
  /** See PeerTerms. */
  readonly prologue: Uint8Array;
  readonly psk?: Uint8Array;
  /** Of the community on local networks, as `lanTagOf` gives it. */
  readonly tag: string;
}

/** Answer of the control method `figures`. */
export interface WireFigures extends WireCounters, EndpointCounters {
  readonly connections: number;
  /** Datagrams the kernel did not take. */
  readonly overflowed: number;
}

/** A peer has some dozens of links. One network may be a whole company's. */
const LIMITS: Partial<Limits> = {
  handshakesPerS: 20,
  handshakesBurst: 40,
  connectionsMax: 1024,
  connectionsPerAddressMax: 64,
};
/** Where many peers share one machine, only the number of all bounds them. */
const LOOPBACK_LIMITS: Partial<Limits> = {
  handshakesPerS: 500,
  handshakesBurst: 500,
  connectionsMax: 1024,
  connectionsPerAddressMax: 1024,
};

const NOTHING = Buffer.alloc(0);
const MAILBOX_MESSAGES = 65_536;

/**
 * Control methods: `listen(host, port, lan)` binds the socket and answers `{host, port}`, called once everything behind
 * is ready, and again after this thread was respawned; with `lan` true it looks for others on the local networks and is
 * found there, but for a loopback address. `figures()` answers WireFigures.
 */
export function start(host: WorkerHost): readonly ActorType[] {
  const { publicKey, secretKey, prologue, psk, tag } = host.data as WireData;
  const keys = { publicKey: Buffer.from(publicKey), secretKey: Buffer.from(secretKey) };
  const peers: PeerTerms = { prologue: Buffer.from(prologue), ...(psk && { psk: Buffer.from(psk) }) };
  const handler = new LateHandler();
  let driver: UdpDriver | undefined;
  let socket: WireSocket | undefined;
  let actor: WireActor | undefined;
  let discovery: LanDiscovery | undefined;

  host.expose({
    async listen(address: string, port: number, lan: boolean) {
      const limits = isLoopback(address) ? LOOPBACK_LIMITS : LIMITS;
      const opened = await UdpDriver.open({
        bind: { host: address, port },
        clock: host.clock,
        endpoint: (transmit) =>
          createEndpoint({ keys, peers, listening: true, handler, transmit, random: host.random, limits }),
      });
      opened.accepting = false;
      driver = opened;
      socket = socketOf(opened, host.clock);
      host.tell(WIRE, WireMessage.Listen, NOTHING);
      if (lan && !isLoopback(address))
        discovery = new LanDiscovery({
          clock: host.clock,
          random: host.random,
          open: openMulticast,
          interfaces: () => networksOf(address),
          tag,
          port: opened.address.port,
          found: (at) => actor?.found(at),
        });
      return opened.address;
    },
    figures(): WireFigures | undefined {
      if (driver === undefined || actor === undefined) return undefined;
      return {
        ...driver.endpoint.counters,
        ...actor.counters,
        connections: driver.endpoint.connections.size,
        overflowed: driver.overflowed,
      };
    },
  });
  host.onStop(async () => {
    discovery?.close();
    await driver?.close(CloseCode.ShuttingDown, 'leaves');
  });

  return [
    {
      kind: Kind.Wire,
      name: 'wire',
      mailbox: { control: MAILBOX_MESSAGES, data: MAILBOX_MESSAGES },
      create(context, snapshot) {
        actor = new WireActor({
          context,
          socket: () => socket,
          interfaces: addressesHere,
          isReborn: snapshot !== undefined,
        });
        handler.target = actor;
        return actor;
      },
    },
  ];
}

function socketOf(driver: UdpDriver, clock: Clock): WireSocket {
  const { host, port } = driver.address;
  return {
    endpoint: driver.endpoint,
    bound: { address: host, port },
    connect: (options) => driver.endpoint.connect(options, clock.now()),
    accept: () => {
      driver.accepting = true;
    },
    wake: () => driver.wake(),
  };
}

/** Where a socket bound to that address can be found by others. */
function networksOf(bound: string): Interface[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ address, cidr, family, internal }) => {
      const isMeant = bound === ANY_IPV4 || bound === ANY_IPV6 || bound === address;
      if (family !== 'IPv4' || internal || cidr === null || !isMeant) return [];
      return [{ address, prefix: Number(cidr.split('/')[1]) }];
    }),
  );
}

/** Numeric addresses of this machine, in the order in which it lists its interfaces. */
function addressesHere(): string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.map(({ address }) => address),
  );
}
