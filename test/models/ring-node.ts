import { expect } from 'vitest';
import { RingNode } from '../../src/actors/ring/node.js';
import { nodeMachine } from '../../src/actors/ring/node.machine.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import { identityOf, verify } from '../../src/net/ring/identity.js';
import type { RingState } from '../../src/net/ring/types.js';
import type { Model, Stimulus } from './model.js';
import { lastRun } from './witness.js';

const SEEK_FIRST_MS = 1_000;
const SEEK_MAX_MS = 30_000;
const LOOK_AROUND_MS = 60_000;
/** Without luck one waits half as long. */
const LUCKLESS = 0.5;
/** After so many tries one waits no longer than before. */
const ATTEMPTS_SEEN = 5;

interface World {
  /** In vain, since one was last in company. */
  attempts: number;
}

class Real {
  readonly clock = new ManualClock();
  readonly node: RingNode;
  /** How the overlay finds itself. */
  state: RingState = 'alone';
  attempts = 0;
  seeks = 0;
  tells = 0;
  /** To which peers the broadcast and the sync were told to hold on. */
  edges: readonly string[] = [];

  constructor() {
    const nothingDue = { tick: () => undefined, deadline: () => Number.POSITIVE_INFINITY };
    const links = { ...nothingDue, drain: () => undefined, drop: () => undefined };
    const edges = (peers: readonly string[]) => {
      this.edges = peers;
    };
    const neighbourhood = () => ({
      state: this.state,
      successors: this.state === 'alone' ? [] : [{ id: 'successor' }],
      predecessor: undefined,
    });
    const overlay = {
      get neighbourhood() {
        return neighbourhood();
      },
    };
    this.node = new RingNode({
      world: {
        clock: this.clock,
        random: (target) => target.fill(0),
        // Nothing is dialled here: whoever is sought is the port's business.
        wires: undefined as never,
        identity: identityOf(Buffer.alloc(32, 2)),
        verify,
        turnEnd: (run) => queueMicrotask(run),
      },
      links: () => links as never,
      people: () => nothingDue as never,
      parts: () => ({ ...nothingDue, overlay, edges }) as never,
      port: {
        seek: () => {
          this.seeks++;
        },
        stands: () => {
          this.tells++;
        },
        keepHouse: () => undefined,
      },
    });
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await turnsEnd();
  }
}

/** Everything that was put off until the turn ends is done. */
function turnsEnd(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const EVENTS: Readonly<Record<RingState, string>> = {
  alone: 'ALONE',
  joining: 'JOINING',
  stable: 'STABLE',
  repairing: 'REPAIRING',
};

/** The overlay finds itself otherwise, or as before. */
function finds(state: RingState): Stimulus<World, Real> {
  return {
    events: ({ at }) => (at === state ? [] : [{ type: EVENTS[state] }]),
    changes: (world) => {
      if (state === 'stable') world.attempts = 0;
    },
    // Where others stand is told also when one's own state stays.
    seen: (promised) => [...promised, 'tell'],
    act: async (real) => {
      real.state = state;
      if (state === 'stable') real.attempts = 0;
      real.node.moved();
      await turnsEnd();
    },
  };
}

/** One's life in the ring, whatever the overlay makes of it. */
export const ringNode: Model<World, Real> = {
  name: 'node',
  machine: nodeMachine,
  input: () => ({ port: { seek: () => undefined, tell: () => undefined, chance: () => 0 } }),
  beginnings: {
    'somebody begins alone': {
      world: () => ({ attempts: 0 }),
      real: async () => {
        const real = new Real();
        real.node.begin();
        await turnsEnd();
        return real;
      },
    },
  },
  stimuli: {
    'nobody is left': finds('alone'),
    'one joins': finds('joining'),
    'all is well': finds('stable'),
    'something is to be repaired': finds('repairing'),
    'the time to seek again is there': {
      events: ({ at }) => (at === 'alone' ? [{ type: 'xstate.after.seekAgain.node.alone' }] : undefined),
      changes: (world) => {
        world.attempts = Math.min(world.attempts + 1, ATTEMPTS_SEEN);
      },
      act: async (real) => {
        const wait = Math.min(SEEK_MAX_MS, SEEK_FIRST_MS * 2 ** real.attempts) * LUCKLESS;
        // One moment less is too early.
        await real.pass(wait - 1);
        expect(real.seeks, 'how often one has sought').toBe(0);
        real.attempts++;
        await real.pass(1);
      },
    },
    'the time to look around is there': {
      events: ({ at }) => (at === 'stable' ? [{ type: 'xstate.after.lookAround.node.stable' }] : undefined),
      act: (real) => real.pass(LOOK_AROUND_MS * LUCKLESS),
    },
  },
  run: () => lastRun(nodeMachine),
  state: ({ node }) => node.state,
  effects: (real) => {
    const seen = [...(real.seeks > 0 ? ['seek'] : []), ...(real.tells > 0 ? ['tell'] : [])];
    real.seeks = 0;
    real.tells = 0;
    return seen;
  },
  holds: {
    node: ({ node, edges, state }, { at }) => {
      expect(at, 'how it stands').toBe(state);
      expect(node.isRunning).toBe(true);
      expect(edges, 'whom one holds on to').toEqual(state === 'alone' ? [] : ['successor']);
    },
  },
  end: ({ node }) => {
    node.leave();
    node.stop();
  },
};
