import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { notOfThisMachine } from '../chat/address.js';
import { NatterError } from '../chat/error.js';
import type { CloseCode, Endpoint, PathAddress } from '../net/types.js';
import type { Clock } from './runtime/actor.js';

/** Asked of the kernel; it may give less. A burst of 200 members' acks must not be dropped while a commit runs. */
const RECEIVE_BUFFER_BYTES = 4 << 20;
const SEND_BUFFER_BYTES = 4 << 20;
/** Of datagrams copied and queued while the kernel's buffer is full; beyond it they are lost like any other. */
const QUEUED_BYTES_MAX = 768 * 1024;
/** What is due sooner is not left to a timer, which takes a millisecond at the least. */
const SOON_MS = 0.5;

export interface UdpOptions {
  readonly bind: { readonly host: string; readonly port: number };
  readonly clock: Clock;
  /** Makes the endpoint that this socket serves. */
  readonly endpoint: (transmit: (datagram: Buffer, to: PathAddress) => void) => Endpoint;
}

/**
 * Joins one UDP socket and one endpoint. Datagrams of a turn are taken in as they come; what they cause goes
 * out once, in the check phase after them, so that acks, answers and pushes of a turn share datagrams.
 */
export class UdpDriver {
  readonly endpoint: Endpoint;
  /** False: datagrams are dropped, since nobody would answer for them yet; their senders try again. */
  accepting = true;
  /** Datagrams not sent because the kernel's and our own queue were full. */
  overflowed = 0;
  readonly #socket: Socket;
  readonly #clock: Clock;
  #flushing: NodeJS.Immediate | undefined;
  #timer: unknown;
  #armedAt = Number.POSITIVE_INFINITY;
  #closed = false;

  /** @throws NatterError PORT_TAKEN, BAD_ADDRESS */
  static async open(options: UdpOptions): Promise<UdpDriver> {
    const { host, port } = options.bind;
    const socket = createSocket({
      type: isIPv6(host) ? 'udp6' : 'udp4',
      // Every address handed to `send` is numeric already; the default would resolve it again per datagram.
      lookup: (address, family, done) => done(null, address, Number(family)),
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', (error: NodeJS.ErrnoException) => {
        socket.close();
        reject(bindError(error, host, port));
      });
      socket.bind({ address: host, port, exclusive: true }, resolve);
    });
    socket.removeAllListeners('error');
    return new UdpDriver(socket, options);
  }

  private constructor(socket: Socket, options: UdpOptions) {
    this.#socket = socket;
    this.#clock = options.clock;
    growBuffers(socket);
    this.endpoint = options.endpoint((datagram, to) => this.#transmit(datagram, to));
    socket.on('message', (datagram, from) => {
      if (!this.accepting) return;
      this.endpoint.receive(datagram, from, this.#clock.now());
      this.wake();
    });
    // An ICMP error for one peer (ECONNREFUSED and the like) says nothing about the others.
    socket.on('error', () => {});
  }

  get address(): { host: string; port: number } {
    const { address, port } = this.#socket.address();
    return { host: address, port };
  }

  /** Something was queued on the endpoint: it is sent at the end of this turn. */
  wake(): void {
    if (this.#flushing === undefined && !this.#closed) this.#flushing = setImmediate(() => this.#turn());
  }

  /** Sends CLOSE to every peer, then frees the socket. */
  async close(code: CloseCode, text: string): Promise<void> {
    if (this.#closed) return;
    this.endpoint.close(code, text, this.#clock.now());
    this.endpoint.flush(this.#clock.now());
    this.#closed = true;
    clearImmediate(this.#flushing);
    this.#clock.clearTimeout(this.#timer);
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
  }

  #turn(): void {
    this.#flushing = undefined;
    if (this.#closed) return;
    const now = this.#clock.now();
    this.endpoint.flush(now);
    this.#arm(now);
  }

  /** Leaves an earlier timer alone: firing too early costs one flush, re-arming costs one per turn. */
  #arm(now: number): void {
    const deadline = this.endpoint.deadline();
    if (deadline > now && deadline - now < SOON_MS) {
      // At such rates a turn's worth leaves, others get their turn, and the next follows.
      this.wake();
      return;
    }
    if (deadline >= this.#armedAt) return;
    this.#clock.clearTimeout(this.#timer);
    this.#armedAt = deadline;
    this.#timer = this.#clock.setTimeout(() => this.#due(), Math.max(1, Math.ceil(deadline - now)));
  }

  #due(): void {
    this.#armedAt = Number.POSITIVE_INFINITY;
    clearImmediate(this.#flushing);
    this.#turn();
  }

  /**
   * The endpoint reuses its buffer at once, which is safe while the kernel takes datagrams synchronously.
   * Once it does not, libuv holds on to what it was given: from then on copies are handed over.
   */
  #transmit(datagram: Buffer, to: PathAddress): void {
    if (this.#closed) return;
    const queued = this.#socket.getSendQueueSize();
    if (queued === 0) {
      this.#socket.send(datagram, to.port, to.address);
    } else if (queued < QUEUED_BYTES_MAX) {
      this.#socket.send(Buffer.from(datagram), to.port, to.address);
    } else {
      this.overflowed++;
    }
  }
}

function growBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
    socket.setSendBufferSize(SEND_BUFFER_BYTES);
  } catch {
    // The platform's own sizes do; losses are repaired.
  }
}

function bindError(error: NodeJS.ErrnoException, host: string, port: number): NatterError {
  if (error.code === 'EADDRINUSE') {
    return new NatterError(
      'PORT_TAKEN',
      `UDP port ${port} on ${host} is taken by another program: stop it, or choose another port with --listen ${host}:PORT (0 means any).`,
      { host, port },
    );
  }
  if (error.code === 'EACCES') {
    return new NatterError(
      'PORT_TAKEN',
      `UDP port ${port} on ${host} needs more rights: choose a port above 1023.`,
      {
        host,
        port,
      },
    );
  }
  if (error.code === 'EADDRNOTAVAIL') return notOfThisMachine(host);
  return new NatterError(
    'BAD_ADDRESS',
    `Cannot listen on ${host}:${port} (${error.code ?? error.message}); write an address of this machine.`,
    { host, port },
  );
}
