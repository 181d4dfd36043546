/**
 * One established connection: packets, frames, recovery, lanes, path. Sans-IO: the endpoint hands in
 * datagrams and the time and calls `flush` at the end of a turn and at `deadline`; everything else leaves
 * through the host. docs/PROTOCOL.md, from "Packets and frames" on, says what is on the wire.
 *
 *     receive -> keys.open -> replay window -> frames -> handler.frame, wants -> handler.chunk, acks, recovery, path
 *     push, send, latest, want, supply -> queues (nothing is sent) -> dirty
 *     flush   -> timers -> payload filled from acks and queues -> keys.seal -> transmit -> ring of sent packets
 */
import { Acks } from './acks.js';
import { Malformed, Reader } from './bytes.js';
import { Closing, knownCode } from './closing.js';
import { FrameType, INITIAL_RTT_MS } from './constants.js';
import { type FrameSink, readFrames, readMessage } from './dispatch.js';
import { type Segment, WantFrame } from './frame.js';
import { Liveness } from './liveness.js';
import { Path, sameAddress } from './path.js';
import type { Recovery } from './recovery.js';
import { ReplayWindow } from './replay.js';
import type { ConnectionHost, ConnectionSeed, DrivenConnection } from './seam.js';
import { Reassembly } from './segments.js';
import { Sender } from './sender.js';
import { Supplies } from './supplies.js';
import { CloseCode, type CloseReason, Lane, type PathAddress, type PushFeed } from './types.js';
import { Wants } from './wants.js';

// One frame is read at a time on a thread.
const reader = new Reader();

export class SealedConnection implements DrivenConnection, FrameSink {
  readonly id: number;
  readonly dialled: boolean;
  readonly remoteKey: Buffer;
  readonly handshakeHash: Buffer;
  owner: unknown;
  closed: CloseReason | undefined;
  readonly recovery: Recovery;
  // Of the packet that is being read; see FrameSink.
  eliciting = false;
  urgent = false;

  readonly #seed: ConnectionSeed;
  readonly #host: ConnectionHost;
  readonly #replay = new ReplayWindow();
  readonly #acks = new Acks();
  readonly #path: Path;
  readonly #sender: Sender;
  readonly #liveness: Liveness;
  readonly #reassembly = new Reassembly();
  readonly #wants: Wants;
  readonly #supplies: Supplies;
  #closing: Closing | undefined;
  #gone = false;
  #dirty = false;
  /** The latest time we were told; calls without one happen within that turn. */
  #now: number;
  /** The deadline that the host was told. */
  #armed = Number.POSITIVE_INFINITY;
  /** Where the packet being read came from. */
  #from: PathAddress;

  constructor(seed: ConnectionSeed, host: ConnectionHost) {
    this.id = seed.id;
    this.dialled = seed.initiator;
    this.remoteKey = seed.remoteKey;
    this.handshakeHash = seed.handshakeHash;
    this.#seed = seed;
    this.#host = host;
    this.#now = seed.now;
    this.#liveness = new Liveness(seed);
    this.#from = seed.path;
    this.#path = new Path(seed.path, host.random);
    this.#wants = new Wants((transfer, chunk, record) => {
      host.handler.chunk?.(this, transfer, chunk, record);
    });
    this.#supplies = new Supplies((transfer, chunk) => host.handler.supplied?.(this, transfer, chunk));
    this.#sender = new Sender(seed, host, this.#acks, this.#path, this.#wants, this.#supplies);
    this.recovery = this.#sender.recovery;
    if (seed.rttMs !== undefined) this.recovery.rtt.sample(seed.rttMs, 0);
    if (seed.initiator) this.#sender.pingWanted = true;
  }

  get path(): PathAddress {
    return this.#path.current;
  }

  get heardAt(): number {
    return this.#liveness.heardAt;
  }

  get rttMs(): number {
    return this.recovery.rtt.sampled ? this.recovery.rtt.smoothed : INITIAL_RTT_MS;
  }

  get owing(): boolean {
    return this.closed === undefined && (this.recovery.eliciting > 0 || this.#sender.waiting);
  }

  get outgoingMessages(): number {
    return this.#sender.outgoing.messages;
  }

  get outgoingBytes(): number {
    return this.#sender.outgoing.bytes;
  }

  /** Ranges of packet numbers received that are remembered. */
  get ackRanges(): number {
    return this.#acks.ranges;
  }

  // ---- What the owner asks ------------------------------------------------------------------------------

  send(type: number, body: Uint8Array, lane: Lane = Lane.Talk): number {
    if (this.closed !== undefined) return 0;
    const handle = this.#sender.outgoing.send(type, body, lane);
    if (handle !== 0) this.#wake();
    return handle;
  }

  cancel(handle: number): void {
    this.#sender.outgoing.cancel(handle);
  }

  push(feed: PushFeed, from: number, to: number): void {
    if (this.closed !== undefined) return;
    this.#sender.pushes.push(feed, from, to);
    if (!this.#dirty) this.#wake();
  }

  unpush(feed: PushFeed): void {
    this.#sender.pushes.unpush(feed);
  }

  latest(key: string, type: number, body: Uint8Array): void {
    if (this.closed !== undefined) return;
    this.#sender.latest.put(key, type, body);
    this.#wake();
  }

  want(transfer: number, chunk: number, bytes: number): boolean {
    if (this.closed !== undefined || !this.#wants.want(transfer, chunk, bytes)) return false;
    this.#wake();
    return true;
  }

  unwant(transfer: number): void {
    this.#wants.unwant(transfer);
  }

  supply(transfer: number, chunk: number, record: Buffer): boolean {
    if (this.closed !== undefined || !this.#supplies.supply(transfer, chunk, record)) return false;
    this.#wake();
    return true;
  }

  unsupply(transfer: number): void {
    this.#supplies.unsupply(transfer);
  }

  close(code: CloseCode, text: string): void {
    if (this.closed !== undefined) return;
    this.#closing = new Closing(code, text, this.recovery.rtt.probeTimeout, this.#now);
    this.#end({ code, text, local: true });
    this.#wake();
  }

  // ---- What the endpoint drives -------------------------------------------------------------------------

  receive(datagram: Buffer, from: PathAddress, now: number): void {
    if (this.#gone) return;
    const { keys } = this.#seed;
    const { counters } = this.#host;
    const length = keys.open(datagram, now);
    const number = keys.packetNumber;
    const replayed = length >= 0 && !this.#replay.accept(number);
    if (length < 0 || replayed) {
      counters.dropped++;
      if (replayed) counters.replayed++;
      return;
    }
    this.#now = now;
    this.#liveness.heard(now);
    this.#from = from;
    if (!sameAddress(from, this.#path.current)) {
      this.#path.elsewhere(from, datagram.length, number > this.#acks.largest, now);
    }
    try {
      this.#read(keys.opened, length, number);
      // Not while an ACK is read: the owner may do anything.
      this.#supplies.report();
    } finally {
      // Also when the owner's handler threw: the packet was received.
      this.#settle();
    }
  }

  flush(now: number): void {
    this.#now = now;
    this.#dirty = false;
    if (this.#gone) return;
    if (this.#closing !== undefined) {
      this.#flushClosing(this.#closing);
    } else {
      // Nothing can be due before the deadline that the host was given.
      const probes = now >= this.#armed ? this.#timeouts() : 0;
      if (this.#gone) return;
      this.#sender.flush(probes, now);
    }
    this.#rearm();
  }

  deadline(): number {
    this.#armed = this.#deadline();
    return this.#armed;
  }

  // ---- Frames of the connection itself (FrameSink) ------------------------------------------------------

  application(type: number, body: Buffer): void {
    if (this.closed !== undefined) return;
    if (type === FrameType.Chunk) {
      if (!this.#wants.take(body)) this.#host.counters.unwanted++;
    } else if (type === FrameType.Want) {
      const { transfer, first, count } = WantFrame.decode(reader.reset(body));
      this.#host.handler.wanted?.(this, transfer, first, count);
    } else {
      this.#host.handler.frame(this, type, body);
    }
  }

  segment(segment: Segment): void {
    const message = this.#reassembly.add(segment);
    if (message !== undefined) readMessage(message, this);
  }

  pathChallenge(data: Buffer): void {
    this.#sender.answer(data, this.#from);
  }

  pathResponse(data: Buffer): void {
    const before = this.#path.current;
    const rttMs = this.#path.respond(data, this.#from, this.#now);
    if (rttMs < 0) return;
    this.#sender.moved(before, rttMs);
    this.#host.counters.pathsMoved++;
    if (this.closed === undefined) this.#host.handler.moved?.(this, before);
  }

  token(token: Buffer): void {
    this.#host.tokenReceived(this, token);
  }

  /** CLOSE came: it is answered once, unless it is itself the answer. */
  closeReceived(code: number, text: string): void {
    if (this.closed === undefined) {
      const known = knownCode(code);
      this.#sender.close(known, Buffer.alloc(0), this.#now);
      this.#end({ code: known, text, local: false });
    }
    this.#leave();
  }

  // ---- Inside -------------------------------------------------------------------------------------------

  #read(bytes: Buffer, length: number, number: number): void {
    this.eliciting = false;
    this.urgent = false;
    try {
      readFrames(bytes, length, this, this.#now);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#host.counters.malformed++;
      this.close(CloseCode.Protocol, error.message);
    } finally {
      this.#acks.received(number, length, this.eliciting, this.urgent, this.#now);
    }
  }

  /** After a packet: is there something to send in this turn, or a timer that is due earlier? */
  #settle(): void {
    if (this.#dirty || this.#gone) return;
    if (this.#acks.deadline <= this.#now || this.#sender.waiting || this.#path.deadline <= this.#now) {
      this.#wake();
    } else {
      this.#rearm();
    }
  }

  #wake(): void {
    if (this.#dirty || this.#gone) return;
    this.#dirty = true;
    this.#host.dirty(this);
  }

  #rearm(): void {
    // A deadline that only moved later is found when the earlier one fires: no timer is touched per packet.
    if (this.#deadline() < this.#armed) this.#host.rearm(this);
  }

  #deadline(): number {
    if (this.#gone) return Number.POSITIVE_INFINITY;
    if (this.#closing !== undefined) return this.#closing.deadline;
    return Math.min(
      this.#acks.deadline,
      this.recovery.deadline(this.heardAt),
      this.#sender.pacedUntil,
      this.#path.deadline,
      this.#liveness.deadline(this.#sender.sentAt, this.recovery.eliciting > 0),
    );
  }

  /** @returns packets to send as probes */
  #timeouts(): number {
    const liveness = this.#liveness.check(this.#sender.sentAt, this.recovery.eliciting > 0, this.#now);
    if (liveness === 'dead') {
      this.#end({ code: CloseCode.Silent, text: 'nothing was heard for too long', local: true });
      this.#leave();
      return 0;
    }
    if (liveness === 'ask') {
      this.#sender.pingWanted = true;
      this.#host.handler.asked?.(this);
    }
    return this.recovery.timeout(this.heardAt, this.#now);
  }

  #flushClosing(closing: Closing): void {
    if (closing.due(this.#now)) this.#sender.close(closing.code, closing.reason, this.#now);
    else if (closing.over && this.#now >= closing.deadline) this.#leave();
  }

  #end(reason: CloseReason): void {
    this.closed = reason;
    this.#sender.clear();
    this.#wants.clear();
    this.#host.handler.closed(this, reason);
  }

  #leave(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#host.gone(this);
  }
}
