/**
 * The listening side of handshakes. Three gates, each cheaper than what stands behind it:
 *
 *     INITIATION --token?--> rate of its address --> queue --one per ms--> Noise --> half-open --> connection
 *                  |no          |over                |full                        |forged    |expired
 *                  v RETRY      v dropped            v dropped                    v dropped  v forgotten
 *
 * Before the first gate nothing is kept, and the RETRY is smaller than the initiation (RFC 9000 section 8).
 * Whatever fails gets no answer, only a counter.
 */
import { Malformed, Writer } from './bytes.js';
import {
  CONNECTIONS_PER_NETWORK_MAX,
  HANDSHAKE_ADDRESSES_MAX,
  HANDSHAKE_HALF_OPEN_MS,
  HANDSHAKE_PAUSE_MS,
  HANDSHAKES_BURST,
  HANDSHAKES_HALF_OPEN_MAX,
  HANDSHAKES_PER_S,
  HANDSHAKES_QUEUED_MAX,
  Pattern,
} from './constants.js';
import { type Established, Handshake, peerPattern } from './handshake.js';
import { finish, type Initiation, initiation, response, retry } from './packet.js';
import { RateLimiter } from './ratelimit.js';
import type { DrivenConnection } from './seam.js';
import type { HalfOpen, HandshakeHost } from './slot.js';
import { TokenKind, Tokens } from './token.js';
import type { Limits, PathAddress } from './types.js';

interface Queued {
  readonly initiation: Initiation;
  readonly from: PathAddress;
}

export class Responder {
  readonly #host: HandshakeHost;
  readonly #tokens: Tokens;
  readonly #limiter: RateLimiter;
  readonly #queue: Queued[] = [];
  readonly #connectionsPerAddressMax: number;
  /** When the next handshake may be computed. */
  #nextAt = 0;
  /** In the order of expiry, since all live equally long. */
  readonly #halfOpen = new Set<HalfOpen>();
  readonly #writer = new Writer(256);

  constructor(host: HandshakeHost, limits: Partial<Limits>) {
    this.#host = host;
    this.#connectionsPerAddressMax = limits.connectionsPerAddressMax ?? CONNECTIONS_PER_NETWORK_MAX;
    this.#tokens = new Tokens(host.random);
    this.#limiter = new RateLimiter(
      limits.handshakesPerS ?? HANDSHAKES_PER_S,
      limits.handshakesBurst ?? HANDSHAKES_BURST,
      HANDSHAKE_ADDRESSES_MAX,
    );
  }

  /** At most HANDSHAKES_HALF_OPEN_MAX. */
  get halfOpenCount(): number {
    return this.#halfOpen.size;
  }

  /** A token for a TOKEN frame, as bytes of its own. */
  token(to: PathAddress, now: number): Buffer {
    return Buffer.from(this.#tokens.issue(TokenKind.Address, to, now));
  }

  /** Throws Malformed. */
  initiation(datagram: Buffer, from: PathAddress, now: number): void {
    const asked = initiation.decode(datagram);
    const { peers } = this.#host;
    if (peers === undefined ? asked.pattern === Pattern.XXpsk0 : asked.pattern !== peerPattern(peers)) {
      this.#host.counters.foreign++;
      return;
    }
    if (!this.#tokens.valid(asked.token, from, now)) {
      this.#retry(asked, from, now);
      return;
    }
    const { counters, connectionCount, connectionsMax } = this.#host;
    // Those on their way count as well: who is answered shall find a place.
    const taken = connectionCount + this.#halfOpen.size + this.#queue.length;
    const room =
      taken < connectionsMax &&
      this.#queue.length < HANDSHAKES_QUEUED_MAX &&
      this.#host.connectionsFrom(from.address) < this.#connectionsPerAddressMax;
    if (!room || !this.#limiter.take(from.address, now)) {
      counters.handshakesRefused++;
      return;
    }
    this.#tokens.spend(asked.token, now);
    // One copy of what is used; the datagram's buffer belongs to the socket.
    const { pattern } = asked;
    const senderId = Buffer.from(asked.senderId);
    this.#queue.push({
      initiation: {
        pattern,
        senderId,
        token: Buffer.from(asked.token),
        message: Buffer.from(asked.message),
      },
      from: { address: from.address, port: from.port },
    });
  }

  /** Computes one of the waiting handshakes and forgets those that were never finished. */
  flush(now: number): void {
    for (const half of this.#halfOpen) {
      if (half.answeredAt + HANDSHAKE_HALF_OPEN_MS > now) break;
      this.#host.counters.unfinished++;
      this.#drop(half);
    }
    const queued = now >= this.#nextAt ? this.#queue.shift() : undefined;
    if (queued === undefined) return;
    this.#nextAt = now + HANDSHAKE_PAUSE_MS;
    try {
      this.#respond(queued.initiation, queued.from, now);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#host.counters.handshakesRefused++;
      if (queued.initiation.pattern === Pattern.XXpsk0) this.#host.counters.foreign++;
    }
  }

  /** When the next handshake may be computed, or the oldest half-open one expires. */
  deadline(): number {
    if (this.#queue.length > 0) return this.#nextAt;
    for (const half of this.#halfOpen) return half.answeredAt + HANDSHAKE_HALF_OPEN_MS;
    return Number.POSITIVE_INFINITY;
  }

  /** XX, message 3. Throws Malformed. */
  finish(half: HalfOpen, datagram: Buffer, now: number): void {
    const { message } = finish.decode(datagram);
    if (!(half.waits instanceof Handshake)) throw new Malformed('a FINISH in an IK handshake');
    half.waits.read(message);
    this.#forget(half);
    this.#open(half, half.waits.established(now), now);
  }

  /**
   * A sealed packet for a half-open handshake: the first one that opens completes IK. Before FINISH nothing
   * can be opened, and a packet that overtook it is dropped; its sender will send it again.
   */
  sealed(half: HalfOpen, datagram: Buffer, from: PathAddress, now: number): void {
    const { waits } = half;
    if (waits instanceof Handshake || waits.keys.open(datagram, now) < 0) {
      this.#host.counters.dropped++;
      return;
    }
    this.#forget(half);
    this.#open(half, waits, now).receive(datagram, from, now);
  }

  clear(): void {
    this.#queue.length = 0;
    for (const half of this.#halfOpen) this.#drop(half);
  }

  #retry(asked: Initiation, from: PathAddress, now: number): void {
    const token = this.#tokens.issue(TokenKind.Path, from, now);
    retry.encode(this.#writer.reset(), { receiverId: asked.senderId, token });
    this.#host.counters.retries++;
    this.#host.transmit(this.#writer.view(), from);
  }

  #respond(asked: Initiation, path: PathAddress, now: number): void {
    const { ids, random } = this.#host;
    const handshake = Handshake.respond(this.#host, asked.pattern);
    // An IK initiation that was caught on its way carries another token inside than the thief can get.
    handshake.read(asked.message, asked.pattern === Pattern.IK ? asked.token : undefined);
    const localId = ids.draw(random);
    // Sealed as well as outside, so that nobody can send our peer's packets elsewhere.
    const message = handshake.write(localId);
    const half: HalfOpen = {
      kind: 'halfOpen',
      localId,
      remoteId: asked.senderId,
      path,
      answeredAt: now,
      waits: handshake.complete ? handshake.established(now) : handshake,
    };
    // The oldest goes: it has had more time than any other, so it is the least likely to be finished still.
    if (this.#halfOpen.size >= HANDSHAKES_HALF_OPEN_MAX) {
      for (const oldest of this.#halfOpen) {
        this.#drop(oldest);
        this.#host.counters.handshakesRefused++;
        break;
      }
    }
    this.#halfOpen.add(half);
    ids.set(localId, half);
    response.encode(this.#writer.reset(), { receiverId: asked.senderId, senderId: localId, message });
    this.#host.transmit(this.#writer.view(), path);
  }

  #open(half: HalfOpen, established: Established, now: number): DrivenConnection {
    const { path, localId, remoteId, answeredAt } = half;
    return this.#host.open({ established, path, localId, remoteId, rttMs: now - answeredAt }, now);
  }

  #drop(half: HalfOpen): void {
    this.#forget(half);
    if (!(half.waits instanceof Handshake)) half.waits.keys.erase();
  }

  #forget(half: HalfOpen): void {
    this.#halfOpen.delete(half);
    this.#host.ids.delete(half.localId);
  }
}
