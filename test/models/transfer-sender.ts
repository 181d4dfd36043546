import { transferMachine } from '../../src/actors/transfer/transfer.machine.js';
import { NatterError } from '../../src/chat/error.js';
import { EventKind, FileAnswer, Operation } from '../../src/chat/operations.js';
import { CHUNK_BYTES, FrameType } from '../../src/net/constants.js';
import type { FakeServer } from '../support/fake-server.js';
import { anaAndBo, DIRECT, type FilePerson, noise } from '../support/file-client.js';
import type { VirtualTime } from '../support/virtual-time.js';
import type { Beginning, Model, ModelEvent, Stimulus } from './model.js';
import { lastRun } from './witness.js';

/** Files of one direction that move at once. */
const RUNNING_MAX = 4;
/** Longer than an answer takes, shorter than anybody's patience, several times over. */
const SOON_MS = 30;

interface World {
  /** Nothing that the server answers comes through. */
  readonly isMute: boolean;
  /** Others have their turn. */
  readonly isFull: boolean;
}

interface Real {
  readonly ana: FilePerson;
  readonly server: FakeServer;
  readonly time: VirtualTime;
  readonly id: string;
  looked: number;
}

const failure = new NatterError('STALLED', 'It is told why.');
const NOTHING = () => undefined;

function sent(...types: string[]): ModelEvent[] {
  return types.map((type) => ({ type, failure }));
}

/** ana sends bo a file. */
async function sends(prepare: (at: { ana: FilePerson; server: FakeServer }) => Promise<void>): Promise<Real> {
  const { ana, server, time } = await anaAndBo();
  server.files.wantsMax = 0;
  await prepare({ ana, server });
  const id = await ana.send('@bo', ana.file('words.txt', noise(3 * CHUNK_BYTES)));
  await time.pass(SOON_MS);
  return { ana, server, time, id, looked: 0 };
}

async function othersFirst({ ana }: { ana: FilePerson }): Promise<void> {
  for (let other = 0; other < RUNNING_MAX; other++)
    await ana.send('@bo', ana.file(`other-${other}.txt`, noise(CHUNK_BYTES, other)));
}

/** Whoever opens a file is not answered, nor whoever closes one. */
async function neverOpened({ server }: { server: FakeServer }): Promise<void> {
  const mute: ReadonlySet<number | undefined> = new Set([Operation.Upload, Operation.FileClose]);
  server.fate = ({ type }) =>
    type === FrameType.Reply && mute.has(server.requests.at(-1)?.operation) ? [] : [5];
}

/** Whatever is supplied is acknowledged, and never enough. */
async function neverEnough({ server }: { server: FakeServer }): Promise<void> {
  server.files.wantsMax = Number.POSITIVE_INFINITY;
  for (const connection of server.open) connection.onSupply = NOTHING;
}

function beginning(
  world: World,
  types: readonly string[],
  prepare: (at: { ana: FilePerson; server: FakeServer }) => Promise<void> = async () => undefined,
): Beginning<World, Real> {
  return { world: () => ({ ...world }), events: sent('ACCEPT', ...types), real: () => sends(prepare) };
}

function happens(act: (real: Real) => Promise<void> | void, ...types: string[]): Stimulus<World, Real> {
  return {
    events: () => sent(...types),
    // Nobody has to be told of what is not open.
    seen: (promised, { at }) =>
      at === 'accepted' || at === 'paused' ? promised.filter((each) => each !== 'halt') : promised,
    act: async (real) => {
      await act(real);
      await real.time.pass(SOON_MS);
    },
  };
}

/** A file as its sender's client sees it: what the other end does with it, and what people do. */
export const transferAtSender: Model<World, Real> = {
  name: 'transfer',
  host: 'sender',
  machine: transferMachine,
  input: () => ({ port: { open: NOTHING, move: NOTHING, halt: NOTHING, verify: NOTHING, settle: NOTHING } }),
  beginnings: {
    'others have their turn': beginning({ isMute: false, isFull: true }, [], othersFirst),
    'the server does not answer': beginning({ isMute: true, isFull: false }, ['TURN'], neverOpened),
    'the server wants nothing yet': beginning({ isMute: false, isFull: false }, ['TURN', 'OPENED']),
    'the server is never content': beginning(
      { isMute: false, isFull: false },
      ['TURN', 'OPENED', 'COMPLETE'],
      neverEnough,
    ),
  },
  stimuli: {
    'whom it is for declines it': happens(({ server, id }) => {
      server.event(EventKind.Answer, { f: numberOf(server, id), l: DIRECT, n: 'bo', s: FileAnswer.Rejected });
    }, 'REJECT'),
    'the server has it no more': happens(({ server, id }) => {
      server.files.gone(fileOf(server, id), 'FILE_EXPIRED');
    }, 'FAILED'),
    'its sender cancels it': happens(({ ana, id }) => ana.client.core.cancelFile(id), 'CANCEL'),
    'its sender pauses it': happens(({ ana, id }) => ana.client.core.pauseFile(id), 'PAUSE'),
    'its sender goes on with it': {
      events: ({ at, world }) => {
        if (at !== 'paused') return undefined;
        if (world.isFull) return sent('RESUME');
        return world.isMute ? sent('RESUME', 'TURN') : undefined;
      },
      act: async ({ ana, id, time }) => {
        await ana.client.core.resumeFile(id);
        await time.pass(SOON_MS);
      },
    },
  },
  run: () => lastRun(transferMachine),
  state: ({ ana, id }) => {
    const told = ana.transfer(id).state;
    const { value } = lastRun(transferMachine);
    // Asking what is missing is part of running, as people see it.
    return told === 'running' && value() === 'resuming' ? 'resuming' : told;
  },
  effects: (real) => {
    const f = numberOf(real.server, real.id);
    const asked = real.server.requests.slice(real.looked).filter(({ body }) => Number(body.f) === f);
    real.looked = real.server.requests.length;
    return asked.map(({ operation }) => EFFECTS.get(operation) ?? `operation ${operation}`);
  },
  // Chunks are read when the server wants them.
  inward: ['move'],
  holds: {},
  end: ({ ana }) => ana.leave(),
};

const EFFECTS = new Map<number, string>([
  [Operation.Upload, 'open'],
  [Operation.FileClose, 'halt'],
  [Operation.Finish, 'verify'],
  // What did not come to a good end takes no more room there.
  [Operation.Withdraw, 'settle'],
]);

function fileOf(server: FakeServer, id: string) {
  const file = [...server.files.byNumber.values()].find((each) => each.id.toString('hex') === id);
  if (file === undefined) throw new Error(`the server knows nothing of ${id}`);
  return file;
}

function numberOf(server: FakeServer, id: string): number {
  return fileOf(server, id).f;
}
