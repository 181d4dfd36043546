/** The entry of every worker thread: nothing is exported, `Life` (life.ts) spawns it. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { answer, type Birth, type ThreadControl } from './control.js';
import { type Start, ThreadHost, type Uplink } from './host.js';
import { giveWay } from './niceness.js';
import type { ThreadWish } from './reporter.js';

const birth = workerData as Birth;
if (birth.background) giveWay();
const host = new ThreadHost({
  ...birth,
  uplink: (message: Uplink) => parentPort?.postMessage(message),
});

// An ask that was rejected and not caught fails its actor alone; anything else ends the thread.
process.on('unhandledRejection', (error) => {
  if (!host.blame(error)) throw error;
});

async function boot(): Promise<void> {
  const { start } = (await import(birth.module)) as { start: Start };
  await host.boot(start);
}

const control: ThreadControl = {
  boot: () => answer(boot),
  connect: (thread: number, generation: number, port: MessagePort) =>
    answer(() => host.connect(thread, generation, port)),
  disconnect: (thread: number, lost: boolean) => answer(() => host.disconnect(thread, lost)),
  begin: () => answer(() => host.begin()),
  stop: (deadlineMs: number) => answer(() => host.stop(deadlineMs)),
  stats: () => answer(() => host.stats()),
  deadLetters: () => answer(() => host.deadLetters()),
  call: (method: string, args: readonly unknown[]) => answer(() => host.call(method, args)),
  watch: (wish: ThreadWish | undefined) => answer(() => host.watch(wish)),
};

Comlink.expose(control, nodeEndpoint(birth.control));
