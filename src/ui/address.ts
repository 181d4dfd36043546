import { NatterError } from '../chat/error.js';

export const DEFAULT_PORT = 7777;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `HOST:PORT`, `HOST` or `[IPV6]:PORT`; the port is 7777 unless given, 0 means any.
 * @throws NatterError BAD_ADDRESS
 */
export function parseAddress(raw: string): HostPort {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%\w+)?)\]|([^\s:[\]/]+))?(?::(\d{1,5}))?$/.exec(raw.trim());
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (host === undefined || port > 65_535) {
    throw new NatterError(
      'BAD_ADDRESS',
      `"${raw}" is not an address; write HOST:PORT, as in 127.0.0.1:7777.`,
    );
  }
  return { host, port };
}

/** The one spelling under which a server is known: `HOST:PORT`, the host in lower case. */
export function formatAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host.toLowerCase()}]:${port}` : `${host.toLowerCase()}:${port}`;
}

/** What a client dials: like `parseAddress`, but port 0 is nowhere. */
export function parseServer(raw: string): string {
  const address = parseAddress(raw);
  if (address.port === 0)
    throw new NatterError('BAD_ADDRESS', 'Port 0 is nobody; write the port the server printed.');
  return formatAddress(address);
}
