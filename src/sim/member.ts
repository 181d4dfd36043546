/** One member of a simulated community: a machine, its wires, and on it the ring peer that natter really runs. */
import { RingPeer } from '../actors/ring/peer.js';
import { EntryKind } from '../chat/operations.js';
import { LOBBY_GROUP } from '../net/ring/groups.js';
import { handshakeKeys, type Identity, identityOf, type Verify } from '../net/ring/identity.js';
import { placeOf } from '../net/ring/place.js';
import type { Neighbourhood } from '../net/ring/types.js';
import type { PathAddress } from '../net/types.js';
import { MemoryFeedStore } from '../store/feeds/memory.js';
import { memoryMail } from '../store/mail/tables.js';
import { Chance } from './chance.js';
import { Flood } from './flood.js';
import { Host } from './host.js';
import { LyingWires } from './liar.js';
import type { Network } from './network.js';
import type { Scenario } from './scenario.js';
import type { Placed } from './truth.js';
import { SimWires } from './wires.js';

export interface MemberPort {
  /** A screen would show this entry now. */
  shown(member: Member, entry: string): void;
  /** Its pointers are others. */
  moved(member: Member): void;
}

export interface MemberOptions {
  readonly scenario: Scenario;
  readonly number: number;
  readonly network: Network;
  readonly community: Buffer;
  readonly verify: Verify;
  readonly bootstrap: readonly PathAddress[];
  readonly isLiar: boolean;
  readonly port: MemberPort;
}

const SEED_BYTES = 32;

export class Member implements Placed {
  readonly number: number;
  readonly id: string;
  readonly place: number;
  readonly host: Host;
  readonly isLiar: boolean;
  readonly bornAt: number;
  /** Infinity while it is there. */
  goneAt = Number.POSITIVE_INFINITY;
  readonly address: PathAddress;
  readonly peer: RingPeer;
  readonly #name: string;
  #hasJoined = false;

  constructor(options: MemberOptions) {
    const { scenario, number, network, community, verify, bootstrap, isLiar, port } = options;
    this.number = number;
    this.isLiar = isLiar;
    this.#name = `member${number}`;
    this.bornAt = network.timeline.now;
    this.host = new Host(number, network.timeline, scenario.seed);
    const identity = identityFor(scenario.seed, number);
    this.id = identity.publicKey.toString('hex');
    this.place = placeOf(community, identity.publicKey);
    const wires = new SimWires(network, this.host, handshakeKeys(identity).publicKey);
    const lies = () =>
      new LyingWires(wires, community, this.place, new Chance(scenario.seed, `lies of ${number}`));
    this.address = wires.address;
    this.peer = new RingPeer({
      world: {
        clock: this.host.clock,
        random: this.host.random,
        wires: isLiar ? lies() : wires,
        identity,
        verify,
        turnEnd: (run) => this.host.turnEnd(run),
      },
      community,
      profile: { name: this.#name, cell: '', interests: [] },
      store: new MemoryFeedStore(),
      mail: memoryMail(),
      bootstrap,
      port: {
        entry: (entry) => port.shown(this, entry.id.toString('hex')),
        stands: () => port.moved(this),
        person: () => undefined,
        entered: () => undefined,
        left: () => undefined,
        founded: () => undefined,
        misdated: () => undefined,
        forked: () => undefined,
        letter: () => undefined,
        delivery: () => undefined,
      },
      ...(scenario.system === 'flood' ? { broadcast: (of) => new Flood(of) } : {}),
    });
  }

  get neighbourhood(): Neighbourhood {
    return this.peer.overlay.neighbourhood;
  }

  /** And not about to leave. */
  get isAlive(): boolean {
    return this.goneAt === Number.POSITIVE_INFINITY;
  }

  /**
   * Alive and a member, as Zave counts them: joining ends with the first successor's answer and its whole list,
   * which is when a peer first finds itself stable. Until then its list holds whoever it happens to know.
   */
  get isIn(): boolean {
    // Nobody can tell whether a liar has joined: it has its place as soon as it is heard of.
    const { state, successors } = this.neighbourhood;
    this.#hasJoined ||= this.isLiar ? successors.length > 0 : state === 'stable';
    return this.isAlive && this.#hasJoined;
  }

  begin(): void {
    this.host.turn(() => this.peer.begin());
  }

  /** @returns the entry's id */
  say(text: string): string {
    let id = '';
    this.host.turn(() => {
      const entry = this.peer.feeds.say(LOBBY_GROUP, EntryKind.Text, this.#name, Buffer.from(text));
      id = entry.id.toString('hex');
    });
    return id;
  }

  /** Says goodbye, then the process ends. */
  leave(): void {
    this.goneAt = this.host.timeline.now;
    this.host.turn(() => this.peer.leave(() => this.host.kill()));
  }

  kill(): void {
    this.goneAt = this.host.timeline.now;
    this.host.kill();
  }
}

function identityFor(seed: number, number: number): Identity {
  const bytes = Buffer.alloc(SEED_BYTES);
  new Chance(seed, `key of ${number}`).fill(bytes);
  return identityOf(bytes);
}
