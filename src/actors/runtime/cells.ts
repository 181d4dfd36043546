import { type ActorType, MailLane } from './actor.js';
import { addressNumber, addressOf, addressText } from './address.js';
import { type Batch, What } from './batch.js';
import { causeOf } from './cause.js';
import { Cell, CellState } from './cell.js';
import { CellContext } from './context.js';
import type { DeadLetterReason } from './dead-letters.js';
import { askId, askThread } from './message.js';
import { actorDied, encodeRefusal } from './refusal.js';
import type { ActorSystem } from './system.js';

/** Why an actor is no more: the byte in SystemMessage.Terminated. */
export const DeathReason = { Stopped: 0, Failed: 1, ThreadDied: 2 } as const;
export type DeathReason = (typeof DeathReason)[keyof typeof DeathReason];

const STOPPING_MAX_MS = 5_000;

/**
 * The actors of one thread and how they come and go:
 *
 *   first message ----> live --- throws ---> restarting --- backoff ---> live (from its last snapshot)
 *                        |  |                    '-- budget spent --> given up -- period --> gone
 *                        |  '- idle: passivate -> stopping -> gone (mail that came meanwhile makes a new one)
 *                        '---- stop() ----------> stopping -> gone (mail that came meanwhile is dead)
 */
export class Cells {
  readonly #system: ActorSystem;
  readonly #types: (ActorType | undefined)[] = [];
  readonly #order: readonly ActorType[];
  readonly #byKind: Map<number, Cell>[] = [];
  /** Snapshots of an earlier life of this thread that nobody has taken up yet. */
  readonly #inherited: Map<number, Buffer>;
  readonly #sweeps: unknown[] = [];
  restarts = 0;

  constructor(system: ActorSystem, types: readonly ActorType[], inherited: ReadonlyMap<number, Buffer>) {
    this.#system = system;
    this.#inherited = new Map(inherited);
    this.#order = types;
    for (const type of types) {
      this.#types[type.kind] = type;
      this.#byKind[type.kind] = new Map();
    }
  }

  /** Makes the eager singletons, and whoever left a snapshot when this thread died. */
  wake(): void {
    for (const type of this.#order) {
      if (type.eager) this.findOrCreate(type.kind, 0);
      if (type.passivateMs !== undefined) this.#sweepEvery(type, type.passivateMs);
    }
    for (const number of [...this.#inherited.keys()]) {
      const { kind, key } = addressOf(number);
      this.findOrCreate(kind, key);
    }
    this.#inherited.clear();
  }

  find(kind: number, key: number): Cell | undefined {
    return this.#byKind[kind]?.get(key);
  }

  /** The cell of an address, with an actor made for it if there was none; undefined when its kind is not here. */
  findOrCreate(kind: number, key: number): Cell | undefined {
    const cells = this.#byKind[kind];
    const known = cells?.get(key);
    if (known !== undefined) return known;
    const type = this.#types[kind];
    if (cells === undefined || type === undefined) return undefined;
    const cell = new Cell({ kind: type.kind, key }, type, this.#system.router.now());
    cells.set(key, cell);
    this.#system.tap.born(cell);
    const number = addressNumber(kind, key);
    cell.snapshot = this.#inherited.get(number);
    this.#inherited.delete(number);
    this.#bear(cell);
    return cell;
  }

  *all(): Iterable<Cell> {
    for (const cells of this.#byKind) if (cells !== undefined) yield* cells.values();
  }

  /** Runs something of an actor's outside of `receive`: a throw fails that actor, if it still is the same. */
  guard(cell: Cell, context: CellContext, run: () => void): void {
    if (!context.alive) return;
    try {
      run();
    } catch (error) {
      this.fail(cell, error);
    }
  }

  keepSnapshot(cell: Cell, snapshot: Buffer): void {
    cell.snapshot = snapshot;
    if (cell.snapshotDirty) return;
    cell.snapshotDirty = true;
    this.#system.snapshotChanged(cell);
  }

  /** An actor threw: it alone stops, and starts again from its last snapshot if its budget allows. */
  fail(cell: Cell, thrown: unknown): void {
    const error = asError(thrown);
    if (cell.state !== CellState.Live) {
      // It is on its way out already: only say so.
      this.#report(cell, error, false);
      return;
    }
    this.#end(cell);
    const delay = cell.budget.next(this.#system.clock.now());
    this.#report(cell, error, delay === undefined);
    this.#show(cell, error, delay === undefined ? 'given up' : 'restart');
    if (delay === undefined) {
      this.#giveUp(cell);
      return;
    }
    cell.state = CellState.Restarting;
    cell.mailbox.park();
    cell.timer = this.#system.clock.setTimeout(() => this.#restart(cell), delay);
  }

  /**
   * Ends an actor for good; what it was sent and has not read becomes dead letters. It gets no more mail from
   * now on, and goes at the turn's end, so that whatever it is in the middle of is still said.
   */
  stop(cell: Cell): void {
    if (cell.state !== CellState.Live) return;
    this.#close(cell);
    this.#system.pump.atTurnEnd(() => void this.#leave(cell, false));
  }

  /**
   * Lets every actor finish within the deadline, kind by kind, the one named last by `start` first: what it
   * says while it stops still reaches the kinds named before it. No actor of a stopped kind is made again.
   */
  async stopAll(deadlineMs: number): Promise<void> {
    const { clock, pump } = this.#system;
    for (const sweep of this.#sweeps) clock.clearTimeout(sweep);
    const end = clock.now() + deadlineMs;
    for (const { kind } of [...this.#order].reverse()) {
      this.#types[kind] = undefined;
      const cells = [...(this.#byKind[kind]?.values() ?? [])];
      await Promise.all(cells.map((cell) => this.#stopNow(cell, Math.max(1, end - clock.now()))));
      pump.run();
    }
  }

  /** A message that a cell here will not read. */
  reject(batch: Batch, at: number, reason: DeadLetterReason, error: Error): void {
    const { router } = this.#system;
    const to = batch.to(at);
    const from = batch.from(at);
    if (batch.what(at) === What.Ask) {
      const body = encodeRefusal(error);
      router.answer(What.Refusal, batch.lane, from, to, batch.askId(at), batch.askThread(at), body);
    }
    this.#system.deadLetters.add(router.now(), reason, batch.type(at), to, from, batch.body(at).length);
    batch.release();
  }

  #bear(cell: Cell): void {
    const context = new CellContext(this.#system, cell);
    cell.context = context;
    cell.state = CellState.Live;
    try {
      cell.actor = cell.type.create(context, cell.snapshot);
    } catch (error) {
      this.fail(cell, error);
    }
  }

  #restart(cell: Cell): void {
    if (cell.state !== CellState.Restarting) return;
    cell.restarts++;
    this.restarts++;
    cell.mailbox.unpark();
    this.#bear(cell);
    this.#system.tap.touch(cell);
    cell.closeUp?.life('restarted');
    this.#system.pump.ready(cell, MailLane.Control);
    this.#system.pump.ready(cell, MailLane.Data);
  }

  #giveUp(cell: Cell): void {
    cell.state = CellState.GivenUp;
    cell.mailbox.drain((batch, at) => this.reject(batch, at, 'gone', actorDied()));
    this.#forgetSnapshot(cell);
    this.#system.watches.forget(cell.address);
    this.#died(cell, DeathReason.Failed);
    // It may try again once its failures lie a whole period back, without the snapshot that may have been the cause.
    cell.timer = this.#system.clock.setTimeout(
      () => this.#remove(cell),
      cell.type.restart?.periodMs ?? 60_000,
    );
  }

  #close(cell: Cell): void {
    cell.state = CellState.Stopping;
    this.#system.tap.touch(cell);
    cell.closeUp?.life('stopping');
    cell.mailbox.park();
  }

  #report(cell: Cell, error: Error, gaveUp: boolean): void {
    const { restarts } = cell;
    this.#system.report({ type: 'actorFailed', actor: addressText(cell.address), error, gaveUp, restarts });
  }

  #show(cell: Cell, error: Error, kind: 'restart' | 'given up'): void {
    const { tap, clock } = this.#system;
    const cause = causeOf(error);
    tap.failed(clock.wall(), kind, cell.name, cause);
    tap.touch(cell);
    cell.closeUp?.life(`failed: ${cause}`);
  }

  async #stopNow(cell: Cell, deadlineMs: number): Promise<void> {
    this.#system.clock.clearTimeout(cell.timer);
    if (cell.state !== CellState.Live) return;
    this.#close(cell);
    await this.#leave(cell, false, deadlineMs);
  }

  async #leave(cell: Cell, successor: boolean, deadlineMs = STOPPING_MAX_MS): Promise<void> {
    try {
      const stopping = cell.actor?.stopping?.();
      if (stopping !== undefined) await this.#within(stopping, deadlineMs);
    } catch (thrown) {
      this.#report(cell, asError(thrown), false);
    }
    this.#end(cell);
    this.#system.watches.forget(cell.address);
    this.#forgetSnapshot(cell);
    this.#remove(cell);
    if (successor) this.#passOn(cell);
    else {
      cell.mailbox.drain((batch, at) => this.reject(batch, at, 'gone', actorDied()));
      this.#died(cell, DeathReason.Stopped);
    }
  }

  /** Mail that came while it passivated belongs to the next actor of that address. */
  #passOn(cell: Cell): void {
    cell.mailbox.unpark();
    cell.mailbox.drain((batch, at) => this.#system.deliver(batch, at));
  }

  #end(cell: Cell): void {
    cell.context?.end();
    cell.actor = undefined;
    cell.context = undefined;
    cell.watchesThreads = false;
    const { asks, router } = this.#system;
    asks.rejectAsker(cell);
    for (const [ask, { from, lane }] of cell.unanswered) {
      const body = encodeRefusal(actorDied());
      router.answer(What.Refusal, lane, from, cell.address, askId(ask), askThread(ask), body);
    }
    cell.unanswered.clear();
  }

  #died(cell: Cell, reason: DeathReason): void {
    this.#system.watches.died(cell.address, reason);
  }

  #forgetSnapshot(cell: Cell): void {
    if (cell.snapshot === undefined) return;
    cell.snapshot = undefined;
    if (cell.snapshotDirty) return;
    cell.snapshotDirty = true;
    this.#system.snapshotChanged(cell);
  }

  #remove(cell: Cell): void {
    cell.state = CellState.Gone;
    this.#system.tap.gone(cell);
    cell.closeUp?.life('gone');
    const { kind, key } = cell.address;
    if (this.#byKind[kind]?.get(key) === cell) this.#byKind[kind]?.delete(key);
  }

  #sweepEvery(type: ActorType, idleMs: number): void {
    const sweep = () => {
      const now = this.#system.clock.now();
      for (const cell of [...(this.#byKind[type.kind]?.values() ?? [])]) {
        const waits = cell.mailbox.size > 0 || cell.unanswered.size > 0 || cell.asks > 0;
        const busy = waits || cell.actor?.busy?.() === true;
        if (busy || cell.state !== CellState.Live || now - cell.lastAt < idleMs) continue;
        this.#close(cell);
        void this.#leave(cell, true);
      }
      this.#sweeps[type.kind] = this.#system.clock.setTimeout(sweep, idleMs / 4);
    };
    this.#sweeps[type.kind] = this.#system.clock.setTimeout(sweep, idleMs / 4);
  }

  #within(work: Promise<void>, deadlineMs: number): Promise<void> {
    const { clock } = this.#system;
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(resolve, deadlineMs);
      work.then(resolve, reject).finally(() => clock.clearTimeout(timer));
    });
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
