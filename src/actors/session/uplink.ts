import { NatterError } from '../../chat/error.js';
import { EphemeralKind } from '../../chat/operations.js';
import { encodeBody } from '../../chat/wire.js';
import { Bucket } from '../../net/bucket.js';
import { Reader, Writer } from '../../net/bytes.js';
import { ephemeralCodec, fetchCodec, ReplyStatus, requestCodec } from '../../net/talk.js';
import type { Downlink } from '../downlink.js';
import type { ServerLimits } from '../limits.js';
import { RoomMessage } from '../messages.js';
import { isInternal, notAMember, passes, rateLimited } from '../refusal.js';
import { type ActorContext, Kind } from '../runtime/actor.js';
import { OPERATIONS, type OperationSpec } from './operations.js';
import type { Author } from './posts.js';
import { Replies } from './replies.js';
import type { SessionScope } from './scope.js';

const reader = new Reader();
const writer = new Writer(256);
/** Requests one session may have under way. */
const PENDING_MAX = 64;

/** How the session machine hears of requests that may log in. */
export interface LoginWatch {
  active(): boolean;
  begun(): void;
  failed(): void;
  /** The reply is on its way: what follows from the login may start. */
  answered(): void;
}

export interface UplinkOptions {
  readonly limits: ServerLimits;
  readonly report: (error: Error) => void;
}

/** What a client asks besides posting: requests, fetches and typing, each with its own limit. */
export class Uplink {
  readonly #context: ActorContext;
  readonly #downlink: Downlink;
  readonly #scope: SessionScope;
  readonly #login: LoginWatch;
  readonly #replies = new Replies();
  readonly #requests: Bucket;
  readonly #fetches: Bucket;
  readonly #typing: Bucket;
  readonly #report: (error: Error) => void;

  constructor(scope: SessionScope, downlink: Downlink, login: LoginWatch, options: UplinkOptions) {
    const { limits, report } = options;
    this.#report = report;
    this.#context = scope.context;
    this.#scope = scope;
    this.#downlink = downlink;
    this.#login = login;
    const now = this.#context.clock.now();
    this.#requests = new Bucket(limits.requestsPerS, limits.requestsBurst, now);
    this.#fetches = new Bucket(limits.fetchesPerS, limits.fetchesBurst, now);
    this.#typing = new Bucket(limits.typingPerS, limits.typingBurst, now);
  }

  /** Takes in the body of a REQUEST. @throws Malformed */
  request(frame: Buffer): void {
    const { request, operation, body } = requestCodec.decode(reader.reset(frame));
    if (this.#replies.underWay(request)) return;
    const before = this.#replies.find(request);
    if (before) {
      this.#downlink.reply(request, before.status, before.body);
      return;
    }
    try {
      const spec = this.#admit(operation);
      void this.#run(request, spec, spec.prepare(body));
    } catch (error) {
      this.#downlink.refuse(request, error);
    }
  }

  /** Takes in the body of a FETCH. @throws Malformed */
  fetch(frame: Buffer, author: Author): void {
    const { request, log, after, entries } = fetchCodec.decode(reader.reset(frame));
    const waitMs = this.#fetches.take(this.#context.clock.now());
    if (waitMs > 0) this.#downlink.refuse(request, rateLimited(waitMs));
    else if (!this.#scope.conversations.has(log)) this.#downlink.refuse(request, notAMember());
    else {
      writer
        .reset()
        .varint(this.#scope.conn)
        .varint(request)
        .bytes(author.account)
        .varint(after)
        .varint(entries);
      this.#context.tell({ kind: Kind.Room, key: log }, RoomMessage.Fetch, writer.view());
    }
  }

  /** Takes in the body of an EPHEMERAL. Only typing comes from clients; too much of it is dropped. @throws Malformed */
  ephemeral(frame: Buffer, author: Author): void {
    const { log, kind, value } = ephemeralCodec.decode(reader.reset(frame));
    if (kind !== EphemeralKind.Typing || !this.#scope.conversations.has(log)) return;
    if (this.#typing.take(this.#context.clock.now()) > 0) return;
    writer
      .reset()
      .varint(this.#scope.conn)
      .text(author.name)
      .u8(value[0] === 1 ? 1 : 0);
    this.#context.tell({ kind: Kind.Room, key: log }, RoomMessage.Typing, writer.view());
  }

  /** The gate every operation passes. @throws NatterError */
  #admit(operation: number): OperationSpec {
    const spec = OPERATIONS.get(operation);
    if (!spec)
      throw new NatterError(
        'UNKNOWN_OPERATION',
        `This server knows no operation ${operation}; update one of the two.`,
      );
    if (spec.needs === 'account' && !this.#login.active())
      throw new NatterError('NOT_LOGGED_IN', 'Log in first.');
    if (this.#replies.pending >= PENDING_MAX)
      throw new NatterError('BUSY', 'Too many requests wait for an answer; send them one by one.');
    const waitMs = this.#requests.take(this.#context.clock.now());
    if (waitMs > 0) throw rateLimited(waitMs);
    return spec;
  }

  async #run(
    request: number,
    spec: OperationSpec,
    run: (scope: SessionScope) => Promise<object>,
  ): Promise<void> {
    this.#replies.begin(request);
    if (spec.authenticates) this.#login.begun();
    try {
      this.#answer(request, ReplyStatus.Done, encodeBody(await run(this.#scope)));
      if (spec.authenticates) this.#login.answered();
    } catch (error) {
      if (spec.authenticates) this.#login.failed();
      if (isInternal(error)) this.#report(error);
      this.#replies.abandon(request);
      if (!passes(error)) this.#downlink.refuse(request, error);
    }
  }

  #answer(request: number, status: number, body: Buffer): void {
    this.#replies.finish(request, status, body);
    this.#downlink.reply(request, status, body);
  }
}
