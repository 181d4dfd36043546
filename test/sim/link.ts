import type { PathAddress } from '../../src/net/types.js';

/** What happens to the datagrams that one port sends. Shares are between 0 and 1. */
export interface Conditions {
  /** One way. */
  delayMs: number;
  /** Added to the delay, uniformly from 0: reorders by itself. */
  jitterMs: number;
  loss: number;
  duplicate: number;
  /** This share is held back by `reorderMs`. */
  reorder: number;
  reorderMs: number;
  /** Bottleneck; Infinity for none. 100 Mbit/s is 12,500. */
  bytesPerMs: number;
  /** What waits at the bottleneck beyond this is dropped. */
  queueBytes: number;
  /** Larger datagrams vanish. */
  datagramBytesMax: number;
}

export const PERFECT: Conditions = {
  delayMs: 1,
  jitterMs: 0,
  loss: 0,
  duplicate: 0,
  reorder: 0,
  reorderMs: 5,
  bytesPerMs: Number.POSITIVE_INFINITY,
  queueBytes: Number.POSITIVE_INFINITY,
  datagramBytesMax: 65_507,
};

/** What stands behind a port: an `Endpoint` as it is, or a test's own. */
export interface Party {
  receive(datagram: Buffer, from: PathAddress, now: number): void;
  flush(now: number): void;
  deadline(): number;
}

/** One socket of the simulated network. `conditions` and `address` may be changed while it runs. */
export class Port {
  readonly conditions: Conditions;
  /** Totals of what was handed to `transmit`, lost or not. */
  datagramsOut = 0;
  bytesOut = 0;
  /** When the bottleneck has sent all that was handed to it. */
  busyUntil = 0;
  party: Party | undefined;
  #address: PathAddress;
  readonly #network: SimulatedNetwork;

  constructor(network: SimulatedNetwork, address: PathAddress, conditions: Conditions) {
    this.#network = network;
    this.#address = address;
    this.conditions = { ...conditions };
  }

  get address(): PathAddress {
    return this.#address;
  }

  /** Goes into `EndpointOptions.transmit`. */
  readonly transmit = (datagram: Buffer, to: PathAddress): void => {
    this.datagramsOut++;
    this.bytesOut += datagram.length;
    this.#network.carry(this, datagram, to);
  };

  /** Whose datagrams arrive here; needed before the first one does. */
  attach(party: Party): void {
    this.party = party;
    this.#network.wake(this);
  }

  /** From now on datagrams leave with this source; what is on its way to the old address is lost. */
  move(address: PathAddress): void {
    this.#network.rename(this, this.#address, address);
    this.#address = address;
  }
}

interface Event {
  readonly at: number;
  readonly order: number;
  run(): void;
}

/**
 * A network in virtual time that loses, duplicates, reorders, delays, limits rates and changes addresses. The
 * same seed gives the same run; nothing sleeps.
 *
 *     const network = new SimulatedNetwork(7, { ...PERFECT, delayMs: 20, loss: 0.3 });
 *     const port = network.port('10.0.0.1', 7777);
 *     const endpoint = new UdpEndpoint({ ..., transmit: port.transmit, random: network.random });
 *     port.attach(endpoint);
 *     network.run(5_000);                            // virtual milliseconds
 *     network.runUntil(() => received === 100, 60_000);
 */
export class SimulatedNetwork {
  now = 0;
  /** Sees every datagram that is sent, before its fate; may `inject` copies. */
  tap: ((datagram: Buffer, from: PathAddress, to: PathAddress) => void) | undefined;
  readonly #conditions: Conditions;
  readonly #ports: Port[] = [];
  readonly #byAddress = new Map<string, Port>();
  readonly #events: Event[] = [];
  #order = 0;
  #state: number;
  /** Per port: the deadline there is an event for. */
  readonly #armed = new Map<Port, number>();

  constructor(seed: number, conditions: Conditions = PERFECT) {
    this.#state = seed >>> 0;
    this.#conditions = conditions;
  }

  /** A socket; its conditions start as a copy of the network's. */
  port(address: string, port: number): Port {
    const made = new Port(this, { address, port }, this.#conditions);
    this.#ports.push(made);
    this.#byAddress.set(key(made.address), made);
    return made;
  }

  /** Uniform in [0, 1): mulberry32. */
  chance(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** Goes into `EndpointOptions.random`. */
  readonly random = (target: Buffer): void => {
    for (let i = 0; i < target.length; i++) target[i] = Math.floor(this.chance() * 256);
  };

  /** Runs something in `delayMs`, then flushes every party, since it may have asked any of them for something. */
  after(delayMs: number, run: () => void): void {
    this.#schedule(this.now + delayMs, () => {
      run();
      this.flush();
    });
  }

  /** Repeats it until it returns false. */
  every(intervalMs: number, run: () => boolean): void {
    this.after(intervalMs, () => {
      if (run()) this.every(intervalMs, run);
    });
  }

  /** Puts a datagram of anybody on the way, unharmed. Copies it. */
  inject(datagram: Buffer, from: PathAddress, to: PathAddress, delayMs: number): void {
    const copy = Buffer.from(datagram);
    const source = { ...from };
    const target = key(to);
    this.#schedule(this.now + delayMs, () => this.#deliver(copy, source, target));
  }

  /** Lets `forMs` of virtual time pass. */
  run(forMs: number): void {
    this.runUntil(() => false, forMs);
  }

  /** Lets time pass until `done`, at most `maxMs`; true when it was done. */
  runUntil(done: () => boolean, maxMs: number): boolean {
    const end = this.now + maxMs;
    this.flush();
    while (!done()) {
      const next = this.#events[0];
      if (next === undefined || next.at > end) {
        this.now = end;
        return done();
      }
      this.#pop();
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    return true;
  }

  /** Ends a turn for every party. */
  flush(): void {
    for (const port of this.#ports) this.wake(port);
  }

  wake(port: Port): void {
    port.party?.flush(this.now);
    this.#arm(port);
  }

  carry(port: Port, datagram: Buffer, to: PathAddress): void {
    const { conditions } = port;
    this.tap?.(datagram, port.address, to);
    if (datagram.length > conditions.datagramBytesMax) return;
    const waiting = Math.max(0, port.busyUntil - this.now);
    if (waiting * conditions.bytesPerMs > conditions.queueBytes) return;
    port.busyUntil = this.now + waiting + datagram.length / conditions.bytesPerMs;
    const copies = this.chance() < conditions.duplicate ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (this.chance() < conditions.loss) continue;
      let delay = port.busyUntil - this.now + conditions.delayMs + this.chance() * conditions.jitterMs;
      if (this.chance() < conditions.reorder) delay += conditions.reorderMs;
      this.inject(datagram, port.address, to, delay);
    }
  }

  rename(port: Port, from: PathAddress, to: PathAddress): void {
    this.#byAddress.delete(key(from));
    this.#byAddress.set(key(to), port);
  }

  #deliver(datagram: Buffer, from: PathAddress, target: string): void {
    const port = this.#byAddress.get(target);
    if (port?.party === undefined) return;
    port.party.receive(datagram, from, this.now);
    this.wake(port);
  }

  /** Keeps one event per party, at its deadline. An event that comes too early only asks again. */
  #arm(port: Port): void {
    const deadline = port.party?.deadline() ?? Number.POSITIVE_INFINITY;
    if (deadline === Number.POSITIVE_INFINITY) return;
    if (deadline >= (this.#armed.get(port) ?? Number.POSITIVE_INFINITY)) return;
    this.#armed.set(port, deadline);
    this.#schedule(deadline, () => {
      if (this.#armed.get(port) !== deadline) return;
      this.#armed.delete(port);
      this.wake(port);
    });
  }

  #schedule(at: number, run: () => void): void {
    const events = this.#events;
    const event = { at, order: this.#order++, run };
    let i = events.length;
    events.push(event);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = events[up] as Event;
      if (!before(event, parent)) break;
      events[i] = parent;
      i = up;
    }
    events[i] = event;
  }

  #pop(): void {
    const events = this.#events;
    const last = events.pop();
    if (last === undefined || events.length === 0) return;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && before(events[child + 1] as Event, events[child] as Event)) child++;
      if (!before(events[child] as Event, last)) break;
      events[i] = events[child] as Event;
      i = child;
    }
    events[i] = last;
  }
}

function key(address: PathAddress): string {
  return `${address.address} ${address.port}`;
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
