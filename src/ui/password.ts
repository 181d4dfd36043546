/** Where a password comes from: a file, the environment, a prompt on a terminal; never an argument. */
import { readFile } from 'node:fs/promises';
import { NatterError } from '../chat/error.js';
import type { Console } from './console.js';

export interface PasswordSource {
  readonly passwordFile?: string;
}

/**
 * The password that was handed over without asking anybody, or undefined.
 * @throws NatterError BAD_ARGUMENT when the file cannot be read or is empty
 */
export async function givenPassword(source: PasswordSource, console: Console): Promise<string | undefined> {
  if (source.passwordFile === undefined) return console.env.NATTER_PASSWORD || undefined;
  let content: string;
  try {
    content = await readFile(source.passwordFile, 'utf8');
  } catch (error) {
    const message = `The password file ${source.passwordFile} cannot be read; check its name and rights.`;
    throw new NatterError('BAD_ARGUMENT', message, {}, error);
  }
  // Editors end a file with a newline that nobody means as part of the password.
  const password = content.replace(/\r?\n$/, '');
  if (password === '') {
    throw new NatterError(
      'BAD_ARGUMENT',
      `The password file ${source.passwordFile} is empty; write the password in it.`,
    );
  }
  return password;
}

/** Can somebody be asked? The question goes to standard error, so only that and the input must be terminals. */
export function canAsk(console: Console): boolean {
  return (
    console.stdin.isTTY === true && console.stderr.isTTY === true && console.stdin.setRawMode !== undefined
  );
}

/**
 * Asks without echo; call it only when `canAsk`. Understands Enter, Backspace, Ctrl+U, and Ctrl+C or Ctrl+D
 * as giving up.
 * @throws NatterError USAGE when nothing was typed, STOPPED on giving up
 */
export function askPassword(question: string, console: Console): Promise<string> {
  const { stdin, stderr } = console;
  stderr.write(question);
  stdin.setRawMode?.(true);
  stdin.resume();
  return new Promise<string>((resolve, reject) => {
    let typed: string[] = [];
    const decoder = new TextDecoder();
    const end = (settle: () => void) => {
      stdin.off('data', onData);
      stdin.pause();
      stdin.setRawMode?.(false);
      stderr.write('\n');
      settle();
    };
    const onData = (chunk: Buffer | string) => {
      for (const char of typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })) {
        if (char === '\r' || char === '\n') return end(() => finish(typed.join(''), resolve, reject));
        if (char === '\u0003' || char === '\u0004') {
          return end(() => reject(new NatterError('STOPPED', 'No password was given; start again.')));
        }
        if (char === '\u007f' || char === '\b') typed.pop();
        else if (char === '\u0015') typed = [];
        else if (char >= ' ') typed.push(char);
      }
    };
    stdin.on('data', onData);
  });
}

function finish(password: string, resolve: (password: string) => void, reject: (error: Error) => void): void {
  if (password === '') reject(new NatterError('USAGE', 'The password is empty; type one.'));
  else resolve(password);
}
