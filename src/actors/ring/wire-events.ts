import type { CloseReason, PathAddress } from '../../net/types.js';
import type { Links } from './links.js';
import type { People } from './people.js';
import type { WireHandler } from './world.js';

/** Of the wires' events those about files. */
export type ChunkHandler = Pick<WireHandler, 'wanted' | 'chunk' | 'supplied'>;

/** What happens on a peer's wires, handed to whom it concerns; each time the turn's end is asked for. */
export class WireEvents implements WireHandler {
  /** Where chunks of files go. */
  files: ChunkHandler | undefined;
  readonly #links: Links;
  readonly #people: People;
  readonly #touch: () => void;

  constructor(links: Links, people: People, touch: () => void) {
    this.#links = links;
    this.#people = people;
    this.#touch = touch;
  }

  opened(wire: number, handshakeKey: Buffer, path: PathAddress, dialled: boolean): void {
    this.#links.opened(wire, handshakeKey, path, dialled);
    this.#touch();
  }

  frame(wire: number, type: number, body: Buffer): void {
    this.#links.frame(wire, type, body);
    this.#touch();
  }

  closed(wire: number, reason: CloseReason): void {
    this.#links.closed(wire, reason);
    this.#touch();
  }

  failed(wire: number, reason: CloseReason): void {
    this.#links.failed(wire, reason);
    this.#touch();
  }

  wanted(wire: number, transfer: number, first: number, count: number): void {
    this.files?.wanted(wire, transfer, first, count);
    this.#touch();
  }

  chunk(wire: number, transfer: number, chunk: number, record: Buffer): void {
    this.files?.chunk(wire, transfer, chunk, record);
    this.#touch();
  }

  supplied(wire: number, transfer: number, chunk: number): void {
    this.files?.supplied(wire, transfer, chunk);
    this.#touch();
  }

  moved(wire: number, path: PathAddress): void {
    this.#links.moved(wire, path);
  }

  /** This machine has other addresses than before. */
  readdressed(): void {
    this.#people.checkAddresses();
    this.#touch();
  }

  found(at: PathAddress): void {
    this.#links.meet(at);
    this.#touch();
  }
}
