/** A peer of a ring without a network: what others do there is told by the test. */
import type { DrawnPeer, Message, Person, RingStatus } from '../../src/chat/events.js';
import type { OpenRing, Ring, RingOptions } from '../../src/ui/ring.js';
import { FakeClient, type FakeWorld, fakeWorld } from './script-client.js';
import { unseen } from './unseen.js';

export const KEY = 'mmmm-aaaa-bbbb-cccc-dddd-eeee';

export interface RingWorld {
  readonly world: FakeWorld;
  readonly opened: RingOptions[];
  readonly rings: FakeRing[];
  /** Of `openRing`, the first ones. */
  readonly failures: Error[];
}

export function ringWorld(): RingWorld {
  return { world: fakeWorld(), opened: [], rings: [], failures: [] };
}

/** Opens peers that are told of themselves and their lobby at once. */
export function fakeOpenRing({ world, opened, rings, failures }: RingWorld): OpenRing {
  return async (options) => {
    opened.push(options);
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    const ring = new FakeRing(world, options);
    rings.push(ring);
    ring.user = options.nick;
    ring.emit({ event: 'welcome', user: options.nick, account: KEY });
    await ring.join('#lobby');
    ring.emit({ event: 'ring', peers: 0, state: 'alone', sinceMs: 0 });
    return ring;
  };
}

export class FakeRing extends FakeClient implements Ring {
  readonly host: string;
  readonly port: number;
  readonly community: string;
  readonly key = KEY;
  readonly inspectable = unseen;
  status: RingStatus = { peers: 0, state: 'alone', sinceMs: 0 };
  peers: DrawnPeer[] = [];
  people: Person[] = [];

  constructor(world: FakeWorld, options: RingOptions) {
    super(world, { server: '', threaded: true, onEvent: options.onEvent });
    this.community = options.community;
    this.host = options.listen.host;
    this.port = options.listen.port || 40_000;
  }

  /** Somebody says something. */
  hear(seq: number, text: string, more: Partial<Message> = {}): void {
    const common = {
      room: '#lobby',
      seq,
      id: `h${seq}`,
      from: 'bo',
      text,
      at: 1_795_353_000_000,
      author: 'bbbb',
    };
    const message: Message = { ...common, kind: 'text', mine: false, delivery: 'ok', ...more };
    this.emit({ event: 'message', message, history: false });
  }

  async invite(): Promise<string> {
    return 'natter://join?name=walkers&at=127.0.0.1:40000';
  }

  async addresses(): Promise<readonly string[]> {
    return ['127.0.0.1:40000'];
  }

  async ringStatus(): Promise<RingStatus> {
    return this.status;
  }

  async ringView(): Promise<readonly DrawnPeer[]> {
    return this.peers;
  }

  override async who(room?: string): Promise<readonly Person[]> {
    this.world.calls.push(`who ${room ?? '-'}`);
    return this.people;
  }
}
