import { expect } from 'vitest';
import type { Link } from '../../src/actors/ring/link.js';
import { linkMachine } from '../../src/actors/ring/link.machine.js';
import { Links } from '../../src/actors/ring/links.js';
import type { Wires } from '../../src/actors/ring/world.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import { FrameType } from '../../src/net/constants.js';
import { DIAL_STAGGER_MS, HELLO_PATIENCE_MS, PeerState } from '../../src/net/ring/constants.js';
import { helloCodec } from '../../src/net/ring/hello.js';
import { handshakeKeys, type Identity, identityOf, verify } from '../../src/net/ring/identity.js';
import { type PeerRecord, signRecord } from '../../src/net/ring/record.js';
import { CloseCode, type PathAddress } from '../../src/net/types.js';
import { DEAF } from '../../src/sim/wires.js';
import type { Beginning, Model, ModelEvent, Standing, Stimulus } from './model.js';
import { lastRun, type Run } from './witness.js';

const COMMUNITY = Buffer.alloc(32, 5);
const HERE: PathAddress = { address: '192.0.2.1', port: 7777 };
const THERE: PathAddress = { address: '192.0.2.9', port: 7777 };
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

/** Wires that only write down what is done with them. */
class FakeWires implements Wires {
  handler = DEAF;
  readonly addresses = [HERE];
  readonly seen: string[] = [];
  /** Handshakes under way, the newest last. */
  readonly dials: number[] = [];
  readonly closed = new Set<number>();
  #last = 100;

  dial(): number {
    this.seen.push('dialNext');
    this.dials.push(++this.#last);
    return this.#last;
  }
  abandon(wire: number): void {
    this.seen.push('abandonDials');
    this.dials.splice(this.dials.indexOf(wire), 1);
  }
  close(wire: number): void {
    this.closed.add(wire);
  }
  send = () => true;
  rttMs(): undefined {}
  want = () => false;
  unwant(): void {}
  supply = () => false;
  unsupply(): void {}
}

interface Person {
  readonly identity: Identity;
  readonly record: PeerRecord;
  /** Of its handshakes. */
  readonly key: Buffer;
}

function personOf(seed: number): Person {
  const identity = identityOf(Buffer.alloc(32, seed));
  const profile = {
    ...{ version: 1_000, state: PeerState.Online, name: `p${seed}`, cell: '', interests: [] },
    addresses: [THERE],
  };
  return {
    identity,
    record: signRecord(identity, COMMUNITY, profile),
    key: handshakeKeys(identity).publicKey,
  };
}

const ME = personOf(2);
const OTHER = personOf(3);

class Real {
  readonly clock = new ManualClock();
  readonly wires = new FakeWires();
  readonly links: Links;
  readonly #told: string[] = [];
  #link: Link | undefined;
  #run: Run | undefined;
  /** On which it is open. */
  wire = 0;
  #isThere = true;

  constructor() {
    const { clock, wires } = this;
    const told = (what: string) => () => void this.#told.push(what);
    this.links = new Links(
      {
        clock,
        wires,
        identity: ME.identity,
        verify,
        random: (target) => target.fill(1),
        turnEnd: (run) => run(),
      },
      ME.record.contact.id,
      COMMUNITY,
      {
        happened: () => undefined,
        record: () => ME.record,
        linked: told('link'),
        unlinked: () => undefined,
        unreachable: () => undefined,
        frame: () => undefined,
        foreign: () => undefined,
        seen: () => undefined,
      },
    );
  }

  get link(): Link {
    if (this.#link === undefined) throw new Error('there is no link');
    return this.#link;
  }

  get run(): Run {
    return this.#run ?? lastRun(linkMachine);
  }

  /** The newest link is the one that is looked at; it may have ended already. */
  look(link: Link | undefined): this {
    this.#link = link;
    this.#run = lastRun(linkMachine);
    this.links.drain();
    return this;
  }

  open(wire: number, isDialled: boolean): void {
    this.wire = wire;
    this.links.opened(wire, OTHER.key, THERE, isDialled);
  }

  greet(wire: number): void {
    const body = helloCodec.encode({ life: Buffer.alloc(8, 1), seen: HERE, record: OTHER.record });
    this.links.frame(wire, FrameType.Hello, Buffer.from(body));
  }

  effects(): string[] {
    const isGone = this.#isThere && (this.#link === undefined || !this.links.all.has(this.#link));
    if (isGone) this.#isThere = false;
    return [...this.wires.seen.splice(0), ...this.#told.splice(0), ...(isGone ? ['end'] : [])];
  }
}

function sent(...types: string[]): ModelEvent[] {
  return types.map((type) => ({ type }));
}

/** A peer is needed, of whom so many addresses are known. */
function needed(count: number): Beginning<World, Real> {
  return {
    world: () => ({ untried: count, dials: 0, isArmed: true, isSuspected: false }),
    events: sent(...(count === 0 ? ['EXHAUSTED'] : [])),
    seen: [count === 0 ? 'end' : 'dialNext'],
    real: async () => {
      const real = new Real();
      const addresses = [1, 2, 3].slice(0, count).map((n) => ({ address: `198.51.${n}.1`, port: 7777 }));
      real.links.need({ ...OTHER.record.contact, addresses }, 'test');
      return real.look([...real.links.all][0]);
    },
  };
}

type Given = Stimulus<World, Real>;
type At = Standing<World>;

function isOpen({ at }: At): boolean {
  return at !== 'dialling';
}

function given(
  allowed: (at: At) => boolean,
  events: (at: At) => ModelEvent[],
  act: (real: Real) => void,
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
export const ringLink: Model<World, Real> = {
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
        const real = new Real();
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
function flows({ links }: Real, { world }: At): void {
  const { id } = OTHER.record.contact;
  expect(links.send(id, FrameType.Need, Buffer.alloc(1)), 'whether frames flow').toBe(true);
  expect(links.isLive(id), 'whether it counts as living').toBe(!world.isSuspected);
}
