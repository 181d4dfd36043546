import { NatterError } from '../../chat/error.js';
import type { ConversationBody, WelcomeReply } from '../../chat/operations.js';
import { Bucket } from '../../net/bucket.js';
import { Malformed, Reader, Writer } from '../../net/bytes.js';
import { FrameType, HANDSHAKE_HASH_BYTES, KEY_BYTES } from '../../net/constants.js';
import { networkOf } from '../../net/ratelimit.js';
import { CloseCode } from '../../net/types.js';
import { askRegistry } from '../asking.js';
import { Downlink } from '../downlink.js';
import type { ServerLimits } from '../limits.js';
import { PresenceMessage, RegistryMessage, SessionMessage } from '../messages.js';
import type * as Body from '../registry/bodies.js';
import { type Actor, type ActorContext, Kind, type Message, SystemMessage } from '../runtime/actor.js';
import { DeathReason } from '../runtime/cells.js';
import { HostedMachine } from '../runtime/machine.js';
import { IO, PRESENCE } from '../singletons.js';
import { Conversations, complete } from './conversations.js';
import { Notices } from './notices.js';
import { OpenFiles } from './open-files.js';
import { type Author, Posts } from './posts.js';
import type { SessionScope } from './scope.js';
import { type SessionPort, sessionMachine } from './session.machine.js';
import { Standing } from './standing.js';
import { type LoginWatch, Uplink } from './uplink.js';

const PATH_MAX_BYTES = 128;
/** Frames kept while a session comes back after a restart; what is beyond comes again by itself. */
const EARLY_FRAMES_MAX = 256;

export interface SessionOptions {
  readonly limits: ServerLimits;
  /** Takes errors that clients are told nothing of. */
  readonly report: (error: Error) => void;
}

/**
 * One client's connection, as the server's other actors see it. The machine holds its life; what it says goes
 * through Uplink and Posts, what it is told through Notices and Downlink, what it reads is in Conversations.
 */
export class SessionActor implements Actor, SessionPort {
  readonly #context: ActorContext;
  readonly #options: SessionOptions;
  readonly #conn: number;
  readonly #downlink: Downlink;
  readonly #standing: Standing;
  readonly #conversations: Conversations;
  readonly #posts: Posts;
  readonly #files: OpenFiles;
  readonly #offers: Bucket;
  readonly #notices: Notices;
  readonly #machine: HostedMachine<typeof sessionMachine>;
  readonly #reader = new Reader();
  readonly #early: Buffer[] = [];
  readonly #welcomed: ((welcome: WelcomeReply) => void)[] = [];
  #uplink: Uplink | undefined;
  #loaded: readonly ConversationBody[] = [];
  /** The machine's `active`, also for what runs while it is being entered. */
  #active = false;
  /** It comes back after a restart: its client knows nothing of that and talks on. */
  #resumed = false;
  /** The welcome is on its way, so heads and pushes may follow it. */
  #replied = true;

  constructor(context: ActorContext, options: SessionOptions) {
    const { limits } = options;
    this.#context = context;
    this.#options = options;
    this.#conn = context.self.key;
    this.#downlink = new Downlink(context, this.#conn);
    this.#standing = new Standing(context, this.#downlink, () => this.#forgotten());
    this.#files = new OpenFiles({
      context,
      downlink: this.#downlink,
      account: () => this.#standing.author?.account,
      changed: (open) => {
        this.#standing.openFiles = open;
        // On the way out they are closed as well, and the connection is nobody's by then.
        if (this.#active) this.#standing.keep();
      },
    });
    this.#offers = new Bucket(limits.offersPerMinute / 60, limits.offersBurst, context.clock.now());
    this.#conversations = new Conversations(
      context,
      this.#conn,
      (log) => this.#notices.gone(log),
      (log) => this.#files.closeAll(log),
    );
    this.#posts = new Posts(context, this.#conn, this.#downlink, limits);
    this.#notices = new Notices({
      context,
      downlink: this.#downlink,
      conversations: this.#conversations,
      posts: this.#posts,
      files: this.#files,
      revoked: () => this.#forgotten(),
    });
    this.#machine = new HostedMachine(context, sessionMachine, {
      input: { port: this, anonymousMs: limits.anonymousMs },
      facts: () => ({ conversations: this.#conversations.size, early: this.#early.length }),
    });
  }

  describe() {
    return this.#machine.describe();
  }

  stopping(): void {
    this.#machine.stop();
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
        this.#standing.hasLeft = reader.varint() === CloseCode.Done;
        this.#machine.send({ type: 'CLOSED' });
        return;
      case SystemMessage.Terminated:
        this.#terminated(reader.u8(), reader.u48(), reader.u8());
        return;
      default:
        // Whatever was meant for a session before this one, or before its logout, has nobody to go to.
        if (this.#standing.author && this.#active)
          this.#notices.handle(message.type, reader, this.#standing.author, this.#standing.device);
    }
  }

  // ---- From the network ---------------------------------------------------------------------------------

  #open(reader: Reader): void {
    this.#standing.device = Buffer.from(reader.bytes(KEY_BYTES));
    const handshakeHash = Buffer.from(reader.block(HANDSHAKE_HASH_BYTES));
    const scope = this.#scope(handshakeHash, networkOfPath(reader.text(PATH_MAX_BYTES)));
    const identity = reader.rest();
    this.#context.watch(IO);
    if (this.#active && this.#standing.author) {
      // The I/O actor came back and has forgotten who reads what.
      this.#conversations.reopen(this.#standing.author.account);
      return;
    }
    this.#uplink = new Uplink(scope, this.#downlink, this.#loginWatch(), this.#options);
    if (identity.length === 0) return;
    this.#standing.restore(identity);
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
    const author = this.#standing.author;
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

  // ---- Deaths -------------------------------------------------------------------------------------------

  #terminated(kind: number, key: number, reason: number): void {
    if (kind === Kind.Io) {
      // With its thread went the connection; an I/O actor that only failed opens us again.
      if (reason === DeathReason.ThreadDied) this.#machine.send({ type: 'CLOSED' });
      return;
    }
    if (!this.#active || !this.#standing.author) return;
    if (kind === Kind.Transfer) this.#files.transferLost(key);
    else if (kind === Kind.Room) this.#conversations.roomLost(key, this.#standing.author.account);
    else if (kind === Kind.Presence) this.#standing.enterPresence();
    else if (kind === Kind.Groups) this.#standing.enterGroups();
  }

  #forgotten(): void {
    this.#revoked('This device was forgotten; log in with your password.');
  }

  #revoked(why: string): void {
    this.#standing.dropIdentity();
    this.#close(CloseCode.Revoked, why);
  }

  #close(code: CloseCode, text: string): void {
    this.#machine.send({ type: 'CLOSE', code, text });
  }

  // ---- What the machine does ----------------------------------------------------------------------------

  prepare(): void {
    void this.#prepare();
  }

  async #prepare(): Promise<void> {
    const author = this.#standing.author;
    if (!author) return;
    try {
      this.#loaded = await this.#load(author);
    } catch (error) {
      if (error instanceof NatterError && (error.code === 'DEVICE_UNKNOWN' || error.code === 'NOT_LOGGED_IN'))
        this.#revoked(error.message);
      else this.#machine.send({ type: 'LOST' });
      return;
    }
    this.#replied = this.#welcomed.length === 0;
    const welcome = { a: author.account, n: author.name, c: [...this.#loaded] };
    for (const resolve of this.#welcomed.splice(0)) resolve(welcome);
    this.#machine.send({ type: 'READY' });
  }

  async #load({ account }: Author): Promise<ConversationBody[]> {
    const device: Body.DeviceOf = { a: account, k: this.#standing.device };
    const { Conversations: type } = RegistryMessage;
    const { c } = await askRegistry<Body.ConversationsReply>(this.#context, type, device);
    return complete(this.#context, account, c);
  }

  enter(): void {
    this.#active = true;
    if (this.#replied) this.#begin();
  }

  /** Heads and pushes must not reach the client before the welcome that explains them. */
  #begin(): void {
    const author = this.#standing.author;
    if (!author || !this.#active) return;
    this.#standing.begin();
    for (const { l } of this.#loaded) this.#conversations.open(l, author.account);
    this.#loaded = [];
    this.#files.restore(this.#standing.openFiles);
    for (const frame of this.#early.splice(0)) this.#frame(frame);
  }

  leave(): void {
    this.#active = false;
    this.#conversations.closeAll();
    this.#posts.stop();
    this.#standing.end();
    this.#resumed = false;
  }

  closeConnection(code: CloseCode, text: string): void {
    this.#downlink.close(code, text);
  }

  // ---- What operations see ------------------------------------------------------------------------------

  #scope(handshakeHash: Buffer, address: string): SessionScope {
    const standing = this.#standing;
    return {
      context: this.#context,
      conn: this.#conn,
      device: standing.device,
      handshakeHash,
      address,
      conversations: this.#conversations,
      files: this.#files,
      limits: this.#options.limits,
      offers: this.#offers,
      author: () => standing.requireAuthor(),
      welcome: (who) => this.#welcome(who),
      proved: () => standing.proved(),
      requireProof: () => standing.requireProof(),
      notify: (account, type, body) => {
        const writer = new Writer(256, 1 << 17).bytes(account).u16(type).bytes(body);
        this.#context.tell(PRESENCE, PresenceMessage.Notify, writer.view());
      },
      setAway: (away) => standing.setAway(away),
      settle: (cell) => standing.settle(cell),
      logout: () => {
        standing.dropIdentity();
        standing.hasLeft = true;
        this.#machine.send({ type: 'LOGOUT' });
      },
    };
  }

  #loginWatch(): LoginWatch {
    return {
      active: () => this.#active,
      begun: () => this.#machine.send({ type: 'AUTHENTICATE' }),
      failed: () => this.#machine.send({ type: 'REFUSED' }),
      answered: () => {
        if (this.#replied) return;
        this.#replied = true;
        this.#begin();
      },
    };
  }

  async #welcome({ a, n }: Body.Identified): Promise<WelcomeReply> {
    const author = { account: Buffer.from(a), name: n };
    if (!this.#active) {
      this.#standing.author = author;
      const welcome = new Promise<WelcomeReply>((resolve) => this.#welcomed.push(resolve));
      this.#machine.send({ type: 'IDENTIFIED' });
      return welcome;
    }
    if (!this.#standing.author?.account.equals(author.account))
      throw new NatterError('NOT_ALLOWED', 'You are logged in as somebody else; log out first.');
    return { a, n, c: await this.#load(author) };
  }
}

/** What limits are kept by, of `io`'s path text ("address port"). */
function networkOfPath(path: string): string {
  return networkOf(path.split(' ')[0] ?? '');
}
