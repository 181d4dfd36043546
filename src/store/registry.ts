/**
 * The registry on disk: a JSON snapshot that a person may read, and behind it the journal in the log store.
 *
 *   registry.json                              journal (logs.mdb)
 *   { instance, appliedSeq: 120, state }       ... 119 120 | 121 122 123        state = snapshot + 121..123
 *
 * Every change is a journal record first, durable before it is answered; the snapshot only shortens the
 * replay, so it is written seldom, and by another thread than the one that serves the registry.
 */
import { join } from 'node:path';
import { LowSync } from 'lowdb';
import { AtomicJson, asObject } from './json.js';

const FORMAT = 1;
const FILE = 'registry.json';

/** What the registry holds is its owner's affair; these three say how. */
export interface RegistrySchema<State> {
  empty(): State;
  /** A state out of JSON; throws an Error that says what is wrong with it. */
  check(value: unknown): State;
  /** Changes `state` by one journal record. The same records in the same order give the same state. */
  apply(state: State, record: Buffer): void;
}

export interface Registry<State> {
  readonly state: State;
  /** Number of the last journal record in it. */
  readonly appliedSeq: number;
}

/** Records after a number, fewer than all if they are many; none at the end. */
export type JournalReader = (
  after: number,
) => Promise<{ readonly last: number; readonly records: readonly Buffer[] }>;

interface Snapshot<State> {
  readonly natter: 'registry';
  readonly format: number;
  /** Hex, of the log store whose journal this is a snapshot of. */
  readonly instance: string;
  readonly appliedSeq: number;
  readonly state: State;
}

/** The snapshot file of a data folder. Reads and writes block: not for a thread that serves anybody. */
export class RegistryFile<State> {
  readonly schema: RegistrySchema<State>;
  readonly #path: string;
  readonly #instance: string;

  /** @param instance 16 bytes, of the log store (`LogStore.instance`) */
  constructor(folder: string, instance: Buffer, schema: RegistrySchema<State>) {
    this.#path = join(folder, FILE);
    this.#instance = instance.toString('hex');
    this.schema = schema;
  }

  /** The snapshot, or the empty registry if there never was one. @throws NatterError DATA_CORRUPT */
  load(): Registry<State> {
    const { state, appliedSeq } = this.#open().data;
    return { state, appliedSeq };
  }

  /** Replaces the snapshot, durably. @throws NatterError DATA_CORRUPT rather than write over a damaged one. */
  save(registry: Registry<State>): void {
    const low = this.#open();
    low.data = this.#snapshot(registry);
    low.write();
  }

  #open(): LowSync<Snapshot<State>> {
    const adapter = new AtomicJson<Snapshot<State>>(this.#path, (value) => this.#check(value));
    const low = new LowSync(adapter, this.#snapshot({ state: this.schema.empty(), appliedSeq: 0 }));
    low.read();
    return low;
  }

  #snapshot({ appliedSeq, state }: Registry<State>): Snapshot<State> {
    return { natter: 'registry', format: FORMAT, instance: this.#instance, appliedSeq, state };
  }

  #check(value: unknown): Snapshot<State> {
    const { natter, format, instance, appliedSeq, state } = asObject(value);
    if (natter !== 'registry') throw new Error('no registry');
    if (format !== FORMAT) throw new Error(`format ${String(format)}, this version reads ${FORMAT}`);
    if (instance !== this.#instance) throw new Error('it belongs to another logs.mdb');
    if (typeof appliedSeq !== 'number' || !Number.isSafeInteger(appliedSeq) || appliedSeq < 0)
      throw new Error('no appliedSeq');
    return this.#snapshot({ state: this.schema.check(state), appliedSeq });
  }
}

/** The registry as of now: snapshot, then the journal behind it. @throws NatterError DATA_CORRUPT */
export async function loadRegistry<State>(
  file: RegistryFile<State>,
  read: JournalReader,
): Promise<Registry<State>> {
  const { state, appliedSeq } = file.load();
  let applied = appliedSeq;
  for (;;) {
    const { last, records } = await read(applied);
    if (records.length === 0) return { state, appliedSeq: applied };
    for (const record of records) file.schema.apply(state, record);
    applied = last;
  }
}

/**
 * Brings the snapshot up to the journal's end. The journal is kept back to the snapshot before, so that one
 * who is loading just now, or a backup one snapshot old, still finds what it needs.
 * @param trim forgets journal records up to a number
 * @returns the number of the last record in the snapshot
 */
export async function compactRegistry<State>(
  file: RegistryFile<State>,
  read: JournalReader,
  trim: (through: number) => Promise<void>,
): Promise<number> {
  const before = file.load().appliedSeq;
  const registry = await loadRegistry(file, read);
  if (registry.appliedSeq === before) return before;
  file.save(registry);
  await trim(before);
  return registry.appliedSeq;
}
