/**
 * The thread of a ring peer that holds everything but its socket: the ring actor, its feeds and its mail. The control
 * method `command(name, args)` runs one of a client's commands, `listening()` waits for the socket; events are posted in
 * batches, `{ events }`.
 */

import { join } from 'node:path';
import type { ClientEvent } from '../../chat/events.js';
import { encodeInvite } from '../../chat/invite.js';
import type { PathAddress } from '../../net/types.js';
import { openFeedStore } from '../../store/feeds/feed-store.js';
import { openMail } from '../../store/mail/tables.js';
import { SystemDisk } from '../client/files/system-disk.js';
import { Cities } from '../jobs/cities.js';
import type { Profile } from '../ring/own-record.js';
import { type ActorType, Kind } from '../runtime/actor.js';
import type { WorkerHost } from '../runtime/host.js';
import { RingActor } from './actor.js';
import type { RingClient } from './client.js';
import type { Commands } from './commands.js';
import { Shared } from './shared.js';

/** `data` of this thread. Keys cross threads as plain bytes. */
export interface CoreData {
  readonly folder: string;
  readonly identity: { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  readonly community: Uint8Array;
  readonly name: string;
  readonly secret?: Uint8Array;
  readonly profile: Profile;
  /** What is shared is kept for the next start. */
  readonly keeps: boolean;
  readonly bootstrap: readonly PathAddress[];
}

/** What this thread posts. */
export interface CoreNews {
  readonly events: ClientEvent[];
}

const MAILBOX_MESSAGES = 65_536;

export function start(host: WorkerHost): readonly ActorType[] {
  const { folder, community, name, secret, profile, keeps, bootstrap, ...data } = host.data as CoreData;
  const identity = {
    publicKey: Buffer.from(data.identity.publicKey),
    secretKey: Buffer.from(data.identity.secretKey),
  };
  // Opened here and not by the actor: a damaged file must end the start, with its name.
  const store = openFeedStore(join(folder, 'feeds.mdb'), {
    timers: host.clock,
    turned: (why) => host.post({ events: [diskNews(why)] } satisfies CoreNews),
  });
  const mail = openMail(join(folder, 'mail.mdb'));
  const gazetteer = new Cities();
  const disk = new SystemDisk(folder);
  let living: RingActor | undefined;
  host.expose({
    command: (command: keyof Commands, args: readonly unknown[]) => run(living?.client, command, args),
    listening: () => living?.listening,
  });
  host.onStop(async () => {
    await gazetteer.close();
    await mail.close();
    await store.close();
  });
  return [
    {
      kind: Kind.Ring,
      name: 'ring',
      eager: true,
      mailbox: { control: MAILBOX_MESSAGES, data: MAILBOX_MESSAGES },
      create: (context) => {
        const actor = new RingActor(context, {
          identity,
          community: Buffer.from(community),
          profile,
          ...(keeps ? { shared: new Shared(store.rows('shared')) } : {}),
          store,
          mail,
          bootstrap,
          gazetteer,
          disk: () => disk,
          invite: (addresses) =>
            encodeInvite({
              community: name,
              ...(secret === undefined ? {} : { secret: Buffer.from(secret) }),
              peers: addresses.map(({ address, port }) => ({ host: address, port })),
            }),
          onEvent: (events) => host.post({ events } satisfies CoreNews),
        });
        living = actor;
        return actor;
      },
    },
  ];
}

/** Whether what one says can be kept, as people are told. */
function diskNews(why: string | undefined): ClientEvent {
  if (why === undefined) return { event: 'notice', text: 'What is said can be kept again.' };
  return { event: 'error', code: 'READ_ONLY', message: why };
}

function run(
  client: RingClient | undefined,
  name: keyof Commands,
  args: readonly unknown[],
): Promise<unknown> {
  if (client === undefined) throw new Error('a command came before the peer was there');
  const command = client[name] as (this: RingClient, ...rest: unknown[]) => Promise<unknown>;
  return command.call(client, ...args);
}
