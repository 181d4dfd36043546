import * as v from 'valibot';
import type { Dialer } from '../../src/actors/client/world.js';
import {
  type ConversationBody,
  ConversationKind,
  EntryKind,
  type EventKind,
  Operation,
  type SharedReply,
} from '../../src/chat/operations.js';
import { decodeBody, encodeBody } from '../../src/chat/wire.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { entryCodec, entryId } from '../../src/net/entry.js';
import * as talk from '../../src/net/talk.js';
import { CloseCode, type ConnectOptions, type EndpointHandler, type KeyPair } from '../../src/net/types.js';
import { FakeConnection, type Fate, type Frame } from './fake-connection.js';
import { FakeFiles } from './fake-files.js';
import type { VirtualTime } from './virtual-time.js';

const Anything = v.record(v.string(), v.any());

export interface Refused {
  readonly c: string;
  readonly m: string;
  readonly d?: Record<string, string | number>;
}

interface Log {
  readonly number: number;
  readonly id: Buffer;
  readonly kind: ConversationKind;
  readonly name: string;
  epoch: number;
  entries: Buffer[];
  readonly counters: Map<string, number[]>;
}

/**
 * A server in one object: it speaks the frames of docs/PROTOCOL.md over connections without packets, in
 * virtual time. OPAQUE is played: its messages are the password itself (see `fakeStretching`).
 */
export class FakeServer {
  key = Buffer.alloc(32, 7);
  readonly passwords = new Map<string, string>();
  readonly devices = new Map<string, Set<string>>();
  readonly logs = new Map<number, Log>();
  readonly connections = new Set<FakeConnection>();
  readonly requests: { operation: number; body: Record<string, unknown> }[] = [];
  readonly posts: talk.Post[] = [];
  /** No datagram comes through in either direction, handshakes included. */
  unreachable = false;
  /** Every frame's fate; by default each arrives after 5 ms. */
  fate: (frame: Frame) => Fate = () => [5];
  /** Refuses a post before its counter is looked at. */
  judge: (post: talk.Post, text: string) => Refused | undefined = () => undefined;
  handshakes = 0;
  /** Handshakes stay unanswered although frames come through. */
  holdHandshakes = false;
  /** Connections that the server knows nothing of any more. */
  readonly deaf = new Set<FakeConnection | undefined>();
  /** All that were ever made. */
  readonly open: FakeConnection[] = [];
  readonly #time: VirtualTime;
  readonly #writer = new Writer(1024, 1 << 17);

  constructor(time: VirtualTime) {
    this.#time = time;
    this.addLog(1, ConversationKind.Lobby, 'lobby');
  }

  addLog(number: number, kind: ConversationKind, name: string): Log {
    const log: Log = {
      number,
      id: Buffer.alloc(16, number),
      kind,
      name,
      epoch: 1,
      entries: [],
      counters: new Map(),
    };
    this.logs.set(number, log);
    return log;
  }

  log(number: number): Log {
    const log = this.logs.get(number);
    if (log === undefined) throw new Error(`no log ${number}`);
    return log;
  }

  texts(number: number): string[] {
    return this.log(number).entries.map((entry) => decodeEntry(entry).body.toString());
  }

  /** Someone else says something. */
  say(number: number, author: string, text: string, push = true): number {
    const log = this.log(number);
    const id = entryId(
      accountOf(author),
      Buffer.alloc(16, 99),
      log.id,
      log.entries.length + 1 + log.epoch * 1e6,
    );
    return this.#append(log, author, 1, id, Buffer.from(text), push);
  }

  event(event: EventKind, body: object): void {
    for (const connection of this.connections)
      this.#send(connection, FrameType.Event, talk.eventCodec, { event, body: encodeBody(body) });
  }

  ephemeral(ephemeral: talk.Ephemeral): void {
    for (const connection of this.connections)
      this.#send(connection, FrameType.Ephemeral, talk.ephemeralCodec, ephemeral);
  }

  /** As a crash: no goodbye. Clients find out by silence, or at once when `told`. */
  drop(): void {
    for (const connection of [...this.connections]) connection.end();
  }

  body(log: Log, user: string): ConversationBody {
    const name =
      log.kind === ConversationKind.Direct ? (log.name.split(' ').find((n) => n !== user) ?? '') : log.name;
    return {
      l: log.number,
      i: log.id,
      e: log.epoch,
      h: log.entries.length,
      k: log.kind,
      n: name,
      t: '',
      c: this.cursors.get(log.number) ?? 0,
      m: 2,
    };
  }

  readonly cursors = new Map<number, number>();
  /** What people share. */
  readonly shared: SharedReply['p'] = [];
  readonly files = new FakeFiles({
    at: () => this.#time.wall(),
    post: (number, author, body) => {
      const log = this.log(number);
      const id = entryId(accountOf(author), Buffer.alloc(16, 98), log.id, log.entries.length + 1);
      return this.#append(log, author, EntryKind.File, id, encodeBody(body), true);
    },
    event: (event, body) => this.event(event, body),
  });

  // ---- The network's side -------------------------------------------------------------------------------

  dialer(keys: KeyPair, handler: EndpointHandler): Dialer {
    let attempts = 0;
    const waiting = new Map<number, unknown>();
    const open: FakeConnection[] = [];
    const connect = (attempt: number, options: ConnectOptions): void => {
      if (!waiting.has(attempt)) return;
      if (this.unreachable || this.holdHandshakes) {
        waiting.set(
          attempt,
          this.#time.setTimeout(() => connect(attempt, options), 300),
        );
        return;
      }
      waiting.delete(attempt);
      if (options.serverKey !== undefined && !options.serverKey.equals(this.key)) {
        handler.failed?.(attempt, { code: CloseCode.KeyChanged, text: '', local: true }, this.key);
        return;
      }
      this.handshakes++;
      const connection: FakeConnection = new FakeConnection(
        this.#time,
        this.key,
        keys.publicKey,
        handler,
        (frame) => (this.unreachable || this.deaf.has(connection) ? [] : this.fate(frame)),
        (from, type, body) => this.#receive(from, type, body),
        (gone) => this.connections.delete(gone),
        options.keepaliveMs,
      );
      open.push(connection);
      this.files.attach(connection);
      this.open.push(connection);
      handler.opened(connection);
    };
    return {
      connect: (options) => {
        const attempt = ++attempts;
        waiting.set(
          attempt,
          this.#time.setTimeout(() => connect(attempt, options), 10),
        );
        if (options.giveUpMs !== Number.POSITIVE_INFINITY)
          this.#time.setTimeout(() => {
            if (waiting.delete(attempt))
              handler.failed?.(attempt, { code: CloseCode.NoAnswer, text: '', local: true }, undefined);
          }, options.giveUpMs);
        return attempt;
      },
      abandon: (attempt) => void waiting.delete(attempt),
      wake: () => {},
      close: async () => {
        for (const connection of open) connection.close(CloseCode.Done, '');
      },
    };
  }

  // ---- The server's side --------------------------------------------------------------------------------

  #receive(from: FakeConnection, type: number, body: Buffer): void {
    const reader = new Reader(body);
    if (type === FrameType.Request) this.#request(from, talk.requestCodec.decode(reader));
    else if (type === FrameType.Post) this.#post(from, talk.postCodec.decode(reader));
    else if (type === FrameType.Fetch) this.#fetch(from, talk.fetchCodec.decode(reader));
  }

  #request(from: FakeConnection, { request, operation, body }: talk.Request): void {
    const asked = decodeBody(Anything, body) as Record<string, never>;
    this.requests.push({ operation, body: asked });
    const answer = this.#answer(from, operation, asked);
    const status =
      'c' in answer && typeof answer.c === 'string' ? talk.ReplyStatus.Refused : talk.ReplyStatus.Done;
    this.#send(from, FrameType.Reply, talk.replyCodec, { request, status, body: encodeBody(answer) });
  }

  #answer(from: FakeConnection, operation: number, body: Record<string, never>): object {
    const ofFiles = this.files.answer(from, operation, body);
    if (ofFiles !== undefined) return ofFiles;
    const name = String(body.n ?? '');
    switch (operation) {
      case Operation.RegisterStart:
      case Operation.LoginStart:
        return {
          r: this.passwords.get(name) === body.r || operation === Operation.RegisterStart ? 'good' : 'bad',
        };
      case Operation.RegisterFinish:
        if (this.passwords.has(name)) return { c: 'NAME_TAKEN', m: 'This name is taken; choose another.' };
        this.passwords.set(name, String(body.r));
        return this.#welcome(from, name);
      case Operation.LoginFinish:
        return this.#welcome(from, name);
      case Operation.LoginDevice:
        if (!this.devices.get(name)?.has(from.deviceKey.toString('hex')))
          return { c: 'DEVICE_UNKNOWN', m: 'This device is not known; log in with your password.' };
        return this.#welcome(from, name);
      case Operation.Join: {
        const known = [...this.logs.values()].find((log) => log.name === name);
        return this.body(known ?? this.addLog(this.logs.size + 1, ConversationKind.Room, name), from.user);
      }
      case Operation.Direct:
        if (!this.passwords.has(name)) return { c: 'NO_SUCH_USER', m: 'There is nobody with this name.' };
        return this.body(
          this.addLog(this.logs.size + 1, ConversationKind.Direct, `${from.user} ${name}`),
          from.user,
        );
      case Operation.Person:
        return this.passwords.has(name)
          ? { n: name }
          : { c: 'NO_SUCH_USER', m: 'There is nobody with this name.' };
      case Operation.Near: {
        const log = this.addLog(this.logs.size + 1, ConversationKind.Geo, from.user);
        return { ...this.body(log, from.user), r: body.k };
      }
      case Operation.Who:
        return { u: [...this.connections].map((each) => ({ n: each.user, s: 1, v: 1 })) };
      case Operation.Shared:
        return { p: this.shared };
      default:
        return {};
    }
  }

  #welcome(from: FakeConnection, name: string): object {
    from.user = name;
    this.connections.add(from);
    const devices = this.devices.get(name) ?? new Set();
    this.devices.set(name, devices.add(from.deviceKey.toString('hex')));
    return { a: accountOf(name), n: name, c: [...this.logs.values()].map((log) => this.body(log, name)) };
  }

  #post(from: FakeConnection, post: talk.Post): void {
    this.posts.push({ ...post, body: Buffer.from(post.body), stream: Buffer.from(post.stream) });
    const log = this.log(post.log);
    const refusal = this.#check(log, from, post);
    if (refusal !== undefined) {
      this.#send(from, FrameType.Reply, talk.replyCodec, {
        request: post.request,
        status: talk.ReplyStatus.Refused,
        body: encodeBody(refusal),
      });
      return;
    }
    const seqs = this.#seqs(log, from, post);
    let seq = seqs[post.counter - 1];
    if (seq === undefined) {
      const id = entryId(accountOf(from.user), post.stream, log.id, post.counter);
      seq = this.#append(log, from.user, post.kind, id, Buffer.from(post.body), true);
      seqs.push(seq);
    }
    this.#send(from, FrameType.Accepted, talk.acceptedCodec, {
      request: post.request,
      log: post.log,
      counter: post.counter,
      seq,
      at: this.#time.wall(),
    });
  }

  #check(log: Log, from: FakeConnection, post: talk.Post): Refused | undefined {
    const seqs = this.#seqs(log, from, post);
    if (post.counter <= seqs.length) return undefined;
    const judged = this.judge(post, Buffer.from(post.body).toString());
    if (judged !== undefined) return judged;
    if (post.counter === seqs.length + 1) return undefined;
    return { c: 'GAP', m: 'One before it is missing.', d: { expected: seqs.length + 1 } };
  }

  #seqs(log: Log, from: FakeConnection, post: talk.Post): number[] {
    const key = `${from.user} ${Buffer.from(post.stream).toString('hex')}`;
    const seqs = log.counters.get(key) ?? [];
    log.counters.set(key, seqs);
    return seqs;
  }

  #fetch(from: FakeConnection, { request, log: number, ...wanted }: talk.Fetch): void {
    const log = this.log(number);
    const { after, count: entries } = this.page(wanted.after, wanted.entries);
    this.#send(from, FrameType.Entries, talk.entriesCodec, {
      request,
      log: number,
      epoch: log.epoch,
      head: log.entries.length,
      first: after + 1,
      entries: log.entries.slice(after, after + Math.min(entries, this.pageMax)),
    });
  }

  /** What a FETCH is answered with; a hostile server gives something else than was asked for. */
  page: (after: number, count: number) => { after: number; count: number } = (after, count) => ({
    after,
    count,
  });

  /** Entries in one answer at most. */
  pageMax = 1024;

  #append(log: Log, author: string, kind: number, id: Buffer, body: Buffer, push: boolean): number {
    const writer = new Writer();
    entryCodec.encode(writer, { kind, at: this.#time.wall(), id, author, body });
    const entry = writer.copy();
    log.entries.push(entry);
    const seq = log.entries.length;
    if (push)
      for (const connection of this.connections)
        this.#send(connection, FrameType.Push, talk.pushCodec, { log: log.number, seq, entry });
    return seq;
  }

  #send<T>(to: FakeConnection, type: number, codec: talk.Codec<T>, value: T): void {
    codec.encode(this.#writer.reset(), value);
    to.deliver(type, this.#writer.view());
  }
}

export function accountOf(name: string): Buffer {
  const account = Buffer.alloc(16);
  account.write(name.slice(0, 16));
  return account;
}

function decodeEntry(entry: Buffer) {
  return entryCodec.decode(new Reader(entry));
}
