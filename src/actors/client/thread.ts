/** The worker thread beside a screen: socket, protocol, core. Commands come by Comlink, events leave in batches. */
import { parentPort, workerData } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { ActorTap } from '../runtime/actor-tap.js';
import { realClock } from '../runtime/clock.js';
import { type Answer, answer } from '../runtime/control.js';
import { reportedMachines } from '../runtime/reported.js';
import { Reporter, type ThreadWish } from '../runtime/reporter.js';
import { Tap } from '../runtime/tap.js';
import { LocalClient, SCREEN_HABITS } from './local.js';
import type { ClientThread, CommandName, ThreadBirth } from './remote.js';
import { systemRandom } from './system.js';

const { data, commands, events } = workerData as ThreadBirth;

const clock = realClock();
const tap = new Tap();

const client = new LocalClient({
  data,
  clock,
  tap: new ActorTap(tap),
  random: systemRandom,
  habits: SCREEN_HABITS,
  onEvent: (batch) => events.postMessage(batch),
});

/** There are no actors here, only machines: of the session, of logins, of transfers. */
const reporter = new Reporter(reportedMachines(tap, clock), (report) => parentPort?.postMessage(report));

const thread: ClientThread = {
  call(name: CommandName, args: readonly unknown[]): Promise<Answer<unknown>> {
    const command = client[name] as (this: LocalClient, ...rest: unknown[]) => Promise<unknown>;
    return answer(() => command.call(client, ...args));
  },
  watch: (wish: ThreadWish | undefined): Promise<Answer<void>> => answer(() => reporter.wish(wish)),
};

Comlink.expose(thread, nodeEndpoint(commands));
