import type { Clock } from '../runtime/actor.js';

/** Resolves with the promise, or without it after `ms`. */
export async function within(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  let timer: unknown;
  const late = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, ms);
  });
  await Promise.race([promise, late]);
  clock.clearTimeout(timer);
}
