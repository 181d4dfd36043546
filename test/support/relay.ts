import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

export interface RelayFaults {
  /** Shares from 0 to 1, each way. */
  readonly lose: number;
  readonly duplicate: number;
  readonly reorder: number;
  readonly seed: number;
  /** Of each way, whoever sends; what would wait longer than QUEUE_MS is lost. Unlimited without it. */
  readonly bytesPerS?: number;
}

export interface RelayCounters {
  in: number;
  lost: number;
  duplicated: number;
  reordered: number;
  /** Bytes that clients sent, and that were sent to them, whatever became of them. */
  bytesUp: number;
  bytesDown: number;
}

/** A reordered datagram waits this long, so that several later ones overtake it. */
const REORDER_MS = 15;
/** What a narrow link holds: a home router's queue. */
const QUEUE_MS = 100;

/**
 * A real UDP link that misbehaves: clients send to it, it sends on to the server from one socket per client,
 * and both ways datagrams are lost, doubled and reordered by a seeded generator.
 */
export class Relay {
  readonly counters: RelayCounters = {
    in: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    bytesUp: 0,
    bytesDown: 0,
  };
  /** When the link has passed on what waits, each way. */
  readonly #freeAt = { up: 0, down: 0 };
  /** Nothing passes while this is true. */
  blackout = false;
  readonly #front: Socket;
  readonly #backs = new Map<string, Socket>();
  readonly #faults: RelayFaults;
  readonly #server: { host: string; port: number };
  #state: number;

  static async open(server: { host: string; port: number }, faults: RelayFaults): Promise<Relay> {
    const front = createSocket('udp4');
    front.bind(0, '127.0.0.1');
    await once(front, 'listening');
    return new Relay(front, server, faults);
  }

  private constructor(front: Socket, server: { host: string; port: number }, faults: RelayFaults) {
    this.#front = front;
    this.#server = server;
    this.#faults = faults;
    this.#state = faults.seed >>> 0 || 1;
    front.on('message', (datagram, from) => {
      const back = this.#back(`${from.address} ${from.port}`, from.address, from.port);
      this.counters.bytesUp += datagram.length;
      this.#pass(datagram, 'up', (copy) => back.send(copy, this.#server.port, this.#server.host));
    });
  }

  get address(): string {
    return `127.0.0.1:${this.#front.address().port}`;
  }

  /** From now on every client seems to come from another port: its address has changed. */
  moveClients(): void {
    for (const back of this.#backs.values()) back.close();
    this.#backs.clear();
  }

  close(): void {
    this.#front.close();
    for (const back of this.#backs.values()) back.close();
    this.#backs.clear();
  }

  #back(key: string, address: string, port: number): Socket {
    const known = this.#backs.get(key);
    if (known !== undefined) return known;
    const back = createSocket('udp4');
    back.on('error', () => {});
    back.on('message', (datagram) => {
      this.counters.bytesDown += datagram.length;
      this.#pass(datagram, 'down', (copy) => this.#front.send(copy, port, address));
    });
    this.#backs.set(key, back);
    return back;
  }

  #pass(datagram: Buffer, way: 'up' | 'down', send: (copy: Buffer) => void): void {
    this.counters.in++;
    if (this.blackout || this.#chance(this.#faults.lose)) {
      this.counters.lost++;
      return;
    }
    const waitMs = this.#queue(datagram.length, way);
    if (waitMs > QUEUE_MS) {
      this.counters.lost++;
      return;
    }
    const deliver = () => {
      try {
        send(datagram);
      } catch {
        // The relay was closed while this datagram was delayed.
      }
    };
    if (this.#chance(this.#faults.duplicate)) {
      this.counters.duplicated++;
      setTimeout(deliver, waitMs + REORDER_MS / 3);
    }
    if (this.#chance(this.#faults.reorder)) {
      this.counters.reordered++;
      setTimeout(deliver, waitMs + REORDER_MS);
    } else if (waitMs >= 1) {
      setTimeout(deliver, waitMs);
    } else {
      deliver();
    }
  }

  /** @returns how long a datagram of this size waits for those before it */
  #queue(bytes: number, way: 'up' | 'down'): number {
    const { bytesPerS } = this.#faults;
    if (bytesPerS === undefined) return 0;
    const now = performance.now();
    const waitMs = Math.max(0, this.#freeAt[way] - now);
    if (waitMs <= QUEUE_MS) this.#freeAt[way] = now + waitMs + (bytes / bytesPerS) * 1000;
    return waitMs;
  }

  /** Mulberry32: small, and the same everywhere. */
  #chance(share: number): boolean {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32 < share;
  }
}
