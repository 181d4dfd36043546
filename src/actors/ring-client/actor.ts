import type { Identity } from '../../net/ring/identity.js';
import { verify } from '../../net/ring/identity.js';
import { RemoteWires } from '../ring/wires.js';
import type { Actor, ActorContext, Message } from '../runtime/actor.js';
import { RingClient, type RingClientOptions } from './client.js';

export interface RingActorOptions extends Omit<RingClientOptions, 'world'> {
  readonly identity: Identity;
}

/** A peer of the ring as an actor: its wires are connections of the I/O actor, its time and chance the context's. */
export class RingActor implements Actor {
  readonly client: RingClient;
  readonly #wires: RemoteWires;

  constructor(context: ActorContext, { identity, ...options }: RingActorOptions) {
    this.#wires = new RemoteWires(context);
    this.client = new RingClient({
      ...options,
      world: {
        clock: context.clock,
        tap: context.tap,
        random: context.random,
        wires: this.#wires,
        identity,
        verify,
        turnEnd: (run) => context.onTurnEnd(run),
      },
    });
    this.client.begin();
  }

  /** The socket is there, and its addresses are known. */
  get listening(): Promise<void> {
    return this.#wires.listening;
  }

  receive(message: Message): void {
    this.#wires.receive(message);
  }

  async stopping(): Promise<void> {
    await this.client.quit(0);
  }

  busy(): boolean {
    return true;
  }

  describe(): { readonly state: string; readonly facts: Record<string, string | number> } {
    const { state, links } = this.client.peer;
    return { state, facts: { links: links.count, peers: this.client.peer.people.roster.presentCount } };
  }
}
