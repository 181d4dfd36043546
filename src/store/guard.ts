/**
 * Keeps threads from being ended inside a transaction. lmdb-js (3.5) holds a lock from a transaction's begin to
 * its commit and waits for it again when the thread's environment is torn down, so a `worker.terminate()`, or a
 * `process.exit()` in the main thread, that falls between the two hangs the whole process or aborts it
 * (`cleanupStrayTxns` in its env.cpp; its asynchronous batches hang even more often). So whoever ends a thread
 * that writes takes this lock first:
 *
 *   store thread    lock | begin, puts, commit, fsync | unlock
 *   main thread                                                lock | terminate ... exited | unlock
 *
 * There is one lock per process. The main thread makes it when it loads this module, and worker threads
 * started afterwards inherit it (`getEnvironmentData`).
 */
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const KEY = 'natter.transactions';
/** A transaction takes milliseconds, on a disk that stalls seconds. Later than this, ending is worth the risk. */
const PATIENCE_MS = 10_000;
const Free = 0;
const Taken = 1;

function shared(): Int32Array {
  const inherited: unknown = getEnvironmentData(KEY);
  if (inherited instanceof SharedArrayBuffer) return new Int32Array(inherited);
  const made = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  if (isMainThread) setEnvironmentData(KEY, made);
  return new Int32Array(made);
}

const lock = shared();

function take(patienceMs: number): boolean {
  const end = performance.now() + patienceMs;
  while (Atomics.compareExchange(lock, 0, Free, Taken) !== Free) {
    const left = end - performance.now();
    if (left <= 0) return false;
    Atomics.wait(lock, 0, Taken, left);
  }
  return true;
}

function give(): void {
  Atomics.store(lock, 0, Free);
  Atomics.notify(lock, 0);
}

/** Runs a transaction that nobody ends the thread in. */
export function unendable(transaction: () => void): void {
  take(Number.POSITIVE_INFINITY);
  try {
    transaction();
  } finally {
    give();
  }
}

/**
 * Ends a thread when it is in no transaction, and lets none begin before it has ended. Use it for every
 * thread that holds a store.
 * @param end `() => worker.terminate()`
 */
export async function endBetweenTransactions<T>(end: () => Promise<T>): Promise<T> {
  const taken = take(PATIENCE_MS);
  try {
    return await end();
  } finally {
    if (taken) give();
  }
}

// An exit of the main thread ends all others, in the midst of whatever they do. Nothing gives the lock back.
if (isMainThread) process.on('exit', () => take(PATIENCE_MS));
