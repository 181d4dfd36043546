import { expect } from 'vitest';
import { linkMachine } from '../../src/actors/ring/link.machine.js';
import { FrameType } from '../../src/net/constants.js';
import { DIAL_STAGGER_MS, HELLO_PATIENCE_MS } from '../../src/net/ring/constants.js';
import { CloseCode } from '../../src/net/types.js';
import { LinkWorld, OTHER } from './link-world.js';
import type { Beginning, Model, ModelEvent, Standing, Stimulus } from './model.js';

const SYNC_PATIENCE_MS = 10_000;
/** The wire on which the other end comes by itself. */
const INCOMING = 1;

interface World {
  /** Addresses that were not tried. */
  untried: number;
  /** Handshakes under way. */
  dials: number;
  /** The time for the next address is still to come. */
  isArmed: boolean;
  /** It was silent, and has not been heard since. */
  isSuspected: boolean;
}

function sent(...types: string[]): ModelEvent[] {
  return types.map((type) => ({ type }));
}

/** A peer is needed, of whom so many addresses are known. */
function needed(count: number): Beginning<World, LinkWorld> {
  return {
    world: () => ({ untried: count, dials: 0, isArmed: true, isSuspected: false }),
    events: sent(...(count === 0 ? ['EXHAUSTED'] : [])),
    seen: [count === 0 ? 'end' : 'dialNext'],
    real: async () => {
      const real = new LinkWorld();
      const addresses = [1, 2, 3].slice(0, count).map((n) => ({ address: `198.51.${n}.1`, port: 7777 }));
      real.links.need({ ...OTHER.record.contact, addresses }, 'test');
      return real.look([...real.links.all][0]);
    },
  };
}

type Given = Stimulus<World, LinkWorld>;
type At = Standing<World>;

function isOpen({ at }: At): boolean {
  return at !== 'dialling';
}

function given(
  allowed: (at: At) => boolean,
  events: (at: At) => ModelEvent[],
  act: (real: LinkWorld) => void,
): Given {
  return {
    events: (at) => (allowed(at) ? events(at) : undefined),
    seen: visible,
    act: (real) => {
      act(real);
      real.links.drain();
    },
  };
}

/** Only what is under way can be abandoned, and an address dialled only while there is one. */
function visible(promised: readonly string[], { world }: At): readonly string[] {
  return promised.filter(
    (each) => (each !== 'abandonDials' || world.dials > 0) && (each !== 'dialNext' || world.untried > 0),
  );
}

const stimuli: Record<string, Given> = {
  'the time for the next address is there': {
    ...given(
      ({ at, world }) => at === 'dialling' && world.isArmed,
      () => sent('xstate.after.stagger.link.dialling'),
      ({ clock }) => clock.advance(DIAL_STAGGER_MS),
    ),
    changes: (world) => {
      world.isArmed = world.untried > 0;
    },
  },
  'a handshake succeeds': {
    ...given(
      ({ world }) => world.dials > 0,
      () => sent('OPENED'),
      (real) => real.open(real.wires.dials.pop() ?? 0, true),
    ),
    changes: (world) => {
      world.dials--;
    },
    seen: (promised, { world }) => promised.filter((each) => each !== 'abandonDials' || world.dials > 1),
  },
  'a handshake comes to nothing': {
    ...given(
      ({ world }) => world.dials > 0,
      ({ world }) => sent(...(world.untried === 0 && world.dials === 1 ? ['EXHAUSTED'] : [])),
      ({ links, wires }) =>
        links.failed(wires.dials.shift() ?? 0, { code: CloseCode.NoAnswer, text: '', local: true }),
    ),
    changes: (world) => {
      world.dials--;
      if (world.untried === 0) return;
      // The next address takes its place at once.
      world.untried--;
      world.dials++;
    },
    seen: (promised, { world }) =>
      world.untried > 0 ? ['dialNext'] : promised.filter((each) => each !== 'abandonDials'),
  },
  'the other end comes by itself': {
    ...given(
      ({ at }) => at === 'dialling',
      () => sent('OPENED', 'GREETED'),
      (real) => {
        real.open(INCOMING, false);
        real.greet(INCOMING);
      },
    ),
  },
  'its HELLO comes': given(
    ({ at }) => at === 'handshaking',
    () => sent('GREETED'),
    (real) => real.greet(real.wire),
  ),
  'its HELLO does not come': given(
    ({ at }) => at === 'handshaking',
    () => sent('xstate.after.helloPatience.link.handshaking'),
    ({ clock }) => clock.advance(HELLO_PATIENCE_MS),
  ),
  'both have what the other had': given(
    () => true,
    () => sent('SYNCED'),
    ({ link }) => link.synced(),
  ),
  'comparing takes too long': given(
    ({ at }) => at === 'syncing',
    () => sent('xstate.after.syncPatience.link.syncing'),
    ({ clock }) => clock.advance(SYNC_PATIENCE_MS),
  ),
  'it is silent': {
    ...given(
      isOpen,
      () => sent('SUSPECTED'),
      ({ link }) => link.suspect(),
    ),
    changes: (world, { at }) => {
      // Nobody is asked about somebody who has not said who they are.
      if (at !== 'handshaking') world.isSuspected = true;
    },
  },
  'it is heard again': {
    ...given(
      isOpen,
      () => sent('TRUSTED'),
      ({ link }) => link.trust(),
    ),
    changes: (world) => {
      world.isSuspected = false;
    },
  },
  'its last wire is gone': given(
    isOpen,
    () => sent('LOST'),
    ({ links, wire }) => links.closed(wire, { code: CloseCode.Silent, text: '', local: true }),
  ),
  'it is not wanted any more': given(
    () => true,
    () => sent('CLOSE'),
    ({ links }) => links.closeAll(),
  ),
};

/** One link to one peer, over wires whose every move is the test's. */
export const ringLink: Model<World, LinkWorld> = {
  name: 'link',
  machine: linkMachine,
  input: (world) => ({
    port: {
      dialNext: () => {
        if (world.untried === 0) return;
        world.untried--;
        world.dials++;
      },
      hasMoreAddresses: () => world.untried > 0,
      abandonDials: () => {
        world.dials = 0;
      },
      link: () => undefined,
      end: () => undefined,
    },
  }),
  beginnings: {
    'a peer with three addresses is needed': needed(3),
    'a peer with one address is needed': needed(1),
    'a peer without an address is needed': needed(0),
    'somebody comes': {
      world: () => ({ untried: 0, dials: 0, isArmed: true, isSuspected: false }),
      events: sent('OPENED'),
      seen: [],
      real: async () => {
        const real = new LinkWorld();
        real.open(INCOMING, false);
        return real.look([...real.links.all][0]);
      },
    },
  },
  stimuli,
  run: ({ run }) => run,
  state: (real) => (real.links.all.size === 0 ? real.run.value() : real.link.state),
  effects: (real) => real.effects(),
  holds: {
    'link.dialling': ({ wires }, { world }) => {
      expect(wires.dials, 'which handshakes are under way').toHaveLength(world.dials);
    },
    'link.handshaking': ({ wires }) => expect(wires.dials, 'which handshakes are under way').toEqual([]),
    'link.syncing': flows,
    'link.live': flows,
    'link.suspect': flows,
    'link.gone': ({ links, wires }) => {
      expect([...links.all], 'which links there are').toEqual([]);
      expect(wires.dials, 'which handshakes are under way').toEqual([]);
    },
  },
  end: ({ links }) => links.closeAll(),
  defences: {
    '"dialling" link|LOST|0': 'a link that is being dialled has no wire to lose',
  },
};

/** Frames flow, and it counts as living unless it is suspected. */
function flows({ links }: LinkWorld, { world }: At): void {
  const { id } = OTHER.record.contact;
  expect(links.send(id, FrameType.Need, Buffer.alloc(1)), 'whether frames flow').toBe(true);
  expect(links.isLive(id), 'whether it counts as living').toBe(!world.isSuspected);
}
