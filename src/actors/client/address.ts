import { isIPv6 } from 'node:net';
import { NatterError } from '../../chat/error.js';

export const DEFAULT_PORT = 7777;
const HOST = /^[\p{L}\p{N}._-]+$/u;

export interface ServerAddress {
  /** A name or a literal address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** `host:port` or `[v6]:port`: what keys are pinned under and people are shown. */
  readonly name: string;
}

/**
 * Reads `host`, `host:port`, `[v6]` or `[v6]:port`.
 * @throws NatterError BAD_ADDRESS
 */
export function parseServer(text: string): ServerAddress {
  const given = text.trim();
  const bracketed = /^\[([^\]]*)\](?::(\d+))?$/.exec(given);
  if (bracketed !== null) {
    const host = bracketed[1] ?? '';
    if (!isIPv6(host)) throw bad(text);
    return { host, ...named(`[${host}]`, bracketed[2], text) };
  }
  if (isIPv6(given)) return { host: given, ...named(`[${given}]`, undefined, text) };
  const [host = '', port, ...more] = given.split(':');
  if (!HOST.test(host) || more.length > 0) throw bad(text);
  return { host, ...named(host.toLowerCase(), port, text) };
}

function named(host: string, digits: string | undefined, text: string): { port: number; name: string } {
  const port = digits === undefined ? DEFAULT_PORT : Number(digits);
  if (digits === '' || !Number.isInteger(port) || port < 1 || port > 65_535) throw bad(text);
  return { port, name: `${host}:${port}` };
}

function bad(text: string): NatterError {
  return new NatterError(
    'BAD_ADDRESS',
    `"${text}" is not a server's address; write HOST:PORT, for example 127.0.0.1:${DEFAULT_PORT} or [::1]:${DEFAULT_PORT}.`,
  );
}
