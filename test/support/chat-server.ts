import sodium from 'sodium-native';
import * as v from 'valibot';
import { storeType } from '../../src/actors/disk/store.js';
import { GroupsActor } from '../../src/actors/groups/groups.js';
import type { OpaqueTasks } from '../../src/actors/jobs/pool.js';
import { LIMITS, type ServerLimits } from '../../src/actors/limits.js';
import { PresenceActor } from '../../src/actors/presence/presence.js';
import { RegistryActor } from '../../src/actors/registry/registry.js';
import { registrySchema } from '../../src/actors/registry/snapshot.js';
import { RoomActor } from '../../src/actors/room/room.js';
import { type ActorType, type Address, Kind, type Message } from '../../src/actors/runtime/actor.js';
import { SessionActor } from '../../src/actors/session/session.js';
import { TransferActor } from '../../src/actors/transfer/transfer.js';
import type { NatterError } from '../../src/chat/error.js';
import { EntryKind, Operation } from '../../src/chat/operations.js';
import { decodeBody, encodeBody } from '../../src/chat/wire.js';
import { Reader as Bytes, type Reader, Writer } from '../../src/net/bytes.js';
import { FrameType } from '../../src/net/constants.js';
import { entryCodec } from '../../src/net/entry.js';
import {
  acceptedCodec,
  type Codec,
  entriesCodec,
  ephemeralCodec,
  eventCodec,
  fetchCodec,
  postCodec,
  pushCodec,
  replyCodec,
  requestCodec,
} from '../../src/net/talk.js';
import { FakeBlobs } from './fake-blobs.js';
import { FakeIo } from './fake-io.js';
import { LocalSystem } from './local-system.js';
import { MemoryLogs } from './memory-logs.js';

/** OPAQUE without its cost: the record is the password, the session key follows from it. */
export const cheapOpaque: Pick<OpaqueTasks, 'serverRegistration' | 'serverLoginStart' | 'serverLoginFinish'> =
  {
    serverRegistration: async () => 'response',
    serverLoginStart: async ({ record }) => ({ state: record ?? 'nobody', response: 'response' }),
    serverLoginFinish: async ({ state, finish }) =>
      state === finish ? sessionKey(finish).toString('base64url') : null,
  };

function sessionKey(password: string): Buffer {
  return Buffer.alloc(64, password);
}

/** A message that an actor was handed. */
export interface Heard {
  /** The actor's kind: `registry`. */
  readonly to: string;
  readonly type: number;
  readonly from: Address;
}

/** What becomes of a message: it is lost, kept until `release`, or refused. Undefined: it is handed over. */
export type Fate = 'lost' | 'kept' | NatterError | undefined;

export interface TestServerOptions {
  readonly seed?: number;
  readonly limits?: Partial<ServerLimits>;
  readonly tasks?: typeof cheapOpaque;
  readonly logs?: MemoryLogs;
}

/** A whole server in one thread: real actors over a store in memory, with inboxes in place of the network. */
export class TestServer {
  readonly io = new FakeIo();
  readonly blobs = new FakeBlobs();
  readonly logs: MemoryLogs;
  /** What the server would have logged. */
  readonly errors: Error[] = [];
  /** Everything that actors were handed, in order. */
  readonly heard: Heard[] = [];
  /** Decides about each message before its actor is handed it. */
  fate: (heard: Heard) => Fate = () => undefined;
  readonly system: LocalSystem;
  #kept: (() => void)[] = [];

  constructor({
    seed = 1,
    limits = {},
    tasks = cheapOpaque,
    logs = new MemoryLogs(),
  }: TestServerOptions = {}) {
    this.logs = logs;
    const all = { ...LIMITS, ...limits };
    const session: ActorType = {
      kind: Kind.Session,
      name: 'session',
      create: (context) =>
        new SessionActor(context, { limits: all, report: (error) => this.errors.push(error) }),
    };
    const room: ActorType = {
      kind: Kind.Room,
      name: 'room',
      create: (context, snapshot) => new RoomActor(context, snapshot),
    };
    const presence: ActorType = {
      kind: Kind.Presence,
      name: 'presence',
      create: (context) => new PresenceActor(context),
    };
    const groups: ActorType = {
      kind: Kind.Groups,
      name: 'groups',
      eager: true,
      create: (context) => new GroupsActor(context, { report: (error) => this.errors.push(error) }),
    };
    const registry: ActorType = {
      kind: Kind.Registry,
      name: 'registry',
      create: (context) =>
        new RegistryActor(context, {
          tasks: tasks as OpaqueTasks,
          setup: 'setup',
          limits: all,
          restore: async (journal) => {
            const state = registrySchema.empty();
            const { last, records } = await journal.read(0);
            for (const record of records) registrySchema.apply(state, record);
            return { state, appliedSeq: last };
          },
        }),
    };
    const transfer: ActorType = {
      kind: Kind.Transfer,
      name: 'transfer',
      passivateMs: 60_000,
      create: (context) => new TransferActor(context),
    };
    const core = [session, room, transfer, presence, groups, registry].map((type) => this.#overheard(type));
    this.system = new LocalSystem(seed, [
      { name: 'io', types: () => [this.#overheard(this.io.type)] },
      { name: 'core-0', types: () => core },
      { name: 'core-1', types: () => core.slice(0, 3) },
      { name: 'store', types: () => [this.#overheard(storeType(() => this.logs))] },
      { name: 'files', types: () => [this.#overheard(this.blobs.type)] },
    ]);
  }

  /** Hands over what was kept. */
  release(): void {
    for (const run of this.#kept.splice(0)) run();
  }

  #overheard(type: ActorType): ActorType {
    return {
      ...type,
      create: (context, snapshot) => {
        const actor = type.create(context, snapshot);
        const receive = actor.receive.bind(actor);
        actor.receive = (message) => {
          const heard = { to: type.name, type: message.type, from: message.from };
          this.heard.push(heard);
          const fate = this.fate(heard);
          if (fate === undefined) receive(message);
          else if (fate === 'kept') this.#keep(message, receive);
          else if (fate !== 'lost' && message.ask !== 0) context.refuse(message, fate);
        };
        return actor;
      },
    };
  }

  /** The object and its body are reused by whoever hands it over. */
  #keep(message: Message, receive: (message: Message) => void): void {
    const { type, from, ask, sentAt } = message;
    const copy = { type, from: { ...from }, ask, sentAt, body: Buffer.from(message.body) };
    this.#kept.push(() => receive(copy));
  }

  /** A device with a key of its own connects. */
  async connect(key: Buffer = newKey(), path?: string): Promise<TestClient> {
    await this.system.settle();
    return new TestClient(this, key, this.io.open(key, path));
  }

  /** A new account, logged in. */
  async register(name: string): Promise<TestClient> {
    const client = await this.connect();
    await client.register(name);
    return client;
  }

  settle(): Promise<void> {
    return this.system.settle();
  }
}

let keys = 0;
function newKey(): Buffer {
  return Buffer.alloc(32, ++keys);
}

/** CBOR as it came: a test says what it expects of it. */
export type Body = Record<string, unknown>;
const anyBody = v.record(v.string(), v.unknown());

export interface Answer {
  readonly done: boolean;
  readonly body: Body;
}

/** The far end of one connection, as far as a test needs it. */
export class TestClient {
  readonly server: TestServer;
  readonly key: Buffer;
  readonly conn: number;
  readonly stream = Buffer.alloc(16, ++keys);
  #request = 0;

  constructor(server: TestServer, key: Buffer, conn: number) {
    this.server = server;
    this.key = key;
    this.conn = conn;
  }

  get connection() {
    return this.server.io.connections.get(this.conn);
  }

  send<T>(type: number, codec: Codec<T>, value: T): void {
    const writer = new Writer(256, 1 << 17);
    codec.encode(writer, value);
    this.server.io.frame(this.conn, type, writer.view());
  }

  /** Sends a request without waiting. */
  ask(operation: Operation, body: object, request = ++this.#request): number {
    this.send(FrameType.Request, requestCodec, { request, operation, body: encodeBody(body) });
    return request;
  }

  /** Sends a request and runs the server until there is nothing left to do. */
  async request(operation: Operation, body: object): Promise<Answer> {
    const request = this.ask(operation, body);
    await this.server.settle();
    const answer = this.reply(request);
    if (!answer) throw new Error(`no answer to operation ${operation}`);
    return answer;
  }

  /** The last answer to a request, if there is one. */
  reply(request: number): Answer | undefined {
    const found = this.all(FrameType.Reply, replyCodec).findLast((reply) => reply.request === request);
    return found && { done: found.status === 0, body: decodeBody(anyBody, found.body) };
  }

  /** As `request`, for what must be done. */
  async do(operation: Operation, body: object): Promise<Body> {
    const { done, body: reply } = await this.request(operation, body);
    if (!done) throw new Error(`refused: ${reply.c} ${reply.m}`);
    return reply;
  }

  /** As `request`, for what must be refused; the code. */
  async refused(operation: Operation, body: object): Promise<string> {
    const { done, body: reply } = await this.request(operation, body);
    return done ? 'done' : String(reply.c);
  }

  async register(n: string, password = `password of ${n}`, d = false): Promise<Body> {
    await this.do(Operation.RegisterStart, { n, r: 'request' });
    return this.do(Operation.RegisterFinish, { n, r: password, d, l: 'a test' });
  }

  async login(n: string, password = `password of ${n}`, d = false): Promise<Answer> {
    const start = await this.request(Operation.LoginStart, { n, r: 'request' });
    if (!start.done) return start;
    return this.request(Operation.LoginFinish, this.proof(n, password, d));
  }

  /** The body of a LoginFinish on this connection. */
  proof(n: string, password = `password of ${n}`, d = false): object {
    const hash = this.connection?.hash ?? Buffer.alloc(0);
    return { n, r: password, m: mac(password, hash, this.key), d, l: 'a test' };
  }

  post(
    log: number,
    counter: number,
    text: string,
    kind: number = EntryKind.Text,
    request = ++this.#request,
  ): number {
    const body = Buffer.from(text);
    this.send(FrameType.Post, postCodec, { request, stream: this.stream, log, counter, kind, body });
    return request;
  }

  fetch(log: number, after: number, entries = 1024): number {
    const request = ++this.#request;
    this.send(FrameType.Fetch, fetchCodec, { request, log, after, entries });
    return request;
  }

  typing(log: number, on: boolean): void {
    const value = Buffer.of(on ? 1 : 0);
    this.send(FrameType.Ephemeral, ephemeralCodec, { log, kind: 2, subject: '', version: 0, value });
  }

  /** Everything of one type that came, in order. */
  all<T>(type: number, codec: { decode(reader: Reader): T }): T[] {
    const inbox = this.connection?.inbox ?? [];
    return inbox.filter((frame) => frame.type === type).map(({ body }) => codec.decode(new Bytes(body)));
  }

  accepted() {
    return this.all(FrameType.Accepted, acceptedCodec);
  }

  pushed(log: number): string[] {
    return this.all(FrameType.Push, pushCodec)
      .filter((push) => push.log === log)
      .map(({ entry }) => {
        const { author, body } = entryCodec.decode(new Bytes(entry));
        return `${author}: ${body.toString()}`;
      });
  }

  entries() {
    return this.all(FrameType.Entries, entriesCodec);
  }

  ephemerals() {
    return this.all(FrameType.Ephemeral, ephemeralCodec);
  }

  events(): { event: number; body: Body }[] {
    return this.all(FrameType.Event, eventCodec).map(({ event, body }) => ({
      event,
      body: decodeBody(anyBody, body),
    }));
  }

  /** Refusals of posts and fetches and all else, as codes by request. */
  refusals(): Map<number, string> {
    const refused = this.all(FrameType.Reply, replyCodec).filter(({ status }) => status === 1);
    return new Map(refused.map(({ request, body }) => [request, String(decodeBody(anyBody, body).c)]));
  }
}

function mac(password: string, hash: Buffer, device: Buffer): Buffer {
  const out = Buffer.alloc(32);
  const input = Buffer.concat([Buffer.from('natter login'), hash, device]);
  sodium.crypto_generichash(out, input, sessionKey(password).subarray(0, 32));
  return out;
}
