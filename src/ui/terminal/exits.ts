/** Every way out of the program gives the terminal back: signals, failures nobody caught, the end itself. */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * @param restore gives the terminal back; called first on every way out, so it must allow to be called twice
 * @param onSignal asked to end the program; gets the exit code a shell expects, 128 + the signal's number
 * @returns removes the listeners
 */
export function watchExits(restore: () => void, onSignal: (exitCode: number) => void): () => void {
  const handlers = SIGNALS.map((signal) => {
    const handler = () => {
      restore();
      onSignal(128 + constants.signals[signal]);
    };
    process.on(signal, handler);
    return { signal, handler };
  });
  const fail = (error: unknown) => {
    restore();
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(
      `${text}\nnatter stopped because of an error in itself; the lines above say where.\n`,
    );
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  process.on('exit', restore);
  return () => {
    for (const { signal, handler } of handlers) process.off(signal, handler);
    process.off('uncaughtException', fail);
    process.off('unhandledRejection', fail);
    process.off('exit', restore);
  };
}
