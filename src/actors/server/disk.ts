/**
 * The threads with the disk: `store` keeps the logs and does nothing slow, `files` does the rest. The control
 * method `fault()` of `store` answers why nothing can be written now, '' while all is well; `figures()` of `files`
 * answers FileFigures.
 */
import { BlobStore } from '../../store/files/blobs.js';
import { openLogStore } from '../../store/logs.js';
import { blobsPart } from '../blobs/blobs.js';
import { filesType } from '../disk/files.js';
import { storeType } from '../disk/store.js';
import type { ServerLimits } from '../limits.js';
import { registrySchema } from '../registry/snapshot.js';
import type { ActorType } from '../runtime/actor.js';
import type { WorkerHost } from '../runtime/host.js';
import type { CoreError } from './core.js';

/** `data` of both threads. */
export interface DiskData {
  readonly folder: string;
  readonly part: 'store' | 'files';
  readonly limits: ServerLimits;
}

/** What `store` posts: why it is read-only from now on, or that it is no longer. */
export interface DiskNews {
  readonly readOnly: string | undefined;
}

export function start(host: WorkerHost): readonly ActorType[] {
  const { folder, part, limits } = host.data as DiskData;
  if (part === 'files') return startFiles(host, folder, limits);
  // Opened here and not by the actor's first message: a damaged file must end the start, with its name.
  const logs = openLogStore(folder, {
    random: host.random,
    timers: host.clock,
    turned: (why) => host.post({ readOnly: why } satisfies DiskNews),
  });
  host.expose({ fault: () => logs.fault?.message ?? '' });
  return [storeType(() => logs)];
}

function startFiles(host: WorkerHost, folder: string, limits: ServerLimits): readonly ActorType[] {
  const store = BlobStore.open(folder, limits, host.clock.wall());
  const blobs = blobsPart(store, ({ message, stack = '' }) =>
    host.post({ error: message, stack } satisfies CoreError),
  );
  host.expose({ figures: blobs.figures });
  host.onStop(() => store.shut());
  return [filesType(folder, registrySchema), blobs.type];
}
