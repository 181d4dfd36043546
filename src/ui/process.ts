/** What a process owes its caller whatever happens: a sentence, an exit code, and an answer to signals. */
import { Exit, exitOf, sentenceOf } from './exit.js';

/**
 * Ends with a sentence on anything nobody caught and on a closed standard output. The signal it returns is
 * aborted by the first SIGINT, SIGTERM or SIGHUP, so that a command may finish; a second one ends the process.
 */
export function guardProcess(): AbortSignal {
  const die = (error: unknown) => {
    process.stderr.write(`${sentenceOf(error)}\n`);
    process.exit(exitOf(error));
  };
  process.on('uncaughtException', die);
  process.on('unhandledRejection', die);
  // Whoever read us has had enough, as `head` does; there is nobody left to tell.
  process.stdout.on('error', () => process.exit(Exit.Error));
  process.stderr.on('error', () => undefined);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) process.exit(Exit.Error);
      stop.abort();
    });
  }
  return stop.signal;
}
