/**
 * Which packets arrived, which are lost, when to probe: RFC 9002 sections 5 and 6, with thresholds that
 * adapt to reordering as RFC 8985 does (section 6.2).
 */

import type { Congestion } from './bbr.js';
import { Malformed } from './bytes.js';
import { GRANULARITY_MS, PACKET_THRESHOLD, PACKET_THRESHOLD_MAX, TIME_THRESHOLD } from './constants.js';
import type { AckSink } from './frame.js';
import { RoundTrip } from './rtt.js';
import { SentPackets, SentState } from './sent.js';

/** A probe repeats at the latest after this, however long the backoff: a path may come back for moments only. */
const PROBE_INTERVAL_MAX_MS = 1_000;
/** But into a long silence more and more slowly: after an eighth of it. */
const PROBE_SILENCE_SHARE = 1 / 8;
/** Packets whose content a probe sends again. */
const PROBE_PACKETS = 2;
/** Probes unanswered in a row that count as persistent congestion (RFC 9002 section 7.6). */
const SILENT_PROBES = 3;
/** The time threshold adapts up to this many round trips. */
const TIME_THRESHOLD_MAX = 2;
/** Packets given up of which a late ack is still recognised. */
const LOST_REMEMBERED = 64;

/** Told what recovery finds. */
export interface RecoveryWatcher {
  /** A packet is given up; `bytes` is its datagram. */
  packetLost(number: number, bytes: number, sizeProbe: boolean, now: number): void;
  packetAcked(number: number, bytes: number, sizeProbe: boolean): void;
}

export class Recovery implements AckSink {
  readonly sent = new SentPackets();
  readonly rtt = new RoundTrip();
  congestion: Congestion;
  /** Probes unanswered in a row. */
  probes = 0;
  /** Packets that ask for an ack and wait for it. */
  eliciting = 0;
  readonly #watcher: RecoveryWatcher;
  #largestAcked = -1;
  /** When the time threshold gives the oldest packet up; Infinity when none waits for that. */
  #lossAt = Number.POSITIVE_INFINITY;
  #elicitingAt = 0;
  #packetThreshold = PACKET_THRESHOLD;
  #timeThreshold = TIME_THRESHOLD;
  // Numbers of packets given up lately, newest last; made at the first loss.
  #lost: number[] | undefined;

  // Of the ACK that is being read:
  #now = 0;
  #ackLargest = -1;
  #ackDelayMs = 0;
  #ackedCount = 0;
  #ackedLargestAt = -1;

  constructor(congestion: Congestion, watcher: RecoveryWatcher) {
    this.congestion = congestion;
    this.#watcher = watcher;
  }

  /** Records the packet that was filled under the number `sent.next`. */
  record(bytes: number, eliciting: boolean, sizeProbe: boolean, now: number): void {
    const { congestion, sent } = this;
    if (sent.full) this.#giveUp(sent.oldest, now);
    if (!eliciting) {
      sent.record(now, 0, bytes, 0, 0, 0);
      return;
    }
    congestion.sent(bytes, now);
    this.eliciting++;
    this.#elicitingAt = now;
    const state = SentState.InFlight | congestion.appLimitedState | (sizeProbe ? SentState.SizeProbe : 0);
    sent.record(now, state, bytes, congestion.delivered, congestion.deliveredAt, congestion.firstSentAt);
  }

  // ---- An ACK frame: `ackStart`, then what its codec calls, then `ackEnd` ---------------------------------

  ackStart(now: number): void {
    this.#now = now;
    this.#ackedCount = 0;
    this.#ackedLargestAt = -1;
  }

  ackBegin(largest: number, delayMs: number): void {
    if (largest >= this.sent.next) throw new Malformed('ack of a packet that was never sent');
    this.#ackLargest = largest;
    this.#ackDelayMs = delayMs;
  }

  ackRange(low: number, high: number): void {
    const { sent } = this;
    if (this.#lost !== undefined) this.#findLate(this.#lost, low, high);
    for (let number = high; number >= low && number >= sent.oldest; number--) {
      const state = sent.state(number);
      if ((state & SentState.InFlight) === 0) continue;
      if (number === this.#ackLargest) this.#ackedLargestAt = sent.sentAt(number);
      this.congestion.acked(sent, number, this.#now);
      this.#watcher.packetAcked(number, sent.bytes(number), (state & SentState.SizeProbe) !== 0);
      sent.acked(number);
      this.#ackedCount++;
    }
  }

  ackEnd(): void {
    this.#largestAcked = Math.max(this.#largestAcked, this.#ackLargest);
    if (this.#ackedCount === 0) return;
    this.eliciting -= this.#ackedCount;
    this.probes = 0;
    let rttMs = -1;
    if (this.#ackedLargestAt >= 0) {
      this.rtt.sample(this.#now - this.#ackedLargestAt, this.#ackDelayMs);
      rttMs = this.rtt.latest;
    }
    this.sent.trim();
    this.#detectLost(this.#now);
    this.congestion.ackDone(rttMs, this.#now);
  }

  // ---- Timers -------------------------------------------------------------------------------------------

  /** When `timeout` must be called; Infinity when nothing waits. */
  deadline(heardAt: number): number {
    if (this.eliciting === 0) return Number.POSITIVE_INFINITY;
    return this.#lossAt < Number.POSITIVE_INFINITY ? this.#lossAt : this.#probeAt(heardAt);
  }

  /** @returns packets to send as probes, whatever the window says */
  timeout(heardAt: number, now: number): number {
    if (this.eliciting === 0) return 0;
    if (this.#lossAt < Number.POSITIVE_INFINITY) {
      if (now >= this.#lossAt) this.#detectLost(now);
      return 0;
    }
    if (now < this.#probeAt(heardAt)) return 0;
    this.probes++;
    // Counts from now, should the probe itself be held back.
    this.#elicitingAt = now;
    if (this.probes >= SILENT_PROBES) this.congestion.silent();
    this.#requeueOldest();
    return PROBE_PACKETS;
  }

  /** The path is another one: whatever is in flight went to the old one. */
  abandonFlight(): void {
    const { sent } = this;
    for (let number = sent.oldest; number < sent.next; number++) {
      if ((sent.state(number) & SentState.InFlight) === 0) continue;
      this.congestion.lost(sent.bytes(number));
      this.eliciting--;
      sent.lost(number);
    }
    sent.trim();
    this.#lossAt = Number.POSITIVE_INFINITY;
    this.probes = 0;
  }

  #probeAt(heardAt: number): number {
    const timeout = this.rtt.probeTimeout;
    const silence = (this.#elicitingAt - heardAt) * PROBE_SILENCE_SHARE;
    const limit = Math.max(timeout, PROBE_INTERVAL_MAX_MS, silence);
    return this.#elicitingAt + Math.min(timeout * 2 ** Math.min(this.probes, 30), limit);
  }

  #requeueOldest(): void {
    const { sent } = this;
    let found = 0;
    for (let number = sent.oldest; number < sent.next && found < PROBE_PACKETS; number++) {
      const state = sent.state(number);
      if ((state & SentState.InFlight) === 0 || (state & SentState.Requeued) !== 0) continue;
      sent.requeue(number);
      found++;
    }
  }

  /** RFC 9002 section 6.1. */
  #detectLost(now: number): void {
    const { sent, rtt } = this;
    this.#lossAt = Number.POSITIVE_INFINITY;
    const delay = Math.max(this.#timeThreshold * Math.max(rtt.smoothed, rtt.latest), GRANULARITY_MS);
    for (let number = sent.oldest; number < this.#largestAcked; number++) {
      if ((sent.state(number) & SentState.InFlight) === 0) continue;
      const lostAt = sent.sentAt(number) + delay;
      if (number <= this.#largestAcked - this.#packetThreshold || lostAt <= now) {
        this.#giveUp(number, now);
      } else {
        this.#lossAt = lostAt;
        break;
      }
    }
    sent.trim();
  }

  #giveUp(number: number, now: number): void {
    const { sent } = this;
    const bytes = sent.bytes(number);
    const sizeProbe = (sent.state(number) & SentState.SizeProbe) !== 0;
    this.congestion.lost(bytes);
    this.eliciting--;
    this.#lost ??= [];
    this.#lost.push(number);
    if (this.#lost.length > LOST_REMEMBERED) this.#lost.shift();
    sent.lost(number);
    sent.trim();
    this.#watcher.packetLost(number, bytes, sizeProbe, now);
  }

  /** A packet that was given up arrived after all: it was reordered, not lost, and patience grows. */
  #findLate(lost: number[], low: number, high: number): void {
    for (let i = lost.length - 1; i >= 0; i--) {
      const number = lost[i] as number;
      if (number < low || number > high) continue;
      lost.splice(i, 1);
      const distance = this.#largestAcked - number + 1;
      this.#packetThreshold = Math.min(PACKET_THRESHOLD_MAX, Math.max(this.#packetThreshold, distance));
      this.#timeThreshold = Math.min(TIME_THRESHOLD_MAX, this.#timeThreshold + TIME_THRESHOLD / 8);
    }
  }
}
