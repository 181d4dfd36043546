import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Wire } from './link.js';
import type { ActorSystem } from './system.js';

/** Batches taken from a port at one event; what is left raises the next. */
const PULL_MAX = 64;

/** Joins a system to another thread by a direct port. Everything that waits there becomes one turn. */
export function attachPort(system: ActorSystem, thread: number, generation: number, port: MessagePort): void {
  let open = true;
  const wire: Wire = {
    post: (buffer) => port.postMessage(buffer, [buffer]),
    close: () => {
      open = false;
      port.close();
    },
  };
  port.on('message', (first: ArrayBuffer) => {
    if (!open) return;
    system.receive(thread, first);
    for (let pulled = 1; pulled < PULL_MAX; pulled++) {
      const next = receiveMessageOnPort(port);
      if (next === undefined) break;
      system.receive(thread, next.message);
    }
    system.pump.run();
  });
  // The other end closes when its thread ends, which is known here before the supervisor says so.
  port.on('close', () => {
    if (!open) return;
    open = false;
    system.portClosed(thread, wire);
  });
  system.attach(thread, generation, wire);
}
