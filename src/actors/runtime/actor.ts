/** What an actor is, as its author sees it. Threads, ports and batches are behind this. */

import type { ActorTap } from './actor-tap.js';

/** Monotonic time drives timers; wall-clock time is only ever written down. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since 1970. */
  wall(): number;
  setTimeout(run: () => void, ms: number): unknown;
  clearTimeout(id: unknown): void;
}

/** Kinds of actors; the placement table says on which thread each lives. */
export const Kind = {
  Io: 1,
  Session: 2,
  Room: 3,
  Presence: 4,
  Registry: 5,
  Store: 6,
  Files: 7,
  Blobs: 8,
  Transfer: 9,
  /** A peer of the ring, and the socket below it. */
  Ring: 10,
  Wire: 11,
  /** Who is near whom, and who has which interests. */
  Groups: 12,
  /** Not an actor: code beside the actors that tells and asks through its thread's host. It has no mailbox. */
  Outside: 14,
  Test: 15,
} as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** An actor's name on every thread: kind and a number below 2^48. Singletons have key 0. */
export interface Address {
  readonly kind: Kind;
  readonly key: number;
}

/** Control messages overtake data, never each other. */
export const MailLane = { Control: 0, Data: 1 } as const;
export type MailLane = (typeof MailLane)[keyof typeof MailLane];

/** A message as its receiver sees it. The object and its body are reused: both are valid only during `receive`. */
export interface Message {
  /** What it is; the numbers belong to the receiving kind (src/actors/messages.ts). */
  readonly type: number;
  readonly from: Address;
  /** Not 0: somebody waits. Pass the message to `reply` or `refuse`, during `receive` or later with `hold`. */
  readonly ask: number;
  readonly body: Buffer;
  /** Monotonic time at which it was sent, for mailbox latency. */
  readonly sentAt: number;
}

/** What remains of an ask after `receive` returned. */
export interface Held {
  readonly from: Address;
  readonly ask: number;
}

/**
 * An actor's view of the world. It dies with its actor (a restarted actor gets a new one): afterwards its
 * timers are cleared, asks are rejected and everything else does nothing, so that a continuation which
 * outlived its actor cannot act in the name of the next. A throw in a timer fails the actor, as in `receive`.
 */
export interface ActorContext {
  readonly self: Address;
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  /** Copies `body`. Order is kept per pair of actors and lane. Overflow is counted and goes to dead letters. */
  tell(to: Address, type: number, body: Uint8Array, lane?: MailLane): void;
  /** Rejects with NatterError DEADLINE, ACTOR_DIED, MAILBOX_FULL or whatever the other refused with; never hangs. */
  ask(to: Address, type: number, body: Uint8Array, deadlineMs: number, lane?: MailLane): Promise<Buffer>;
  hold(message: Message): Held;
  reply(to: Message | Held, body: Uint8Array): void;
  refuse(to: Message | Held, error: Error): void;
  /** Kept outside the thread (by the supervisor): handed to `create` after a restart. Copies; at most 64 KiB. */
  snapshot(state: Uint8Array): void;
  /** Be told (message type SystemMessage.Terminated) when that actor or its thread dies. */
  watch(other: Address): void;
  unwatch(other: Address): void;
  /**
   * Be told (message type SystemMessage.ThreadRestarted, on the control lane) whenever another thread of this
   * system was respawned. It comes before any message queued for that thread is sent, and control overtakes
   * data: what the receiver tells on the control lane in answer is the first thing the new thread hears.
   */
  watchThreads(): void;
  /** The index of the thread on which that address lives: what ThreadRestarted names. */
  threadOf(address: Address): number;
  /** Ends this actor; its snapshot is dropped. */
  stop(): void;
  /** Runs after every message of this turn was handled: for batches. Asked for once, runs once. */
  onTurnEnd(run: () => void): void;
  /** Where its machines are shown to whoever watches. */
  readonly tap?: ActorTap | undefined;
}

/** Message types above 0xff00 come from the runtime itself. */
export const SystemMessage = {
  /** Body: kind u8, key u48, reason u8 (0 stopped, 1 failed, 2 thread died). */
  Terminated: 0xff00,
  /** Body: thread index u8, generation u32 (0 for the first life of a thread, then 1, 2...). See `watchThreads`. */
  ThreadRestarted: 0xff01,
} as const;

export interface Actor {
  /** Throwing stops this actor alone; it is restarted from its last snapshot within the restart budget. */
  receive(message: Message): void;
  /** Called before a graceful stop and before the thread ends; awaited within a deadline. */
  stopping?(): void | Promise<void>;
  /** While true it is not passivated, however long nothing came: what it keeps for others would be forgotten. */
  busy?(): boolean;
  /** For the inspector, only while somebody watches. */
  describe?(): Description;
}

/** How an actor is. */
export interface Description {
  /** The chart of its machine, if it has one. */
  readonly machine?: string | undefined;
  /** As `stateText` writes it. */
  readonly state: string;
  /** Ids of the machine's active states. */
  readonly active?: readonly string[];
  /** Counts, times and the like; nothing that people wrote, no keys, no names. */
  readonly facts?: Readonly<Record<string, string | number>>;
}

/** How actors of one kind come to be. `create` runs at the first message to an address nobody has yet. */
export interface ActorType {
  readonly kind: Kind;
  readonly name: string;
  readonly mailbox?: { readonly control: number; readonly data: number };
  /** Restarts allowed within the period before it is given up (its messages then become dead letters). */
  readonly restart?: { readonly intensity: number; readonly periodMs: number };
  /**
   * Key 0 is made when the thread starts (its ports are wired by then), not at the first message: for actors
   * that begin by themselves, as one that owns a socket does.
   */
  readonly eager?: boolean;
  /** Idle this long (timers are no activity, an unanswered ask is): `stopping`, then gone until the next message. */
  readonly passivateMs?: number;
  create(context: ActorContext, snapshot: Buffer | undefined): Actor;
}
