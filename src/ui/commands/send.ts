/** `natter send`: says a text, or every line of standard input, and ends only when all of it is durable. */
import { NatterError } from '../../chat/error.js';
import type { Target } from '../../chat/events.js';
import { sanitiseLine } from '../../chat/text.js';
import { type Console, tell } from '../console.js';
import { Exit, exitOf } from '../exit.js';
import { acceptedLine, printJson } from '../json.js';
import { LineReader } from '../lines.js';
import { PATIENCE_MS } from '../patience.js';
import { type LoginOptions, openClient, type Session, withSession } from '../session.js';
import { SendWindow, type Unsent } from '../window.js';

export interface SendOptions extends LoginOptions {
  readonly to: Target;
  readonly key?: string;
  readonly json?: boolean;
}

/** So many characters of an unsent text are printed: enough to find it again. */
const SHOWN_CHARS = 80;

export async function run(
  options: SendOptions,
  args: readonly string[],
  console: Console,
  open = openClient,
  patienceMs = PATIENCE_MS,
): Promise<Exit> {
  let isThere = false;
  const work = async (session: Session) => {
    const { room } = await session.patience.wait(session.client.join(options.to));
    isThere = true;
    return send(options, room, args, session);
  };
  try {
    return await withSession(options, console, open, work, { patienceMs });
  } catch (error) {
    if (!isThere && error instanceof NatterError) reportAll(options, args, error, console);
    throw error;
  }
}

async function send(
  options: SendOptions,
  room: Target,
  args: readonly string[],
  session: Session,
): Promise<Exit> {
  const { client, console, patience } = session;
  const window = new SendWindow(client, patience, (message) => {
    if (options.json) printJson(console, acceptedLine(message));
  });
  session.onEvent = (event) => {
    if (event.event === 'delivery') window.settle(event.message, event.was);
  };
  const stopped = stopOf(console);
  let lines = 0;
  try {
    if (args.length > 0) {
      lines = 1;
      await stopped.race(window.say(room, 1, args.join(' '), options.key));
    } else {
      for await (const line of new LineReader(console.stdin)) {
        lines += 1;
        // One key for all: under it the n-th line is one entry, however often the input is repeated.
        await stopped.race(window.say(room, lines, line, options.key));
      }
    }
    await stopped.race(window.drained());
  } catch (error) {
    if (!(error instanceof NatterError)) throw error;
    window.abandon(error);
    report(window.unsent, options, console);
    if (args.length === 0) tell(console, `Nothing after line ${lines} was sent.`);
    throw error;
  } finally {
    stopped.clear();
  }
  report(window.unsent, options, console);
  return verdict(window, lines);
}

function verdict(window: SendWindow, lines: number): Exit {
  const [first] = window.unsent;
  if (first === undefined) return Exit.Done;
  if (lines === 1) throw first.reason;
  const message = `${window.unsent.length} of ${lines} messages were not sent; the lines above say which and why.`;
  throw new NatterError(exitOf(first.reason) === Exit.Network ? 'NO_ANSWER' : 'NOT_ALLOWED', message);
}

function report(unsent: readonly Unsent[], options: SendOptions, console: Console): void {
  for (const { line, text, reason } of unsent) {
    const { code, message } = reason;
    if (options.json)
      printJson(console, { event: 'error', code, message, line, text: text.slice(0, SHOWN_CHARS) });
    tell(
      console,
      `Not sent, line ${line}: "${sanitiseLine(text.slice(0, SHOWN_CHARS))}": ${sanitiseLine(message)}`,
    );
  }
}

/** It did not come to sending at all; standard input was not even read. */
function reportAll(
  options: SendOptions,
  args: readonly string[],
  reason: NatterError,
  console: Console,
): void {
  if (args.length > 0) report([{ line: 1, text: args.join(' '), reason }], options, console);
  else tell(console, 'Nothing was sent.');
}

/** Lets a signal end the wait, so that what was not sent is told before the process goes. */
function stopOf(console: Console): { race<T>(work: Promise<T>): Promise<T>; clear(): void } {
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new NatterError('STOPPED', 'The command was stopped before everything was sent.'));
    if (console.stopped.aborted) onAbort();
    console.stopped.addEventListener('abort', onAbort);
  });
  // Nobody may be racing at the moment it happens.
  aborted.catch(() => undefined);
  return {
    race: (work) => Promise.race([work, aborted]),
    clear: () => console.stopped.removeEventListener('abort', onAbort),
  };
}
