import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Two hundred members take about ten seconds to register. */
const PATIENCE_MS = 120_000;

/** Sends a process of a bench a message, and waits for its answer. @throws Error when it ends without one */
export function ask<T>(child: ChildProcess, message: object | string): Promise<T> {
  child.send(message);
  return next<T>(child);
}

/** What a process of a bench says next. @throws as `ask` */
export async function next<T>(child: ChildProcess): Promise<T> {
  const done = new AbortController();
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const over = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`a process of the bench ended with ${code}`);
  });
  try {
    const [message] = await Promise.race([once(child, 'message', { signal }), over]);
    return message as T;
  } finally {
    over.catch(() => undefined);
    done.abort();
  }
}

export async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const [code] = await once(child, 'exit', { signal: AbortSignal.timeout(PATIENCE_MS) });
  return code as number | null;
}
