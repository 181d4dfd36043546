import { NatterError } from '../../chat/error.js';
import type { ConversationBody } from '../../chat/operations.js';
import { Reader, Writer } from '../../net/bytes.js';
import { ASK_MS } from '../asking.js';
import { RoomMessage, StoreMessage } from '../messages.js';
import type { ConversationSeed } from '../registry/bodies.js';
import { type ActorContext, Kind } from '../runtime/actor.js';
import { STORE } from '../singletons.js';

const REATTACH_MS = 250;
/** For Attach: the client has been told the head already, and is told again when it is attached. */
const FROM_HEAD = Number.MAX_SAFE_INTEGER;

/** The conversations one session reads. Each room is watched: one that comes back has forgotten its readers. */
export class Conversations {
  readonly #context: ActorContext;
  readonly #conn: number;
  readonly #gone: (log: number) => void;
  readonly #closed: (log: number) => void;
  readonly #logs = new Set<number>();
  readonly #timers = new Map<number, unknown>();

  /**
   * @param gone the room says that this account does not belong to it any more
   * @param closed it is not read any more, for whatever reason
   */
  constructor(
    context: ActorContext,
    conn: number,
    gone: (log: number) => void,
    closed: (log: number) => void,
  ) {
    this.#context = context;
    this.#conn = conn;
    this.#gone = gone;
    this.#closed = closed;
  }

  get size(): number {
    return this.#logs.size;
  }

  has(log: number): boolean {
    return this.#logs.has(log);
  }

  logs(): IterableIterator<number> {
    return this.#logs.keys();
  }

  /** Reads a conversation from now on. */
  open(log: number, account: Buffer): void {
    this.opened(log);
    void this.#attach(log, account);
  }

  /** The room has attached this session itself. */
  opened(log: number): void {
    this.#logs.add(log);
    this.#context.watch({ kind: Kind.Room, key: log });
  }

  close(log: number): boolean {
    if (!this.#logs.delete(log)) return false;
    const room = { kind: Kind.Room, key: log } as const;
    this.#context.unwatch(room);
    this.#context.clock.clearTimeout(this.#timers.get(log));
    this.#timers.delete(log);
    this.#context.tell(room, RoomMessage.Detach, new Writer(16).varint(this.#conn).view());
    this.#closed(log);
    return true;
  }

  /** The I/O actor has forgotten who reads what: every room tells it again. */
  reopen(account: Buffer): void {
    for (const log of this.#logs) void this.#attach(log, account);
  }

  closeAll(): void {
    for (const log of [...this.#logs]) this.close(log);
  }

  /** A watched room ended: the next one under its number is told of us. */
  roomLost(log: number, account: Buffer): void {
    if (!this.#logs.has(log)) return;
    this.#context.watch({ kind: Kind.Room, key: log });
    void this.#attach(log, account);
  }

  async #attach(log: number, account: Buffer): Promise<void> {
    const body = new Writer(64).varint(this.#conn).bytes(account).varint(FROM_HEAD).view();
    try {
      await this.#context.ask({ kind: Kind.Room, key: log }, RoomMessage.Attach, body, ASK_MS);
    } catch (error) {
      if (!this.#logs.has(log)) return;
      const code = error instanceof NatterError ? error.code : 'INTERNAL';
      if (code === 'NOT_A_MEMBER' || code === 'NO_SUCH_ROOM') this.#gone(log);
      else this.#attachLater(log, account);
    }
  }

  #attachLater(log: number, account: Buffer): void {
    this.#context.clock.clearTimeout(this.#timers.get(log));
    const again = (): void => {
      this.#timers.delete(log);
      if (this.#logs.has(log)) void this.#attach(log, account);
    };
    this.#timers.set(log, this.#context.clock.setTimeout(again, REATTACH_MS));
  }
}

/** Adds what only the store knows: epochs, heads and the account's cursors. */
export async function complete(
  context: ActorContext,
  account: Uint8Array,
  seeds: readonly ConversationSeed[],
): Promise<ConversationBody[]> {
  const heads = Promise.all(seeds.map(({ l }) => readHead(context, l)));
  const [known, cursors] = await Promise.all([heads, readCursors(context, account, seeds)]);
  return seeds.map((seed, i) => ({ ...seed, ...(known[i] ?? { e: 0, h: 0 }), c: cursors[i] ?? 0 }));
}

export async function readHead(context: ActorContext, log: number): Promise<{ e: number; h: number }> {
  const answer = await context.ask(STORE, StoreMessage.Head, new Writer(16).varint(log).view(), ASK_MS);
  const reader = new Reader(answer);
  return { e: reader.u32(), h: reader.varint() };
}

async function readCursors(
  context: ActorContext,
  account: Uint8Array,
  seeds: readonly ConversationSeed[],
): Promise<number[]> {
  const writer = new Writer(64).bytes(account).varint(seeds.length);
  for (const { l } of seeds) writer.varint(l);
  const reader = new Reader(await context.ask(STORE, StoreMessage.Cursors, writer.view(), ASK_MS));
  return Array.from({ length: reader.varint() }, () => reader.varint());
}
