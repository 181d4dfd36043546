/** Questions asked line by line: to a person at a terminal, or to whatever feeds the input. */
import { NatterError } from '../chat/error.js';
import type { Console } from './console.js';
import { LineReader } from './lines.js';
import { askPassword, canAsk } from './password.js';

export class Asker {
  readonly console: Console;
  readonly lines: LineReader;

  constructor(console: Console) {
    this.console = console;
    this.lines = new LineReader(console.stdin);
  }

  /** The answer without the blanks around it, or undefined at the end of the input. */
  async line(question: string): Promise<string | undefined> {
    this.console.stderr.write(question);
    const answer = await this.lines.next();
    // What a terminal echoes ends the line of the question; an input without echo does not.
    if (!this.console.stdin.isTTY) this.console.stderr.write('\n');
    return answer?.trim();
  }

  /** @throws NatterError USAGE at the end of the input */
  async answer(question: string): Promise<string> {
    const answer = await this.line(question);
    if (answer !== undefined) return answer;
    throw new NatterError(
      'USAGE',
      'The input ended before natter was set up; answer the questions, or give --server and --user.',
    );
  }

  /** Like `answer`, but not shown while it is typed. */
  secret(question: string): Promise<string> {
    return canAsk(this.console) ? askPassword(question, this.console) : this.answer(question);
  }

  /** Asks until the answer begins with one of the letters. */
  async choice(question: string, letters: string): Promise<string> {
    for (;;) {
      const letter = (await this.answer(question)).charAt(0).toLowerCase();
      if (letter !== '' && letters.includes(letter)) return letter;
      this.console.stderr.write(`Please answer with one of: ${[...letters].join(', ')}.\n`);
    }
  }
}
