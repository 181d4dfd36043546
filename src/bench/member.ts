import { client as opaque, ready as opaqueReady } from '@serenity-kit/opaque';
import { decode, encode } from 'cbor-x';
import { realClock } from '../actors/runtime/clock.js';
import { UdpDriver } from '../actors/udp.js';
import { type ConversationBody, EntryKind, Operation, type WelcomeReply } from '../chat/operations.js';
import { Reader, Writer } from '../net/bytes.js';
import { FrameType } from '../net/constants.js';
import { createEndpoint } from '../net/endpoint.js';
import { acceptedCodec, postCodec, replyCodec } from '../net/talk.js';
import type { CloseReason, Connection, EndpointHandler, KeyPair } from '../net/types.js';

/** Costs nothing to stretch: a bench measures the server, and the stretching is the client's. */
const CHEAP = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } } as const;
const POST_HEADER_BYTES = 64;

/**
 * The smallest client that can register, join and talk: a real socket and the real protocol, without
 * history, retries or a screen, so that two hundred of them fit into one process beside the server.
 */
export class Member implements EndpointHandler {
  /** Set by the bench: called for every pushed entry and for every acknowledged post. */
  onPush: (log: number, seq: number) => void = () => {};
  onAccepted: (counter: number) => void = () => {};
  readonly #driver: UdpDriver;
  readonly #writer = new Writer(POST_HEADER_BYTES, 1 << 20);
  readonly #reader = new Reader();
  readonly #replies = new Map<number, { resolve: (body: Buffer) => void; reject: (error: Error) => void }>();
  readonly #stream: Buffer;
  #connection: Connection | undefined;
  #opened: (() => void) | undefined;
  #request = 0;
  #counter = 0;
  /** Per log, seqs that were pushed: a lost packet's entries come again, and some of them did arrive. */
  readonly #seen = new Map<number, Seqs>();

  static async open(
    server: { host: string; port: number },
    keys: KeyPair,
    random: (target: Buffer) => void,
  ): Promise<Member> {
    const driver: { current?: Member } = {};
    const clock = realClock();
    const udp = await UdpDriver.open({
      bind: { host: '127.0.0.1', port: 0 },
      clock,
      endpoint: (transmit) =>
        createEndpoint({
          keys,
          listening: false,
          transmit,
          random,
          handler: {
            opened: (connection) => driver.current?.opened(connection),
            frame: (connection, type, body) => driver.current?.frame(connection, type, body),
            closed: (connection, reason) => driver.current?.closed(connection, reason),
            failed: (_attempt, reason) => driver.current?.lost(reason),
          },
        }),
    });
    const member = new Member(udp, random);
    driver.current = member;
    await new Promise<void>((resolve) => {
      member.#opened = resolve;
      udp.endpoint.connect(
        { to: { address: server.host, port: server.port }, giveUpMs: 10_000 },
        clock.now(),
      );
      udp.wake();
    });
    return member;
  }

  private constructor(driver: UdpDriver, random: (target: Buffer) => void) {
    this.#driver = driver;
    this.#stream = Buffer.alloc(16);
    random(this.#stream);
  }

  /** A new account of this name; answers the conversations it starts with. */
  async register(name: string): Promise<WelcomeReply> {
    await opaqueReady;
    const password = `password of ${name}`;
    const { clientRegistrationState, registrationRequest } = opaque.startRegistration({ password });
    const { r: registrationResponse } = await this.request<{ r: string }>(Operation.RegisterStart, {
      n: name,
      r: registrationRequest,
    });
    const { registrationRecord } = opaque.finishRegistration({
      password,
      clientRegistrationState,
      registrationResponse,
      keyStretching: CHEAP,
    });
    return this.request<WelcomeReply>(Operation.RegisterFinish, {
      n: name,
      r: registrationRecord,
      d: false,
      l: 'bench',
    });
  }

  join(room: string): Promise<ConversationBody> {
    return this.request<ConversationBody>(Operation.Join, { n: room });
  }

  /** Sends the next text of this member's stream; `onAccepted` tells its counter. */
  post(log: number, text: Buffer): number {
    const counter = ++this.#counter;
    const request = ++this.#request;
    postCodec.encode(this.#writer.reset(), {
      request,
      stream: this.#stream,
      log,
      counter,
      kind: EntryKind.Text,
      body: text,
    });
    this.#connection?.send(FrameType.Post, this.#writer.view());
    this.#driver.wake();
    return counter;
  }

  request<T>(operation: number, body: unknown): Promise<T> {
    const request = ++this.#request;
    return new Promise<T>((resolve, reject) => {
      this.#replies.set(request, { resolve: (reply) => resolve(decode(reply) as T), reject });
      const writer = this.#writer.reset().varint(request).u8(operation).bytes(encode(body));
      this.#connection?.send(FrameType.Request, writer.view());
      this.#driver.wake();
    });
  }

  close(): Promise<void> {
    return this.#driver.close(0, 'the bench is over');
  }

  opened(connection: Connection): void {
    this.#connection = connection;
    this.#opened?.();
  }

  frame(_connection: Connection, type: number, body: Buffer): void {
    const reader = this.#reader.reset(body);
    if (type === FrameType.Push) {
      const log = reader.varint();
      const seq = reader.varint();
      const seen = this.#seen.get(log) ?? new Seqs();
      this.#seen.set(log, seen);
      if (seen.add(seq)) this.onPush(log, seq);
    } else if (type === FrameType.Accepted) {
      this.onAccepted(acceptedCodec.decode(reader).counter);
    } else if (type === FrameType.Reply) {
      const { request, status, body: answer } = replyCodec.decode(reader);
      const waiting = this.#replies.get(request);
      this.#replies.delete(request);
      if (status === 0) waiting?.resolve(Buffer.from(answer));
      else waiting?.reject(new Error(`refused: ${JSON.stringify(decode(Buffer.from(answer)))}`));
    }
  }

  closed(_connection: Connection, reason: CloseReason): void {
    this.lost(reason);
  }

  lost(reason: CloseReason): void {
    for (const { reject } of this.#replies.values()) reject(new Error(reason.text));
    this.#replies.clear();
  }
}

/** Which seqs were seen, in a few bytes as long as they come nearly in order. */
class Seqs {
  #through = 0;
  readonly #beyond = new Set<number>();

  /** False when it was there already. */
  add(seq: number): boolean {
    if (seq <= this.#through || this.#beyond.has(seq)) return false;
    if (this.#through === 0 || seq === this.#through + 1) {
      this.#through = seq;
      while (this.#beyond.delete(this.#through + 1)) this.#through++;
    } else {
      this.#beyond.add(seq);
    }
    return true;
  }
}
