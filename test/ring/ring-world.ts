/** Whole ring peers over simulated wires, in virtual time. */
import type { Founded, RingGroup } from '../../src/actors/ring/groups.js';
import { RingPeer } from '../../src/actors/ring/peer.js';
import type { FeedEntry } from '../../src/net/ring/entry.js';
import { handshakeKeys, identityOf, verify } from '../../src/net/ring/identity.js';
import type { PathAddress } from '../../src/net/types.js';
import { Host } from '../../src/sim/host.js';
import { Network } from '../../src/sim/network.js';
import { Timeline } from '../../src/sim/timeline.js';
import { Weather, type WeatherOptions } from '../../src/sim/weather.js';
import { SimWires } from '../../src/sim/wires.js';
import { MemoryFeedStore } from '../../src/store/feeds/memory.js';
import type { StoredLetter } from '../../src/store/mail/letters.js';
import { type MailTables, memoryMail } from '../../src/store/mail/tables.js';

const CALM: WeatherOptions = { seed: 7, loss: 0, bursts: false, oneWay: 0 };
export const COMMUNITY = Buffer.alloc(32, 5);

export interface PersonOptions {
  readonly nick?: string;
  readonly interests?: readonly string[];
  readonly cell?: string;
  readonly bootstrap?: readonly PathAddress[];
  readonly store?: MemoryFeedStore;
  readonly mail?: MailTables;
  /** Whose key it has; its own without it. */
  readonly key?: number;
}

/** One machine with a peer, and what that peer told. */
export class Person {
  readonly host: Host;
  readonly wires: SimWires;
  readonly peer: RingPeer;
  readonly store: MemoryFeedStore;
  readonly heard: string[] = [];
  readonly hops: (number | undefined)[] = [];
  /** `nick online`, `nick offline`... as it came. */
  readonly presence: string[] = [];
  readonly groups: string[] = [];
  readonly mail: MailTables;
  readonly letters: StoredLetter[] = [];
  readonly founded: Founded[] = [];
  readonly ahead: number[] = [];
  forks = 0;

  constructor(network: Network, number: number, options: PersonOptions = {}) {
    this.host = new Host(number, network.timeline, 7);
    const identity = identityOf(Buffer.alloc(32, (options.key ?? number) + 1));
    this.wires = new SimWires(network, this.host, handshakeKeys(identity).publicKey);
    this.store = options.store ?? new MemoryFeedStore();
    this.mail = options.mail ?? memoryMail();
    const { clock, random } = this.host;
    this.peer = new RingPeer({
      world: {
        clock,
        random,
        wires: this.wires,
        identity,
        verify,
        turnEnd: (run) => this.host.turnEnd(run),
      },
      community: COMMUNITY,
      profile: {
        name: options.nick ?? `p${number}`,
        interests: options.interests ?? [],
        cell: options.cell ?? '',
      },
      store: this.store,
      mail: this.mail,
      bootstrap: options.bootstrap ?? [],
      port: {
        letter: (letter) => this.letters.push(letter),
        delivery: (letter) => this.letters.push(letter),
        entry: (entry, _number, hops) => this.#entry(entry, hops),
        person: (id) => this.#person(id),
        entered: (group) => this.groups.push(`in ${nameOf(group)}`),
        left: (group, dismantled) => this.groups.push(`${dismantled ? 'end' : 'out'} ${nameOf(group)}`),
        founded: (founded) => this.founded.push(founded),
        stands: () => undefined,
        misdated: (ms) => this.ahead.push(ms),
        forked: () => this.forks++,
      },
    });
  }

  begin(): this {
    this.host.turn(() => this.peer.begin());
    return this;
  }

  say(text: string, group = Buffer.alloc(16)): void {
    this.host.turn(() => this.peer.feeds.say(group, 1, this.peer.people.own.name, Buffer.from(text)));
  }

  get present(): string[] {
    return [...this.peer.people.roster.present].map(({ name }) => name).sort();
  }

  #entry(entry: FeedEntry, hops: number | undefined): void {
    this.heard.push(entry.body.toString());
    this.hops.push(hops);
  }

  #person(id: string): void {
    const { roster } = this.peer.people;
    const name = roster.get(id)?.record.name ?? '?';
    this.presence.push(`${name} ${roster.shown(id) === undefined ? 'offline' : 'online'}`);
  }
}

function nameOf({ kind, tag, founding }: RingGroup): string {
  return kind === 'interest' ? `+${tag}` : kind === 'geo' ? `~${founding?.name}` : kind;
}

export class RingWorld {
  readonly timeline = new Timeline();
  readonly weather: Weather;
  readonly network: Network;
  readonly people: Person[] = [];

  constructor(weather: Partial<WeatherOptions> = {}) {
    this.weather = new Weather({ ...CALM, ...weather });
    this.network = new Network(this.timeline, this.weather);
  }

  /** Somebody starts the program, knowing the first one's address. */
  add(options: PersonOptions = {}): Person {
    const first = this.people[0];
    const bootstrap = first === undefined ? [] : [first.wires.address];
    const person = new Person(this.network, this.people.length, { bootstrap, ...options });
    this.people.push(person);
    return person.begin();
  }

  run(ms: number): void {
    this.timeline.run(this.timeline.now + ms);
  }
}
