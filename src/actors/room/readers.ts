import { Writer } from '../../net/bytes.js';
import { IoMessage } from '../messages.js';
import { idKey } from '../registry/state.js';
import { type ActorContext, Kind } from '../runtime/actor.js';
import { IO } from '../singletons.js';

/** Where generations without a snapshot begin: seconds since then, so that a later one is always larger. */
const GENERATIONS_SINCE_MS = Date.UTC(2024, 0, 1);
const GENERATION_BYTES = 4;

/**
 * The connections that read one log. The I/O actor holds the same table and does the fan-out; every change
 * goes there under this room's generation, and what an older generation said is void there.
 */
export class Readers {
  readonly #context: ActorContext;
  readonly #log: number;
  /** Connection to account key. */
  readonly #accounts = new Map<number, string>();
  readonly #writer = new Writer(1024, 1 << 20);
  readonly generation: number;

  /** @param snapshot what an earlier incarnation left */
  constructor(context: ActorContext, log: number, snapshot: Buffer | undefined) {
    this.#context = context;
    this.#log = log;
    const before = snapshot?.length === GENERATION_BYTES ? snapshot.readUInt32BE() : 0;
    const seconds = Math.floor((context.clock.wall() - GENERATIONS_SINCE_MS) / 1000);
    this.generation = Math.max(before + 1, seconds) >>> 0;
    const own = Buffer.alloc(GENERATION_BYTES);
    own.writeUInt32BE(this.generation);
    context.snapshot(own);
  }

  get size(): number {
    return this.#accounts.size;
  }

  has(conn: number): boolean {
    return this.#accounts.has(conn);
  }

  connections(): IterableIterator<number> {
    return this.#accounts.keys();
  }

  /** Pushes what comes after the head; the I/O actor tells the reader the head, and it fetches what it lacks. */
  add(conn: number, account: Uint8Array, epoch: number, head: number): void {
    const fresh = !this.#accounts.has(conn);
    this.#accounts.set(conn, idKey(account));
    if (fresh) this.#context.watch({ kind: Kind.Session, key: conn });
    const writer = this.#begin().u32(epoch).varint(conn).varint(head);
    this.#context.tell(IO, IoMessage.Subscribe, writer.view());
  }

  remove(conn: number): void {
    if (!this.#accounts.delete(conn)) return;
    this.#context.unwatch({ kind: Kind.Session, key: conn });
    this.#context.tell(IO, IoMessage.Unsubscribe, this.#begin().varint(conn).view());
  }

  /** The account reads no more, on whichever device. */
  removeAccount(account: Uint8Array): void {
    const key = idKey(account);
    for (const [conn, of] of this.#accounts) if (of === key) this.remove(conn);
  }

  /** The session's thread died. Its connection may live on and reads on; the session comes again. */
  sessionLost(conn: number): void {
    this.#accounts.delete(conn);
  }

  publish(epoch: number, seq: number, entry: Uint8Array): void {
    const writer = this.#begin().u32(epoch).varint(seq).bytes(entry);
    this.#context.tell(IO, IoMessage.Publish, writer.view());
  }

  /** @param except a connection that is not told; 0 for none */
  ephemeral(kind: number, except: number, subject: string, version: number, value: Uint8Array): void {
    const writer = this.#begin().u8(kind).varint(except).text(subject).varint(version).bytes(value);
    this.#context.tell(IO, IoMessage.Ephemeral, writer.view());
  }

  forget(): void {
    this.#context.tell(IO, IoMessage.Forget, this.#writer.reset().varint(this.#log).view());
  }

  #begin(): Writer {
    return this.#writer.reset().varint(this.#log).u32(this.generation);
  }
}
