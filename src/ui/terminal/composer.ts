/** The input line at work: writing, completing, answering a question, deciding to quit. */
import { Completer, type Finder } from './completer.js';
import { edit } from './editing.js';
import { Editor } from './editor.js';
import type { Action } from './keys.js';
import { Question } from './question.js';

/** That one is typing is told again at most this often; ms. */
const TYPING_EVERY_MS = 3_000;

/** What the composer needs of the screen around it. */
export interface ComposerHost {
  readonly now: () => number;
  /** What Tab offers. */
  readonly find: Finder;
  /** Something is to be seen that no key has brought. */
  changed(): void;
  /** Something was entered; it may be empty. */
  send(text: string): void;
  /** The person writes something that is going to be said. */
  typing(): void;
}

export class Composer {
  readonly editor = new Editor();
  readonly completer = new Completer();
  readonly #host: ComposerHost;
  readonly #actions: Partial<Record<Action, () => void>>;
  #question: Question | undefined;
  #typedAt = 0;

  constructor(host: ComposerHost) {
    this.#host = host;
    this.#actions = {
      send: () => this.#send(),
      complete: () => this.completer.tab(this.editor, 1, host.find, host.changed),
      completeBack: () => this.completer.tab(this.editor, -1, host.find, host.changed),
    };
  }

  get question(): Question | undefined {
    return this.#question;
  }

  /** Asks for one line instead of what is being written; undefined when the person refuses to answer. */
  ask(text: string, isSecret: boolean): Promise<string | undefined> {
    this.#question?.refuse();
    return new Promise((resolve) => {
      this.#question = new Question(text, isSecret, resolve);
    });
  }

  /** Writes a text, which may be a paste of many lines. */
  type(text: string): void {
    this.completer.reset();
    if (this.#question !== undefined) {
      this.#question.editor.insert(text.replaceAll('\n', ' '));
      return;
    }
    this.editor.insert(text);
    const isCommand = this.editor.text.startsWith('/');
    if (isCommand || this.#host.now() - this.#typedAt < TYPING_EVERY_MS) return;
    this.#typedAt = this.#host.now();
    this.#host.typing();
  }

  /** @returns whether the action belonged to the input line */
  act(action: Action): boolean {
    if (action !== 'complete' && action !== 'completeBack') this.completer.reset();
    if (this.#question !== undefined) return this.#answer(this.#question, action);
    if (action === 'interrupt' || action === 'endOfInput') return this.#interrupt(action);
    const run = this.#actions[action];
    if (run === undefined) return edit(this.editor, action);
    run();
    return true;
  }

  #answer(question: Question, action: Action): boolean {
    if (action === 'send') {
      this.#question = undefined;
      question.answer();
    } else if (action === 'cancel' || action === 'interrupt') {
      this.#question = undefined;
      question.refuse();
    } else if (action !== 'newline') return edit(question.editor, action);
    return true;
  }

  /** Ctrl+C clears and Ctrl+D deletes; on an empty line both mean the way out, which is not ours. */
  #interrupt(action: 'interrupt' | 'endOfInput'): boolean {
    if (this.editor.isEmpty && this.editor.searching === undefined) return false;
    if (action === 'interrupt') this.editor.clear();
    else this.editor.delete();
    return true;
  }

  #send(): void {
    // Enter first takes what the search found; a second one sends it.
    if (this.editor.searching !== undefined) {
      this.editor.searchEnd(true);
      return;
    }
    this.#typedAt = 0;
    this.#host.send(this.editor.text.trim() === '' ? '' : this.editor.take());
  }
}
