import type { Registry } from '../../store/registry.js';
import { ASK_MS } from '../asking.js';
import { packCbor } from '../cbor.js';
import { JournalClient } from '../disk/journal.js';
import { FilesMessage } from '../messages.js';
import type { ActorContext } from '../runtime/actor.js';
import { FILES } from '../singletons.js';
import type { Change } from './change.js';
import { RegistryState } from './state.js';

/** Changes after which a snapshot is worth its write (at 100,000 accounts one takes 290 ms). */
const COMPACT_EVERY_CHANGES = 20_000;

/** Reads the registry as it lasts: snapshot and journal. Rejects with NatterError DATA_CORRUPT naming the file. */
export type Restore = (journal: JournalClient) => Promise<Registry<RegistryState>>;

/**
 * The registry's state and the journal that makes its changes last. Changes are made one after the other:
 * each is checked against a state that holds all before it, journaled, and only then applied, so that
 * nobody ever sees what a crash could still undo.
 */
export class Ledger {
  readonly #context: ActorContext;
  readonly #journal: JournalClient;
  readonly #restore: Restore;
  #state = new RegistryState();
  #serial: Promise<void> = Promise.resolve();
  #sinceCompact = 0;

  constructor(context: ActorContext, restore: Restore) {
    this.#context = context;
    this.#journal = new JournalClient(context);
    this.#restore = restore;
  }

  get state(): RegistryState {
    return this.#state;
  }

  /** Call once, before anything else. */
  async load(): Promise<void> {
    const { state } = await this.#restore(this.#journal);
    this.#state = state;
  }

  /**
   * Runs `plan` when it is its turn; what it returns is made durable and then true. An empty list changes
   * nothing. Rejects with what `plan` throws, or with the store's error: then nothing has changed.
   */
  commit(plan: () => readonly Change[]): Promise<void> {
    const done = this.#serial.then(async () => {
      const changes = plan();
      if (changes.length === 0) return;
      await this.#journal.append(changes.map(packCbor));
      for (const change of changes) this.#state.apply(change);
      this.#sinceCompact += changes.length;
      if (this.#sinceCompact >= COMPACT_EVERY_CHANGES) void this.#compact();
    });
    this.#serial = done.catch(() => {});
    return done;
  }

  /** Waits for the changes under way. */
  async close(): Promise<void> {
    await this.#serial;
  }

  /** Has the files actor write a snapshot. A failure is harmless: the journal has it all. */
  async #compact(): Promise<void> {
    this.#sinceCompact = 0;
    await this.#context.ask(FILES, FilesMessage.Compact, new Uint8Array(), ASK_MS).catch(() => {});
  }
}
