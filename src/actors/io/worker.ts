/** The io thread of a server: one socket, one endpoint, the I/O actor. */

import { createEndpoint } from '../../net/endpoint.js';
import { CloseCode, type EndpointCounters, type KeyPair, type Limits } from '../../net/types.js';
import { LateHandler } from '../late-handler.js';
import { IoMessage } from '../messages.js';
import { type ActorType, Kind } from '../runtime/actor.js';
import type { WorkerHost } from '../runtime/host.js';
import { IO } from '../singletons.js';
import { UdpDriver } from '../udp.js';
import type { FrameLimits } from './connected-client.js';
import { IoActor, type IoCounters } from './io.js';

/** `data` of this thread. Keys cross threads as plain bytes. */
export interface IoData {
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
  readonly limits: Partial<Limits> & FrameLimits;
}

/** Answer of the control method `figures`. */
export interface IoFigures extends IoCounters, EndpointCounters {
  /** Entries handed to readers. */
  readonly deliveries: number;
  readonly connections: number;
  readonly feeds: number;
  /** Datagrams the kernel did not take. */
  readonly overflowed: number;
}

const NOTHING = Buffer.alloc(0);

/**
 * Control methods: `listen(host, port)` binds the socket and answers `{host, port}`, called once everything
 * behind is ready, and again after this thread was respawned; `figures()` answers IoFigures.
 */
export function start(host: WorkerHost): readonly ActorType[] {
  const { publicKey, secretKey, limits } = host.data as IoData;
  const keys: KeyPair = { publicKey: Buffer.from(publicKey), secretKey: Buffer.from(secretKey) };
  const handler = new LateHandler();
  let driver: UdpDriver | undefined;
  let actor: IoActor | undefined;

  host.expose({
    async listen(address: string, port: number) {
      driver = await UdpDriver.open({
        bind: { host: address, port },
        clock: host.clock,
        endpoint: (transmit) =>
          createEndpoint({ keys, listening: true, handler, transmit, random: host.random, limits }),
      });
      driver.accepting = false;
      host.tell(IO, IoMessage.Listen, NOTHING);
      return driver.address;
    },
    figures(): IoFigures | undefined {
      if (driver === undefined || actor === undefined) return undefined;
      return {
        ...driver.endpoint.counters,
        ...actor.counters,
        deliveries: actor.deliveries,
        connections: actor.connections,
        feeds: actor.feeds,
        overflowed: driver.overflowed,
      };
    },
  });
  host.onStop(async () => driver?.close(CloseCode.ShuttingDown, 'The server stops; it will be back.'));

  const io: ActorType = {
    kind: Kind.Io,
    name: 'io',
    // Rooms publish in bursts; what does not fit waits with them (credit), it is never dropped for speed.
    mailbox: { control: 65_536, data: 65_536 },
    create(context) {
      if (driver === undefined) throw new Error('the I/O actor was told something before it listened');
      const { endpoint } = driver;
      actor = new IoActor(
        context,
        (target) => {
          handler.target = target;
          return endpoint;
        },
        () => driver?.wake(),
        limits,
      );
      driver.accepting = true;
      return actor;
    },
  };
  return [io];
}
