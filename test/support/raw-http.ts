/** HTTP byte by byte, for what no ordinary client would send. Loopback only. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawRequest {
  readonly method?: string;
  /** As it is written in the request line. */
  readonly target: string;
  /** Lines without their ends; Host is not added by itself. */
  readonly headers: readonly string[];
  readonly body?: string;
}

export interface RawReply {
  readonly status: number;
  /** Names in lower case; of one that came twice the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export function bytesOf({ method = 'GET', target, headers, body = '' }: RawRequest): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return [`${method} ${target} HTTP/1.1`, ...headers, ...length, '', body].join('\r\n');
}

/** Asks on a connection of its own, and reads until the server ends that or the body is whole. */
export async function ask(port: number, request: RawRequest): Promise<RawReply> {
  const connection = await RawHttp.open(port);
  try {
    connection.send(bytesOf(request));
    await connection.until('an answer', () => connection.isClosed || connection.hasWholeReply());
    return connection.reply();
  } finally {
    await connection.close();
  }
}

export class RawHttp {
  /** All that came, a character a byte. */
  received = '';
  isClosed = false;
  readonly #socket: Socket;
  readonly #waiting = new Set<() => void>();

  static async open(port: number, host = '127.0.0.1'): Promise<RawHttp> {
    const socket = connect(port, host);
    await once(socket, 'connect');
    return new RawHttp(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      this.#wake();
    });
    // A server that refuses what comes resets the connection: that is an end as any other.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** Writes this; resolves when the system took it, or the connection is over. */
  send(bytes: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      if (this.isClosed) resolve();
      else this.#socket.write(bytes, () => resolve());
    });
  }

  /** Reads nothing more: what the server sends stays with it. */
  pause(): void {
    this.#socket.pause();
  }

  async until(what: string, isMet: () => boolean, timeoutMs = 20_000): Promise<void> {
    if (isMet()) return;
    await new Promise<void>((resolve, reject) => {
      const check = () => {
        if (!isMet()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(check);
        reject(new Error(`no ${what} within ${timeoutMs} ms; so far: ${this.received.slice(0, 500)}`));
      }, timeoutMs);
      this.#waiting.add(check);
    });
  }

  /** How many answers began. */
  statuses(): number[] {
    return [...this.received.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status));
  }

  /** Whether the head came, and as much of a body as it announces. */
  hasWholeReply(): boolean {
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const { headers, body } = this.reply();
    const length = headers.get('content-length');
    if (length !== undefined) return body.length >= Number(length);
    return headers.get('transfer-encoding') === 'chunked' ? body.endsWith('0\r\n\r\n') : false;
  }

  /** The first answer, as far as it came. */
  reply(): RawReply {
    const end = this.received.indexOf('\r\n\r\n');
    const [line = '', ...rest] = this.received.slice(0, end < 0 ? undefined : end).split('\r\n');
    const headers = new Map(
      rest.map((header) => {
        const colon = header.indexOf(':');
        return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()] as const;
      }),
    );
    return {
      status: Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1] ?? 0),
      headers,
      body: end < 0 ? '' : this.received.slice(end + 4),
    };
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.#socket.destroy();
    await once(this.#socket, 'close');
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
