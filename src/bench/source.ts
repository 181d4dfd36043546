/**
 * The process that the chunks of the stream bench come from: supplies the same record for whatever is wanted,
 * and sends every other frame back at once. Tells its port, then its processor time when it is asked.
 */
import { CHUNK_RECORD_MAX_BYTES } from '../net/constants.js';
import type { Connection } from '../net/types.js';
import { openBareEndpoint } from './bare-endpoint.js';

const RECORD = Buffer.alloc(CHUNK_RECORD_MAX_BYTES, 'a chunk of a file, without a disk behind it; ');

const refused: { readonly connection: Connection; readonly transfer: number; readonly chunk: number }[] = [];

function supply(connection: Connection, transfer: number, chunk: number): void {
  if (!connection.supply(transfer, chunk, RECORD)) refused.push({ connection, transfer, chunk });
}

const driver = await openBareEndpoint(
  {
    opened: () => {},
    closed: () => {},
    frame: (connection, type, body) => {
      connection.send(type, body);
    },
    wanted: (connection, transfer, first, count) => {
      for (let chunk = first; chunk < first + count; chunk++) supply(connection, transfer, chunk);
    },
    supplied: () => {
      const next = refused.shift();
      if (next !== undefined) supply(next.connection, next.transfer, next.chunk);
    },
  },
  true,
);

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({
    cpuUs: user + system,
    lost: driver.endpoint.counters.packetsLost,
    out: driver.endpoint.counters.datagramsOut,
  });
});
process.on('disconnect', () => process.exit());
process.send?.(driver.address);
