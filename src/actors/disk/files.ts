/**
 * The files actor: what is slow on the disk, away from the threads that serve anybody. It makes the
 * registry's snapshots by itself, from the snapshot before and the journal: the registry's own thread
 * neither serialises its state nor sends it anywhere.
 */

import { NatterError } from '../../chat/error.js';
import { Writer } from '../../net/bytes.js';
import { compactRegistry, RegistryFile, type RegistrySchema } from '../../store/registry.js';
import { FilesMessage } from '../messages.js';
import type { Actor, ActorContext, ActorType, Held, Message } from '../runtime/actor.js';
import { Kind } from '../runtime/actor.js';
import { JournalClient } from './journal.js';

/** @param folder where registry.json lies */
export function filesType<State>(folder: string, schema: RegistrySchema<State>): ActorType {
  return {
    kind: Kind.Files,
    name: 'files',
    create: (context) => new FilesActor(context, folder, schema),
  };
}

class FilesActor<State> implements Actor {
  readonly #context: ActorContext;
  readonly #folder: string;
  readonly #schema: RegistrySchema<State>;
  readonly #journal: JournalClient;
  /** The compaction under way; whoever asks meanwhile gets its answer. */
  #compacting: Promise<number> | undefined;
  #snapshots = 0;

  constructor(context: ActorContext, folder: string, schema: RegistrySchema<State>) {
    this.#context = context;
    this.#folder = folder;
    this.#schema = schema;
    this.#journal = new JournalClient(context);
  }

  receive(message: Message): void {
    if (message.type !== FilesMessage.Compact)
      throw new NatterError('INTERNAL', `The files actor knows no message ${message.type}.`);
    this.#compacting ??= this.#compact().finally(() => {
      this.#compacting = undefined;
    });
    this.#answer(this.#context.hold(message), this.#compacting);
  }

  async stopping(): Promise<void> {
    await this.#compacting?.catch(() => {});
  }

  describe(): { state: string; facts: Record<string, string | number> } {
    const state = this.#compacting === undefined ? 'idle' : 'compacting';
    return { state, facts: { snapshots: this.#snapshots } };
  }

  async #compact(): Promise<number> {
    const { instance } = await this.#journal.info();
    const file = new RegistryFile(this.#folder, instance, this.#schema);
    const applied = await compactRegistry(
      file,
      (after) => this.#journal.read(after),
      (through) => this.#journal.trim(through),
    );
    this.#snapshots++;
    return applied;
  }

  #answer(held: Held, compacted: Promise<number>): void {
    compacted.then(
      (applied) => this.#context.reply(held, new Writer(8).varint(applied).view()),
      (error: Error) => this.#context.refuse(held, error),
    );
  }
}
