/** The worker thread beside a screen: socket, protocol, core. Commands come by Comlink, events leave in batches. */
import { workerData } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { realClock } from '../runtime/clock.js';
import { type Answer, answer } from '../runtime/control.js';
import { LocalClient, SCREEN_HABITS } from './local.js';
import type { ClientThread, CommandName, ThreadBirth } from './remote.js';
import { systemRandom } from './system.js';

const { data, commands, events } = workerData as ThreadBirth;

const client = new LocalClient({
  data,
  clock: realClock(),
  random: systemRandom,
  habits: SCREEN_HABITS,
  onEvent: (batch) => events.postMessage(batch),
});

const thread: ClientThread = {
  call(name: CommandName, args: readonly unknown[]): Promise<Answer<unknown>> {
    const command = client[name] as (this: LocalClient, ...rest: unknown[]) => Promise<unknown>;
    return answer(() => command.call(client, ...args));
  },
};

Comlink.expose(thread, nodeEndpoint(commands));
