import { MailLane } from './actor.js';
import { What } from './batch.js';
import { type Cell, CellState } from './cell.js';
import { askNumber, ReceivedMessage } from './message.js';
import { Queue } from './queue.js';
import type { ActorSystem } from './system.js';

/** Messages handled before timers and sockets get their turn. */
const TURN_MESSAGES = 1024;
/** Milliseconds after which a turn ends even so. */
const TURN_MS = 4;
/** How often the clock is read in a turn. */
const CLOCK_EVERY_MESSAGES = 32;
/** Data messages one actor may handle before the next has its go. */
const SHARE_MESSAGES = 32;

/**
 * Drains the mailboxes of a thread, in turns:
 *
 *   a batch came, or somebody outside told something
 *     -> control of every actor, then data round robin, then what they told each other, until all is empty
 *     -> what was asked for at the turn's end
 *     -> every outgoing batch is flushed, control first
 *
 * A turn that has handled TURN_MESSAGES or lasted TURN_MS flushes too, and goes on after timers and sockets had
 * theirs (setImmediate). What is told outside of a turn starts one by the same setImmediate, so that everything
 * a burst of socket events tells shares one batch.
 */
export class Pump {
  readonly #system: ActorSystem;
  readonly #schedule: (run: () => void) => void;
  readonly #queues: readonly [Queue<Cell>, Queue<Cell>] = [new Queue(), new Queue()];
  readonly #message = new ReceivedMessage();
  #turnEnds: (() => void)[] = [];
  #scheduled = false;
  #running = false;
  #left = TURN_MESSAGES;
  #handled = 0;

  constructor(system: ActorSystem, schedule: (run: () => void) => void) {
    this.#system = system;
    this.#schedule = schedule;
  }

  /** Messages handled since the thread started. */
  get handled(): number {
    return this.#handled;
  }

  /** Nothing waits here. */
  get idle(): boolean {
    return !this.#scheduled && !this.#hasWork();
  }

  /** A cell may have mail in that lane. */
  ready(cell: Cell, lane: MailLane): void {
    if (cell.ready[lane] || cell.mailbox.sizeOf(lane) === 0) return;
    cell.ready[lane] = true;
    this.#queues[lane].push(cell);
    if (!this.#running) this.wake();
  }

  atTurnEnd(run: () => void): void {
    this.#turnEnds.push(run);
    if (!this.#running) this.wake();
  }

  /** Asks for a turn after the events at hand. */
  readonly wake = (): void => {
    if (this.#scheduled || this.#running) return;
    this.#scheduled = true;
    this.#schedule(this.#onScheduled);
  };

  readonly #onScheduled = (): void => {
    this.#scheduled = false;
    this.#left = TURN_MESSAGES;
    this.run();
  };

  /** Sorts what came in; whoever calls it runs a turn afterwards. */
  sort(work: () => void): void {
    const running = this.#running;
    this.#running = true;
    work();
    this.#running = running;
  }

  /** Runs a turn now: a batch came in. */
  run(): void {
    if (this.#running) return;
    this.#running = true;
    const { router, clock } = this.#system;
    const end = clock.now() + TURN_MS;
    router.turnTime = end - TURN_MS;
    try {
      do {
        this.#drain(end);
        this.#endTurn();
      } while (this.#left > 0 && this.#hasWork());
    } finally {
      router.turnTime = undefined;
      this.#running = false;
    }
    router.flush();
    this.#system.flushSnapshots();
    // The budget is per turn of the event loop, which several batches may share: only setImmediate renews it.
    if (this.#left < TURN_MESSAGES / 2 || this.#hasWork()) this.wake();
  }

  #hasWork(): boolean {
    return (
      this.#queues[0].length > 0 ||
      this.#queues[1].length > 0 ||
      this.#turnEnds.length > 0 ||
      this.#system.router.hasLocal
    );
  }

  #drain(end: number): void {
    const { router } = this.#system;
    const [control, data] = this.#queues;
    for (;;) {
      router.takeLocal(this.#system.accept);
      if (this.#left <= 0) return;
      const lane = control.length > 0 ? MailLane.Control : MailLane.Data;
      const cell = lane === MailLane.Control ? control.shift() : data.shift();
      if (cell !== undefined) this.#visit(cell, lane, end);
      else if (!router.hasLocal) return;
    }
  }

  /** One actor's share; with mail left it stands at the end of the queue again. */
  #visit(cell: Cell, lane: MailLane, end: number): void {
    const [control] = this.#queues;
    cell.ready[lane] = false;
    for (let share = SHARE_MESSAGES; share > 0 && this.#left > 0; share--) {
      if (!this.#handleNext(cell, lane)) break;
      if ((this.#handled & (CLOCK_EVERY_MESSAGES - 1)) === 0) this.#readClock(end);
      if (lane === MailLane.Data && control.length > 0) break;
    }
    if (cell.state === CellState.Live) this.ready(cell, lane);
  }

  #readClock(end: number): void {
    const now = this.#system.clock.now();
    this.#system.router.turnTime = now;
    if (now >= end) this.#left = 0;
  }

  #handleNext(cell: Cell, lane: MailLane): boolean {
    const batch = cell.mailbox.nextBatch(lane);
    const { actor } = cell;
    if (batch === undefined || actor === undefined || cell.state !== CellState.Live) return false;
    const at = cell.mailbox.nextOffset(lane);
    cell.mailbox.shift(lane);
    this.#left--;
    this.#handled++;
    const { router, tap, cells } = this.#system;
    const what = batch.what(at);
    if (what === What.Reply || what === What.Refusal) {
      this.#system.settle(batch, at);
      return true;
    }
    const message = this.#message;
    message.place(batch, at);
    cell.lastAt = router.turnTime ?? 0;
    if (what === What.Ask) {
      const ask = askNumber(batch.askThread(at), batch.askId(at));
      cell.unanswered.set(ask, { from: batch.from(at), lane });
    }
    if (tap.active) showReceived(cell, message);
    try {
      actor.receive(message);
    } catch (error) {
      cells.fail(cell, error);
    }
    if (tap.active && !cell.touched) tap.touch(cell);
    message.clear();
    batch.release();
    return true;
  }

  #endTurn(): void {
    if (this.#turnEnds.length === 0) return;
    const ends = this.#turnEnds;
    this.#turnEnds = [];
    for (const run of ends) run();
  }
}

/** Reads nothing of a message that is not shown: what is not read is not made. */
function showReceived({ closeUp }: Cell, message: ReceivedMessage): void {
  if (closeUp !== undefined && --closeUp.left >= 0)
    closeUp.message('in', message.type, message.from, message.body.length);
}
