import { isIPv6 } from 'node:net';
import { createEndpoint } from '../../net/endpoint.js';
import { CloseCode, type EndpointHandler, type KeyPair, type PathAddress } from '../../net/types.js';
import type { Clock } from '../runtime/actor.js';
import { UdpDriver } from '../udp.js';
import type { Dialer } from './world.js';

/**
 * A socket that only dials. It is bound to any address of the family, so that the connection goes on when the
 * machine moves to another network.
 * @throws NatterError BAD_ADDRESS when the machine has no such family
 */
export async function openDialer(
  keys: KeyPair,
  handler: EndpointHandler,
  to: PathAddress,
  clock: Clock,
  random: (target: Buffer) => void,
): Promise<Dialer> {
  const driver = await UdpDriver.open({
    bind: { host: isIPv6(to.address) ? '::' : '0.0.0.0', port: 0 },
    clock,
    endpoint: (transmit) => createEndpoint({ keys, listening: false, handler, transmit, random }),
  });
  return {
    connect(options) {
      const attempt = driver.endpoint.connect(options, clock.now());
      driver.wake();
      return attempt;
    },
    abandon: (attempt) => driver.endpoint.abandon(attempt),
    wake: () => driver.wake(),
    close: () => driver.close(CloseCode.Done, 'the client has left'),
  };
}
