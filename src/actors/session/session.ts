import type { ActorRefFrom } from 'xstate';
import { NatterError } from '../../chat/error.js';
import { type ConversationBody, EventKind, type WelcomeReply } from '../../chat/operations.js';
import { Malformed, Reader, Writer } from '../../net/bytes.js';
import { FrameType, KEY_BYTES, STREAM_ID_BYTES } from '../../net/constants.js';
import { CloseCode, Lane } from '../../net/types.js';
import { askRegistry } from '../asking.js';
import { packCbor, unpackCbor } from '../cbor.js';
import type { ServerLimits } from '../limits.js';
import { startMachine } from '../machine.js';
import { PresenceMessage, RegistryMessage, SessionMessage } from '../messages.js';
import type * as Body from '../registry/bodies.js';
import { type Actor, type ActorContext, Kind, type Message, SystemMessage } from '../runtime/actor.js';
import { Conversations, complete } from './conversations.js';
import { Downlink } from './downlink.js';
import { type Author, Posts } from './posts.js';
import { addressGroup, type SessionScope } from './scope.js';
import { type SessionPort, sessionMachine } from './session.machine.js';
import { Uplink } from './uplink.js';

const PRESENCE = { kind: Kind.Presence, key: 0 } as const;
const HANDSHAKE_HASH_BYTES = 64;
const PATH_MAX_BYTES = 128;
/** A password proven this long ago still allows to change it. */
const PROOF_MS = 5 * 60 * 1000;
/** While a session is up its device is marked as used this often, well within the life of a temporary one. */
const SEEN_MS = 6 * 3600 * 1000;
/** Frames kept while a session comes back after a restart; what is beyond comes again by itself. */
const EARLY_FRAMES_MAX = 256;
/** See SessionMessage.Revoked. */
const ONLY_THIS = 1;

export interface SessionOptions {
  readonly limits: ServerLimits;
}

/** What the I/O actor keeps for us, CBOR. a: account id; n: its name. */
type Identity = Body.Identified;

/** One client's connection, as the server's other actors see it. The machine holds its life, this file its traffic. */
export class SessionActor implements Actor, SessionPort {
  readonly #context: ActorContext;
  readonly #limits: ServerLimits;
  readonly #conn: number;
  readonly #downlink: Downlink;
  readonly #conversations: Conversations;
  readonly #posts: Posts;
  readonly #machine: ActorRefFrom<typeof sessionMachine>;
  readonly #reader = new Reader();
  readonly #early: Buffer[] = [];
  #uplink: Uplink | undefined;
  #device: Buffer = Buffer.alloc(KEY_BYTES);
  #author: Author | undefined;
  #provedAt = Number.NEGATIVE_INFINITY;
  /** The machine's `active`, also for what runs while it is being entered. */
  #active = false;
  #resumed = false;
  #replied = true;
  #seenTimer: unknown;
  #loaded: readonly ConversationBody[] = [];
  #welcomed: ((welcome: WelcomeReply) => void)[] = [];

  constructor(context: ActorContext, { limits }: SessionOptions) {
    this.#context = context;
    this.#limits = limits;
    this.#conn = context.self.key;
    this.#downlink = new Downlink(context, this.#conn);
    this.#conversations = new Conversations(context, this.#conn, (log) => this.#conversationGone(log));
    this.#posts = new Posts(context, this.#conn, this.#downlink, limits);
    this.#machine = startMachine(context, sessionMachine, { port: this, anonymousMs: limits.anonymousMs });
  }

  describe() {
    const { value } = this.#machine.getSnapshot();
    return {
      state: String(value),
      facts: { user: this.#author?.name ?? '', conversations: this.#conversations.size },
    };
  }

  stopping(): void {
    this.#machine.stop();
    this.#posts.stop();
    this.#context.clock.clearTimeout(this.#seenTimer);
  }

  receive(message: Message): void {
    const reader = this.#reader.reset(message.body);
    switch (message.type) {
      case SessionMessage.Frame:
        this.#frame(message.body);
        return;
      case SessionMessage.Open:
        this.#open(reader);
        return;
      case SessionMessage.Closed:
        this.#machine.send({ type: 'CLOSED' });
        return;
      default:
        this.#inside(message.type, reader);
    }
  }

  // ---- From the network ---------------------------------------------------------------------------------

  #open(reader: Reader): void {
    this.#device = Buffer.from(reader.bytes(KEY_BYTES));
    const handshakeHash = Buffer.from(reader.block(HANDSHAKE_HASH_BYTES));
    const address = addressGroup(reader.text(PATH_MAX_BYTES));
    const identity = reader.rest();
    this.#uplink = new Uplink(
      this.#scope(handshakeHash, address),
      this.#downlink,
      this.#loginWatch(),
      this.#limits,
    );
    if (identity.length === 0) return;
    const { a, n } = unpackCbor<Identity>(identity);
    this.#author = { account: Buffer.from(a), name: n };
    this.#resumed = true;
    this.#machine.send({ type: 'IDENTIFIED' });
  }

  #frame(message: Buffer): void {
    const uplink = this.#uplink;
    if (!uplink) return;
    if (this.#resumed && !this.#active) {
      if (this.#early.length < EARLY_FRAMES_MAX) this.#early.push(Buffer.from(message));
      return;
    }
    try {
      this.#dispatch(uplink, message);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.#close(CloseCode.Protocol, `Malformed frame: ${error.message}.`);
    }
  }

  #dispatch(uplink: Uplink, message: Buffer): void {
    const body = message.subarray(1);
    const author = this.#author;
    const type = message[0];
    if (type === FrameType.Request) {
      uplink.request(body);
      return;
    }
    // Without an account nothing else is meant for us: a client that says it anyway gets no answer.
    if (!author || !this.#active) return;
    if (type === FrameType.Post) this.#posts.receive(body, author, (log) => this.#conversations.has(log));
    else if (type === FrameType.Fetch) uplink.fetch(body, author);
    else if (type === FrameType.Ephemeral) uplink.ephemeral(body, author);
    else throw new Malformed(`type ${type} is not for a server`);
  }

  // ---- From other actors --------------------------------------------------------------------------------

  #inside(type: number, reader: Reader): void {
    const author = this.#author;
    if (!author) return;
    switch (type) {
      case SessionMessage.Answer:
        this.#answer(reader);
        return;
      case SessionMessage.Expected:
        this.#expected(reader, author);
        return;
      case SessionMessage.Conversation:
        void this.#conversation(unpackCbor<Omit<ConversationBody, 'c'>>(reader.rest()), author);
        return;
      case SessionMessage.ConversationGone:
        this.#conversationGone(reader.varint());
        return;
      case SessionMessage.CursorMoved: {
        const [l, s] = [reader.varint(), reader.varint()];
        if (reader.varint() !== this.#conn) this.#downlink.event(EventKind.Cursor, { l, s });
        return;
      }
      case SessionMessage.Revoked:
        this.#revoked(reader.bytes(KEY_BYTES), reader.remaining > 0 ? reader.u8() : 0);
        return;
      case SystemMessage.Terminated:
        this.#terminated(reader.u8(), reader.u48(), author);
    }
  }

  #answer(reader: Reader): void {
    const request = new Writer(256, 1 << 17).varint(reader.varint());
    const type = reader.u8();
    this.#downlink.frame(type, request.bytes(reader.rest()).view(), Lane.Control);
  }

  #expected(reader: Reader, author: Author): void {
    const stream = reader.bytes(STREAM_ID_BYTES);
    const log = reader.varint();
    const [counter, expected, request] = [reader.varint(), reader.varint(), reader.varint()];
    this.#posts.expected(stream, log, counter, expected, request, author);
  }

  async #conversation(seed: Omit<ConversationBody, 'c'>, author: Author): Promise<void> {
    if (!this.#active || this.#conversations.has(seed.l)) return;
    this.#conversations.open(seed.l, author.account);
    const [conversation] = await complete(this.#context, author.account, [seed]).catch(() => [
      { ...seed, c: 0 },
    ]);
    if (conversation) this.#downlink.event(EventKind.Conversation, conversation);
  }

  #conversationGone(log: number): void {
    if (this.#conversations.close(log)) this.#downlink.event(EventKind.ConversationGone, { l: log });
  }

  #revoked(device: Buffer, mode: number): void {
    const ours = device.equals(this.#device);
    if (mode === ONLY_THIS ? !ours : ours) return;
    this.#downlink.identity(Buffer.alloc(0));
    this.#close(CloseCode.Revoked, 'This device was forgotten; log in with your password.');
  }

  #terminated(kind: number, key: number, author: Author): void {
    if (!this.#active) return;
    if (kind === Kind.Room) this.#conversations.roomLost(key, author.account);
    else if (kind === Kind.Presence) this.#enterPresence(author);
  }

  // ---- What the machine does ----------------------------------------------------------------------------

  prepare(): void {
    void this.#prepare();
  }

  async #prepare(): Promise<void> {
    const author = this.#author;
    if (!author) return;
    try {
      this.#loaded = await this.#load(author);
      this.#replied = this.#welcomed.length === 0;
      const welcome = { a: author.account, n: author.name, c: [...this.#loaded] };
      for (const resolve of this.#welcomed.splice(0)) resolve(welcome);
      this.#machine.send({ type: 'READY' });
    } catch (error) {
      if (error instanceof NatterError && (error.code === 'DEVICE_UNKNOWN' || error.code === 'NOT_LOGGED_IN'))
        this.#close(CloseCode.Revoked, error.message);
      else this.#machine.send({ type: 'LOST' });
    }
  }

  async #load(author: Author): Promise<ConversationBody[]> {
    const device: Body.DeviceOf = { a: author.account, k: this.#device };
    const { c } = await askRegistry<Body.ConversationsReply>(
      this.#context,
      RegistryMessage.Conversations,
      device,
    );
    return complete(this.#context, author.account, c);
  }

  enter(): void {
    this.#active = true;
    if (this.#replied) this.#begin();
  }

  /** Heads and pushes must not reach the client before the welcome that explains them. */
  #begin(): void {
    const author = this.#author;
    if (!author || !this.#active) return;
    this.#downlink.identity(packCbor({ a: author.account, n: author.name } satisfies Identity));
    for (const { l } of this.#loaded) this.#conversations.open(l, author.account);
    this.#loaded = [];
    this.#context.watch(PRESENCE);
    this.#enterPresence(author);
    this.#markSeen(author);
    const early = this.#early.splice(0);
    for (const frame of early) this.#frame(frame);
  }

  leave(): void {
    this.#active = false;
    this.#conversations.closeAll();
    this.#posts.stop();
    this.#context.clock.clearTimeout(this.#seenTimer);
    this.#context.unwatch(PRESENCE);
    this.#context.tell(PRESENCE, PresenceMessage.Exit, new Writer(16).varint(this.#conn).view());
    this.#author = undefined;
    this.#resumed = false;
    this.#provedAt = Number.NEGATIVE_INFINITY;
  }

  closeConnection(code: CloseCode, text: string): void {
    this.#downlink.close(code, text);
  }

  vanish(): void {
    this.#context.stop();
  }

  // ---- What operations see ------------------------------------------------------------------------------

  #scope(handshakeHash: Buffer, address: string): SessionScope {
    return {
      context: this.#context,
      conn: this.#conn,
      device: this.#device,
      handshakeHash,
      address,
      conversations: this.#conversations,
      author: () => this.#requireAuthor(),
      welcome: (who) => this.#welcome(who),
      proved: () => {
        this.#provedAt = this.#context.clock.now();
      },
      requireProof: () => {
        if (this.#context.clock.now() - this.#provedAt > PROOF_MS)
          throw new NatterError(
            'NOT_ALLOWED',
            'Log in with your current password first; that holds for 5 minutes.',
          );
      },
      notify: (account, type, body) => {
        const writer = new Writer(256, 1 << 17).bytes(account).u16(type).bytes(body);
        this.#context.tell(PRESENCE, PresenceMessage.Notify, writer.view());
      },
      logout: () => {
        this.#downlink.identity(Buffer.alloc(0));
        this.#machine.send({ type: 'LOGOUT' });
      },
    };
  }

  #loginWatch() {
    const machine = this.#machine;
    const active = (): boolean => this.#active;
    return {
      get active() {
        return active();
      },
      begun: () => machine.send({ type: 'AUTHENTICATE' }),
      failed: () => machine.send({ type: 'REFUSED' }),
      answered: () => {
        if (this.#replied) return;
        this.#replied = true;
        this.#begin();
      },
    };
  }

  async #welcome({ a, n }: Body.Identified): Promise<WelcomeReply> {
    const author = { account: Buffer.from(a), name: n };
    if (this.#active) {
      if (!this.#author?.account.equals(author.account))
        throw new NatterError('NOT_ALLOWED', 'You are logged in as somebody else; log out first.');
      return { a, n, c: await this.#load(author) };
    }
    this.#author = author;
    const welcome = new Promise<WelcomeReply>((resolve) => this.#welcomed.push(resolve));
    this.#machine.send({ type: 'IDENTIFIED' });
    return welcome;
  }

  #requireAuthor(): Author {
    if (!this.#author) throw new NatterError('NOT_LOGGED_IN', 'Log in first.');
    return this.#author;
  }

  #close(code: CloseCode, text: string): void {
    this.#machine.send({ type: 'CLOSE', code, text });
  }

  #enterPresence({ account, name }: Author): void {
    const writer = new Writer(128).varint(this.#conn).bytes(account).text(name);
    this.#context.tell(PRESENCE, PresenceMessage.Enter, writer.view());
  }

  #markSeen(author: Author): void {
    const seen = (): void => {
      const device: Body.DeviceOf = { a: author.account, k: this.#device };
      this.#context.tell({ kind: Kind.Registry, key: 0 }, RegistryMessage.DeviceSeen, packCbor(device));
      this.#markSeen(author);
    };
    this.#seenTimer = this.#context.clock.setTimeout(seen, SEEN_MS);
  }
}
