import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const TOKEN_BYTES = 24;

/** A token for one life of a process: it is in no file, and nobody has to make one up. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url');
}

/**
 * Who may come in: whoever has the link, in a browser that was led to this machine by its own name. The host is
 * checked because any web site can have its name point at 127.0.0.1 (DNS rebinding); the origin, because a page
 * elsewhere may post here unasked.
 */
export class Gate {
  readonly #hosts: ReadonlySet<string>;
  readonly #token: Buffer;

  constructor(port: number, token: string) {
    this.#hosts = new Set([`127.0.0.1:${port}`, `localhost:${port}`]);
    this.#token = digest(token);
  }

  /** @param token what the request brought, if it brought one */
  admits({ headersDistinct }: IncomingMessage, token: string | undefined): boolean {
    const [host, ...others] = headersDistinct.host ?? [];
    if (host === undefined || others.length > 0 || !this.#hosts.has(host.toLowerCase())) return false;
    const origins = headersDistinct.origin ?? [];
    if (origins.some((origin) => origin.toLowerCase() !== `http://${host.toLowerCase()}`)) return false;
    return token !== undefined && timingSafeEqual(digest(token), this.#token);
  }
}

/** Of equal length whatever was sent, so that comparing tells nothing. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
