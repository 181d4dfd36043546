import { Reader, Writer } from '../../net/bytes.js';
import { packCbor, unpackCbor } from '../cbor.js';
import { StoreMessage } from '../messages.js';
import { type ActorContext, Kind } from '../runtime/actor.js';
import { type Change, RegistryState } from './state.js';

const STORE = { kind: Kind.Store, key: 0 } as const;
/** A commit takes about 1 ms; longer than this the disk is stuck, and whoever asked is told. */
const JOURNAL_MS = 10_000;
const CHANGE_MAX_BYTES = 64 * 1024;
/** Changes after which a snapshot is worth its write (at 100,000 accounts one takes 290 ms). */
const SNAPSHOT_EVERY_CHANGES = 20_000;

/** Where snapshots lie: the files actor. */
export interface Snapshots {
  /** The newest snapshot, or undefined when there is none yet. @throws NatterError DATA_CORRUPT */
  load(): Promise<Snapshot | undefined>;
  save(snapshot: Snapshot): Promise<void>;
}

export interface Snapshot {
  /** Journal seq up to which changes are in it. */
  readonly appliedSeq: number;
  readonly changes: readonly Change[];
}

/**
 * The registry's state and the journal that makes its changes last. Changes are made one after the other:
 * each is checked against a state that holds all before it, journaled, and only then applied, so that
 * nobody ever sees what a crash could still undo.
 */
export class Ledger {
  readonly state = new RegistryState();
  readonly #context: ActorContext;
  readonly #snapshots: Snapshots;
  #serial: Promise<void> = Promise.resolve();
  #appliedSeq = 0;
  #snapshotSeq = 0;

  constructor(context: ActorContext, snapshots: Snapshots) {
    this.#context = context;
    this.#snapshots = snapshots;
  }

  /** Restores snapshot and journal. Call once, before anything else. */
  async load(): Promise<void> {
    const snapshot = await this.#snapshots.load();
    if (snapshot) {
      for (const change of snapshot.changes) this.state.apply(change);
      this.#appliedSeq = snapshot.appliedSeq;
      this.#snapshotSeq = snapshot.appliedSeq;
    }
    while (await this.#replay());
  }

  /**
   * Runs `plan` when it is its turn; what it returns is made durable and then true. An empty list changes
   * nothing. Rejects with what `plan` throws, or with the store's error: then nothing has changed.
   */
  commit(plan: () => readonly Change[]): Promise<void> {
    const done = this.#serial.then(async () => {
      const changes = plan();
      if (changes.length === 0) return;
      this.#appliedSeq = await this.#journal(changes);
      for (const change of changes) this.state.apply(change);
      if (this.#appliedSeq - this.#snapshotSeq >= SNAPSHOT_EVERY_CHANGES) await this.snapshot();
    });
    this.#serial = done.catch(() => {});
    return done;
  }

  /** Writes a snapshot if something changed since the last one. A failure is harmless: the journal has it all. */
  async snapshot(): Promise<void> {
    const appliedSeq = this.#appliedSeq;
    if (appliedSeq === this.#snapshotSeq) return;
    this.#snapshotSeq = appliedSeq;
    await this.#snapshots.save({ appliedSeq, changes: [...this.state.changes()] }).catch(() => {});
  }

  /** Waits for the changes under way, then writes the last snapshot. */
  async close(): Promise<void> {
    await this.#serial;
    await this.snapshot();
  }

  async #journal(changes: readonly Change[]): Promise<number> {
    const writer = new Writer(256, CHANGE_MAX_BYTES * changes.length).varint(changes.length);
    for (const change of changes) writer.block(packCbor(change));
    const answer = await this.#context.ask(STORE, StoreMessage.Journal, writer.view(), JOURNAL_MS);
    return new Reader(answer).varint();
  }

  /** @returns true when there may be more. */
  async #replay(): Promise<boolean> {
    const after = new Writer(16).varint(this.#appliedSeq).view();
    const answer = await this.#context.ask(STORE, StoreMessage.JournalRead, after, JOURNAL_MS);
    const reader = new Reader(answer);
    const last = reader.varint();
    const count = reader.varint();
    for (let i = 0; i < count; i++) this.state.apply(unpackCbor<Change>(reader.block(CHANGE_MAX_BYTES)));
    this.#appliedSeq = Math.max(this.#appliedSeq, last);
    return count > 0;
  }
}
