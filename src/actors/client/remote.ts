import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import * as Comlink from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { NatterError } from '../../chat/error.js';
import type { ClientCommands, ClientEvent } from '../../chat/events.js';
import { type Answer, unpack } from '../runtime/control.js';
import type { Client } from './client.js';

/** How long the thread may take to say goodbye before it is ended. */
const CLOSE_MS = 2_000;

export type CommandName = keyof ClientCommands | 'close';

/** What the thread offers by Comlink. */
export interface ClientThread {
  call(name: CommandName, args: readonly unknown[]): Promise<Answer<unknown>>;
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

  const close = async (): Promise<void> => {
    const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref());
    await Promise.race([call('close', []).catch(() => {}), late]);
    events.port1.close();
    commands.port1.close();
    // Nothing to wait for as store/guard.ts has it: a client keeps no LMDB, and its profile is renamed into place.
    await worker.terminate();
  };
  return { ...commandsOver(call), close };
}

function died(): never {
  throw new NatterError('ACTOR_DIED', "The client's thread has ended; start natter again.");
}

type Call = (name: CommandName, args: readonly unknown[]) => Promise<unknown>;

/** The commands as functions of their own; what they answer is what the thread's own commands answer. */
function commandsOver(call: Call): ClientCommands {
  const over =
    <N extends keyof ClientCommands>(name: N) =>
    (...args: Parameters<ClientCommands[N]>) =>
      call(name, args) as ReturnType<ClientCommands[N]>;
  return {
    login: over('login'),
    probe: over('probe'),
    join: over('join'),
    leave: over('leave'),
    say: over('say'),
    retry: over('retry'),
    discard: over('discard'),
    history: over('history'),
    follow: over('follow'),
    read: over('read'),
    typing: over('typing'),
    away: over('away'),
    who: over('who'),
    rooms: over('rooms'),
    topic: over('topic'),
    locate: over('locate'),
    location: over('location'),
    near: over('near'),
    interest: over('interest'),
    groups: over('groups'),
    tags: over('tags'),
    changePassword: over('changePassword'),
    devices: over('devices'),
    forgetDevice: over('forgetDevice'),
    sendFile: over('sendFile'),
    acceptFile: over('acceptFile'),
    rejectFile: over('rejectFile'),
    pauseFile: over('pauseFile'),
    resumeFile: over('resumeFile'),
    cancelFile: over('cancelFile'),
    trust: over('trust'),
    transfers: over('transfers'),
    offers: over('offers'),
    quit: over('quit'),
  };
}
