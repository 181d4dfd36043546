/** A ring in virtual time with somebody in it who is no friend. */
import { handshakeKeys } from '../../src/net/ring/identity.js';
import { Host } from '../../src/sim/host.js';
import { SimWires } from '../../src/sim/wires.js';
import { COMMUNITY, type Person, type PersonOptions, RingWorld } from '../ring/ring-world.js';
import { madeUp, Rogue } from './rogue-peer.js';

/** Machines of rogues are numbered from here. */
const ROGUES = 500;

/** A rogue on a machine of its own. */
export interface Mallory {
  readonly rogue: Rogue;
  readonly host: Host;
  /** Runs something on that machine. */
  act(run: () => void): void;
}

export class RogueRing {
  readonly world = new RingWorld();
  #rogues = 0;

  /** @param count people who have met */
  constructor(count: number, options: PersonOptions = {}) {
    for (let number = 0; number < count; number++) {
      this.world.add(options);
      this.world.run(200);
    }
    this.world.run(15_000);
  }

  get people(): readonly Person[] {
    return this.world.people;
  }

  person(number: number): Person {
    const person = this.people[number];
    if (person === undefined) throw new Error(`there are only ${this.people.length}`);
    return person;
  }

  /** What all machines have sent. */
  get bytes(): number {
    return this.world.network.bytesSent;
  }

  rogue(): Mallory {
    const number = this.#rogues++;
    const host = new Host(ROGUES + number, this.world.timeline, 7);
    const identity = madeUp(number);
    const wires = new SimWires(this.world.network, host, handshakeKeys(identity).publicKey);
    const rogue = new Rogue(wires, COMMUNITY, identity, host.clock.wall());
    return { rogue, host, act: (run) => host.turn(run) };
  }

  /** A rogue that is linked with somebody, and over which wire. */
  linked(to = this.person(0)): Mallory & { readonly wire: number } {
    const mallory = this.rogue();
    let wire = 0;
    mallory.act(() => {
      wire = mallory.rogue.dial(to.wires.address);
    });
    this.world.run(2_000);
    return { ...mallory, wire };
  }

  /** Says something each second. */
  flood(mallory: Mallory, seconds: number, say: (second: number) => void): void {
    for (let second = 0; second < seconds; second++) {
      mallory.act(() => say(second));
      this.world.run(1_000);
    }
  }
}
