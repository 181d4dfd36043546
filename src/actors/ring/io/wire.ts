import { Buckets } from '../../../net/bucket.js';
import { Malformed, Reader, Writer } from '../../../net/bytes.js';
import { KEEPALIVE_ATTENTIVE_MS, REASON_MAX_BYTES } from '../../../net/constants.js';
import { networkOf } from '../../../net/ratelimit.js';
import { ownAddresses, plainAddress, reachableFrom } from '../../../net/ring/addresses.js';
import { writeAddresses } from '../../../net/ring/contact.js';
import {
  CloseCode,
  type CloseReason,
  type Connection,
  type ConnectOptions,
  type Endpoint,
  type EndpointHandler,
  type Lane,
  type PathAddress,
} from '../../../net/types.js';
import { Conduit } from '../../conduit.js';
import { RingMessage, WireMessage } from '../../ring-messages.js';
import { type Actor, type ActorContext, Kind, type Message, SystemMessage } from '../../runtime/actor.js';
import { RING } from '../../singletons.js';
import { ChunkRelay } from './chunk-relay.js';
import { Loads } from './loads.js';
import { WireNumbers } from './numbers.js';
import type { OpenWire } from './open-wire.js';
import { WireTable } from './wire-table.js';

/** A numeric address as text: IPv6 with an IPv4 tail and a zone is longest. */
const ADDRESS_MAX_BYTES = 80;
const FRAME_MAX_BYTES = 1 << 17;
/** Of what the ring is too slow for; chunks are bounded by what it wants. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** Dials in vain in one network: what others say of where somebody is may be meant to have many knock at one door. */
const KNOCKS_PER_S = 4;
const KNOCKS_BURST = 64;
/** Networks come and go without telling anybody. */
const ADDRESSES_EVERY_MS = 3_000;

/** The socket as the actor meets it, bound. */
export interface WireSocket {
  readonly endpoint: Endpoint;
  readonly bound: PathAddress;
  /** Starts a handshake. @returns the number of the attempt */
  connect(options: ConnectOptions): number;
  /** Datagrams are taken in from now on. */
  accept(): void;
  /** Asks for a flush at the end of this turn. */
  wake(): void;
}

export interface WireOptions {
  readonly context: ActorContext;
  /** Undefined until it is bound. */
  readonly socket: () => WireSocket | undefined;
  /** Numeric addresses of this machine. */
  readonly interfaces: () => readonly string[];
  /** There was one before, which failed. */
  readonly isReborn: boolean;
}

export interface WireCounters {
  framesIn: number;
  /** Wires closed because the other end said too much. */
  flooded: number;
  /** Dials left out, since too many in one network were in vain. */
  knocks: number;
  /** Wires closed because the ring told more than its bounds. */
  overrun: number;
}

/** The UDP I/O actor of a peer of the ring: every wire is one connection of its socket. It knows no keys but its own. */
export class WireActor implements Actor, EndpointHandler {
  readonly counters: WireCounters = { framesIn: 0, flooded: 0, knocks: 0, overrun: 0 };
  readonly #options: WireOptions;
  readonly #context: ActorContext;
  readonly #wires = new WireTable();
  readonly #numbers: WireNumbers;
  readonly #chunks: ChunkRelay;
  readonly #ring: Conduit;
  readonly #loads: Loads;
  readonly #knocks = new Buckets(KNOCKS_PER_S, KNOCKS_BURST);
  readonly #reader = new Reader();
  readonly #writer = new Writer(2048, FRAME_MAX_BYTES);
  /** Of the ring that is told; undefined before there was one. */
  #life: number | undefined;
  #ready = false;
  #addresses: readonly PathAddress[] = [];
  readonly #handlers: Readonly<Record<number, (reader: Reader) => void>> = {
    [WireMessage.Listen]: () => this.#begin(),
    [WireMessage.Renew]: (reader) => this.#renew(reader.varint()),
    [WireMessage.Dial]: (reader) => this.#dial(reader),
    [WireMessage.Abandon]: (reader) => this.#abandon(reader.varint()),
    [WireMessage.Send]: (reader) => this.#send(reader),
    [WireMessage.Close]: (reader) => this.#close(reader),
    [WireMessage.Mark]: (reader) =>
      this.#context.tell(RING, RingMessage.Marked, this.#writer.reset().varint(reader.varint()).view()),
    [WireMessage.Marked]: (reader) => this.#ring.marked(reader.varint()),
    [SystemMessage.Terminated]: (reader) => this.#ringDied(reader),
  };

  constructor(options: WireOptions) {
    this.#options = options;
    this.#context = options.context;
    this.#numbers = new WireNumbers(0, options.context.random);
    this.#ring = new Conduit({
      mark: RingMessage.Mark,
      tell: (type, body) => this.#context.tell(RING, type, body),
    });
    const tell = (type: number, body: Uint8Array) => this.#ring.tell(type, body);
    this.#chunks = new ChunkRelay((wire) => this.#wires.at(wire)?.connection, tell);
    this.#loads = new Loads({ clock: options.context.clock, wires: this.#wires, tell });
    // What was on its way through an actor that failed is lost, and a wire loses nothing: it ends.
    if (options.isReborn) this.#tell(RingMessage.Lost, this.#writer.reset());
    for (const connection of this.#endpoint?.connections.values() ?? [])
      connection.close(CloseCode.ShuttingDown, 'begins anew');
    this.#context.snapshot(Buffer.of(1));
    this.#watchAddresses();
  }

  receive(message: Message): void {
    const handle = this.#handlers[message.type] ?? this.#chunks.handlers[message.type];
    if (handle === undefined) throw new Malformed(`message ${message.type} is not for the wire actor`);
    handle(this.#reader.reset(message.body));
    this.#options.socket()?.wake();
  }

  describe() {
    return { state: this.#ready ? 'listening' : 'waiting', facts: { wires: this.#wires.size } };
  }

  /** Somebody on the local network may be of this community. */
  found(at: PathAddress): void {
    if (this.#ready) this.#tell(RingMessage.Found, this.#writer.reset().text(at.address).u16(at.port));
  }

  // ---- From the network ---------------------------------------------------------------------------------

  opened(connection: Connection): void {
    const wire = connection.dialled ? this.#wires.ended(connection.id) : this.#numbers.draw();
    if (wire === undefined || !this.#ready) {
      connection.close(CloseCode.ShuttingDown, 'begins anew');
      return;
    }
    const open = this.#wires.open(connection, wire, this.#context.clock.now());
    const { address, port } = plainAddress(connection.path);
    if (connection.dialled) this.#knocks.give(networkOf(address));
    const writer = this.#writer
      .reset()
      .varint(wire)
      .u8(connection.dialled ? 1 : 0);
    writer.bytes(connection.remoteKey).text(address).u16(port).varint(open.rttUs);
    this.#tell(RingMessage.Opened, writer);
  }

  frame(connection: Connection, type: number, body: Buffer): void {
    const open = this.#wires.of(connection);
    if (open === undefined) return;
    this.counters.framesIn++;
    if (!this.#mayTell(open, body.length)) return;
    this.#tell(RingMessage.Frame, this.#writer.reset().varint(open.wire).u8(type).bytes(body));
  }

  closed(connection: Connection, reason: CloseReason): void {
    const open = this.#wires.close(connection);
    if (open === undefined) return;
    this.#loads.forget(open);
    this.#chunks.closed(open.wire);
    this.#ended(RingMessage.Closed, open.wire, reason);
  }

  failed(attempt: number, reason: CloseReason): void {
    const wire = this.#wires.ended(attempt);
    if (wire !== undefined) this.#ended(RingMessage.Failed, wire, reason);
  }

  moved(connection: Connection): void {
    const open = this.#wires.of(connection);
    if (open === undefined) return;
    const { address, port } = plainAddress(connection.path);
    this.#tell(RingMessage.Moved, this.#writer.reset().varint(open.wire).text(address).u16(port));
  }

  wanted(connection: Connection, transfer: number, first: number, count: number): void {
    const open = this.#wires.of(connection);
    if (open === undefined || !this.#mayTell(open, 0)) return;
    this.#chunks.wanted(open.wire, transfer, first, count);
  }

  chunk(connection: Connection, transfer: number, chunk: number, record: Buffer): void {
    const open = this.#wires.of(connection);
    if (open !== undefined) this.#chunks.chunk(open.wire, transfer, chunk, record);
  }

  supplied(connection: Connection, transfer: number, chunk: number): void {
    const open = this.#wires.of(connection);
    if (open !== undefined) this.#chunks.supplied(open.wire, transfer, chunk);
  }

  // ---- From the ring ------------------------------------------------------------------------------------

  get #endpoint(): Endpoint | undefined {
    return this.#options.socket()?.endpoint;
  }

  /** A ring without memory of what its wires carried: they end, so that both ends begin anew. */
  #renew(life: number): void {
    this.#life = life;
    this.#endAll();
    this.#context.watch(RING);
    this.#begin();
  }

  #ringDied(reader: Reader): void {
    if (reader.u8() !== Kind.Ring) return;
    this.#life = undefined;
    this.#endAll();
  }

  #endAll(): void {
    this.#ready = false;
    this.#ring.reset();
    for (const wire of this.#wires.dialling) this.#abandon(wire);
    for (const { connection } of [...this.#wires.all()]) {
      this.#wires.close(connection);
      connection.close(CloseCode.ShuttingDown, 'begins anew');
    }
    this.#loads.clear();
    this.#chunks.clear();
  }

  /** Ends a wire whose other end says more than anybody has to say, or than the ring is able to hear. */
  #mayTell(open: OpenWire, bytes: number): boolean {
    const isTooSlow = this.#ring.waitingBytes > WAITING_BYTES_MAX;
    if (!isTooSlow && open.hears(bytes, this.#context.clock.now())) return true;
    this.counters.flooded++;
    open.connection.close(CloseCode.Limit, 'too many frames');
    return false;
  }

  /** As soon as there are both, a socket and a ring. */
  #begin(): void {
    const socket = this.#options.socket();
    if (socket === undefined || this.#life === undefined || this.#ready) return;
    this.#ready = true;
    this.#addresses = ownAddresses(socket.bound, this.#options.interfaces());
    const writer = this.#writer.reset().varint(this.#life);
    writeAddresses(writer, this.#addresses);
    this.#tell(RingMessage.Ready, writer);
    socket.accept();
  }

  #dial(reader: Reader): void {
    const wire = reader.varint();
    const giveUpMs = reader.varint();
    const asked = { address: reader.text(ADDRESS_MAX_BYTES), port: reader.u16() };
    const socket = this.#options.socket();
    const to = socket && reachableFrom(socket.bound.address, asked);
    const mayKnock =
      to !== undefined && this.#knocks.take(networkOf(to.address), this.#context.clock.now()) === 0;
    if (to !== undefined && !mayKnock) this.counters.knocks++;
    if (socket === undefined || !mayKnock) {
      const text = 'Nobody can be reached there from this socket.';
      this.#ended(RingMessage.Failed, wire, { code: CloseCode.NoAnswer, text, local: true });
      return;
    }
    const options = { to, giveUpMs, keepaliveMs: KEEPALIVE_ATTENTIVE_MS };
    this.#wires.dial(wire, socket.connect(options));
  }

  #abandon(wire: number): void {
    const attempt = this.#wires.takeAttempt(wire);
    if (attempt !== undefined) this.#endpoint?.abandon(attempt);
  }

  #send(reader: Reader): void {
    const open = this.#wires.at(reader.varint());
    if (open === undefined) return;
    const type = reader.u8();
    const lane = reader.u8() as Lane;
    const body = reader.rest();
    open.taken++;
    open.takenBytes += body.length;
    this.#loads.note(open);
    if (open.connection.send(type, body, lane) !== 0) return;
    // Nothing may be missing in a wire, so it ends; its other end will see that and can come again.
    this.counters.overrun++;
    open.connection.close(CloseCode.Limit, 'too slow');
  }

  #close(reader: Reader): void {
    const wire = reader.varint();
    const code = reader.varint() as CloseCode;
    this.#wires.at(wire)?.connection.close(code, reader.text(REASON_MAX_BYTES));
  }

  // ---- What the ring is told now and then ---------------------------------------------------------------

  #watchAddresses(): void {
    const socket = this.#options.socket();
    if (socket !== undefined && this.#ready) {
      const now = ownAddresses(socket.bound, this.#options.interfaces());
      if (!sameList(now, this.#addresses)) {
        this.#addresses = now;
        const writer = this.#writer.reset();
        writeAddresses(writer, now);
        this.#tell(RingMessage.Addresses, writer);
      }
    }
    this.#context.clock.setTimeout(() => this.#watchAddresses(), ADDRESSES_EVERY_MS);
  }

  #ended(type: number, wire: number, { code, text, local }: CloseReason): void {
    this.#tell(
      type,
      this.#writer
        .reset()
        .varint(wire)
        .varint(code)
        .u8(local ? 1 : 0)
        .text(text),
    );
  }

  #tell(type: number, writer: Writer): void {
    this.#ring.tell(type, writer.view());
  }
}

function sameList(some: readonly PathAddress[], others: readonly PathAddress[]): boolean {
  const written = (list: readonly PathAddress[]) =>
    list.map(({ address, port }) => `${address} ${port}`).join();
  return written(some) === written(others);
}
