import type { Link } from '../../src/actors/ring/link.js';
import { linkMachine } from '../../src/actors/ring/link.machine.js';
import { Links } from '../../src/actors/ring/links.js';
import type { Wires } from '../../src/actors/ring/world.js';
import { ManualClock } from '../../src/actors/runtime/clock.js';
import { FrameType } from '../../src/net/constants.js';
import { PeerState } from '../../src/net/ring/constants.js';
import { helloCodec } from '../../src/net/ring/hello.js';
import { handshakeKeys, type Identity, identityOf, verify } from '../../src/net/ring/identity.js';
import { type PeerRecord, signRecord } from '../../src/net/ring/record.js';
import type { PathAddress } from '../../src/net/types.js';
import { DEAF } from '../../src/sim/wires.js';
import { lastRun, type Run } from './witness.js';

const COMMUNITY = Buffer.alloc(32, 5);
const HERE: PathAddress = { address: '192.0.2.1', port: 7777 };
const THERE: PathAddress = { address: '192.0.2.9', port: 7777 };

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
export const OTHER = personOf(3);

/** The links of one peer, over wires that do nothing by themselves; one link is looked at. */
export class LinkWorld {
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
