import { NatterError } from '../../../chat/error.js';
import { errorOf } from '../../failure.js';

interface Write {
  readonly write: () => void;
  /** It is on the disk, or why it is not. */
  readonly done: (error: NatterError | undefined) => void;
}

/** What is to be written is gathered, and becomes one commit: then, and not before, those who wait for it are told. */
export class Writes {
  readonly #transact: (write: () => void) => void;
  #queue: Write[] = [];

  constructor(transact: (write: () => void) => void) {
    this.#transact = transact;
  }

  get size(): number {
    return this.#queue.length;
  }

  add(write: () => void, done: Write['done']): void {
    this.#queue.push({ write, done });
  }

  commit(): void {
    const queue = this.#queue;
    if (queue.length === 0) return;
    this.#queue = [];
    let failure: NatterError | undefined;
    try {
      this.#transact(() => {
        for (const { write } of queue) write();
      });
    } catch (error) {
      failure = unwritable(errorOf(error));
    }
    for (const { done } of queue) done(failure);
  }
}

function unwritable(cause: NatterError): NatterError {
  if (cause.code !== 'INTERNAL') return cause;
  return new NatterError(
    'READ_ONLY',
    'The disk takes nothing now, so nothing private can be sent or taken in; free some space.',
    {},
    cause,
  );
}
