import type { ActorContext, Address, Clock, Held, Message } from './actor.js';
import { MailLane, SystemMessage } from './actor.js';
import { ActorTap } from './actor-tap.js';
import { What } from './batch.js';
import type { Cell } from './cell.js';
import { askId, askThread } from './message.js';
import { actorDied, encodeRefusal } from './refusal.js';
import type { ActorSystem } from './system.js';

const SNAPSHOT_MAX_BYTES = 64 * 1024;

/** The clock as one actor has it: its timers end with it, a throw in one fails it alone. */
class CellClock implements Clock {
  readonly #clock: Clock;
  readonly #guard: (run: () => void) => void;
  readonly #timers = new Set<unknown>();
  #open = true;

  constructor(clock: Clock, guard: (run: () => void) => void) {
    this.#clock = clock;
    this.#guard = guard;
  }

  now(): number {
    return this.#clock.now();
  }

  wall(): number {
    return this.#clock.wall();
  }

  setTimeout(run: () => void, ms: number): unknown {
    if (!this.#open) return undefined;
    const id = this.#clock.setTimeout(() => {
      this.#timers.delete(id);
      this.#guard(run);
    }, ms);
    this.#timers.add(id);
    return id;
  }

  clearTimeout(id: unknown): void {
    if (this.#timers.delete(id)) this.#clock.clearTimeout(id);
  }

  close(): void {
    this.#open = false;
    for (const id of this.#timers) this.#clock.clearTimeout(id);
    this.#timers.clear();
  }
}

/** An envelope has 16 bits for it, and the highest page is the runtime's own. */
function checkType(type: number): void {
  if (type < 0 || type >= SystemMessage.Terminated)
    throw new RangeError(`message type ${type} is not an actor's`);
}

/** The view of the world of one actor in one life. */
export class CellContext implements ActorContext {
  readonly self: Address;
  readonly clock: CellClock;
  readonly random: (target: Buffer) => void;
  readonly tap: ActorTap;
  readonly #system: ActorSystem;
  readonly #cell: Cell;
  #alive = true;

  constructor(system: ActorSystem, cell: Cell) {
    this.#system = system;
    this.#cell = cell;
    this.self = cell.address;
    this.random = system.random;
    this.tap = new ActorTap(system.tap, cell);
    this.clock = new CellClock(system.clock, (run) => system.cells.guard(cell, this, run));
  }

  tell(to: Address, type: number, body: Uint8Array, lane: MailLane = MailLane.Data): void {
    if (!this.#alive) return;
    checkType(type);
    this.#system.router.tell(lane, type, to, this.self, body);
    if (this.#system.tap.active) this.#show(type, to, body.length);
  }

  ask(
    to: Address,
    type: number,
    body: Uint8Array,
    deadlineMs: number,
    lane: MailLane = MailLane.Data,
  ): Promise<Buffer> {
    if (!this.#alive) return Promise.reject(actorDied());
    checkType(type);
    if (this.#system.tap.active) this.#show(type, to, body.length);
    return this.#system.ask(this.#cell, this.self, to, type, body, deadlineMs, lane);
  }

  hold(message: Message): Held {
    return { from: message.from, ask: message.ask };
  }

  reply(to: Message | Held, body: Uint8Array): void {
    this.#answer(What.Reply, to, body);
  }

  refuse(to: Message | Held, error: Error): void {
    this.#answer(What.Refusal, to, encodeRefusal(error));
  }

  snapshot(state: Uint8Array): void {
    if (!this.#alive) return;
    if (state.length > SNAPSHOT_MAX_BYTES) {
      throw new RangeError(`a snapshot of ${state.length} bytes is above ${SNAPSHOT_MAX_BYTES}`);
    }
    this.#system.cells.keepSnapshot(this.#cell, Buffer.from(state));
  }

  watch(other: Address): void {
    if (this.#alive) this.#system.watches.watch(this.self, other);
  }

  unwatch(other: Address): void {
    if (this.#alive) this.#system.watches.unwatch(this.self, other);
  }

  watchThreads(): void {
    if (this.#alive) this.#cell.watchesThreads = true;
  }

  threadOf(address: Address): number {
    const thread = this.#system.router.threadOf(address);
    if (thread === undefined) throw new RangeError(`no thread holds actors of kind ${address.kind}`);
    return thread;
  }

  stop(): void {
    if (this.#alive) this.#system.cells.stop(this.#cell);
  }

  onTurnEnd(run: () => void): void {
    if (this.#alive) this.#system.pump.atTurnEnd(() => this.#system.cells.guard(this.#cell, this, run));
  }

  /** The actor is no more. */
  end(): void {
    this.#alive = false;
    this.clock.close();
    this.tap.end();
  }

  get alive(): boolean {
    return this.#alive;
  }

  #show(type: number | string, to: Address, bytes: number): void {
    const { closeUp } = this.#cell;
    if (closeUp !== undefined && --closeUp.left >= 0) closeUp.message('out', type, to, bytes);
  }

  #answer(what: typeof What.Reply | typeof What.Refusal, to: Message | Held, body: Uint8Array): void {
    const ask = to.ask;
    // Each ask is answered once: what was answered, or asked of an earlier life, is not in the table.
    if (!this.#alive || ask === 0) return;
    const { router } = this.#system;
    const open = this.#cell.unanswered.get(ask);
    if (open === undefined) return;
    router.answer(what, open.lane, open.from, this.self, askId(ask), askThread(ask), body);
    this.#cell.unanswered.delete(ask);
    this.#show(what === What.Reply ? 'reply' : 'refusal', open.from, body.length);
  }
}
