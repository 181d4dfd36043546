import { Malformed, Reader, Writer } from '../../net/bytes.js';
import { cutText } from '../../net/closing.js';
import { KEY_BYTES, MESSAGE_MAX_BYTES, REASON_MAX_BYTES } from '../../net/constants.js';
import { readAddresses } from '../../net/ring/contact.js';
import { CloseCode, type CloseReason, type Lane, type PathAddress } from '../../net/types.js';
import { Conduit } from '../conduit.js';
import { RingMessage, WireMessage } from '../ring-messages.js';
import { type ActorContext, Kind, type Message, SystemMessage } from '../runtime/actor.js';
import { WIRE } from '../singletons.js';
import { WireNumbers } from './io/numbers.js';
import { WireCredit } from './wire-credit.js';
import type { WireHandler, Wires } from './world.js';

const ADDRESS_MAX_BYTES = 80;
/** With its type and length a frame is at most MESSAGE_MAX_BYTES. */
const FRAME_BODY_MAX_BYTES = MESSAGE_MAX_BYTES - 5;
/** Of what the thread with the socket is too slow for; chunks are bounded per wire. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
const WRITTEN_MAX_BYTES = 1 << 17;
const GONE: CloseReason = { code: CloseCode.Silent, text: 'the thread with the socket ended', local: true };

/** A dial that waits until the socket is there. */
interface Dial {
  readonly to: PathAddress;
  readonly giveUpMs: number;
}

/** The wires of a ring actor: connections of a socket on another thread, told and heard of by messages. */
export class RemoteWires implements Wires {
  /** Frames from outside that were malformed; each ended its wire. */
  malformed = 0;
  /** The socket is there for the first time, and `addresses` with it. */
  readonly listening: Promise<void>;
  readonly #context: ActorContext;
  readonly #numbers: WireNumbers;
  readonly #open = new Map<number, WireCredit>();
  readonly #dialling = new Map<number, Dial>();
  readonly #reader = new Reader();
  readonly #writer = new Writer(2048, WRITTEN_MAX_BYTES);
  readonly #wire: Conduit;
  #handler: WireHandler | undefined;
  #isListening: () => void = () => {};
  #addresses: readonly PathAddress[] = [];
  #life = 0;
  #ready = false;
  readonly #handlers: Readonly<Record<number, (reader: Reader) => void>> = {
    [RingMessage.Addresses]: (reader) => {
      this.#addresses = readAddresses(reader);
      this.handler.readdressed?.();
    },
    [RingMessage.Opened]: (reader) => this.#opened(reader),
    [RingMessage.Frame]: (reader) => this.#frame(reader),
    [RingMessage.Closed]: (reader) => {
      const wire = reader.varint();
      if (this.#open.delete(wire)) this.handler.closed(wire, readReason(reader));
    },
    [RingMessage.Failed]: (reader) => {
      const wire = reader.varint();
      if (this.#dialling.delete(wire)) this.handler.failed(wire, readReason(reader));
    },
    [RingMessage.Wanted]: (reader) => {
      const wire = reader.varint();
      if (this.#open.has(wire)) this.handler.wanted(wire, reader.varint(), reader.varint(), reader.varint());
    },
    [RingMessage.Chunk]: (reader) => this.#chunk(reader),
    [RingMessage.Supplied]: (reader) => this.#supplied(reader),
    [RingMessage.Load]: (reader) => this.#load(reader),
    [RingMessage.Moved]: (reader) => {
      const wire = reader.varint();
      if (this.#open.has(wire)) this.handler.moved?.(wire, readPath(reader));
    },
    [RingMessage.Mark]: (reader) =>
      this.#context.tell(WIRE, WireMessage.Marked, this.#writer.reset().varint(reader.varint()).view()),
    [RingMessage.Marked]: (reader) => this.#wire.marked(reader.varint()),
    [RingMessage.Found]: (reader) => this.handler.found?.(readPath(reader)),
  };

  constructor(context: ActorContext) {
    this.#context = context;
    this.listening = new Promise((resolve) => {
      this.#isListening = resolve;
    });
    this.#numbers = new WireNumbers(1, context.random);
    this.#wire = new Conduit({
      mark: WireMessage.Mark,
      tell: (type, body) => context.tell(WIRE, type, body),
    });
  }

  get handler(): WireHandler {
    if (this.#handler === undefined) throw new Error('nobody hears what happens on the wires yet');
    return this.#handler;
  }

  /** Set once. From now on the socket is asked for; what is dialled before it is there waits for it. */
  set handler(handler: WireHandler) {
    this.#handler = handler;
    this.#renew();
  }

  get addresses(): readonly PathAddress[] {
    return this.#addresses;
  }

  /** @returns false for a message that is not from the wire */
  receive(message: Message): boolean {
    const { type } = message;
    if (type === SystemMessage.Terminated) return this.#terminated(message);
    const reader = this.#reader.reset(message.body);
    if (type === RingMessage.Lost) {
      this.#lost();
      return true;
    }
    if (type === RingMessage.Ready) {
      this.#began(reader);
      return true;
    }
    const handle = this.#handlers[type];
    if (handle === undefined) return false;
    // Of a life before this one, or of a thread that is gone.
    if (this.#ready) handle(reader);
    return true;
  }

  dial(to: PathAddress, giveUpMs: number): number {
    const wire = this.#numbers.draw();
    const dial = { to, giveUpMs };
    this.#dialling.set(wire, dial);
    if (this.#ready) this.#tellDial(wire, dial);
    return wire;
  }

  abandon(wire: number): void {
    if (this.#dialling.delete(wire) && this.#ready) this.#tell(WireMessage.Abandon, this.#of(wire));
  }

  send(wire: number, type: number, body: Uint8Array, lane: Lane): boolean {
    if (body.length > FRAME_BODY_MAX_BYTES) throw new RangeError(`a frame of ${body.length} bytes`);
    const credit = this.#open.get(wire);
    if (credit === undefined || this.#wire.waitingBytes > WAITING_BYTES_MAX) return false;
    if (!credit.send(body.length)) return false;
    this.#tell(WireMessage.Send, this.#of(wire).u8(type).u8(lane).bytes(body));
    return true;
  }

  close(wire: number, code: CloseCode, text: string): void {
    const credit = this.#open.get(wire);
    if (credit === undefined) return;
    const writer = this.#of(wire).varint(code).block(cutText(text, REASON_MAX_BYTES));
    this.#tell(WireMessage.Close, writer);
    this.#open.delete(wire);
    this.handler.closed(wire, { code, text, local: true });
  }

  rttMs(wire: number): number | undefined {
    return this.#open.get(wire)?.rttMs;
  }

  want(wire: number, transfer: number, chunk: number, bytes: number): boolean {
    const isNew = this.#open.get(wire)?.wanted.add(transfer, chunk, bytes);
    if (isNew) this.#tell(WireMessage.Want, this.#of(wire).varint(transfer).varint(chunk).varint(bytes));
    return isNew !== undefined;
  }

  unwant(wire: number, transfer: number): void {
    const credit = this.#open.get(wire);
    if (credit === undefined) return;
    credit.wanted.removeAll(transfer);
    this.#tell(WireMessage.Unwant, this.#of(wire).varint(transfer));
  }

  supply(wire: number, transfer: number, chunk: number, record: Buffer): boolean {
    const isNew = this.#open.get(wire)?.supplied.add(transfer, chunk, record.length);
    if (isNew) this.#tell(WireMessage.Supply, this.#of(wire).varint(transfer).varint(chunk).bytes(record));
    return isNew !== undefined;
  }

  unsupply(wire: number, transfer: number): void {
    const credit = this.#open.get(wire);
    if (credit === undefined) return;
    credit.supplied.removeAll(transfer);
    this.#tell(WireMessage.Unsupply, this.#of(wire).varint(transfer));
  }

  // ---- From the wire ------------------------------------------------------------------------------------

  #renew(): void {
    this.#ready = false;
    this.#wire.reset();
    this.#life = this.#numbers.draw();
    this.#context.watch(WIRE);
    this.#tell(WireMessage.Renew, this.#writer.reset().varint(this.#life));
  }

  #began(reader: Reader): void {
    if (reader.varint() !== this.#life) return;
    this.#ready = true;
    this.#addresses = readAddresses(reader);
    for (const [wire, dial] of this.#dialling) this.#tellDial(wire, dial);
    this.handler.readdressed?.();
    this.#isListening();
  }

  #terminated(message: Message): boolean {
    if (this.#reader.reset(message.body).u8() !== Kind.Wire) return false;
    this.#lost();
    return true;
  }

  /** The wire's actor or its thread failed, and every connection is gone. */
  #lost(): void {
    if (!this.#ready) {
      // It was known already: what waits for the socket goes on waiting.
      this.#renew();
      return;
    }
    const open = [...this.#open.keys()];
    const dialling = [...this.#dialling.keys()];
    this.#open.clear();
    this.#dialling.clear();
    this.#renew();
    for (const wire of open) this.handler.closed(wire, GONE);
    for (const wire of dialling) this.handler.failed(wire, GONE);
  }

  #opened(reader: Reader): void {
    const wire = reader.varint();
    const dialled = reader.u8() === 1;
    const key = Buffer.from(reader.bytes(KEY_BYTES));
    const path = readPath(reader);
    if (dialled && !this.#dialling.delete(wire)) {
      // Given up meanwhile.
      this.#tell(WireMessage.Close, this.#of(wire).varint(CloseCode.Done).text(''));
      return;
    }
    const credit = new WireCredit();
    credit.rttMs = millisecondsOf(reader.varint());
    this.#open.set(wire, credit);
    this.handler.opened(wire, key, path, dialled);
  }

  #frame(reader: Reader): void {
    const wire = reader.varint();
    if (!this.#open.has(wire)) return;
    try {
      this.handler.frame(wire, reader.u8(), reader.rest());
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.malformed++;
      this.close(wire, CloseCode.Protocol, error.message);
    }
  }

  #chunk(reader: Reader): void {
    const wire = reader.varint();
    const transfer = reader.varint();
    const chunk = reader.varint();
    // Not wanted any more, and perhaps wanted again, by another number, over another wire.
    if (this.#open.get(wire)?.wanted.remove(transfer, chunk))
      this.handler.chunk(wire, transfer, chunk, reader.rest());
  }

  #supplied(reader: Reader): void {
    const wire = reader.varint();
    const transfer = reader.varint();
    const chunk = reader.varint();
    if (this.#open.get(wire)?.supplied.remove(transfer, chunk)) this.handler.supplied(wire, transfer, chunk);
  }

  #load(reader: Reader): void {
    const credit = this.#open.get(reader.varint());
    if (credit === undefined) return;
    credit.load(reader.varint(), reader.varint(), reader.varint(), reader.varint());
    credit.rttMs = millisecondsOf(reader.varint());
  }

  // ---- To the wire --------------------------------------------------------------------------------------

  #tellDial(wire: number, { to, giveUpMs }: Dial): void {
    const patience = Math.min(Math.round(giveUpMs), Number.MAX_SAFE_INTEGER);
    this.#tell(WireMessage.Dial, this.#of(wire).varint(patience).text(to.address).u16(to.port));
  }

  #of(wire: number): Writer {
    return this.#writer.reset().varint(wire);
  }

  #tell(type: number, writer: Writer): void {
    this.#wire.tell(type, writer.view());
  }
}

function readReason(reader: Reader): CloseReason {
  const code = reader.varint() as CloseCode;
  const local = reader.u8() === 1;
  return { code, text: reader.text(REASON_MAX_BYTES), local };
}

function readPath(reader: Reader): PathAddress {
  return { address: reader.text(ADDRESS_MAX_BYTES), port: reader.u16() };
}

function millisecondsOf(microseconds: number): number | undefined {
  return microseconds === 0 ? undefined : microseconds / 1000;
}
