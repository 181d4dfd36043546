/** Whole ring clients, as screens have them, over simulated wires and in virtual time. */
import { RingClient } from '../../src/actors/ring-client/client.js';
import { Shared } from '../../src/actors/ring-client/shared.js';
import type { ClientEvent, Message } from '../../src/chat/events.js';
import { cellOf } from '../../src/chat/geo.js';
import { handshakeKeys, identityOf, verify } from '../../src/net/ring/identity.js';
import { Host } from '../../src/sim/host.js';
import { Network } from '../../src/sim/network.js';
import { Timeline } from '../../src/sim/timeline.js';
import { Weather } from '../../src/sim/weather.js';
import { SimWires } from '../../src/sim/wires.js';
import { MemoryFeedStore } from '../../src/store/feeds/memory.js';
import { memoryMail } from '../../src/store/mail/tables.js';

const COMMUNITY = Buffer.alloc(32, 5);

export interface UserOptions {
  readonly nick: string;
  readonly interests?: readonly string[];
  readonly at?: { readonly lat: number; readonly lon: number };
  /** Whose disk and key it has: the same person, started again. */
  readonly again?: User;
  /** It is a person's, who shares what they did last time. */
  readonly keeps?: boolean;
  /** Its clock is so far ahead, ms. */
  readonly aheadMs?: number;
}

/** Somebody with a client, and everything it told. */
export class User {
  readonly host: Host;
  readonly client: RingClient;
  readonly store: MemoryFeedStore;
  readonly mail: ReturnType<typeof memoryMail>;
  readonly seed: Buffer;
  readonly events: ClientEvent[] = [];

  constructor(network: Network, number: number, options: UserOptions) {
    this.host = new Host(number, network.timeline, 7);
    this.seed = options.again?.seed ?? Buffer.alloc(32, number + 1);
    this.store = options.again?.store ?? new MemoryFeedStore();
    this.mail = options.again?.mail ?? memoryMail();
    const identity = identityOf(this.seed);
    const wires = new SimWires(network, this.host, handshakeKeys(identity).publicKey);
    const { aheadMs = 0, at } = options;
    const { clock, random } = this.host;
    this.client = new RingClient({
      world: {
        clock: { ...clock, wall: () => clock.wall() + aheadMs },
        random,
        wires,
        identity,
        verify,
        turnEnd: (run) => this.host.turnEnd(run),
      },
      community: COMMUNITY,
      profile: {
        name: options.nick,
        interests: options.interests ?? [],
        cell: at === undefined ? '' : cellOf(at.lat, at.lon),
      },
      store: this.store,
      ...(options.keeps ? { shared: new Shared(this.store.rows('shared')) } : {}),
      mail: this.mail,
      bootstrap: number === 0 ? [] : [{ address: '10.0.0.0', port: 7777 }],
      gazetteer: {
        locate: async (where) => ({
          cell: 'lat' in where ? cellOf(where.lat, where.lon) : 'u2edk',
          city: 'Vienna',
        }),
        nearest: async () => 'Vienna',
      },
      invite: () => 'natter://join?name=test',
      disk: () => {
        throw new Error('nobody sends files here');
      },
      onEvent: (events) => this.events.push(...events),
    });
  }

  /** Runs one of the client's commands as a turn of its machine. */
  do<T>(command: (client: RingClient) => Promise<T>): Promise<T> {
    let result: Promise<T> | undefined;
    this.host.turn(() => {
      result = command(this.client);
    });
    if (result === undefined) throw new Error('the machine is dead');
    return result;
  }

  /** Says goodbye; time has to pass until the others have heard it. */
  leave(): void {
    this.do((client) => client.quit(0)).catch(() => undefined);
  }

  say(room: string, text: string): Promise<string> {
    return this.do((client) => client.say(room, text, 'text'));
  }

  /** What is on the screen of a room: each message once, as it stands, in the order of clock and author. */
  screen(room: string): Message[] {
    const shown = new Map<string, Message>();
    for (const event of this.events) {
      if (event.event !== 'message' && event.event !== 'delivery') continue;
      if (event.message.room !== room) continue;
      if (event.event === 'message' && shown.has(event.message.id)) throw new Error('shown twice');
      shown.set(event.message.id, event.message);
    }
    const key = ({ clock = '', author = '' }: Message): string => clock + author;
    return [...shown.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  }

  texts(room: string): string[] {
    return this.screen(room).map(({ text }) => text);
  }

  notices(): string[] {
    return this.events.flatMap((event) => (event.event === 'notice' ? [event.text] : []));
  }

  /** The members of a group as they were told last. */
  members(group: string): readonly string[] | undefined {
    const told = this.events.flatMap((event) =>
      event.event === 'group' && event.group === group ? [event.members] : [],
    );
    return told.at(-1);
  }
}

export class ClientWorld {
  readonly timeline = new Timeline();
  readonly weather = new Weather({ seed: 7, loss: 0, bursts: false, oneWay: 0 });
  readonly network = new Network(this.timeline, this.weather);
  #count = 0;

  start(options: UserOptions): User {
    const user = new User(this.network, this.#count++, options);
    user.host.turn(() => user.client.begin());
    return user;
  }

  /** Lets time pass; what was promised meanwhile is kept then. */
  async run(ms: number): Promise<void> {
    this.timeline.run(this.timeline.now + ms);
  }
}
