import type { Target } from '../../chat/events.js';
import { EphemeralKind } from '../../chat/operations.js';
import { Writer } from '../../net/bytes.js';
import { ephemeralCodec } from '../../net/talk.js';
import type { Clock } from '../runtime/actor.js';

/** Shown so long after the last sign of it. */
const TYPING_SHOWN_MS = 6_000;
/** One's own is repeated at most so often while it goes on. */
const TYPING_REPEAT_MS = 3_000;

/** Typists remembered; whoever types beyond it is not shown. */
const TYPISTS_MAX = 1_000;

interface Typist {
  version: number;
  timer: unknown;
}

/** Who is typing where. A sign of it that was lost or never taken back ends by itself. */
export class Typing {
  readonly #clock: Clock;
  readonly #changed: (room: Target, user: string, on: boolean) => void;
  readonly #typists = new Map<string, Typist>();

  constructor(clock: Clock, changed: (room: Target, user: string, on: boolean) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** What the server passed on; the newest version wins. */
  heard(room: Target, user: string, on: boolean, version: number): void {
    const key = `${room} ${user}`;
    const typist = this.#typists.get(key) ?? { version: -1, timer: undefined };
    if (version <= typist.version) return;
    if (!this.#typists.has(key) && !this.#hasRoom()) return;
    typist.version = version;
    this.#typists.set(key, typist);
    if (on) this.#show(room, user, typist);
    else this.#hide(room, user, typist);
  }

  /** Whoever has just said something is not typing it any more. */
  said(room: Target, user: string): void {
    const typist = this.#typists.get(`${room} ${user}`);
    if (typist !== undefined) this.#hide(room, user, typist);
  }

  /** Nobody is known to type: another connection counts versions anew. */
  clear(): void {
    for (const typist of this.#typists.values()) this.#clock.clearTimeout(typist.timer);
    this.#typists.clear();
  }

  /** Of those who do not type only the version is remembered, which is soon of no use. */
  #hasRoom(): boolean {
    if (this.#typists.size < TYPISTS_MAX) return true;
    for (const [key, { timer }] of this.#typists) if (timer === undefined) this.#typists.delete(key);
    return this.#typists.size < TYPISTS_MAX;
  }

  #show(room: Target, user: string, typist: Typist): void {
    if (typist.timer === undefined) this.#changed(room, user, true);
    this.#clock.clearTimeout(typist.timer);
    typist.timer = this.#clock.setTimeout(() => this.#hide(room, user, typist), TYPING_SHOWN_MS);
  }

  #hide(room: Target, user: string, typist: Typist): void {
    if (typist.timer === undefined) return;
    this.#clock.clearTimeout(typist.timer);
    typist.timer = undefined;
    this.#changed(room, user, false);
  }
}

/** How often one's own typing is worth a frame. */
export class TypingThrottle {
  readonly #clock: Clock;
  readonly #saidAt = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns true when it is to be sent. */
  worth(log: number, on: boolean): boolean {
    const now = this.#clock.now();
    const saidAt = this.#saidAt.get(log);
    if (!on) return this.#saidAt.delete(log);
    if (saidAt !== undefined && now - saidAt < TYPING_REPEAT_MS) return false;
    this.#saidAt.set(log, now);
    return true;
  }
}

/** One's own typing, as an EPHEMERAL's body. The server knows who types, and numbers what it passes on. */
export function typingFrame(log: number, on: boolean): Buffer {
  const writer = new Writer(32);
  const value = Buffer.of(on ? 1 : 0);
  ephemeralCodec.encode(writer, { log, kind: EphemeralKind.Typing, subject: '', version: 0, value });
  return writer.view();
}
