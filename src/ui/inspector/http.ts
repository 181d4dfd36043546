import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NatterError } from '../../chat/error.js';
import type { Assets } from './assets.js';
import { readBody, TOO_LARGE } from './body.js';
import { Callers } from './callers.js';
import { Gate, newToken } from './gate.js';
import { type Answer, json, type OpenAnswer, type Route } from './route.js';

const HOST = '127.0.0.1';
const HEADER_BYTES_MAX = 8_192;
/** A request that takes longer to arrive is cut off; ms. */
const REQUEST_MS = 5_000;
const CHECK_MS = 1_000;
/** A browser keeps some connections besides each page's stream. */
const CONNECTIONS_MAX = 64;

/** On every answer. Scripts, styles and pictures come from here or not at all, and no other page may hold this one. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

const FORBIDDEN: Answer = {
  status: 403,
  type: 'text/plain; charset=utf-8',
  body: 'This link is not, or no longer, valid. Open the one that natter printed when it started.\n',
};

/**
 * The inspector's web server: it listens on 127.0.0.1 only, answers whoever has the token, and bounds whatever comes
 * in. The token is a parameter of the address (`/?token=T`, `/api/...?token=T`); below `/assets/T/` it is a folder,
 * because a module's imports inherit its folder and not its parameters. There are no cookies: those would be shared
 * with whatever else runs on this machine's other ports.
 */
export class InspectorHttp {
  readonly #http: Server;
  readonly #assets: Assets;
  readonly #routes: readonly Route[];
  readonly #token = newToken();
  readonly #callers: Callers;
  #gate: Gate | undefined;
  #port = 0;

  constructor(assets: Assets, routes: readonly Route[]) {
    this.#assets = assets;
    this.#routes = routes;
    this.#http = createServer(
      {
        maxHeaderSize: HEADER_BYTES_MAX,
        requestTimeout: REQUEST_MS,
        headersTimeout: REQUEST_MS,
        // Node looks only so often whether a request takes too long: every 30 s by itself.
        connectionsCheckingInterval: CHECK_MS,
      },
      (request, response) => void this.#handle(request, response),
    );
    this.#http.maxConnections = CONNECTIONS_MAX;
    this.#callers = new Callers(this.#http);
  }

  /** The link for people; known once it listens. */
  get url(): string {
    return `http://${HOST}:${this.#port}/?token=${this.#token}`;
  }

  /** @param port 0 means any. @throws NatterError PORT_TAKEN */
  async listen(port: number): Promise<void> {
    const http = this.#http;
    await new Promise<void>((resolve, reject) => {
      http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port)));
      http.listen(port, HOST, resolve);
    });
    this.#port = (http.address() as AddressInfo).port;
    this.#gate = new Gate(this.#port, this.#token);
  }

  async close(): Promise<void> {
    const http = this.#http;
    if (!http.listening) return;
    await new Promise<void>((resolve) => {
      http.close(() => resolve());
      http.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#callers.isDismissed(request.socket)) return;
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    let answer: Answer | OpenAnswer;
    try {
      answer = await this.#answer(request, response);
    } catch (error) {
      answer = failure(error);
    }
    if (response.destroyed) return;
    if ('open' in answer) {
      if (this.#callers.isDismissed(request.socket)) return;
      // It has this connection until the end: whatever is asked behind it would wait for that.
      this.#callers.dismiss(request.socket);
      return answer.open(response);
    }
    // What is left of a body that nobody read must not be taken for the next request; and whoever is refused keeps
    // no connection for the next try.
    if (!request.complete || answer === FORBIDDEN) response.setHeader('connection', 'close');
    response.writeHead(answer.status, {
      'content-type': answer.type,
      'content-length': Buffer.byteLength(answer.body),
    });
    response.end(answer.body);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | OpenAnswer> {
    const [path = '', search = ''] = splitOnce(request.url ?? '', '?');
    const query = new URLSearchParams(search);
    const asset = /^\/assets\/([\w-]{1,64})\/([\w.-]{1,64})$/.exec(path);
    const [token, ...others] = asset ? [asset[1]] : query.getAll('token');
    if (others.length > 0 || this.#gate?.admits(request, token) !== true) {
      this.#callers.dismiss(request.socket);
      return FORBIDDEN;
    }
    this.#callers.trust(request.socket);
    const found = asset ? this.#assets.get(asset[2] ?? '') : path === '/' ? this.#page() : undefined;
    const routes = this.#routes.filter((route) => route.path === path);
    if (found === undefined && routes.length === 0) return FORBIDDEN;
    const route = routes.find(({ method }) => method === request.method);
    if (found === undefined ? route === undefined : request.method !== 'GET') {
      response.setHeader('allow', found ? 'GET' : routes.map(({ method }) => method).join(', '));
      return { status: 405, type: 'text/plain; charset=utf-8', body: 'Not in this way.\n' };
    }
    if (found !== undefined || route === undefined) return found ?? FORBIDDEN;
    if (route.method === 'GET') return route.answer({ query, body: undefined });
    const text = await readBody(request);
    if (text === TOO_LARGE) return { status: 413, type: 'text/plain; charset=utf-8', body: 'Too much.\n' };
    return route.answer({ query, body: parsed(text) });
  }

  #page(): Answer | undefined {
    return this.#assets.page(this.#token);
  }
}

function splitOnce(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + by.length)];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NatterError('BAD_ARGUMENT', 'Send JSON.');
  }
}

/** What went wrong inside is not told outside. */
function failure(error: unknown): Answer {
  if (error instanceof NatterError) return json({ code: error.code, message: error.message }, 400);
  return json({ code: 'INTERNAL', message: 'That failed; try it again.' }, 500);
}

function listenError(error: NodeJS.ErrnoException, port: number): NatterError {
  if (error.code === 'EADDRINUSE' || error.code === 'EACCES')
    return new NatterError(
      'PORT_TAKEN',
      `The inspector cannot have TCP port ${port} on ${HOST}: choose another, or 0 for any.`,
      { port },
    );
  return new NatterError('INTERNAL', `The inspector cannot listen (${error.message}).`, { port }, error);
}
