/** One question at the input line, asked instead of what is being written. */
import { Editor } from './editor.js';

export class Question {
  readonly text: string;
  readonly isSecret: boolean;
  readonly editor = new Editor();
  readonly #resolve: (answer: string | undefined) => void;

  constructor(text: string, isSecret: boolean, resolve: (answer: string | undefined) => void) {
    this.text = text;
    this.isSecret = isSecret;
    this.#resolve = resolve;
  }

  answer(): void {
    this.#resolve(this.editor.text);
  }

  refuse(): void {
    this.#resolve(undefined);
  }
}
