import { type Actor, createActor } from 'xstate';
import type { NatterError } from '../../../chat/error.js';
import type { Transfer, TransferState } from '../../../chat/events.js';
import type { FileLock } from '../../../store/lock.js';
import { isEnded, type TransferRecord } from '../../../store/transfers.js';
import type { Clock } from '../../runtime/actor.js';
import type { ActorTap } from '../../runtime/actor-tap.js';
import { type TransferEvent, type TransferPort, transferMachine } from '../../transfer/transfer.machine.js';
import { Speed } from './speed.js';

/** Progress is told so often at most. */
const REPORT_MS = 100;
/** The rate falls by itself while nothing comes. */
const IDLE_REPORT_MS = 1_000;
/** After this a full disk is tried again. */
const DISK_RETRY_MS = 30_000;

/** Kept on disk as they are; what lies between begins anew from `accepted`. */
const LASTING: ReadonlySet<TransferState> = new Set(['accepted', 'paused', 'rejected', 'done', 'failed']);

export interface LifeOptions {
  readonly clock: Clock;
  /** Where its machines are shown to whoever watches. */
  readonly tap?: ActorTap | undefined;
  /** This process alone works on it as long as it holds this. */
  readonly lock: FileLock;
  save(record: TransferRecord): void;
  emit(transfer: Transfer): void;
  /** It stands elsewhere than before, or wants its turn again. */
  changed(life: Life): void;
}

/** One transfer from its acceptance to its end: the machine, what is remembered of it and what is told of it. */
export class Life {
  readonly #options: LifeOptions;
  readonly #machine: Actor<typeof transferMachine>;
  readonly #speed = new Speed();
  #record: TransferRecord;
  #state: TransferState = 'offered';
  #stopped = false;
  #bytes: number;
  #repeated: number;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #report: unknown;
  /** Progress is about to be told. */
  #reporting = false;
  #restUntil = 0;
  #isShelved = false;
  #rest: unknown;
  #retry: unknown;

  constructor(options: LifeOptions, record: TransferRecord, port: (life: Life) => TransferPort) {
    this.#options = options;
    this.#record = record;
    this.#bytes = record.bytes;
    this.#repeated = record.repeated;
    const { clock } = options;
    this.#machine = createActor(transferMachine, {
      input: { port: port(this) },
      clock: {
        setTimeout: (run, ms) => clock.setTimeout(run, ms),
        clearTimeout: (id) => clock.clearTimeout(id),
      },
    });
    options.tap?.machine(this.#machine, {
      facts: () => ({ size: record.size, bytes: this.#bytes, repeated: this.#repeated }),
    });
    this.#machine.subscribe(({ value, context }) => this.#moved(value, context.failure));
    this.#machine.start();
  }

  get record(): TransferRecord {
    return this.#record;
  }

  get state(): TransferState {
    return this.#state;
  }

  /** Waits for nothing but a turn. */
  get ready(): boolean {
    return this.#state === 'accepted' && this.#options.clock.now() >= this.#restUntil;
  }

  /** What comes after the end says nothing any more. */
  send(event: TransferEvent): void {
    if (this.#machine.getSnapshot().status === 'active' && !this.#stopped) this.#machine.send(event);
  }

  /** So many bytes are verified at the receiving end. Said with each chunk, so it makes nothing. */
  progress(bytes: number): void {
    const more = Math.max(0, bytes - this.#bytes);
    this.#bytes = bytes;
    if (this.#state !== 'running') return;
    this.#speed.add(more, this.#options.clock.now());
    if (!this.#reporting) this.#reportIn(REPORT_MS);
    this.#reporting = true;
  }

  /** So many were there already when it was asked: nothing moved. */
  found(bytes: number): void {
    this.#bytes = bytes;
  }

  /** A chunk that was verified before came again. */
  repeated(): void {
    this.#repeated++;
  }

  /** Something is known of it that was not: kept. */
  note(changes: Partial<TransferRecord>): void {
    this.#record = { ...this.#record, ...changes, bytes: this.#bytes, repeated: this.#repeated };
    this.#options.save(this.#record);
  }

  /** As `note`, and told. */
  show(changes: Partial<TransferRecord>): void {
    this.note(changes);
    this.#tell();
  }

  /** No turn before this much time has passed. @param why it waits, for people */
  rest(ms: number, why?: NatterError): void {
    const { clock } = this.#options;
    this.#isShelved = false;
    this.#restUntil = clock.now() + ms;
    clock.clearTimeout(this.#rest);
    this.#rest = clock.setTimeout(() => this.#options.changed(this), ms);
    if (why !== undefined) this.#record = { ...this.#record, code: why.code, reason: why.message };
  }

  /** Nobody asks for it: no turn until it is woken. */
  shelve(): void {
    this.#options.clock.clearTimeout(this.#rest);
    this.#restUntil = Number.POSITIVE_INFINITY;
    if (this.#isShelved) return;
    this.#isShelved = true;
    // In every other state it is told when it comes to wait.
    if (this.#state === 'accepted') this.#tell();
  }

  /** What it waited for may be there. */
  wake(): void {
    this.#isShelved = false;
    this.#restUntil = 0;
    this.#options.changed(this);
  }

  transfer(): Transfer {
    const record = { ...this.#record, bytes: this.#bytes, repeated: this.#repeated };
    const transfer = toTransfer(record, this.#state, this.#state === 'running' ? this.#speed.perS : 0);
    return this.#state === 'accepted' && this.#isShelved ? { ...transfer, isOnOffer: true } : transfer;
  }

  /** This process ends: what is half done stays, to be gone on with. */
  stop(): void {
    this.#stopped = true;
    this.#machine.stop();
    this.#silence();
    this.#options.lock.release();
  }

  #moved(value: string, failure: NatterError | undefined): void {
    // Asking what is missing is part of running, as people see it.
    const state = (value === 'resuming' ? 'running' : value) as TransferState;
    if (state === this.#state) return;
    this.#state = state;
    if (state !== 'accepted') this.#record = without(this.#record);
    if (failure !== undefined)
      this.#record = { ...this.#record, code: failure.code, reason: failure.message };
    if (state !== 'running') this.#speed.reset();
    if (LASTING.has(state)) this.note({ state });
    this.#tell();
    if (isEnded(state)) {
      this.#silence();
      this.#options.lock.release();
    } else if (state === 'paused' && failure?.code === 'DISK_FULL') {
      this.#retry = this.#options.clock.setTimeout(() => this.send({ type: 'RESUME' }), DISK_RETRY_MS);
    }
    this.#options.changed(this);
  }

  /** @param waitMs since the last report */
  #reportIn(waitMs: number): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#report);
    const left = Math.max(0, this.#reportedAt + waitMs - clock.now());
    this.#report = clock.setTimeout(() => this.#tell(), left);
  }

  #tell(): void {
    const { clock, emit } = this.#options;
    clock.clearTimeout(this.#report);
    this.#reporting = false;
    this.#reportedAt = clock.now();
    this.#speed.add(0, this.#reportedAt);
    emit(this.transfer());
    if (this.#state === 'running' && this.#speed.perS > 0) this.#reportIn(IDLE_REPORT_MS);
  }

  #silence(): void {
    const { clock } = this.#options;
    for (const timer of [this.#report, this.#rest, this.#retry]) clock.clearTimeout(timer);
  }
}

/** The record without a reason of before. */
function without({ code: _code, reason: _reason, ...record }: TransferRecord): TransferRecord {
  return record;
}

/** As people see it. */
export function toTransfer(record: TransferRecord, state = record.state, rate = 0): Transfer {
  const { id, name, size, type, direction, room, from, to, bytes, repeated, at } = record;
  const { path, hash, reason, code, answer } = record;
  return {
    ...{ id, name, size, type, direction, state, room, from, to, bytes, rate, repeated, at },
    ...(path === undefined ? {} : { path }),
    ...(hash === undefined ? {} : { hash }),
    ...(reason === undefined ? {} : { reason }),
    ...(code === undefined ? {} : { code }),
    ...(answer === undefined ? {} : { answer }),
  };
}
