/** Where a server is, as people write it. Only spelling: whether a host exists is not known here. */
import { NatterError } from './error.js';

export const DEFAULT_PORT = 7777;
const PORT_MAX = 65_535;
const WRITTEN = /^(?:\[([^\]]+)\]|([\p{L}\p{N}._-]+))(?::(\d{1,5}))?$/u;

export interface HostPort {
  /** A name or a literal address, without brackets. */
  readonly host: string;
  readonly port: number;
}

export interface ServerAddress extends HostPort {
  /** The one spelling: what keys are pinned under and people are shown. */
  readonly name: string;
}

/**
 * Reads `HOST:PORT`, `HOST`, `[IPV6]:PORT` or `[IPV6]`; the port is 7777 unless given, 0 means any. Without
 * brackets `::1:80` could be read in two ways, so it is refused.
 * @throws NatterError BAD_ADDRESS
 */
export function parseAddress(text: string): HostPort {
  const [, literal, name, digits] = WRITTEN.exec(text.trim()) ?? [];
  const host = literal ?? name;
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (host === undefined || port > PORT_MAX || (literal !== undefined && !isIPv6(literal))) {
    throw new NatterError(
      'BAD_ADDRESS',
      `"${text}" is not an address; write HOST:PORT, as in 127.0.0.1:${DEFAULT_PORT} or [::1]:${DEFAULT_PORT}.`,
    );
  }
  return { host, port };
}

/**
 * Where to listen: as `parseAddress`, but an address of numbers, since nobody listens on a name. `localhost` is 127.0.0.1.
 * @throws NatterError BAD_ADDRESS
 */
export function parseListener(text: string): HostPort {
  const { host, port } = parseAddress(text);
  if (host.toLowerCase() === 'localhost') return { host: '127.0.0.1', port };
  if (host.includes(':') || isIPv4(host)) return { host, port };
  throw new NatterError(
    'BAD_ADDRESS',
    `"${host}" is no IP address to listen on; write one of this machine, as in 0.0.0.0:${DEFAULT_PORT} (all of them) or 127.0.0.1:${DEFAULT_PORT}.`,
  );
}

/** What to say of a host that no interface here has. */
export function notOfThisMachine(host: string): NatterError {
  return new NatterError(
    'BAD_ADDRESS',
    `${host} is no address of this machine; write one that is, or 0.0.0.0 for all of them.`,
    { host },
  );
}

/**
 * What a client dials: as `parseAddress`, but port 0 is nowhere.
 * @throws NatterError BAD_ADDRESS
 */
export function parseServer(text: string): ServerAddress {
  const address = parseAddress(text);
  if (address.port === 0)
    throw new NatterError('BAD_ADDRESS', 'Port 0 is nobody; write the port the server printed.');
  return { ...address, name: formatAddress(address) };
}

/** `HOST:PORT` or `[IPV6]:PORT`, the host in lower case. */
export function formatAddress({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host.toLowerCase()}]:${port}` : `${host.toLowerCase()}:${port}`;
}

/** Four numbers: URLs write anything else that they take for an address otherwise. */
function isIPv4(text: string): boolean {
  const url = `http://${text}`;
  return /^[\d.]+$/.test(text) && URL.canParse(url) && new URL(url).hostname === text;
}

/** With or without the zone of a link-local one (`fe80::1%eth0`), which URLs do not know. */
function isIPv6(text: string): boolean {
  return URL.canParse(`http://[${text.replace(/%\w+$/, '')}]`);
}
