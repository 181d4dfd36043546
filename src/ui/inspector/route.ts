import type { ServerResponse } from 'node:http';
import { NatterError } from '../../chat/error.js';

/** What a route is asked, once the gate has let the request in and its body, if any, was read. */
export interface Ask {
  readonly query: URLSearchParams;
  /** JSON as it came; undefined for GET. Nothing about it is checked yet. */
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  /** Media type. */
  readonly type: string;
  readonly body: string | Buffer;
}

/** A request that is answered for as long as its connection lasts. */
export interface OpenAnswer {
  readonly open: (response: ServerResponse) => void;
}

/** One thing that the inspector's server answers; the path is compared as a whole. */
export interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** @throws NatterError what it says is answered with status 400 */
  readonly answer: (ask: Ask) => Answer | OpenAnswer | Promise<Answer | OpenAnswer>;
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(value) };
}

/** A parameter of the address that must be there, at most 200 characters. @throws NatterError */
export function wanted(query: URLSearchParams, name: string): string {
  const value = query.get(name);
  if (value === null || value === '' || value.length > 200)
    throw new NatterError('BAD_ARGUMENT', `Name one ${name} in the address.`);
  return value;
}
