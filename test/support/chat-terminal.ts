/** The real program in a pseudo-terminal. */
import { MAIN } from './natter.js';
import { Terminal, type Widths } from './terminal.js';

export interface ChatOptions {
  readonly columns: number;
  readonly rows: number;
  readonly widths?: Widths;
  readonly env?: Readonly<Record<string, string>>;
}

/** `natter chat` with these arguments in a terminal. */
export function openChat(args: readonly string[], options: ChatOptions): Terminal {
  return new Terminal({ command: process.execPath, args: [MAIN, 'chat', ...args], ...options });
}
