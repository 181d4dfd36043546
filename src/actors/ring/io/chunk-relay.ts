import { type Reader, Writer } from '../../../net/bytes.js';
import { CHUNK_RECORD_MAX_BYTES } from '../../../net/constants.js';
import type { Connection } from '../../../net/types.js';
import { Records } from '../../io/records.js';
import { RingMessage, WireMessage } from '../../ring-messages.js';

const HEAD_MAX_BYTES = 32;

/** What of a connection chunks need. */
type ChunkLink = Pick<Connection, 'want' | 'unwant' | 'supply' | 'unsupply'>;

/** Chunks of files between wires and the ring. What is wanted is bounded per wire, so nothing more waits here. */
export class ChunkRelay {
  readonly handlers: Readonly<Record<number, (reader: Reader) => void>> = {
    [WireMessage.Want]: (reader) => {
      const link = this.#link(reader.varint());
      link?.want(reader.varint(), reader.varint(), reader.varint());
    },
    [WireMessage.Unwant]: (reader) => this.#link(reader.varint())?.unwant(reader.varint()),
    [WireMessage.Supply]: (reader) => this.#supply(reader),
    [WireMessage.Unsupply]: (reader) => {
      const wire = reader.varint();
      const transfer = reader.varint();
      this.#link(wire)?.unsupply(transfer);
      this.#records.freeFile(wire, transfer);
    },
  };
  readonly #link: (wire: number) => ChunkLink | undefined;
  readonly #tell: (type: number, body: Uint8Array) => void;
  readonly #small = new Writer(64);
  readonly #large = new Writer(HEAD_MAX_BYTES + CHUNK_RECORD_MAX_BYTES);
  #records = new Records();

  constructor(link: (wire: number) => ChunkLink | undefined, tell: (type: number, body: Uint8Array) => void) {
    this.#link = link;
    this.#tell = tell;
  }

  wanted(wire: number, transfer: number, first: number, count: number): void {
    const body = this.#small.reset().varint(wire).varint(transfer).varint(first).varint(count);
    this.#tell(RingMessage.Wanted, body.view());
  }

  chunk(wire: number, transfer: number, chunk: number, record: Buffer): void {
    const body = this.#large.reset().varint(wire).varint(transfer).varint(chunk).bytes(record);
    this.#tell(RingMessage.Chunk, body.view());
  }

  supplied(wire: number, transfer: number, chunk: number): void {
    this.#records.free(wire, transfer, chunk);
    const body = this.#small.reset().varint(wire).varint(transfer).varint(chunk);
    this.#tell(RingMessage.Supplied, body.view());
  }

  closed(wire: number): void {
    this.#records.forget(wire);
  }

  /** Every wire has ended. */
  clear(): void {
    this.#records = new Records();
  }

  #supply(reader: Reader): void {
    const wire = reader.varint();
    const transfer = reader.varint();
    const chunk = reader.varint();
    const link = this.#link(wire);
    if (link === undefined) return;
    // A copy, since the message's body is used again. One that is on its way already comes but once.
    const record = this.#records.copy(wire, transfer, chunk, reader.rest());
    if (record === undefined) return;
    // Refused, it is no more here than one that has arrived; the other end will want it again.
    if (!link.supply(transfer, chunk, record)) this.supplied(wire, transfer, chunk);
  }
}
