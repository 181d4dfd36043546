/**
 * A simulated connection: what net/connection is to its users, without sealing.
 *
 *     end A  ── datagrams of the weather ──>  end B
 *            <────────────────────────────
 *
 * Frames of one turn share a datagram. A datagram that is lost is sent again after a probe timeout, which doubles
 * (RFC 9002 section 6.2), until it arrives or the end is closed; nothing keeps others from overtaking it, as in
 * net. Acks are not sent but known: they count as heard when the way back is open. Bandwidth is without limit.
 */
import { Malformed } from '../net/bytes.js';
import { OUTGOING_BYTES_MAX, OUTGOING_MESSAGES_MAX, SEALED_OVERHEAD_BYTES } from '../net/constants.js';
import { Liveness } from '../net/liveness.js';
import { CloseCode, type CloseReason } from '../net/types.js';
import type { Planned } from './timeline.js';
import type { SimWires } from './wires.js';

/** As net/rtt.ts has them: what a probe waits for beyond a round trip. */
const ACK_SLACK_MS = 60;
/** As net/recovery.ts: a probe repeats at the latest after this, or an eighth of the silence. */
const RETRY_MAX_MS = 1_000;
const RETRY_SILENCE_SHARE = 1 / 8;
/** Type and length of a frame. */
const FRAME_HEAD_BYTES = 3;

const SILENT: CloseReason = { code: CloseCode.Silent, text: 'nothing was heard', local: true };

interface Frame {
  readonly type: number;
  readonly body: Buffer;
}

export class WireEnd {
  readonly number: number;
  readonly wires: SimWires;
  readonly isDialler: boolean;
  /** The other end; itself until both are joined. */
  other: WireEnd = this;
  isOpen = false;
  isClosed = false;
  /** Arrivals wait for this: a packet that overtakes the handshake's last message is sent again. */
  opensAt = Number.POSITIVE_INFINITY;
  /** From `opened` on. */
  #liveness: Liveness;
  #sentAt = 0;
  /** It was asked whether it is there, and has not answered. */
  #isAsking = false;
  #outbox: Frame[] = [];
  /** Of datagrams that did not arrive: they wait for the next try. */
  #lost: Frame[] = [];
  #retry: Planned | undefined;
  #retryMs = 0;
  #framesOut = 0;
  #bytesOut = 0;

  constructor(number: number, wires: SimWires, isDialler: boolean) {
    this.number = number;
    this.wires = wires;
    this.isDialler = isDialler;
    this.#liveness = this.#beginLiveness();
  }

  get rttMs(): number {
    const { weather } = this.wires.network;
    return 2 * weather.latencyMs(this.wires.host.number, this.other.wires.host.number);
  }

  opened(): void {
    this.isOpen = true;
    this.#liveness = this.#beginLiveness();
    this.#retryMs = this.#probeMs();
  }

  /** @returns false when too much waits to be acknowledged already */
  send(type: number, body: Uint8Array): boolean {
    if (this.#framesOut >= OUTGOING_MESSAGES_MAX || this.#bytesOut + body.length > OUTGOING_BYTES_MAX)
      return false;
    this.#framesOut++;
    this.#bytesOut += body.length;
    if (this.#outbox.length === 0) this.wires.dirty(this);
    this.#outbox.push({ type, body: Buffer.from(body) });
    return true;
  }

  /** End of a turn: everything that was said in it leaves. */
  flush(): void {
    if (this.isClosed || this.#outbox.length === 0) return;
    const frames = this.#outbox;
    this.#outbox = [];
    this.#transmit(frames);
  }

  /** Tells the other end, thrice at once: best effort. */
  close(code: CloseCode, text: string): void {
    if (this.isClosed) return;
    this.flush();
    this.forget();
    const reason: CloseReason = { code, text, local: false };
    const { timeline, weather } = this.wires.network;
    const [from, to] = [this.wires.host.number, this.other.wires.host.number];
    for (let copy = 0; copy < 3; copy++) {
      const delay = weather.carry(from, to, timeline.now);
      if (delay === undefined) continue;
      const { other } = this;
      timeline.plan(timeline.now + delay, () => other.wires.host.arrives(() => other.end(reason)));
      return;
    }
  }

  /** It is over, and the owner is told. */
  end(reason: CloseReason): void {
    if (this.isClosed || !this.isOpen) return;
    this.forget();
    this.wires.handler.closed(this.number, reason);
  }

  /** Nothing more is sent, and what arrives is dropped. */
  forget(): void {
    this.isClosed = true;
    this.wires.gone(this);
    const { timeline } = this.wires.network;
    if (this.#retry !== undefined) timeline.callOff(this.#retry);
    this.#outbox = [];
    this.#lost = [];
  }

  #transmit(frames: Frame[]): void {
    const { network, host } = this.wires;
    const { timeline, weather } = network;
    let bytes = SEALED_OVERHEAD_BYTES;
    for (const { body } of frames) bytes += FRAME_HEAD_BYTES + body.length;
    network.bytesSent += bytes;
    this.#sentAt = timeline.now;
    const delay = weather.carry(host.number, this.other.wires.host.number, timeline.now);
    if (delay === undefined) this.#lose(frames);
    else timeline.plan(timeline.now + delay, () => this.#arrive(frames));
  }

  #lose(frames: Frame[]): void {
    if (this.isClosed) return;
    this.#lost.push(...frames);
    if (this.#retry !== undefined) return;
    const { timeline } = this.wires.network;
    this.#retry = timeline.plan(timeline.now + this.#retryMs, () => this.wires.host.due(() => this.#again()));
    const silence = (timeline.now - this.#liveness.heardAt) * RETRY_SILENCE_SHARE;
    this.#retryMs = Math.min(this.#retryMs * 2, Math.max(RETRY_MAX_MS, silence, this.#probeMs()));
  }

  /** Everything lost goes out at once: in net a probe does, and its ack brings the rest a round trip later. */
  #again(): void {
    this.#retry = undefined;
    const frames = this.#lost;
    this.#lost = [];
    this.#transmit(frames);
  }

  /** The datagram reaches the other machine, which may not take it. */
  #arrive(frames: Frame[]): void {
    const { other } = this;
    const { timeline } = this.wires.network;
    if (timeline.now < other.opensAt && !other.isClosed) {
      this.#lose(frames);
      return;
    }
    if (!other.wires.host.arrives(() => other.#receive(frames))) this.#lose(frames);
  }

  #receive(frames: readonly Frame[]): void {
    if (this.isClosed) return;
    const { network, host, handler } = this.wires;
    const { timeline, weather } = network;
    const { other } = this;
    this.#heard(timeline.now);
    // Whatever of this was lost is sent again by its owner, so all of it counts as acknowledged once it arrives.
    for (const { body } of frames) other.#acknowledged(body.length);
    if (!weather.isBlocked(host.number, other.wires.host.number)) other.#hears();
    for (const { type, body } of frames) {
      if (this.isClosed) return;
      network.watch?.(other.wires.host.number, host.number, type, body);
      try {
        handler.frame(this.number, type, body);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        this.close(CloseCode.Protocol, error.message);
        handler.closed(this.number, { code: CloseCode.Protocol, text: error.message, local: true });
      }
    }
  }

  #acknowledged(bytes: number): void {
    this.#framesOut--;
    this.#bytesOut -= bytes;
  }

  /** An ack is on its way to here; the moment until it comes does not matter. */
  #hears(): void {
    this.#heard(this.wires.network.timeline.now);
    this.#retryMs = this.#probeMs();
  }

  #heard(now: number): void {
    this.#liveness.heard(now);
    this.#isAsking = false;
  }

  /** Asks into a silence, again and again as recovery does, and ends what does not answer. To be called every second. */
  look(now: number): void {
    if (this.isClosed) return;
    const verdict = this.#liveness.check(this.#sentAt, this.#framesOut > 0, now);
    if (verdict === 'dead') {
      this.end(SILENT);
      return;
    }
    if (verdict === 'ask') this.#isAsking = true;
    if (this.#isAsking) this.#ping(now);
  }

  /** Whether it arrives, and its ack too, is known at once. */
  #ping(now: number): void {
    const { network, host } = this.wires;
    const { other } = this;
    const there = other.wires.host;
    network.bytesSent += SEALED_OVERHEAD_BYTES + 1;
    this.#sentAt = now;
    if (there.state !== 'running' || other.isClosed || !other.isOpen) return;
    if (network.weather.carry(host.number, there.number, now) === undefined) return;
    other.#heard(now);
    if (network.weather.carry(there.number, host.number, now) !== undefined) this.#heard(now);
  }

  #beginLiveness(): Liveness {
    const { now } = this.wires.network.timeline;
    return new Liveness({ initiator: this.isDialler, mutual: true, now });
  }

  #probeMs(): number {
    return this.rttMs * 1.25 + ACK_SLACK_MS;
  }
}
