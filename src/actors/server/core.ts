/** A core thread of a server: sessions, rooms and transfers; the first one also holds presence, groups and the registry. */

import { loadRegistry, RegistryFile } from '../../store/registry.js';
import { ASK_MS } from '../asking.js';
import { packCbor } from '../cbor.js';
import type { JournalClient } from '../disk/journal.js';
import { GroupsActor } from '../groups/groups.js';
import { OpaquePool } from '../jobs/pool.js';
import type { ServerLimits } from '../limits.js';
import { FilesMessage, RegistryMessage } from '../messages.js';
import { PresenceActor } from '../presence/presence.js';
import type { Restore } from '../registry/ledger.js';
import { RegistryActor } from '../registry/registry.js';
import { registrySchema } from '../registry/snapshot.js';
import { LOBBY } from '../registry/state.js';
import { RoomActor } from '../room/room.js';
import { type ActorType, Kind } from '../runtime/actor.js';
import type { WorkerHost } from '../runtime/host.js';
import { SessionActor } from '../session/session.js';
import { FILES, REGISTRY } from '../singletons.js';
import { TransferActor } from '../transfer/transfer.js';

/** `data` of this thread. */
export interface CoreData {
  readonly folder: string;
  /** The server's OPAQUE secret. */
  readonly opaque: string;
  readonly limits: ServerLimits;
  /** Holds what there is one of: presence, groups and registry. */
  readonly singletons: boolean;
}

/** Posted to the supervisor: an error whose cause only the server's own log may show. */
export interface CoreError {
  readonly error: string;
  readonly stack: string;
}

/**
 * Control methods of the thread with the singletons: `ready()` ends when the registry is loaded, or throws
 * why it cannot be; `compact()` brings the registry's snapshot up to date.
 */
export function start(host: WorkerHost): readonly ActorType[] {
  const { folder, opaque, limits, singletons } = host.data as CoreData;
  const report = ({ message, stack = '' }: Error): void =>
    host.post({ error: message, stack } satisfies CoreError);
  const types: ActorType[] = [
    {
      kind: Kind.Session,
      name: 'session',
      create: (context) => new SessionActor(context, { limits, report }),
    },
    { kind: Kind.Room, name: 'room', create: (context, snapshot) => new RoomActor(context, snapshot) },
    {
      kind: Kind.Transfer,
      name: 'transfer',
      passivateMs: FILE_IDLE_MS,
      create: (context) => new TransferActor(context),
    },
  ];
  if (!singletons) return types;

  const tasks = new OpaquePool();
  host.onStop(() => tasks.close());
  host.expose({
    async ready() {
      await host.ask(REGISTRY, RegistryMessage.RoomLoad, packCbor({ l: LOBBY }), ASK_MS);
    },
    async compact() {
      await host.ask(FILES, FilesMessage.Compact, new Uint8Array(), ASK_MS);
    },
  });
  return [
    ...types,
    { kind: Kind.Presence, name: 'presence', mailbox: MANY, create: (context) => new PresenceActor(context) },
    {
      kind: Kind.Groups,
      name: 'groups',
      mailbox: MANY,
      eager: true,
      create: (context) => new GroupsActor(context, { report }),
    },
    {
      kind: Kind.Registry,
      name: 'registry',
      mailbox: MANY,
      eager: true,
      create: (context) =>
        new RegistryActor(context, { tasks, setup: opaque, limits, restore: restoreFrom(folder) }),
    },
  ];
}

/** A file that nobody has open costs nothing after this; the next who asks for it waits a millisecond or two. */
const FILE_IDLE_MS = 60_000;
/** A restart makes every session speak to these at once. */
const MANY = { control: 65_536, data: 65_536 };

function restoreFrom(folder: string): Restore {
  return async (journal: JournalClient) => {
    const { instance } = await journal.info();
    const file = new RegistryFile(folder, instance, registrySchema);
    return loadRegistry(file, (after) => journal.read(after));
  };
}
