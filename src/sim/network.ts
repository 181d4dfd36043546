/** Who is where in the simulated network, and what all its wires share. */
import type { PathAddress } from '../net/types.js';
import type { Timeline } from './timeline.js';
import type { Weather } from './weather.js';
import type { SimWires } from './wires.js';

const PORT = 7777;

/** Sees every frame at the moment it is handed to its receiver. For figures and traces; changes nothing. */
export type Watcher = (from: number, to: number, type: number, body: Buffer) => void;

export class Network {
  readonly timeline: Timeline;
  readonly weather: Weather;
  /** Called right before a frame is handled. */
  watch: Watcher | undefined;
  /** Bytes of datagrams handed to the network, all machines together: headers and seals of packets included. */
  bytesSent = 0;
  readonly #sockets = new Map<string, SimWires>();

  constructor(timeline: Timeline, weather: Weather) {
    this.timeline = timeline;
    this.weather = weather;
  }

  open(wires: SimWires): void {
    this.#sockets.set(wires.address.address, wires);
  }

  socket(address: PathAddress): SimWires | undefined {
    return address.port === PORT ? this.#sockets.get(address.address) : undefined;
  }
}

/** The only address of a machine. */
export function addressOf(machine: number): PathAddress {
  return { address: `10.${(machine >> 16) & 0xff}.${(machine >> 8) & 0xff}.${machine & 0xff}`, port: PORT };
}
