import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { NatterError } from '../../chat/error.js';
import type { ClientCommands, ClientEvent } from '../../chat/events.js';
import type { RawReport } from '../inspect/raw.js';
import { inspectableOf } from '../inspectable-system.js';
import { type Answer, unpack } from '../runtime/control.js';
import { Looks } from '../runtime/looks.js';
import type { ThreadWish } from '../runtime/reporter.js';
import type { Client } from './client.js';
import { commandsOver } from './commands.js';

/** How long the thread may take to say goodbye before it is ended. */
const CLOSE_MS = 2_000;

export type CommandName = keyof ClientCommands | 'close';

/** What the thread offers by Comlink. */
export interface ClientThread {
  call(name: CommandName, args: readonly unknown[]): Promise<Answer<unknown>>;
  watch(wish: ThreadWish | undefined): Promise<Answer<void>>;
}

/** What the thread is born with. */
export interface ThreadBirth {
  readonly data: string | undefined;
  readonly commands: MessagePort;
  readonly events: MessagePort;
}

/** A client in a worker thread. Its commands reject with ACTOR_DIED once the thread is gone. */
export async function openRemoteClient(
  data: string | undefined,
  onEvent: (events: ClientEvent[]) => void,
): Promise<Client> {
  const commands = new MessageChannel();
  const events = new MessageChannel();
  const birth: ThreadBirth = { data, commands: commands.port2, events: events.port2 };
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    workerData: birth,
    transferList: [commands.port2, events.port2],
  });
  events.port1.on('message', onEvent);
  const thread = Comlink.wrap<ClientThread>(nodeEndpoint(commands.port1));
  // A call to a thread that is gone never settles by itself.
  const gone = once(worker, 'exit').then(died, died);
  gone.catch(() => {});
  const call = async (name: CommandName, args: readonly unknown[]): Promise<unknown> =>
    unpack(await Promise.race([thread.call(name, args), gone]));

  const peer = {
    watch: async (wish: ThreadWish | undefined) => unpack(await Promise.race([thread.watch(wish), gone])),
  };
  const seen = { name: 'client', generation: 0, peer };
  const looks = new Looks(() => [seen]);
  worker.on('message', (report: RawReport) => looks.took(seen, report));

  const close = async (): Promise<void> => {
    const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([call('close', []).catch(() => {}), late]);
    events.port1.close();
    commands.port1.close();
    // Nothing to wait for as store/guard.ts has it: a client keeps no LMDB, and its profile is renamed into place.
    await worker.terminate();
  };
  return { ...commandsOver(call), inspectable: inspectableOf(looks), close };
}

function died(): never {
  throw new NatterError('ACTOR_DIED', "The client's thread has ended; start natter again.");
}
