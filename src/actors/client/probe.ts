import type { ServerAddress } from '../../chat/address.js';
import { fingerprint } from '../../net/fingerprint.js';
import { CloseCode } from '../../net/types.js';
import { unreachable } from './failures.js';
import { REQUEST_DEADLINE_MS } from './requests.js';
import type { World } from './world.js';

/** Probing takes two round trips: a token, then the handshake. */
const ROUND_TRIPS = 2;

export interface Probed {
  /** One round trip. */
  readonly lagMs: number;
  readonly fingerprint: string;
  /** Its key is the pinned one. */
  readonly known: boolean;
}

/**
 * Is somebody there? One handshake under a key that nobody knows, pinning nothing.
 * @throws NatterError BAD_ADDRESS, NO_ANSWER
 */
export async function probe(
  world: World,
  server: ServerAddress,
  giveUpMs = REQUEST_DEADLINE_MS,
): Promise<Probed> {
  const to = { address: await world.resolve(server.host), port: server.port };
  const startedAt = world.clock.now();
  let settle: (key: Buffer | undefined) => void = () => {};
  const answered = new Promise<Buffer | undefined>((resolve) => {
    settle = resolve;
  });
  const dialer = await world.dialer(
    world.keyPair(),
    {
      opened: (connection) => {
        settle(connection.remoteKey);
        connection.close(CloseCode.Done, '');
      },
      frame: () => {},
      closed: () => {},
      failed: () => settle(undefined),
    },
    to,
  );
  try {
    dialer.connect({ to, giveUpMs });
    const key = await answered;
    if (key === undefined) throw unreachable(server.name);
    const lagMs = (world.clock.now() - startedAt) / ROUND_TRIPS;
    const pin = world.profile().pinOf(server.name);
    return { lagMs, fingerprint: fingerprint(key), known: pin?.key.equals(key) === true };
  } finally {
    await dialer.close();
  }
}
