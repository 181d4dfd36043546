/**
 * Congestion control by delivery rate and round trip instead of loss: BBR (draft-ietf-ccwg-bbr, the
 * first version's state machine) over delivery rate samples (draft-cheng-iccrg-delivery-rate-estimation).
 * A link that loses 5 % at random keeps its rate, where a loss-based controller starves.
 *
 *     Startup --rate stopped growing--> Drain --queue is gone--> ProbeRate <--200 ms--> ProbeRtt
 *
 * There are two windows: talk may have 2 bandwidth-delay products (BDP) in flight, bulk 1.25, so a file
 * leaves no queue for talk to stand in. Both count what the peer has received but not yet acknowledged on top,
 * since that is in no queue. Bytes, milliseconds, bytes per millisecond.
 *
 * Where this departs from BBR: the share of packets that is lost in every round, also in those that follow
 * a pause, is the path's own noise. Rate and windows are raised by it; otherwise a loss above the probing gain
 * (1 - 1/1.25 = 20 %) would shrink the estimate round by round.
 */
import {
  ACK_DELAY_MAX_MS,
  ACK_EVERY_BYTES,
  ACK_EVERY_LARGE_PACKETS,
  DATAGRAM_MAX_BYTES,
  INITIAL_WINDOW_PACKETS,
  MINIMUM_WINDOW_PACKETS,
} from './constants.js';
import { type SentPackets, SentState } from './sent.js';
import { WindowedMax } from './windowed.js';

const STARTUP_GAIN = 2.77;
const TALK_WINDOW_GAIN = 2;
const BULK_WINDOW_GAIN = 1.25;
const CYCLE_GAINS = [1.25, 0.75, 1, 1, 1, 1, 1, 1] as const;
const RATE_WINDOW_ROUNDS = 10;
const MIN_RTT_LIFE_MS = 10_000;
const PROBE_RTT_MS = 200;
/** The pipe is full when the rate grew by less than a quarter for three rounds. */
const FULL_GROWTH = 1.25;
const FULL_ROUNDS = 3;
/** Rounds of which the least lossy gives the noise: one probing cycle, so that one of them had no queue. */
const NOISE_ROUNDS = CYCLE_GAINS.length;
const NOISE_MAX = 0.4;
/**
 * Packets that may always be in flight between two ends on one machine. What lies between them is a scheduler, of
 * whose pauses the least round trip says nothing, and the receiver's buffer, which is full when something is lost: a
 * round trip with losses takes a quarter away, one without gives a little back. Twice as many make no file faster, but
 * talk wait behind a megabyte in a receiver's buffer.
 */
const MACHINE_WINDOW_PACKETS_MAX = 16;
const MACHINE_WINDOW_CUT = 0.75;
const MACHINE_WINDOW_STEP = 1 / 16;
/** Before the first round trip is known the first window leaves within this. */
const ASSUMED_RTT_MS = 1;

type Phase = 'startup' | 'drain' | 'probe-rate' | 'probe-rtt';

export class Congestion {
  inFlight = 0;
  delivered = 0;
  deliveredAt = 0;
  firstSentAt = 0;
  /** Bytes that talk may have in flight. */
  window: number;
  /** Bytes per millisecond at which packets leave. */
  pacingRate: number;

  /** Of a full packet. */
  packetBytes: number;
  #phase: Phase = 'startup';
  readonly #rate = new WindowedMax(RATE_WINDOW_ROUNDS);
  #round = 0;
  #roundEndsAt = 0;
  #roundStarted = false;
  #appLimitedUntil = 0;

  #minRtt = Number.POSITIVE_INFINITY;
  #minRttAt = 0;
  #minRttExpired = false;
  #probeRttUntil = 0;

  #full = false;
  #fullRate = 0;
  #fullRounds = 0;
  #cycle = 0;
  #cycleAt = 0;
  /** The window before persistent congestion; 0 otherwise. */
  #windowBefore = 0;

  // The newest packet among those acknowledged together: the base of one rate sample.
  #sampleDelivered = -1;
  #sampleDeliveredAt = 0;
  #sampleSentAt = 0;
  #sampleFirstSentAt = 0;
  #sampleAppLimited = false;
  #ackedBytes = 0;
  #machineWindow = MACHINE_WINDOW_PACKETS_MAX;
  // Bytes of the round that is under way, and the lost shares of the last rounds.
  #roundAcked = 0;
  #roundLost = 0;
  readonly #lostShares = new Float64Array(NOISE_ROUNDS);
  /** 1 / (1 - noise): what must be sent for one to arrive. */
  #redundancy = 1;

  constructor(packetBytes: number) {
    this.packetBytes = packetBytes;
    this.window = INITIAL_WINDOW_PACKETS * packetBytes;
    this.pacingRate = (STARTUP_GAIN * this.window) / ASSUMED_RTT_MS;
  }

  /** Bytes that bulk may have in flight together with everything else. */
  get bulkWindow(): number {
    if (!this.#full) return this.window;
    const wanted = BULK_WINDOW_GAIN * this.#bdp + this.#unreported;
    return Math.min(this.window, Math.max(wanted, this.#least(MINIMUM_WINDOW_PACKETS)));
  }

  /** Bits for the packet's record. */
  get appLimitedState(): number {
    return this.#appLimitedUntil > 0 ? SentState.AppLimited : 0;
  }

  /** Call before the packet is recorded, so that the record holds what this sets. */
  sent(bytes: number, now: number): void {
    if (this.inFlight === 0) {
      this.firstSentAt = now;
      this.deliveredAt = now;
    }
    this.inFlight += bytes;
  }

  /** There is nothing more to send although the window is open: rates are not the path's from here on. */
  appLimited(): void {
    this.#appLimitedUntil = this.delivered + this.inFlight || 1;
  }

  /** Call for each packet newly acknowledged, then `ackDone` once. */
  acked(sent: SentPackets, number: number, now: number): void {
    const bytes = sent.bytes(number);
    this.inFlight -= bytes;
    this.delivered += bytes;
    this.deliveredAt = now;
    this.#ackedBytes += bytes;
    this.#roundAcked += bytes;
    const delivered = sent.delivered(number);
    const sentAt = sent.sentAt(number);
    if (delivered < this.#sampleDelivered) return;
    if (delivered === this.#sampleDelivered && sentAt < this.#sampleSentAt) return;
    this.#sampleDelivered = delivered;
    this.#sampleDeliveredAt = sent.deliveredAt(number);
    this.#sampleSentAt = sentAt;
    this.#sampleFirstSentAt = sent.firstSentAt(number);
    this.#sampleAppLimited = (sent.state(number) & SentState.AppLimited) !== 0;
  }

  /** Loss alone does not shrink anything; it only leaves the flight. */
  lost(bytes: number): void {
    this.inFlight -= bytes;
    this.#roundLost += bytes;
  }

  /** @param rttMs the newest sample less the peer's delay, or -1 when this ack gave none */
  ackDone(rttMs: number, now: number): void {
    if (this.#windowBefore > 0) {
      this.window = this.#windowBefore;
      this.#windowBefore = 0;
    }
    if (this.#sampleDelivered < 0) return;
    this.#updateRound();
    this.#updateRate(now);
    this.#updateMinRtt(rttMs, now);
    this.#updatePhase(now);
    this.#updateLimits();
    if (this.#appLimitedUntil > 0 && this.delivered > this.#appLimitedUntil) this.#appLimitedUntil = 0;
    this.#sampleDelivered = -1;
    this.#ackedBytes = 0;
  }

  /** Several probes in a row went unanswered: only probes until something is heard again. */
  silent(): void {
    if (this.#windowBefore > 0) return;
    this.#windowBefore = this.window;
    this.window = MINIMUM_WINDOW_PACKETS * this.packetBytes;
  }

  #updateRound(): void {
    this.#roundStarted = this.#sampleDelivered >= this.#roundEndsAt;
    if (!this.#roundStarted) return;
    this.#round++;
    this.#roundEndsAt = this.delivered;
    this.#lostShares[this.#round % NOISE_ROUNDS] = this.#roundLost / (this.#roundLost + this.#roundAcked);
    this.#redundancy = 1 / (1 - Math.min(NOISE_MAX, ...this.#lostShares));
    if (this.#roundLost > 0) this.#machineWindow *= MACHINE_WINDOW_CUT;
    else
      this.#machineWindow = Math.min(MACHINE_WINDOW_PACKETS_MAX, this.#machineWindow + MACHINE_WINDOW_STEP);
    this.#roundLost = 0;
    this.#roundAcked = 0;
  }

  /** The least window, for what would have so many packets on any path. */
  #least(packets: number): number {
    const machine = this.packetBytes > DATAGRAM_MAX_BYTES ? this.#machineWindow : 0;
    return Math.max(packets, machine) * this.packetBytes;
  }

  /** What fills the path, lost packets included. */
  get #bdp(): number {
    return this.#rate.value * this.#minRtt * this.#redundancy;
  }

  /** What the peer may have received without having said so. */
  get #unreported(): number {
    const every = Math.max(ACK_EVERY_BYTES, ACK_EVERY_LARGE_PACKETS * this.packetBytes);
    const reported = Math.min(every, this.#rate.value * ACK_DELAY_MAX_MS);
    return reported + 2 * Math.max(DATAGRAM_MAX_BYTES, this.packetBytes);
  }

  #updateRate(now: number): void {
    const sendElapsed = this.#sampleSentAt - this.#sampleFirstSentAt;
    const ackElapsed = now - this.#sampleDeliveredAt;
    this.firstSentAt = this.#sampleSentAt;
    const interval = Math.max(sendElapsed, ackElapsed);
    // An interval below the round trip is an artefact of acks that came in one bunch.
    if (interval <= 0 || (this.#minRtt !== Number.POSITIVE_INFINITY && interval < this.#minRtt)) return;
    const rate = (this.delivered - this.#sampleDelivered) / interval;
    if (rate >= this.#rate.value || !this.#sampleAppLimited) this.#rate.add(rate, this.#round);
  }

  #updateMinRtt(rttMs: number, now: number): void {
    this.#minRttExpired = now - this.#minRttAt > MIN_RTT_LIFE_MS;
    if (rttMs < 0 || (rttMs > this.#minRtt && !this.#minRttExpired)) return;
    this.#minRtt = Math.max(rttMs, 0.05);
    this.#minRttAt = now;
  }

  #updatePhase(now: number): void {
    if (!this.#full && this.#roundStarted && !this.#sampleAppLimited) this.#checkFull();
    const bdp = this.#bdp;
    if (this.#phase === 'startup' && this.#full) this.#phase = 'drain';
    if (this.#phase === 'drain' && this.inFlight <= bdp + this.#unreported) this.#enterProbeRate(now);
    if (this.#phase === 'probe-rate') this.#updateCycle(bdp, now);
    if (this.#phase === 'probe-rtt') {
      if (now >= this.#probeRttUntil) this.#enterProbeRate(now);
    } else if (this.#minRttExpired && this.#full && !this.#sampleAppLimited) {
      this.#phase = 'probe-rtt';
      this.#probeRttUntil = now + PROBE_RTT_MS;
    }
  }

  #checkFull(): void {
    if (this.#rate.value >= this.#fullRate * FULL_GROWTH) {
      this.#fullRate = this.#rate.value;
      this.#fullRounds = 0;
      return;
    }
    this.#full = ++this.#fullRounds >= FULL_ROUNDS;
  }

  #enterProbeRate(now: number): void {
    this.#phase = 'probe-rate';
    // Not at 0.75: that phase belongs behind a probe.
    this.#cycle = 2;
    this.#cycleAt = now;
  }

  #updateCycle(bdp: number, now: number): void {
    const gain = CYCLE_GAINS[this.#cycle] as number;
    const roundOver = now - this.#cycleAt > this.#minRtt;
    // The 0.75 behind a probe lasts until its queue is drained; the rest a round trip each.
    const next = roundOver || (gain < 1 && this.inFlight <= bdp + this.#unreported);
    if (!next) return;
    this.#cycle = (this.#cycle + 1) % CYCLE_GAINS.length;
    this.#cycleAt = now;
  }

  #updateLimits(): void {
    const rate = this.#rate.value;
    if (rate === 0) return;
    const bdp = this.#bdp;
    const paced = this.#pacingGain() * rate * this.#redundancy;
    if (this.#full || paced > this.pacingRate) this.pacingRate = paced;

    const initial = this.#least(INITIAL_WINDOW_PACKETS);
    const gain = this.#full ? TALK_WINDOW_GAIN : STARTUP_GAIN;
    const target = Math.max(gain * bdp + this.#unreported, initial);
    if (this.#full) this.window = Math.min(this.window + this.#ackedBytes, target);
    else if (this.window < target) this.window += this.#ackedBytes;
    if (this.#phase === 'probe-rtt') this.window = Math.min(this.window, Math.max(0.5 * bdp, initial));
  }

  #pacingGain(): number {
    if (this.#phase === 'startup') return STARTUP_GAIN;
    if (this.#phase === 'drain') return 1 / STARTUP_GAIN;
    return this.#phase === 'probe-rate' ? (CYCLE_GAINS[this.#cycle] as number) : 1;
  }
}
