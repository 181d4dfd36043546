import { BlobsMessage } from '../../src/actors/messages.js';
import type { ErrorCode } from '../../src/chat/error.js';
import { Operation } from '../../src/chat/operations.js';
import type { Stimulus } from './model.js';
import {
  ASSURE_MS,
  answerLate,
  ask,
  finish,
  opened,
  RETRY_MS,
  type Real,
  refused,
  sent,
  upload,
  type World,
} from './transfer-world.js';

type Given = Stimulus<World, Real>;

/** Where its sender may open it, anew too. */
function mayOpen(at: string, { slow, again }: Readonly<World>): boolean {
  return slow === 'nothing' && !again && ['accepted', 'paused', 'running'].includes(at);
}

/** Its sender opens it, and blobs refuses. */
function openRefused(code: ErrorCode, ...types: string[]): Given {
  return {
    events: ({ at, world }) => (mayOpen(at, world) ? sent('LOST', 'RESUME', 'TURN', ...types) : undefined),
    changes: (world) => {
      world.open = false;
    },
    // Its session hears of the refusal, and has nothing open.
    seen: (promised) => [...promised, 'halt'],
    act: refused(BlobsMessage.OpenUpload, code, upload),
  };
}

/** What the whole should be is told, and blobs can be asked. */
function canFinish(at: string, { slow }: Readonly<World>): boolean {
  return at === 'verifying' && slow === 'nothing';
}

function finishRefused(code: ErrorCode, ...types: string[]): Given {
  return {
    events: ({ at, world }) => (canFinish(at, world) ? sent(...types) : undefined),
    changes: (world) => {
      world.hash = true;
    },
    seen: (promised, { world }) => [...(world.open ? promised : []), 'verify'],
    act: refused(BlobsMessage.Finish, code, finish),
  };
}

/** Nobody can be asked before the hash is known. */
function unlessHash(promised: readonly string[], { world }: { readonly world: Readonly<World> }): string[] {
  return promised.filter((each) => world.hash || each !== 'verify');
}

/** Whom nobody has open nobody can tell. */
function whileOpen(
  promised: readonly string[],
  { world }: { readonly world: Readonly<World> },
): readonly string[] {
  return world.open ? promised : promised.filter((each) => each !== 'halt');
}

function closed(world: World): void {
  world.open = false;
  world.slow = 'nothing';
  world.again = false;
}

/** Whatever blobs has not answered it answers after this. */
function late(act: (real: Real) => Promise<void>) {
  return async (real: Real) => {
    await act(real);
    await answerLate(real);
  };
}

const all: Record<string, Given> = {
  'its sender opens it': {
    events: ({ at, world }) =>
      mayOpen(at, world) ? sent('LOST', 'RESUME', 'TURN', ...opened(world)) : undefined,
    changes: (world) => {
      world.open = true;
    },
    seen: unlessHash,
    act: upload,
  },
  'its sender opens it, and blobs is slow': {
    events: ({ at, world }) => (mayOpen(at, world) ? sent('LOST', 'RESUME', 'TURN') : undefined),
    changes: (world) => {
      world.open = true;
      world.slow = 'open';
    },
    act: async (real) => {
      for (const type of [BlobsMessage.OpenUpload, BlobsMessage.Close]) real.server.blobs.silent.add(type);
      await upload(real);
    },
  },
  'its sender opens it, and the disk is full': openRefused('DISK_FULL', 'STALLED', 'LOST'),
  'its sender opens it, and blobs is busy': openRefused('BUSY', 'LOST', 'LOST'),
  'its sender opens it, and there is no such file': openRefused('NO_SUCH_FILE', 'FAILED'),
  'blobs answers': {
    events: ({ world }) => {
      if (world.slow === 'nothing') return undefined;
      return world.slow === 'open' ? sent(...opened(world)) : sent('VERIFIED');
    },
    changes: (world) => {
      world.slow = 'nothing';
    },
    seen: unlessHash,
    act: answerLate,
  },
  'all chunks are there': {
    events: ({ at, world }) => {
      if (at !== 'running' && at !== 'resuming') return undefined;
      if (world.whole || (at === 'running' && !world.open)) return undefined;
      if (world.hash) return sent('COMPLETE', 'VERIFIED');
      // Blobs says so once more to whoever opens it when all of it is there.
      return sent('COMPLETE', ...(at === 'resuming' ? ['COMPLETE', 'OPENED'] : []));
    },
    changes: (world) => {
      world.whole = true;
      world.slow = 'nothing';
    },
    seen: unlessHash,
    act: late(async ({ server, f }) => {
      server.blobs.complete(f);
      await server.settle();
    }),
  },
  'its sender tells the hash': {
    events: ({ at, world }) => {
      if (world.hash || world.slow !== 'nothing') return undefined;
      if (at === 'verifying') return sent('VERIFIED');
      return at === 'running' ? [] : undefined;
    },
    changes: (world) => {
      world.hash = true;
    },
    seen: (promised, { at }) => (at === 'verifying' ? [...promised, 'verify'] : promised),
    act: finish,
  },
  'its sender tells the hash, and blobs is slow': {
    events: ({ at, world }) => (at === 'verifying' && world.slow === 'nothing' ? [] : undefined),
    changes: (world) => {
      world.hash = true;
      world.slow = 'finish';
    },
    seen: () => ['verify'],
    act: async (real) => {
      real.server.blobs.silent.add(BlobsMessage.Finish);
      await finish(real);
    },
  },
  'its sender tells the hash, and the whole is another': {
    events: ({ at, world }) => {
      if (!canFinish(at, world)) return undefined;
      const next = world.wrong === 2 ? [] : [world.open ? 'OPENED' : 'LOST'];
      return sent('MISMATCH', ...next);
    },
    changes: (world) => {
      world.hash = true;
      world.whole = false;
      world.wrong++;
    },
    seen: (promised, { world }) => [...(world.open ? promised : []), 'verify'],
    act: refused(BlobsMessage.Finish, 'HASH_MISMATCH', finish),
  },
  'its sender tells the hash, and the disk is full': finishRefused('DISK_FULL', 'STALLED'),
  'its sender tells the hash, and blobs is busy': {
    ...finishRefused('BUSY', 'LOST'),
    changes: (world) => {
      world.hash = true;
      world.again = world.open;
    },
  },
  'its sender tells the hash, and there is no such file': finishRefused('NO_SUCH_FILE', 'FAILED'),
  'a moment passes': {
    events: ({ world }) => (world.again ? sent('TURN', ...opened(world)) : undefined),
    changes: (world) => {
      world.again = false;
    },
    act: ({ server }) => server.system.advance(RETRY_MS),
  },
  'all chunks are there, and the whole is another': {
    events: ({ at, world }) => {
      if (at !== 'running' || !world.open || !world.hash || world.whole) return undefined;
      return sent('COMPLETE', 'MISMATCH', ...(world.wrong === 2 ? [] : ['OPENED']));
    },
    changes: (world) => {
      world.wrong++;
    },
    act: refused(BlobsMessage.Finish, 'HASH_MISMATCH', async ({ server, f }) => {
      server.blobs.complete(f);
      await server.settle();
    }),
  },
  'blobs takes no more': {
    events: ({ at, world }) => {
      if (world.slow !== 'nothing' || at === 'resuming') return undefined;
      return sent('STALLED');
    },
    seen: whileOpen,
    act: async ({ server, f }) => {
      server.blobs.halted(f, 'DISK_FULL');
      await server.settle();
    },
  },
  'its sender withdraws it': {
    events: () => sent('CANCEL'),
    changes: closed,
    seen: whileOpen,
    act: late((real) => ask(real, Operation.Withdraw, { f: real.f })),
  },
  'it is too old': {
    events: ({ world }) => (world.slow === 'nothing' ? sent('CANCEL') : undefined),
    changes: closed,
    seen: whileOpen,
    act: async ({ server, f }) => {
      server.blobs.gone(f, 'FILE_EXPIRED');
      await server.settle();
    },
  },
  'time passes, and blobs has forgotten it': {
    events: ({ at, world }) => (at === 'running' && world.open ? sent('FAILED') : undefined),
    seen: (promised) => ['open', ...promised],
    act: refused(BlobsMessage.OpenUpload, 'NO_SUCH_FILE', ({ server }) => server.system.advance(ASSURE_MS)),
  },
  'time passes, and blobs is busy': {
    events: ({ at, world }) =>
      at === 'running' && world.open ? sent('LOST', 'TURN', ...opened(world)) : undefined,
    seen: (promised) => ['open', ...promised],
    act: refused(BlobsMessage.OpenUpload, 'BUSY', ({ server }) =>
      server.system.advance(ASSURE_MS + RETRY_MS),
    ),
  },
  'the connection of its sender is lost': {
    events: ({ at, world }) => {
      if (!world.open || world.slow === 'open') return undefined;
      if (at === 'verifying') return sent(...(world.slow === 'finish' ? ['VERIFIED'] : []));
      return sent('LOST');
    },
    changes: closed,
    // Blobs is told, whatever the machine thinks of it.
    seen: (promised) => [...promised, 'halt'],
    act: late(async (real) => {
      real.server.io.close(real.ada.conn);
      await real.server.settle();
      real.ada = await real.server.connect(real.ada.key);
      await real.ada.login('ada');
    }),
  },
  'the thread of the blobs dies': {
    events: ({ at, world }) => {
      if (world.slow !== 'nothing' || world.again) return undefined;
      if (!world.open) return sent('LOST');
      return sent('LOST', 'TURN', ...(at === 'paused' ? [] : opened(world)));
    },
    seen: unlessHash,
    act: async ({ server }) => {
      server.system.kill('files');
      await server.system.advance(1);
      server.system.respawn('files');
      await server.system.advance(1);
    },
  },
  'its sender pauses': {
    events: ({ at, world }) => {
      if (at === 'verifying') return sent(...(world.slow === 'finish' ? ['VERIFIED'] : []));
      return world.open ? sent('PAUSE', ...(world.slow === 'open' && world.whole ? ['COMPLETE'] : [])) : [];
    },
    changes: closed,
    act: late((real) => ask(real, Operation.FileClose, { f: real.f, u: true })),
  },
};

/** What decides how a file goes on that was another once. All else does not depend on how often it was. */
const AFTER_MISMATCH: ReadonlySet<string> = new Set([
  'all chunks are there',
  'all chunks are there, and the whole is another',
  'its sender opens it',
]);

/** What happens to a file at the server: what its sender does, and blobs, and time. */
export const transferStimuli: Readonly<Record<string, Given>> = Object.fromEntries(
  Object.entries(all).map(([name, stimulus]) => [
    name,
    {
      ...stimulus,
      events: (standing) =>
        standing.world.wrong === 0 || AFTER_MISMATCH.has(name) ? stimulus.events(standing) : undefined,
    } satisfies Given,
  ]),
);
