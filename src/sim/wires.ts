/**
 * One machine's socket in the simulated network: `Wires` as the real I/O actor gives them to a ring peer. Chunks of
 * files are not carried here.
 */
import type { WireHandler, Wires } from '../actors/ring/world.js';
import { FINISH_RETRY_MIN_MS, HANDSHAKE_RETRY_FIRST_MS, HANDSHAKE_RETRY_MAX_MS } from '../net/constants.js';
import { CloseCode, type CloseReason, type Lane, type PathAddress } from '../net/types.js';
import type { Host } from './host.js';
import { addressOf, type Network } from './network.js';
import { WireEnd } from './wire.js';

const NO_ANSWER: CloseReason = {
  code: CloseCode.NoAnswer,
  text: 'nobody answered the handshake',
  local: true,
};

/** How often connections are looked through for silent ones. */
const LOOK_EVERY_MS = 1_000;

/** Before somebody listens. */
export const DEAF: WireHandler = {
  opened: () => undefined,
  frame: () => undefined,
  closed: () => undefined,
  failed: () => undefined,
  wanted: () => undefined,
  chunk: () => undefined,
  supplied: () => undefined,
};

/** An attempt to shake hands, until it is answered or given up. */
interface Attempt {
  readonly end: WireEnd;
  readonly to: PathAddress;
  readonly giveUpAt: number;
  retryMs: number;
}

export class SimWires implements Wires {
  handler: WireHandler = DEAF;
  readonly address: PathAddress;
  readonly addresses: readonly PathAddress[];
  readonly network: Network;
  readonly host: Host;
  readonly #handshakeKey: Buffer;
  readonly #ends = new Map<number, WireEnd>();
  readonly #attempts = new Map<number, Attempt>();
  #dirty: WireEnd[] = [];
  #last = 0;
  #looks = false;

  /** @param handshakeKey X25519, 32 bytes: what a handshake proves of this machine's peer */
  constructor(network: Network, host: Host, handshakeKey: Buffer) {
    this.network = network;
    this.host = host;
    this.#handshakeKey = handshakeKey;
    this.address = addressOf(host.number);
    this.addresses = [this.address];
    network.open(this);
  }

  dial(to: PathAddress, giveUpMs: number): number {
    const { now } = this.network.timeline;
    const end = new WireEnd(++this.#last, this, true);
    const attempt: Attempt = { end, to, giveUpAt: now + giveUpMs, retryMs: HANDSHAKE_RETRY_FIRST_MS };
    this.#attempts.set(end.number, attempt);
    this.#initiate(attempt);
    return end.number;
  }

  abandon(wire: number): void {
    this.#attempts.delete(wire);
  }

  send(wire: number, type: number, body: Uint8Array, _lane: Lane): boolean {
    return this.#ends.get(wire)?.send(type, body) ?? false;
  }

  close(wire: number, code: CloseCode, text: string): void {
    this.#ends.get(wire)?.close(code, text);
  }

  rttMs(wire: number): number | undefined {
    return this.#ends.get(wire)?.rttMs;
  }

  want(): boolean {
    return false;
  }

  unwant(): void {}

  supply(): boolean {
    return false;
  }

  unsupply(): void {}

  /** This end has something to say when the turn is over. */
  dirty(end: WireEnd): void {
    if (this.#dirty.length === 0) this.host.turnEnd(() => this.#flush());
    this.#dirty.push(end);
  }

  gone(end: WireEnd): void {
    this.#ends.delete(end.number);
  }

  #add(end: WireEnd): void {
    this.#ends.set(end.number, end);
    if (this.#looks) return;
    this.#looks = true;
    this.#lookSoon();
  }

  #lookSoon(): void {
    const { timeline } = this.network;
    timeline.plan(timeline.now + LOOK_EVERY_MS, () => this.host.due(() => this.#look()));
  }

  #look(): void {
    this.#looks = this.#ends.size > 0;
    if (!this.#looks) return;
    for (const end of [...this.#ends.values()]) end.look(this.network.timeline.now);
    this.#lookSoon();
  }

  #flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const end of dirty) end.flush();
  }

  /** Noise message 1; it is repeated until RESPONSE comes. */
  #initiate(attempt: Attempt): void {
    const { timeline, weather } = this.network;
    const there = this.network.socket(attempt.to);
    const delay = there && weather.carry(this.host.number, there.host.number, timeline.now);
    if (there !== undefined && delay !== undefined)
      timeline.plan(timeline.now + delay, () => there.host.arrives(() => there.#respond(this, attempt)));
    const retryAt = Math.min(timeline.now + attempt.retryMs, attempt.giveUpAt);
    attempt.retryMs = Math.min(attempt.retryMs * 2, HANDSHAKE_RETRY_MAX_MS);
    timeline.plan(retryAt, () => this.host.due(() => this.#impatient(attempt)));
  }

  #impatient(attempt: Attempt): void {
    if (this.#attempts.get(attempt.end.number) !== attempt) return;
    if (this.network.timeline.now < attempt.giveUpAt) {
      this.#initiate(attempt);
      return;
    }
    this.#attempts.delete(attempt.end.number);
    this.handler.failed(attempt.end.number, NO_ANSWER);
  }

  /** Noise message 2. Nothing is kept here before message 3 comes. */
  #respond(dialler: SimWires, attempt: Attempt): void {
    const { timeline, weather } = this.network;
    const delay = weather.carry(this.host.number, dialler.host.number, timeline.now);
    if (delay === undefined) return;
    timeline.plan(timeline.now + delay, () => dialler.host.arrives(() => dialler.#answered(attempt, this)));
  }

  #answered(attempt: Attempt, there: SimWires): void {
    const { end } = attempt;
    if (!this.#attempts.delete(end.number)) return;
    this.#add(end);
    const other = new WireEnd(++there.#last, there, false);
    [end.other, other.other] = [other, end];
    end.opensAt = this.network.timeline.now;
    end.opened();
    this.#finish(end);
    this.handler.opened(end.number, there.#handshakeKey, there.address, true);
  }

  /** Noise message 3, repeated until it arrives: then the other end is open too. */
  #finish(end: WireEnd): void {
    if (end.isClosed || end.other.isOpen) return;
    const { timeline, weather } = this.network;
    const there = end.other.wires;
    const delay = weather.carry(this.host.number, there.host.number, timeline.now);
    if (delay !== undefined) {
      timeline.plan(timeline.now + delay, () => there.host.arrives(() => there.#accepted(end)));
      return;
    }
    const retryMs = Math.max(FINISH_RETRY_MIN_MS, end.rttMs * 1.5);
    timeline.plan(timeline.now + retryMs, () => this.host.due(() => this.#finish(end)));
  }

  #accepted(dialler: WireEnd): void {
    const { other: end } = dialler;
    if (end.isOpen || end.isClosed) return;
    end.opensAt = this.network.timeline.now;
    this.#add(end);
    end.opened();
    this.handler.opened(end.number, dialler.wires.#handshakeKey, dialler.wires.address, false);
  }
}
