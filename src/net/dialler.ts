/**
 * The client side of handshakes. An attempt sends initiations until one is answered:
 *
 *     IK or XX --RETRY--> again with its token --RESPONSE--> (XX: FINISH) --> connection
 *        |  no answer: again after 300 ms, 600 ms, then every second
 *        v
 *     IK_TRIES times IK in vain: XX, which shows the server's key. Another one than pinned: failed, told at
 *     once; the same: go on with what XX has made.
 */
import { Malformed, Writer } from './bytes.js';
import {
  FINISH_RETRY_MIN_MS,
  FLIGHTS_MAX,
  FOREIGN_RESPONSE_GRACE_MS,
  HANDSHAKE_HALF_OPEN_MS,
  HANDSHAKE_RETRY_FIRST_MS,
  HANDSHAKE_RETRY_MAX_MS,
  IK_TRIES,
  INITIATION_BYTES,
  Pattern,
  RETRIES_FOLLOWED_MAX,
  TOKEN_MAX_BYTES,
  TOKENS_KEPT_MAX,
} from './constants.js';
import { Deadlines, type Timed } from './deadlines.js';
import { Handshake, peerPattern } from './handshake.js';
import { finish, initiation, type Response, response, retry } from './packet.js';
import type { Flight, HandshakeHost } from './slot.js';
import { CloseCode, type CloseReason, type ConnectOptions, type PathAddress } from './types.js';

const NO_TOKEN = Buffer.alloc(0);

/** A datagram that is sent again, ever more seldom, until its timer is taken out. */
interface Repeated extends Timed {
  nextAt: number;
  intervalMs: number;
  wake(now: number): void;
}

interface Attempt extends Repeated {
  readonly number: number;
  readonly options: ConnectOptions;
  giveUpAt: number;
  /** Somebody answered there, and did not let us in. */
  answered: boolean;
  /** Newest last; an answer to any of them completes the attempt. */
  readonly flights: Flight[];
  unanswered: number;
  /** RETRYs followed since the timer last ran, so that a stranger on the path cannot make us spin. */
  retriesFollowed: number;
}

export class Dialler {
  readonly #host: HandshakeHost;
  readonly #attempts = new Map<number, Attempt>();
  readonly #timers = new Deadlines<Repeated>();
  readonly #due: Repeated[] = [];
  /** One token per server address for the next initiation, in the order in which they came. */
  readonly #tokens = new Map<string, Buffer>();
  readonly #writer = new Writer(INITIATION_BYTES);

  constructor(host: HandshakeHost) {
    this.#host = host;
  }

  /** The first initiation leaves at the next flush. */
  connect(number: number, options: ConnectOptions, now: number): void {
    const attempt: Attempt = {
      number,
      options,
      giveUpAt: now + options.giveUpMs,
      answered: false,
      flights: [],
      unanswered: 0,
      retriesFollowed: 0,
      nextAt: now,
      intervalMs: HANDSHAKE_RETRY_FIRST_MS,
      heapIndex: -1,
      heapAt: 0,
      deadline: () => Math.min(attempt.nextAt, attempt.giveUpAt),
      wake: (at) => this.#wake(attempt, at),
    };
    this.#attempts.set(number, attempt);
    this.#timers.rearm(attempt);
  }

  abandon(number: number): void {
    const attempt = this.#attempts.get(number);
    if (attempt !== undefined) this.#forget(attempt);
  }

  clear(): void {
    for (const attempt of this.#attempts.values()) this.#forget(attempt);
  }

  keepToken(of: PathAddress, token: Buffer): void {
    if (token.length === 0 || token.length > TOKEN_MAX_BYTES) return;
    const server = nameOf(of);
    this.#tokens.delete(server);
    this.#tokens.set(server, Buffer.from(token));
    if (this.#tokens.size <= TOKENS_KEPT_MAX) return;
    for (const oldest of this.#tokens.keys()) {
      this.#tokens.delete(oldest);
      break;
    }
  }

  flush(now: number): void {
    this.#timers.due(now, this.#due);
    for (const repeated of this.#due.splice(0)) repeated.wake(now);
  }

  deadline(): number {
    return this.#timers.next;
  }

  /** Throws Malformed. */
  retry(flight: Flight, datagram: Buffer, now: number): void {
    const { token } = retry.decode(datagram);
    const attempt = this.#attempts.get(flight.attempt);
    const newest = attempt?.flights.at(-1);
    if (attempt === undefined || newest === undefined || token.length === 0) return;
    // Late copies of a RETRY that was followed already ask for nothing new.
    if (flight !== newest && newest.hasToken) return;
    // Without the key of a closed community nothing else is ever answered.
    if (this.#host.peers?.psk !== undefined) attempt.answered = true;
    if (attempt.retriesFollowed >= RETRIES_FOLLOWED_MAX) return;
    attempt.retriesFollowed++;
    this.#launch(attempt, Buffer.from(token), now);
    // Somebody is there and has just answered: patience begins anew.
    attempt.intervalMs = HANDSHAKE_RETRY_FIRST_MS;
    attempt.nextAt = now + attempt.intervalMs;
    this.#timers.rearm(attempt);
  }

  /** Throws Malformed when it is not authentic; the flight goes on then. */
  response(flight: Flight, datagram: Buffer, now: number): void {
    const answer = response.decode(datagram);
    const attempt = this.#attempts.get(flight.attempt);
    if (attempt === undefined) return;
    const { handshake, localId } = flight;
    this.#read(attempt, handshake, answer, now);
    const { to, serverKey, keepaliveMs } = attempt.options;
    const offered = handshake.remoteKey;
    if (serverKey !== undefined && offered !== undefined && !offered.equals(serverKey)) {
      this.#fail(
        attempt,
        CloseCode.KeyChanged,
        'The server showed another key than the pinned one.',
        offered,
      );
      return;
    }
    this.#forget(attempt);
    const remoteId = Buffer.from(answer.senderId);
    const message = handshake.complete ? undefined : handshake.write();
    const established = handshake.established(now);
    const rttMs = flight.repeated ? undefined : now - flight.sentAt;
    const opening = { attempt: attempt.number, established, path: to, localId, remoteId, rttMs, keepaliveMs };
    if (message !== undefined) {
      finish.encode(this.#writer.reset(), { receiverId: remoteId, message });
      this.#repeatFinish(this.#writer.copy(), to, rttMs, () => established.keys.heard, now);
    }
    this.#host.open(opening, now);
  }

  #wake(attempt: Attempt, now: number): void {
    if (now >= attempt.giveUpAt) {
      this.#giveUp(attempt);
      return;
    }
    const newest = attempt.flights.at(-1);
    if (newest !== undefined) {
      attempt.unanswered++;
      attempt.nextAt = now + later(attempt);
    } else {
      attempt.nextAt = now + attempt.intervalMs;
    }
    attempt.retriesFollowed = 0;
    if (newest === undefined || newest.pattern !== this.#pattern(attempt)) {
      this.#launch(attempt, this.#takeToken(attempt.options.to), now);
    } else {
      newest.repeated = true;
      this.#host.transmit(newest.datagram, attempt.options.to);
    }
    this.#timers.rearm(attempt);
  }

  /** @throws Malformed when it does not open: then peers have not got the same community and key */
  #read(attempt: Attempt, handshake: Handshake, { message, senderId }: Response, now: number): void {
    try {
      handshake.read(message, senderId);
    } catch (error) {
      if (error instanceof Malformed && this.#host.peers !== undefined) {
        this.#host.counters.foreign++;
        attempt.answered = true;
        attempt.giveUpAt = Math.min(attempt.giveUpAt, now + FOREIGN_RESPONSE_GRACE_MS);
        this.#timers.rearm(attempt);
      }
      throw error;
    }
  }

  #giveUp(attempt: Attempt): void {
    const { peers } = this.#host;
    if (peers === undefined) {
      this.#fail(attempt, CloseCode.NoAnswer, 'The server did not answer.', undefined);
    } else if (attempt.answered) {
      const text = 'Whoever answers there is of another community, has another key of it, or is too busy.';
      this.#fail(attempt, CloseCode.Foreign, text, undefined);
    } else {
      this.#fail(attempt, CloseCode.NoAnswer, 'Nobody answers there.', undefined);
    }
  }

  #pattern(attempt: Attempt): Pattern {
    if (this.#host.peers !== undefined) return peerPattern(this.#host.peers);
    return attempt.options.serverKey !== undefined && attempt.unanswered < IK_TRIES ? Pattern.IK : Pattern.XX;
  }

  /** Sends a new initiation; each has its own id and its own Noise state. */
  #launch(attempt: Attempt, token: Buffer, now: number): void {
    const { ids, random } = this.#host;
    const { to, serverKey } = attempt.options;
    const pattern = this.#pattern(attempt);
    const ik = pattern === Pattern.IK;
    const handshake = Handshake.initiate(this.#host, pattern, ik ? serverKey : undefined);
    const message = handshake.write(ik ? token : NO_TOKEN);
    const localId = ids.draw(random);
    initiation.encode(this.#writer.reset(), { pattern, senderId: localId, token, message });
    const flight: Flight = {
      kind: 'flight',
      attempt: attempt.number,
      pattern,
      localId,
      handshake,
      datagram: this.#writer.copy(),
      hasToken: token.length > 0,
      sentAt: now,
      repeated: false,
    };
    attempt.flights.push(flight);
    ids.set(localId, flight);
    if (attempt.flights.length > FLIGHTS_MAX) {
      const oldest = attempt.flights.shift();
      if (oldest !== undefined) ids.delete(oldest.localId);
    }
    this.#host.transmit(flight.datagram, to);
  }

  /** Until the server has shown, by any sealed packet, that FINISH arrived; it forgets us after the same time. */
  #repeatFinish(
    datagram: Buffer,
    to: PathAddress,
    rttMs: number | undefined,
    arrived: () => boolean,
    now: number,
  ): void {
    const until = now + HANDSHAKE_HALF_OPEN_MS;
    // All that follows is lost with a lost FINISH, so it is not waited for longer than it may well take.
    const likelyMs = Math.max(FINISH_RETRY_MIN_MS, (rttMs ?? HANDSHAKE_RETRY_FIRST_MS) * 3);
    const intervalMs = Math.min(HANDSHAKE_RETRY_FIRST_MS, likelyMs);
    const repeated: Repeated = {
      nextAt: now + intervalMs,
      intervalMs,
      heapIndex: -1,
      heapAt: 0,
      deadline: () => repeated.nextAt,
      wake: (at) => {
        if (arrived() || at >= until) return;
        repeated.nextAt = at + later(repeated);
        this.#host.transmit(datagram, to);
        this.#timers.rearm(repeated);
      },
    };
    this.#host.transmit(datagram, to);
    this.#timers.rearm(repeated);
  }

  #takeToken(to: PathAddress): Buffer {
    const server = nameOf(to);
    const token = this.#tokens.get(server);
    this.#tokens.delete(server);
    return token ?? NO_TOKEN;
  }

  #fail(attempt: Attempt, code: CloseCode, text: string, offeredKey: Buffer | undefined): void {
    this.#forget(attempt);
    const reason: CloseReason = { code, text, local: true };
    this.#host.handler.failed?.(attempt.number, reason, offeredKey);
  }

  #forget(attempt: Attempt): void {
    this.#attempts.delete(attempt.number);
    this.#timers.remove(attempt);
    for (const flight of attempt.flights) this.#host.ids.delete(flight.localId);
  }
}

/** Doubles an interval and returns it, milliseconds. */
function later(repeated: Repeated): number {
  repeated.intervalMs = Math.min(repeated.intervalMs * 2, HANDSHAKE_RETRY_MAX_MS);
  return repeated.intervalMs;
}

function nameOf(path: PathAddress): string {
  return `${path.address} ${path.port}`;
}
