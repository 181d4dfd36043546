import { expect } from 'vitest';
import type { CloseFile } from '../../src/actors/blobs/bodies.js';
import { BlobsMessage } from '../../src/actors/messages.js';
import { Kind } from '../../src/actors/runtime/actor.js';
import { transferMachine } from '../../src/actors/transfer/transfer.machine.js';
import { FileState } from '../../src/chat/operations.js';
import { fileEvents } from '../support/offered-files.js';
import type { Model } from './model.js';
import { transferStimuli } from './transfer-stimuli.js';
import { offer, type Real, sent, type World } from './transfer-world.js';
import { lastRun } from './witness.js';

const NOTHING = () => undefined;

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
  stimuli: transferStimuli,
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
