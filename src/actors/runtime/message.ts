import type { Address, Message } from './actor.js';
import type { Batch } from './batch.js';
import { What } from './batch.js';

const ASK_IDS = 2 ** 32;

/** Asks are numbered per thread; with the thread in front they are unique in the system. Never 0. */
export function askNumber(thread: number, id: number): number {
  // The thread is counted from 1 here, so that no ask is ever 0.
  return (thread + 1) * ASK_IDS + id;
}

export function askThread(ask: number): number {
  return Math.floor(ask / ASK_IDS) - 1;
}

export function askId(ask: number): number {
  return ask % ASK_IDS;
}

const NOWHERE: Address = { kind: 15, key: 0 };
const EMPTY = Buffer.alloc(0);

/** The one message object of a thread, moved from envelope to envelope; what is not read is not made. */
export class ReceivedMessage implements Message {
  #batch: Batch | undefined;
  #at = 0;
  #body: Buffer | undefined;

  place(batch: Batch, at: number): void {
    this.#batch = batch;
    this.#at = at;
    this.#body = undefined;
  }

  clear(): void {
    this.#batch = undefined;
    this.#body = undefined;
  }

  get type(): number {
    return this.#batch?.type(this.#at) ?? 0;
  }

  get from(): Address {
    return this.#batch?.from(this.#at) ?? NOWHERE;
  }

  get ask(): number {
    const batch = this.#batch;
    if (batch === undefined || batch.what(this.#at) !== What.Ask) return 0;
    return askNumber(batch.askThread(this.#at), batch.askId(this.#at));
  }

  get body(): Buffer {
    this.#body ??= this.#batch?.body(this.#at) ?? EMPTY;
    return this.#body;
  }

  get sentAt(): number {
    return this.#batch?.sentAt(this.#at) ?? 0;
  }
}
