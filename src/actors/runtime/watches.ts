import type { Address } from './actor.js';
import { addressNumber, addressOf } from './address.js';

/** What death watch needs of its system. */
export interface WatchPort {
  threadOf(address: Address): number | undefined;
  /** Tells that address's thread that this one wants to know, or no longer. */
  announce(thread: number, on: boolean, watched: Address): void;
  /** Tells another thread (or this one) that an actor of ours died. */
  notify(thread: number, dead: Address, reason: number): void;
  /** Hands an actor of ours the news. */
  deliver(watcher: Address, dead: Address, reason: number): void;
}

/**
 * Death watch: who here watches whom, and which threads watch ours. Threads, not actors, are told, once per
 * death; each tells its own watchers. A watch is spent when it fires.
 */
export class Watches {
  readonly #port: WatchPort;
  /** Watched (anywhere) -> watchers here. */
  readonly #watching = new Map<number, Set<number>>();
  /** Watcher here -> watched. */
  readonly #byWatcher = new Map<number, Set<number>>();
  /** Watched here -> threads that want to know. */
  readonly #threads = new Map<number, Set<number>>();

  constructor(port: WatchPort) {
    this.#port = port;
  }

  watch(watcher: Address, watched: Address): void {
    const who = addressNumber(watcher.kind, watcher.key);
    const whom = addressNumber(watched.kind, watched.key);
    const watchers = this.#watching.get(whom);
    if (watchers === undefined) {
      const thread = this.#port.threadOf(watched);
      if (thread === undefined) return;
      this.#watching.set(whom, new Set([who]));
      this.#port.announce(thread, true, watched);
    } else watchers.add(who);
    add(this.#byWatcher, who, whom);
  }

  unwatch(watcher: Address, watched: Address): void {
    const who = addressNumber(watcher.kind, watcher.key);
    const whom = addressNumber(watched.kind, watched.key);
    remove(this.#byWatcher, who, whom);
    this.#drop(who, whom);
  }

  /** An actor here no longer watches anybody. */
  forget(watcher: Address): void {
    const number = addressNumber(watcher.kind, watcher.key);
    for (const whom of this.#byWatcher.get(number) ?? []) this.#drop(number, whom);
    this.#byWatcher.delete(number);
  }

  /** An actor here is no more: those who watched it are told. */
  died(address: Address, reason: number): void {
    const number = addressNumber(address.kind, address.key);
    const threads = this.#threads.get(number);
    if (threads === undefined) return;
    this.#threads.delete(number);
    for (const thread of threads) this.#port.notify(thread, address, reason);
  }

  /** A thread wants, or no longer wants, to know of an actor here. */
  announced(thread: number, on: boolean, watched: Address): void {
    const number = addressNumber(watched.kind, watched.key);
    if (on) add(this.#threads, number, thread);
    else remove(this.#threads, number, thread);
  }

  /** News of an actor somebody here watches. */
  notified(dead: Address, reason: number): void {
    const whom = addressNumber(dead.kind, dead.key);
    const watchers = this.#watching.get(whom);
    if (watchers === undefined) return;
    this.#watching.delete(whom);
    for (const who of watchers) {
      remove(this.#byWatcher, who, whom);
      this.#port.deliver(addressOf(who), dead, reason);
    }
  }

  /** That thread died with all its actors: `reason` goes to all who watched one of them. */
  threadDied(thread: number, reason: number): void {
    for (const threads of this.#threads.values()) threads.delete(thread);
    for (const whom of [...this.#watching.keys()]) {
      const address = addressOf(whom);
      if (this.#port.threadOf(address) === thread) this.notified(address, reason);
    }
  }

  #drop(who: number, whom: number): void {
    const watchers = this.#watching.get(whom);
    if (watchers === undefined) return;
    watchers.delete(who);
    if (watchers.size > 0) return;
    this.#watching.delete(whom);
    const address = addressOf(whom);
    const thread = this.#port.threadOf(address);
    if (thread !== undefined) this.#port.announce(thread, false, address);
  }
}

function add(table: Map<number, Set<number>>, key: number, value: number): void {
  const set = table.get(key);
  if (set === undefined) table.set(key, new Set([value]));
  else set.add(value);
}

function remove(table: Map<number, Set<number>>, key: number, value: number): void {
  const set = table.get(key);
  if (set?.delete(value) && set.size === 0) table.delete(key);
}
