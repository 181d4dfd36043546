import type { Acks } from './acks.js';
import { Congestion } from './bbr.js';
import { DATAGRAM_BASE_BYTES, FrameType, SEALED_OVERHEAD_BYTES } from './constants.js';
import { CloseFrame, PathFrame } from './frame.js';
import { TokenHandover } from './handover.js';
import { Latest } from './latest.js';
import { DatagramSize } from './mtu.js';
import { Outgoing } from './outgoing.js';
import { Pacer } from './pacer.js';
import { isLoopback, PAYLOAD_BYTES_MIN, type Path } from './path.js';
import { Payload } from './payload.js';
import { Pushes } from './pushes.js';
import { Recovery, type RecoveryWatcher } from './recovery.js';
import type { ConnectionHost, ConnectionSeed } from './seam.js';
import type { Supplies } from './supplies.js';
import { Lane, type PathAddress } from './types.js';
import type { Wants } from './wants.js';

// A payload is filled and sealed in one go, so the thread needs only one.
const payload = new Payload();

/**
 * The sending half of a connection: what waits, and when how much of it may leave. A packet is filled with,
 * in this order, an ACK if one is owed, the control lane and WANTs, then pushes and talk in turn, newest-wins frames,
 * and bulk if its smaller window allows.
 */
export class Sender implements RecoveryWatcher {
  readonly recovery: Recovery;
  readonly outgoing: Outgoing;
  readonly pushes: Pushes;
  readonly supplies: Supplies;
  readonly latest = new Latest();
  /** A packet that asks for an ack at once is to leave even if nothing waits. */
  pingWanted = false;
  /** The pacer holds packets back until then; Infinity when it does not. */
  pacedUntil = Number.POSITIVE_INFINITY;
  /** When the last packet left. */
  sentAt: number;
  readonly #seed: ConnectionSeed;
  readonly #host: ConnectionHost;
  readonly #acks: Acks;
  readonly #path: Path;
  readonly #wants: Wants;
  readonly #pacer: Pacer;
  readonly #size: DatagramSize;
  readonly #tokens: TokenHandover;
  /** A challenge to answer: the last one only. */
  #answer: { readonly data: Buffer; readonly to: PathAddress } | undefined;

  constructor(
    seed: ConnectionSeed,
    host: ConnectionHost,
    acks: Acks,
    path: Path,
    wants: Wants,
    supplies: Supplies,
  ) {
    this.#seed = seed;
    this.#host = host;
    this.recovery = new Recovery(new Congestion(DATAGRAM_BASE_BYTES), this);
    this.#acks = acks;
    this.#path = path;
    this.#wants = wants;
    this.supplies = supplies;
    this.#size = new DatagramSize(isLoopback(path.current.address));
    this.sentAt = seed.now;
    this.outgoing = new Outgoing();
    this.pushes = new Pushes(this.recovery.sent);
    this.#pacer = new Pacer(DATAGRAM_BASE_BYTES, seed.now);
    this.#tokens = new TokenHandover((to) => host.token(to), seed.now);
  }

  /** Something waits that a packet should carry. */
  get waiting(): boolean {
    return this.#talkWaits || this.#bulkWaits || this.pingWanted || this.#answer !== undefined;
  }

  get #talkWaits(): boolean {
    return (
      this.pushes.waiting || this.latest.waiting || this.outgoing.waitsIn(Lane.Talk) || this.#controlWaits
    );
  }

  /** The pacer does not hold it back. */
  get #controlWaits(): boolean {
    return this.outgoing.waitsIn(Lane.Control) || this.#wants.waiting;
  }

  get #bulkWaits(): boolean {
    return this.outgoing.waitsIn(Lane.Bulk) || this.supplies.waiting;
  }

  /** Sends what is due and allowed. `probes` packets may leave whatever the windows say. */
  flush(probes: number, now: number): void {
    this.pacedUntil = Number.POSITIVE_INFINITY;
    this.#pacer.rate = this.recovery.congestion.pacingRate;
    this.#sendAsides(now);
    let probe = probes;
    if (probe > 0 && !this.waiting) {
      this.pingWanted = true;
      probe = 1;
    }
    // Before the rest, behind which it would be the first to find a full buffer.
    if (this.#size.probeDue(now)) this.#sendSizeProbe(now);
    while (this.#sendPacket(probe > 0, now)) probe--;
    this.#noteLimit(now);
  }

  /** Sends CLOSE to the present address. */
  close(code: number, reason: Buffer, now: number): void {
    this.#begin(DATAGRAM_BASE_BYTES);
    payload.at = CloseFrame.encode(payload.bytes, 0, payload.end, code, reason);
    this.#leave(this.#path.current, false, now);
  }

  /** Answers a challenge to where it came from. */
  answer(data: Buffer, to: PathAddress): void {
    this.#answer = { data: Buffer.from(data), to };
  }

  /** The path was replaced: what was learnt about the old one is forgotten, what flew there leaves again. */
  moved(before: PathAddress, rttMs: number): void {
    const recovery = this.recovery;
    recovery.abandonFlight();
    this.#tokens.renew();
    // Only the port changed: a NAT forgot its binding, the path is the same (RFC 9000 section 9.4).
    if (before.address === this.#path.current.address) return;
    recovery.rtt.reset();
    recovery.rtt.sample(rttMs, 0);
    recovery.congestion = new Congestion(DATAGRAM_BASE_BYTES);
    this.#size.reset(isLoopback(this.#path.current.address));
    this.#resize();
  }

  packetAcked(number: number, bytes: number, sizeProbe: boolean): void {
    if (sizeProbe) {
      this.#size.probeAcked(number, bytes);
      this.#resize();
    } else {
      this.#size.acked(number, bytes);
    }
  }

  packetLost(number: number, bytes: number, sizeProbe: boolean, now: number): void {
    if (sizeProbe) {
      this.#size.probeLost(now);
      return;
    }
    this.#host.counters.packetsLost++;
    this.#size.lost(number, bytes);
    this.#resize();
  }

  /** Forgets all that waits. */
  clear(): void {
    this.outgoing.clear();
    this.pushes.clear();
    this.latest.clear();
    this.supplies.clear();
  }

  // ---- Packets ------------------------------------------------------------------------------------------

  /** @returns false when nothing more may or need leave */
  #sendPacket(probe: boolean, now: number): boolean {
    const { congestion } = this.recovery;
    const acks = this.#acks;
    const open = probe || congestion.inFlight < congestion.window;
    const paced = probe || this.#pacer.ready(now);
    const ping = this.pingWanted;
    if (!(ping || (open && (paced ? this.waiting : this.#controlWaits)))) {
      if (acks.deadline > now) return false;
    }
    const bytes = probe ? DATAGRAM_BASE_BYTES : this.#size.bytes;
    this.#begin(bytes);
    const ackedTo = this.#fillAck(now);
    if (open) this.#fill(paced, probe || congestion.inFlight < congestion.bulkWindow, now);
    // A probe, and the packet that closes the window, ask for an ack at once.
    if (ping || probe || (payload.eliciting && congestion.inFlight + bytes >= congestion.window))
      this.#ping();
    if (payload.at === 0) return false;
    if (ackedTo >= 0 && payload.eliciting) payload.carryAck(this.#acks, ackedTo);
    this.#leave(this.#path.current, false, now);
    return true;
  }

  #begin(datagramBytes: number): void {
    // One byte is kept for a PING.
    payload.begin(this.#seed.keys.plain, datagramBytes - SEALED_OVERHEAD_BYTES - 1, this.recovery.sent);
  }

  /** @returns the largest packet number reported, or -1 */
  #fillAck(now: number): number {
    const acks = this.#acks;
    if (!acks.pending) return -1;
    const next = acks.write(payload.bytes, payload.at, payload.end, now);
    if (next < 0) return -1;
    payload.at = next;
    return acks.largest;
  }

  #fill(paced: boolean, bulk: boolean, now: number): void {
    const { outgoing, pushes, latest, supplies } = this;
    if (this.#tokens.due(now)) this.#tokens.fill(payload, this.#path.current, now);
    if (outgoing.waitsIn(Lane.Control)) outgoing.fill(payload, Lane.Control);
    if (this.#wants.waiting) this.#wants.fill(payload);
    if (!paced) return;
    // Pushes and talk take turns at being first, so that neither starves the other.
    const pushesFirst = (payload.number & 1) === 0;
    if (pushesFirst && pushes.waiting) pushes.fill(payload);
    if (outgoing.waitsIn(Lane.Talk)) outgoing.fill(payload, Lane.Talk);
    if (!pushesFirst && pushes.waiting) pushes.fill(payload);
    if (latest.waiting) latest.fill(payload);
    if (bulk && outgoing.waitsIn(Lane.Bulk)) outgoing.fill(payload, Lane.Bulk);
    if (bulk && supplies.waiting) supplies.fill(payload);
    if (this.#talkWaits || this.#bulkWaits) this.#size.filled();
  }

  #ping(): void {
    payload.bytes[payload.at++] = FrameType.Ping;
    payload.eliciting = true;
    this.pingWanted = false;
  }

  /** Seals, transmits and records what was filled. */
  #leave(to: PathAddress, sizeProbe: boolean, now: number): void {
    const { keys, remoteId } = this.#seed;
    const { sent } = this.recovery;
    while (payload.at < PAYLOAD_BYTES_MIN) payload.bytes[payload.at++] = FrameType.Padding;
    const datagram = keys.seal(remoteId, sent.next, payload.at, now);
    this.#host.transmit(datagram, to);
    this.recovery.record(datagram.length, payload.eliciting, sizeProbe, now);
    if (payload.eliciting) this.#pacer.sent(datagram.length);
    this.sentAt = now;
  }

  /** Path frames go alone: to another address than everything else, or from one that is being proven. */
  #sendAsides(now: number): void {
    const challenge = this.#path.challenge(now);
    if (challenge !== undefined)
      this.#sendPathFrame(FrameType.PathChallenge, challenge.data, challenge.address, now);
    const answer = this.#answer;
    if (answer === undefined) return;
    this.#answer = undefined;
    this.#sendPathFrame(FrameType.PathResponse, answer.data, answer.to, now);
  }

  #sendPathFrame(type: number, data: Buffer, to: PathAddress, now: number): void {
    this.#begin(DATAGRAM_BASE_BYTES);
    payload.at = PathFrame.encode(payload.bytes, 0, payload.end, type, data);
    this.#leave(to, false, now);
  }

  #sendSizeProbe(now: number): void {
    this.#begin(this.#size.probeBytes);
    this.#ping();
    payload.bytes.fill(FrameType.Padding, payload.at, payload.end + 1);
    payload.at = payload.end + 1;
    this.#leave(this.#path.current, true, now);
    this.#size.probeSent();
  }

  /** Least windows and bursts are so many full packets. */
  #resize(): void {
    this.recovery.congestion.packetBytes = this.#size.bytes;
    this.#pacer.packetBytes = this.#size.bytes;
  }

  /** Why did it stop: the pacer, the window, or for want of something to say? */
  #noteLimit(now: number): void {
    const { congestion } = this.recovery;
    if (!this.#talkWaits && !this.#bulkWaits) {
      if (congestion.inFlight < congestion.window) congestion.appLimited();
    } else if (!this.#pacer.ready(now)) {
      const limit = this.#talkWaits ? congestion.window : congestion.bulkWindow;
      if (congestion.inFlight < limit) this.pacedUntil = this.#pacer.readyAt();
    }
  }
}
