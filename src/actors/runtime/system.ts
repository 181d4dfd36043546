import { type ActorType, type Address, type Clock, Kind, MailLane, SystemMessage } from './actor.js';
import { type Asker, Asks } from './asks.js';
import { type Batch, What } from './batch.js';
import { Cell, CellState } from './cell.js';
import { Cells, DeathReason } from './cells.js';
import { DeadLetters } from './dead-letters.js';
import { LinkState, type Wire } from './link.js';
import type { PlacementTable } from './placement.js';
import { Pump } from './pump.js';
import { actorDied, decodeRefusal, mailboxFull } from './refusal.js';
import { Router } from './router.js';
import type { SnapshotChange } from './snapshots.js';
import { type ThreadStats, threadStats } from './stats.js';
import { encodeTerminated, encodeThreadRestarted } from './system-message.js';
import { Tap } from './tap.js';
import { Watches } from './watches.js';

/** What an actor system tells its supervisor. */
export interface ActorFailure {
  readonly type: 'actorFailed';
  readonly actor: string;
  readonly error: Error;
  readonly gaveUp: boolean;
  readonly restarts: number;
}

export interface SystemOptions {
  readonly thread: number;
  readonly generation: number;
  readonly placement: PlacementTable;
  readonly types: readonly ActorType[];
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  /** Runs something after the events at hand: setImmediate, or a test's scheduler. */
  readonly schedule: (run: () => void) => void;
  readonly report: (failure: ActorFailure) => void;
  /** Takes what changed, at the end of a turn. */
  readonly keepSnapshots: (changes: SnapshotChange[]) => void;
  /** What the thread's last life left behind, by address number. */
  readonly inherited?: ReadonlyMap<number, Buffer>;
}

const OUTSIDE: Address = { kind: Kind.Outside, key: 0 };

/** The actors of one thread, and their ways to each other and to other threads. */
export class ActorSystem {
  readonly thread: number;
  readonly clock: Clock;
  readonly random: (target: Buffer) => void;
  readonly report: (failure: ActorFailure) => void;
  readonly tap = new Tap();
  readonly deadLetters = new DeadLetters();
  readonly asks: Asks;
  readonly pump: Pump;
  readonly router: Router;
  readonly watches: Watches;
  readonly cells: Cells;
  readonly #keepSnapshots: (changes: SnapshotChange[]) => void;
  readonly #outside: Asker = { asks: 0 };
  /** Errors of asks that were rejected -> who asked. */
  readonly #blamed = new WeakMap<Error, Asker>();
  #dirty: Cell[] = [];

  constructor(options: SystemOptions) {
    this.thread = options.thread;
    this.clock = options.clock;
    this.random = options.random;
    this.report = options.report;
    this.#keepSnapshots = options.keepSnapshots;
    this.asks = new Asks(options.clock, options.generation);
    this.pump = new Pump(this, options.schedule);
    this.router = new Router(
      options.thread,
      options.placement,
      options.clock,
      this.deadLetters,
      this.pump.wake,
    );
    this.watches = new Watches({
      threadOf: (address) => this.router.threadOf(address),
      announce: (thread, on, watched) => this.router.signal(thread, on ? What.Watch : What.Unwatch, watched),
      notify: (thread, dead, reason) =>
        this.router.signal(thread, What.Terminated, dead, Uint8Array.of(reason)),
      deliver: (watcher, dead, reason) => this.#terminated(watcher, dead, reason),
    });
    this.cells = new Cells(this, options.types, options.inherited ?? new Map());
  }

  /** Every port is wired: actors may begin. */
  start(): void {
    this.cells.wake();
    this.pump.wake();
  }

  /** Lets all actors finish, then ends. Messages on their way are handled first. */
  async stop(deadlineMs: number): Promise<void> {
    await this.cells.stopAll(deadlineMs);
    this.pump.run();
    this.asks.close();
  }

  /** Batches from that thread come in by `receive`, those to it leave by the wire. */
  attach(thread: number, generation: number, wire: Wire): void {
    if (generation > 0) this.#threadRestarted(thread, generation);
    this.pump.run();
    this.router.link(thread).attach(wire);
    this.pump.run();
  }

  /** That thread died; unless it is lost for good, what waits for it keeps waiting. */
  detach(thread: number, lost: boolean): void {
    const link = this.router.link(thread);
    // A closed port said so before the supervisor did: what has begun to wait since then waits on.
    if (!lost && link.state !== LinkState.Up) return;
    if (lost) {
      for (const batch of link.lose()) {
        this.#each(batch, (at) => this.cells.reject(batch, at, 'gone', actorDied()));
      }
    } else link.detach();
    this.asks.rejectThread(thread);
    this.watches.threadDied(thread, DeathReason.ThreadDied);
    this.pump.wake();
  }

  /** A wire broke by itself; the supervisor's word on that thread will follow. */
  portClosed(thread: number, wire: Wire): void {
    if (this.router.link(thread).wire === wire) this.detach(thread, false);
  }

  /** One batch from that thread. Mail is only sorted into mailboxes: `pump.run` must follow, and handles it. */
  receive(thread: number, buffer: ArrayBuffer): void {
    this.pump.sort(() => this.accept(this.router.link(thread).receive(buffer)));
  }

  readonly accept = (batch: Batch): void => {
    const { count } = batch;
    // An empty batch only carries credit.
    if (count === 0) {
      batch.discard();
      return;
    }
    let at = batch.first;
    for (let i = 0; i < count; i++) {
      // Read first: the last message of a batch may let go of it.
      const next = batch.after(at);
      this.deliver(batch, at);
      at = next;
    }
  };

  /** Sorts one message where it belongs. */
  deliver(batch: Batch, at: number): void {
    const what = batch.what(at);
    if (what <= What.Ask) {
      this.#mail(batch, at);
      return;
    }
    switch (what) {
      case What.Reply:
      case What.Refusal:
        this.#answer(batch, at);
        return;
      case What.Watch:
      case What.Unwatch:
        this.watches.announced(batch.askThread(at), what === What.Watch, batch.to(at));
        break;
      default:
        this.watches.notified(batch.to(at), batch.body(at)[0] ?? DeathReason.Stopped);
    }
    batch.release();
  }

  /** Asks on behalf of an actor, or of code outside of one. */
  ask(
    asker: Asker,
    from: Address,
    to: Address,
    type: number,
    body: Uint8Array,
    deadlineMs: number,
    lane: MailLane,
  ): Promise<Buffer> {
    const thread = this.router.threadOf(to);
    if (thread === undefined) return Promise.reject(actorDied());
    if (this.asks.full) return Promise.reject(mailboxFull());
    return new Promise((resolve, reject) => {
      const blame = (error: Error) => {
        this.#blamed.set(error, asker);
        reject(error);
      };
      const id = this.asks.add(thread, asker, deadlineMs, resolve, blame);
      if (this.router.send(thread, lane, What.Ask, type, to, from, id, this.thread, body)) return;
      this.asks.reject(id, this.router.lost(thread) ? actorDied() : mailboxFull());
    });
  }

  /** For code that is no actor, on this thread. See ActorContext.ask. */
  askFromOutside(
    to: Address,
    type: number,
    body: Uint8Array,
    deadlineMs: number,
    lane: MailLane = MailLane.Data,
  ): Promise<Buffer> {
    return this.ask(this.#outside, OUTSIDE, to, type, body, deadlineMs, lane);
  }

  /** For code that is no actor, on this thread. See ActorContext.tell. */
  tellFromOutside(to: Address, type: number, body: Uint8Array, lane: MailLane = MailLane.Data): void {
    this.router.tell(lane, type, to, OUTSIDE, body);
  }

  /** Hands an answer to whoever waits for it, and lets go of the message. */
  settle(batch: Batch, at: number): void {
    const id = batch.askId(at);
    if (this.asks.waits(id)) {
      if (batch.what(at) === What.Reply) this.asks.resolve(id, Buffer.from(batch.body(at)));
      else this.asks.reject(id, decodeRefusal(batch.body(at)));
    }
    batch.release();
  }

  /**
   * A promise was rejected and nobody caught it. If that was an ask's, its actor fails, and true is returned;
   * anything else cannot be laid at anybody's door.
   */
  blame(error: unknown): boolean {
    const asker = error instanceof Error ? this.#blamed.get(error) : undefined;
    if (asker === undefined) return false;
    if (asker instanceof Cell && asker.state === CellState.Live) this.cells.fail(asker, error);
    return true;
  }

  snapshotChanged(cell: Cell): void {
    this.#dirty.push(cell);
    this.pump.wake();
  }

  flushSnapshots(): void {
    if (this.#dirty.length === 0) return;
    const dirty = this.#dirty;
    this.#dirty = [];
    this.#keepSnapshots(
      dirty.map((cell) => {
        cell.snapshotDirty = false;
        return { kind: cell.address.kind, key: cell.address.key, state: cell.snapshot };
      }),
    );
  }

  stats(): ThreadStats {
    return threadStats(this);
  }

  #mail(batch: Batch, at: number): void {
    const kind = batch.toKind(at);
    const key = batch.toKey(at);
    const cell =
      batch.type(at) >= SystemMessage.Terminated
        ? this.cells.find(kind, key)
        : this.cells.findOrCreate(kind, key);
    if (cell === undefined) {
      if (batch.type(at) >= SystemMessage.Terminated) batch.release();
      else this.cells.reject(batch, at, 'nobody', actorDied());
      return;
    }
    if (cell.state === CellState.GivenUp) {
      this.cells.reject(batch, at, 'gone', actorDied());
      return;
    }
    const { lane } = batch;
    if (!cell.mailbox.push(lane, batch, at)) {
      this.cells.reject(batch, at, 'mailbox', mailboxFull());
      return;
    }
    if (cell.state === CellState.Live) this.pump.ready(cell, lane);
    else this.tap.touch(cell);
  }

  /** An answer overtakes nothing its sender told before it on the same lane: it queues behind unread mail. */
  #answer(batch: Batch, at: number): void {
    const { lane } = batch;
    const cell = this.cells.find(batch.toKind(at), batch.toKey(at));
    const closeUp = cell?.closeUp;
    if (closeUp !== undefined && --closeUp.left >= 0) {
      const name = batch.what(at) === What.Reply ? 'reply' : 'refusal';
      closeUp.message('in', name, batch.from(at), batch.body(at).length);
    }
    const mailWaits = cell?.state === CellState.Live && cell.mailbox.sizeOf(lane) > 0;
    if (!(mailWaits && cell.mailbox.push(lane, batch, at))) this.settle(batch, at);
  }

  #terminated(watcher: Address, dead: Address, reason: number): void {
    const body = encodeTerminated(dead, reason);
    this.router.tell(MailLane.Control, SystemMessage.Terminated, watcher, dead, body);
  }

  #threadRestarted(thread: number, generation: number): void {
    const body = encodeThreadRestarted(thread, generation);
    for (const cell of this.cells.all()) {
      if (!cell.watchesThreads) continue;
      this.router.tell(MailLane.Control, SystemMessage.ThreadRestarted, cell.address, OUTSIDE, body);
    }
  }

  #each(batch: Batch, take: (at: number) => void): void {
    const { count } = batch;
    let at = batch.first;
    for (let i = 0; i < count; i++) {
      const next = batch.after(at);
      take(at);
      at = next;
    }
  }
}
