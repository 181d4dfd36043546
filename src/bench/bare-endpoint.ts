import { randomFillSync } from 'node:crypto';
import sodium from 'sodium-native';
import { realClock } from '../actors/runtime/clock.js';
import { UdpDriver } from '../actors/udp.js';
import { createEndpoint } from '../net/endpoint.js';
import type { EndpointHandler } from '../net/types.js';

/** One bare endpoint on a loopback socket of any port, with keys of its own and nothing above it. */
export function openBareEndpoint(handler: EndpointHandler, listening: boolean): Promise<UdpDriver> {
  const keys = { publicKey: Buffer.alloc(32), secretKey: Buffer.alloc(32) };
  sodium.crypto_kx_keypair(keys.publicKey, keys.secretKey);
  return UdpDriver.open({
    bind: { host: '127.0.0.1', port: 0 },
    clock: realClock(),
    endpoint: (transmit) =>
      createEndpoint({ keys, listening, handler, transmit, random: (target) => randomFillSync(target) }),
  });
}
