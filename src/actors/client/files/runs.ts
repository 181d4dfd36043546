import { NatterError } from '../../../chat/error.js';
import type { Transfer } from '../../../chat/events.js';
import type { FileEventBody, FileState } from '../../../chat/operations.js';
import { isEnded, type TransferRecord } from '../../../store/transfers.js';
import { isPassing } from '../../failure.js';
import type { TransferPort } from '../../transfer/transfer.machine.js';
import type { Around } from './around.js';
import { Download } from './download.js';
import type { Ledger } from './ledger.js';
import { Life } from './life.js';
import { RecordPool } from './record-pool.js';
import { Turns } from './turns.js';

/** One end of a file. */
export interface RunPort extends TransferPort {
  /** This process ends: what is half done stays, to be gone on with. */
  leave(): void;
  /** The other end tells how far it is with the file. */
  told(state: FileState, hash: Uint8Array | undefined, reason: string | undefined): void;
}

/** What sends a file: to a server, or straight to whoever asks for it. */
export interface Outgoing {
  begin(life: Life, around: Around): RunPort;
  /** Makes the file known where it is offered, however often it is tried. @throws NatterError what it is refused with */
  offer(around: Around, life: Life): Promise<void>;
}

export interface RunsOptions {
  readonly around: Omit<Around, 'pool' | 'windowBytes'>;
  readonly ledger: Ledger;
  readonly outgoing: Outgoing;
  emit(transfer: Transfer): void;
}

interface Run {
  readonly life: Life;
  readonly port: RunPort;
}

/** The transfers that this process works on. */
export class Runs {
  readonly #around: Around;
  readonly #ledger: Ledger;
  readonly #outgoing: Outgoing;
  readonly #emit: (transfer: Transfer) => void;
  readonly #byId = new Map<string, Run>();
  readonly #turns: Turns;

  constructor({ around, ledger, outgoing, emit }: RunsOptions) {
    this.#turns = new Turns(around.link, () => this.#lives());
    this.#around = { ...around, pool: new RecordPool(), windowBytes: () => this.#turns.windowBytes() };
    this.#ledger = ledger;
    this.#outgoing = outgoing;
    this.#emit = emit;
  }

  get(id: string): Life | undefined {
    return this.#byId.get(id)?.life;
  }

  /** There is a connection: whoever waits for one gets a turn. */
  settle(): void {
    this.#turns.settle();
  }

  /** This process ends: everything stays as it is, to be gone on with. */
  close(): void {
    for (const { life, port } of this.#byId.values()) {
      life.stop();
      port.leave();
    }
    this.#byId.clear();
  }

  /**
   * Makes a transfer this process's own; it waits to be accepted.
   * @param isNew it begins now, also if it was there before and has ended
   * @throws NatterError DATA_LOCKED when another process works on it, NO_SUCH_FILE when one has finished it
   */
  begin(known: TransferRecord, isNew = false): Life {
    const { lock, record } = this.#ledger.lock(known, isNew);
    const ports: RunPort[] = [];
    const makePort = (life: Life): TransferPort => {
      const isOut = record.direction === 'out';
      const port = isOut ? this.#outgoing.begin(life, this.#around) : new Download(life, this.#around);
      ports.push(port);
      return port;
    };
    const life = new Life(
      {
        clock: this.#around.clock,
        tap: this.#around.tap,
        lock,
        save: (each) => this.#ledger.save({ ...each, owes: this.#ledger.get(each.id)?.owes ?? each.owes }),
        emit: this.#emit,
        changed: (each) => this.#changed(each),
      },
      record,
      makePort,
    );
    for (const port of ports) this.#byId.set(record.id, { life, port });
    return life;
  }

  /** Goes on with one that is not over. @throws as `begin` */
  goOn(record: TransferRecord): void {
    const life = this.get(record.id);
    if (life === undefined) this.begin(record).send({ type: 'ACCEPT' });
    else if (life.state === 'paused') life.send({ type: 'RESUME' });
    else life.wake();
  }

  /** Goes on with what was under way when this process, or another, ended. */
  restore(record: TransferRecord): void {
    try {
      const life = this.begin(record);
      life.send({ type: 'ACCEPT' });
      // What stood still by itself is tried again; what a person paused waits for a person.
      if (record.state === 'paused' && record.code === undefined) life.send({ type: 'PAUSE' });
    } catch (error) {
      // Another process is busy with it.
      if (!(error instanceof NatterError)) throw error;
    }
  }

  /**
   * Offers a file that is to be sent. An offer that was refused was never made; one that nobody answered may have
   * been, and keeps its id for the next try.
   * @throws NatterError what the server refuses with, NO_ANSWER
   */
  async offer(life: Life): Promise<void> {
    try {
      await this.#outgoing.offer(this.#around, life);
    } catch (error) {
      this.#byId.delete(life.record.id);
      life.stop();
      if (error instanceof NatterError && isPassing(error))
        this.#ledger.save({ ...life.record, state: 'paused' });
      else this.#ledger.forget(life.record);
      throw error;
    }
    life.send({ type: 'ACCEPT' });
  }

  /** The server tells how far it is with a file. */
  told({ f, s, h, r }: FileEventBody): void {
    for (const { life, port } of [...this.#byId.values()]) if (life.record.number === f) port.told(s, h, r);
  }

  #changed(life: Life): void {
    if (isEnded(life.state)) this.#ended(life);
    this.#turns.settle();
  }

  #ended({ record, state }: Life): void {
    this.#byId.delete(record.id);
    if (record.direction === 'in' && state === 'done') this.#ledger.owe(record, 'done');
    // One that was declined takes no more room there either.
    else if (record.direction === 'out' && state !== 'done') this.#ledger.owe(record, 'withdraw');
    else if (record.code === 'CANCELLED') this.#ledger.owe(record, 'rejected');
  }

  *#lives(): Iterable<Life> {
    for (const { life } of this.#byId.values()) yield life;
  }
}
