import { expect } from 'vitest';
import type { CloseFile } from '../../src/actors/blobs/bodies.js';
import { BlobsMessage } from '../../src/actors/messages.js';
import { Kind } from '../../src/actors/runtime/actor.js';
import { transferMachine } from '../../src/actors/transfer/transfer.machine.js';
import { type ErrorCode, NatterError } from '../../src/chat/error.js';
import { FileState, Operation } from '../../src/chat/operations.js';
import { type TestClient, TestServer } from '../support/chat-server.js';
import { fileEvents, HASH, offered } from '../support/offered-files.js';
import type { Model, ModelEvent, Stimulus } from './model.js';
import { lastRun } from './witness.js';

const LOBBY = 1;
const RETRY_MS = 250;
const ASSURE_MS = 10_000;

interface World {
  /** Its sender has it open over a connection. */
  open: boolean;
  /** All chunks are at the server. */
  whole: boolean;
  /** The sender has said what the whole should be. */
  hash: boolean;
  /** What blobs has not answered yet. */
  slow: 'nothing' | 'open' | 'finish';
  /** Something failed that passes: it is tried again by itself. */
  again: boolean;
  /** How often the whole was another. */
  wrong: number;
}

interface Real {
  readonly server: TestServer;
  ada: TestClient;
  readonly ben: TestClient;
  readonly f: number;
  /** So much of what blobs was asked has been looked at. */
  looked: number;
}

const failure = new NatterError('STALLED', 'It is told why.');
const NOTHING = () => undefined;

function sent(...types: string[]): ModelEvent[] {
  return types.map((type) => ({ type, failure }));
}

/** What comes after `TURN`. */
function opened({ whole, hash }: World): string[] {
  if (!whole) return ['OPENED'];
  return hash ? ['COMPLETE', 'OPENED', 'VERIFIED'] : ['COMPLETE', 'OPENED'];
}

async function offer(): Promise<Real> {
  const server = new TestServer();
  const ada = await server.register('ada');
  const ben = await server.register('ben');
  const f = await offered(ada, LOBBY);
  await ben.do(Operation.Download, { f });
  return { server, ada, ben, f, looked: server.blobs.asked.length };
}

/** Asks and lets everything happen that follows; an answer may not come. */
async function ask({ server, ada }: Real, operation: Operation, body: object): Promise<void> {
  ada.ask(operation, body);
  await server.settle();
}

async function answerLate({ server }: Real): Promise<void> {
  server.blobs.silent.clear();
  server.blobs.answerSilenced();
  await server.settle();
}

const upload = (real: Real) => ask(real, Operation.Upload, { f: real.f });
const finish = (real: Real) => ask(real, Operation.Finish, { f: real.f, h: HASH });

/** Blobs refuses the next of these. */
function refused(type: number, code: ErrorCode, act: (real: Real) => Promise<void>) {
  return async (real: Real) => {
    real.server.blobs.refusals.set(type, code);
    await act(real);
  };
}

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

const stimuli: Record<string, Given> = {
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

/** What whoever waits for the file was told last. */
function tells(state: FileState) {
  return ({ ben }: Real) => {
    expect(fileEvents(ben).at(-1)?.s ?? FileState.Waiting, 'what its reader was told').toBe(state);
  };
}

function uploaders({ server, f }: Real): string[] {
  return server.blobs.openOf(f).filter((each) => each.endsWith('up'));
}

export const transferAtServer: Model<World, Real> = {
  name: 'transfer',
  host: 'server',
  machine: transferMachine,
  input: () => ({ port: { open: NOTHING, move: NOTHING, halt: NOTHING, verify: NOTHING, settle: NOTHING } }),
  beginnings: {
    'it is offered': {
      world: () => ({ open: false, whole: false, hash: false, slow: 'nothing', again: false, wrong: 0 }),
      events: sent('ACCEPT'),
      real: offer,
    },
  },
  stimuli,
  run: () => lastRun(transferMachine),
  state: ({ server, f }) => {
    const cells = ['core-0', 'core-1'].map((core) => server.system.system(core).cells.find(Kind.Transfer, f));
    return cells.find((cell) => cell !== undefined)?.actor?.describe?.().state;
  },
  effects: (real) => {
    const asked = real.server.blobs.asked.slice(real.looked);
    real.looked = real.server.blobs.asked.length;
    return asked.flatMap(({ type, body }) => {
      if (type === BlobsMessage.OpenUpload) return ['open'];
      if (type === BlobsMessage.Close && (body as CloseFile).u) return ['halt'];
      return type === BlobsMessage.Finish ? ['verify'] : [];
    });
  },
  // Blobs moves chunks by itself, and what it frees at the end is its own memory.
  inward: ['move', 'settle'],
  holds: {
    'transfer.accepted': tells(FileState.Waiting),
    'transfer.paused': (real, standing) => {
      tells(FileState.Waiting)(real);
      expect(uploaders(real), 'who supplies chunks').toEqual([]);
      expect(standing.world.again).toBe(false);
    },
    'transfer.resuming': tells(FileState.Uploading),
    'transfer.running': (real) => {
      tells(FileState.Uploading)(real);
      expect(uploaders(real), 'who supplies chunks').toEqual([`${real.ada.conn} up`]);
    },
    'transfer.verifying': tells(FileState.Verifying),
    'transfer.done': tells(FileState.Held),
    'transfer.failed': tells(FileState.Gone),
  },
  end: NOTHING,
};
