import type { Reader, Writer } from '../../bytes.js';
import { FrameType } from '../../constants.js';
import { FIND_HOPS_MAX, FIND_TIMEOUT_MS, FINDS_MAX, FINDS_OF_ONE_MAX } from '../constants.js';
import type { Place } from '../place.js';
import type { PeerId } from '../types.js';
import { type Around, type Find, FindFrame, FoundFrame } from './frames.js';

/** Undefined: nobody answered in time. */
export type Done = (around: Around | undefined, now: number) => void;

export interface FindsPort {
  send(to: PeerId, type: number, body: Uint8Array): boolean;
  /** Somebody nearer to the place than we are, who does not stand on it; undefined when nobody is. */
  nearer(place: Place, without: ReadonlySet<PeerId>): PeerId | undefined;
  /** Who is around it, as far as we know. */
  around(place: Place): Around;
}

const NOBODY: ReadonlySet<PeerId> = new Set();

interface Open {
  /** Who asked us, and how it numbered that; undefined: we ourselves. */
  readonly from: PeerId | undefined;
  readonly number: number;
  /** Whom we asked in turn: nobody else answers. */
  readonly asked: PeerId;
  readonly done: Done | undefined;
  readonly until: number;
}

/**
 * Recursive look-ups: a FIND goes on along links, always nearer to its place, and the answer comes back the same
 * way. So it reaches also those whom we could not dial, and who asks is nobody's business but the next one's.
 */
export class Finds {
  readonly #port: FindsPort;
  readonly #writer: Writer;
  readonly #community: Uint8Array;
  readonly #open = new Map<number, Open>();
  #number = 0;

  constructor(port: FindsPort, community: Uint8Array, writer: Writer) {
    this.#port = port;
    this.#community = community;
    this.#writer = writer;
  }

  /** @param via over this peer, whoever is nearer */
  find(place: Place, done: Done, now: number, via?: PeerId): void {
    const next = via ?? this.#port.nearer(place, NOBODY);
    if (next === undefined) {
      done(this.#port.around(place), now);
      return;
    }
    const find = { number: 0, place, hops: FIND_HOPS_MAX };
    if (!this.#ask(next, find, { from: undefined, number: 0, done }, now)) done(undefined, now);
  }

  asked(from: PeerId, find: Find, now: number): void {
    this.#makeRoom(from, now);
    const next = find.hops === 0 ? undefined : this.#port.nearer(find.place, new Set([from]));
    const onward = { ...find, hops: Math.min(FIND_HOPS_MAX, find.hops) - 1 };
    const source = { from, number: find.number, done: undefined };
    if (next !== undefined && this.#ask(next, onward, source, now)) return;
    this.#answer(from, find.number, this.#port.around(find.place));
  }

  /** @returns false for an answer nobody asked for @throws Malformed */
  found(from: PeerId, reader: Reader, now: number): boolean {
    const { number, around } = FoundFrame.decode(reader, this.#community);
    const open = this.#open.get(number);
    if (open === undefined || open.asked !== from) return false;
    this.#open.delete(number);
    if (open.from !== undefined) this.#answer(open.from, open.number, around);
    open.done?.(around, now);
    return true;
  }

  /** Whoever was asked is gone: better a poor answer than none. */
  unlinked(peer: PeerId, now: number): void {
    for (const [number, open] of this.#open) {
      if (open.asked !== peer && open.from !== peer) continue;
      this.#open.delete(number);
      if (open.from !== peer) open.done?.(undefined, now);
    }
  }

  tick(now: number): void {
    for (const [number, open] of this.#open) {
      if (open.until > now) return;
      this.#open.delete(number);
      open.done?.(undefined, now);
    }
  }

  /** The oldest comes first in the map, and all wait equally long. */
  deadline(): number {
    for (const { until } of this.#open.values()) return until;
    return Number.POSITIVE_INFINITY;
  }

  #ask(next: PeerId, find: Find, source: Pick<Open, 'from' | 'number' | 'done'>, now: number): boolean {
    const number = ++this.#number;
    const body = FindFrame.encode(this.#writer, { ...find, number });
    if (!this.#port.send(next, FrameType.Find, body)) return false;
    this.#open.set(number, { ...source, asked: next, until: now + FIND_TIMEOUT_MS });
    return true;
  }

  /** The oldest gives way, its own before those of others: so a flood costs whoever makes it most. */
  #makeRoom(from: PeerId, now: number): void {
    let count = 0;
    let oldest: number | undefined;
    for (const [number, open] of this.#open) {
      if (open.from !== from) continue;
      oldest ??= number;
      count++;
    }
    if (oldest !== undefined && count >= FINDS_OF_ONE_MAX) this.#open.delete(oldest);
    if (this.#open.size < FINDS_MAX) return;
    for (const [number, open] of this.#open) {
      this.#open.delete(number);
      open.done?.(undefined, now);
      return;
    }
  }

  #answer(to: PeerId, number: number, around: Around): void {
    this.#port.send(to, FrameType.Found, FoundFrame.encode(this.#writer, number, around));
  }
}
