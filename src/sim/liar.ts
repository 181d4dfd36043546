/**
 * A liar: the ring peer that natter really runs, on wires that change what its overlay says. Whoever asks it who comes
 * next is told of peers that do not exist, instead of those that do; it still speaks, hears and routes as others.
 */
import type { WireHandler, Wires } from '../actors/ring/world.js';
import { Reader, Writer } from '../net/bytes.js';
import { FrameType, KEY_BYTES, MESSAGE_MAX_BYTES } from '../net/constants.js';
import { contactOf } from '../net/ring/contact.js';
import { FoundFrame, NeighboursFrame } from '../net/ring/overlay/frames.js';
import { clockwise, type Place } from '../net/ring/place.js';
import type { Contact } from '../net/ring/types.js';
import type { CloseCode, Lane, PathAddress } from '../net/types.js';
import type { Chance } from './chance.js';
import { addressOf } from './network.js';

/** Of every list it tells, this share are inventions. */
const INVENTED = 0.7;
/** Machines from here on do not exist. */
const NOWHERE = 1 << 20;

export class LyingWires implements Wires {
  readonly #wires: Wires;
  readonly #community: Buffer;
  readonly #place: Place;
  readonly #chance: Chance;
  readonly #reader = new Reader();
  readonly #writer = new Writer(2048, MESSAGE_MAX_BYTES);

  constructor(wires: Wires, community: Buffer, place: Place, chance: Chance) {
    this.#wires = wires;
    this.#community = community;
    this.#place = place;
    this.#chance = chance;
  }

  get handler(): WireHandler {
    return this.#wires.handler;
  }

  set handler(handler: WireHandler) {
    this.#wires.handler = handler;
  }

  get addresses(): readonly PathAddress[] {
    return this.#wires.addresses;
  }

  dial(to: PathAddress, giveUpMs: number): number {
    return this.#wires.dial(to, giveUpMs);
  }

  abandon(wire: number): void {
    this.#wires.abandon(wire);
  }

  send(wire: number, type: number, body: Uint8Array, lane: Lane): boolean {
    return this.#wires.send(wire, type, this.#twisted(type, body), lane);
  }

  close(wire: number, code: CloseCode, text: string): void {
    this.#wires.close(wire, code, text);
  }

  rttMs(wire: number): number | undefined {
    return this.#wires.rttMs(wire);
  }

  want(wire: number, transfer: number, chunk: number, bytes: number): boolean {
    return this.#wires.want(wire, transfer, chunk, bytes);
  }

  unwant(wire: number, transfer: number): void {
    this.#wires.unwant(wire, transfer);
  }

  supply(wire: number, transfer: number, chunk: number, record: Buffer): boolean {
    return this.#wires.supply(wire, transfer, chunk, record);
  }

  unsupply(wire: number, transfer: number): void {
    this.#wires.unsupply(wire, transfer);
  }

  #twisted(type: number, body: Uint8Array): Uint8Array {
    if (type === FrameType.Neighbours) {
      const { number, leaving, view } = NeighboursFrame.decode(
        this.#reader.reset(Buffer.from(body)),
        this.#community,
      );
      if (view === undefined) return body;
      const twisted = { ...view, successors: this.#inventions(view.successors, this.#place) };
      return NeighboursFrame.encode(this.#writer, number, twisted, leaving);
    }
    if (type === FrameType.Found) {
      const { number, around } = FoundFrame.decode(this.#reader.reset(Buffer.from(body)), this.#community);
      const from = around.successors[0]?.place ?? this.#place;
      return FoundFrame.encode(this.#writer, number, {
        ...around,
        successors: this.#inventions(around.successors, from),
      });
    }
    return body;
  }

  /** As many as there were, in the order in which a list has them: a lie that shows at a glance is none. */
  #inventions(contacts: readonly Contact[], from: Place): Contact[] {
    const told = contacts.map((contact) => (this.#chance.next() < INVENTED ? this.#nobody() : contact));
    return told.sort((a, b) => clockwise(from, a.place) - clockwise(from, b.place));
  }

  #nobody(): Contact {
    const key = Buffer.alloc(KEY_BYTES);
    this.#chance.fill(key);
    return contactOf(this.#community, key, [addressOf(NOWHERE + this.#chance.below(NOWHERE))]);
  }
}
