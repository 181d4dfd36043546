import type { ThreadHost } from './host.js';
import type { ThreadPeer } from './life.js';

/** The supervisor's own thread as a peer: the same calls, without Comlink between. */
export function mainPeer(host: ThreadHost): ThreadPeer {
  return {
    connect: async (thread, generation, port) => host.connect(thread, generation, port),
    disconnect: async (thread, lost) => host.disconnect(thread, lost),
    begin: async () => host.begin(),
    stop: async (deadlineMs) => {
      await host.stop(deadlineMs);
      host.close();
    },
    stats: async () => host.stats(),
    deadLetters: async () => host.deadLetters(),
    call: async (method, _deadlineMs, args) => host.call(method, args),
    watch: async (wish) => host.watch(wish),
  };
}
