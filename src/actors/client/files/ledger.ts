import { NatterError } from '../../../chat/error.js';
import { FileAnswer, Operation } from '../../../chat/operations.js';
import { Empty } from '../../../chat/schemas.js';
import type { FileLock } from '../../../store/lock.js';
import { HISTORY_MAX, isEnded, type TransferRecord } from '../../../store/transfers.js';
import { isPassing } from '../../failure.js';
import type { Calls } from './around.js';
import type { Records } from './disk.js';
import { elsewhere, finishedElsewhere } from './failures.js';

type Debt = TransferRecord['owes'];

/** The answers that stand for what was done with a file. */
const ANSWERS: { readonly [D in Debt]?: FileAnswer } = {
  accepted: FileAnswer.Accepted,
  rejected: FileAnswer.Rejected,
  done: FileAnswer.Done,
};

/** Everything remembered of an account's files, and what of it the server is still to be told. */
export class Ledger {
  readonly #calls: Calls;
  readonly #records: Records;
  readonly #byId = new Map<string, TransferRecord>();
  /** This process works on them. */
  readonly #held = new Set<string>();

  constructor(calls: Calls, records: Records) {
    this.#calls = calls;
    this.#records = records;
    for (const record of records.list()) this.#byId.set(record.id, record);
  }

  /** Oldest first. */
  get all(): readonly TransferRecord[] {
    return [...this.#byId.values()];
  }

  get(id: string): TransferRecord | undefined {
    return this.#byId.get(id);
  }

  /** Never fails: what the disk does not take now is known as long as this process lives. */
  save(record: TransferRecord): void {
    const isNew = !this.#byId.has(record.id);
    this.#byId.set(record.id, record);
    attempt(() => this.#records.save(record));
    if (isNew) this.#trim();
  }

  /** Of a process that runs for long: the oldest of what is over are forgotten. */
  #trim(): void {
    const ended = this.all.filter(({ state }) => isEnded(state));
    for (const record of ended.slice(0, Math.max(0, ended.length - HISTORY_MAX))) this.forget(record);
  }

  forget(record: TransferRecord): void {
    this.#byId.delete(record.id);
    attempt(() => this.#records.remove(record));
  }

  /**
   * Makes this process the one that works on it.
   * @param isNew it begins now, also if it was under way before and has ended
   * @returns the lock, and the record as it is now
   * @throws NatterError DATA_LOCKED when another process works on it, NO_SUCH_FILE when one has finished it,
   *   DISK_FULL or DATA_UNWRITABLE when nothing can be remembered
   */
  lock(known: TransferRecord, isNew: boolean): { lock: FileLock; record: TransferRecord } {
    const lock = this.#records.lock(known);
    if (lock === undefined) throw elsewhere(known.name);
    try {
      return { lock: this.#holding(known.id, lock), record: this.#current(known, isNew) };
    } catch (error) {
      this.#held.delete(known.id);
      lock.release();
      throw error;
    }
  }

  #holding(id: string, lock: FileLock): FileLock {
    this.#held.add(id);
    const release = () => {
      this.#held.delete(id);
      attempt(() => lock.release());
    };
    return { release };
  }

  /** What to go on with: another process may have come further, or to the end. */
  #current(known: TransferRecord, isNew: boolean): TransferRecord {
    const kept = this.#records.read(known);
    const isOver = kept !== undefined && isEnded(kept.state);
    if (isOver && !isNew) {
      this.#byId.set(known.id, kept);
      throw finishedElsewhere(known.name);
    }
    const record = kept === undefined || isOver ? known : kept;
    this.#records.save(record);
    this.#byId.set(record.id, record);
    this.#trim();
    return record;
  }

  trusted(): string[] {
    return this.#records.trusted();
  }

  trust(names: readonly string[]): void {
    this.#records.trust(names);
  }

  /** Tells the server, now or when it can be reached; what it owed before is past. Nobody else changes the record meanwhile. */
  owe(record: TransferRecord, owes: Debt): void {
    this.save({ ...record, owes });
    this.#settle({ ...record, owes }).catch(() => {});
  }

  /** The server can be reached: tells it whatever it was not told. */
  settle(): void {
    for (const record of this.all) this.#settle(record).catch(() => {});
  }

  async #settle({ id, number: f, owes }: TransferRecord): Promise<void> {
    if (owes === 'nothing' || f === 0) return;
    const s = ANSWERS[owes];
    const calls = this.#calls;
    try {
      await (s === undefined
        ? calls.call(Operation.Withdraw, { f }, Empty)
        : calls.call(Operation.Answer, { f, s }, Empty));
    } catch (error) {
      // A refusal is an answer, too: the file is gone, say.
      if (error instanceof NatterError && isPassing(error)) return;
    }
    this.#paid(id, owes);
  }

  #paid(id: string, owes: Debt): void {
    const record = this.#byId.get(id);
    if (record?.owes !== owes) return;
    if (this.#held.has(id)) {
      this.save({ ...record, owes: 'nothing' });
      return;
    }
    // If another process has it, that one writes the record; telling twice does no harm.
    attempt(() => {
      const lock = this.#records.lock(record);
      const fresh = this.#records.read(record);
      if (lock !== undefined && fresh?.owes === owes) this.save({ ...fresh, owes: 'nothing' });
      lock?.release();
    });
  }
}

function attempt(write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof NatterError)) throw error;
  }
}
