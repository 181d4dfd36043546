import { client as opaque, ready as opaqueReady } from '@serenity-kit/opaque';
import { decode } from 'cbor-x';
import sodium from 'sodium-native';
import { realClock } from '../../src/actors/runtime/clock.js';
import { UdpDriver } from '../../src/actors/udp.js';
import { Operation } from '../../src/chat/operations.js';
import { encodeBody } from '../../src/chat/wire.js';
import { Reader, Writer } from '../../src/net/bytes.js';
import { CHUNK_BYTES, FILE_HASH_BYTES, FrameType } from '../../src/net/constants.js';
import { createEndpoint } from '../../src/net/endpoint.js';
import { chunkBytes, chunkCount } from '../../src/net/file-chunks.js';
import { eventCodec, replyCodec } from '../../src/net/talk.js';
import type { Connection, EndpointHandler, KeyPair } from '../../src/net/types.js';
import { newKeyPair } from '../../src/store/keys.js';

const REPEAT_MS = 500;
const WINDOW_CHUNKS = 16;
/** A test measures the server, not the stretching of passwords. */
const CHEAP = { 'argon2id-custom': { iterations: 1, memory: 8, parallelism: 1 } } as const;

type Body = Record<string, unknown>;

/** A file that is being fetched. */
interface Fetching {
  readonly bytes: Buffer;
  readonly missing: Set<number>;
  readonly wanted: Set<number>;
}

/**
 * A client of a real server that does what a test says and nothing by itself: requests (repeated until they are
 * answered), chunks of what it supplies, and chunks that it wants. Records what came, and how often.
 */
export class RawClient implements EndpointHandler {
  readonly keys: KeyPair;
  readonly events: { readonly event: number; readonly body: Body }[] = [];
  /** By file: chunks the server wanted, as often as it wanted them. */
  readonly wants = new Map<number, number[]>();
  /** By file: chunks that came, as often as they came. */
  readonly came = new Map<number, number[]>();
  /** Chunks that the server has, of all that was supplied. */
  delivered = 0;
  readonly #sources = new Map<number, { readonly bytes: Buffer; left: number }>();
  /** By file: what the server wants and was not given. */
  readonly #unmet = new Map<number, Set<number>>();
  readonly #fetching = new Map<number, Fetching>();
  readonly #replies = new Map<number, (status: number, body: Body) => void>();
  #driver: UdpDriver | undefined;
  #connection: Connection | undefined;
  #opened: () => void = () => {};
  #request = 0;
  #waiting: (() => void)[] = [];

  constructor(keys: KeyPair = newKeyPair()) {
    this.keys = keys;
  }

  async connect(port: number): Promise<this> {
    const clock = realClock();
    this.#driver = await UdpDriver.open({
      bind: { host: '127.0.0.1', port: 0 },
      clock,
      endpoint: (transmit) =>
        createEndpoint({
          keys: this.keys,
          listening: false,
          transmit,
          random: (target) => sodium.randombytes_buf(target),
          handler: this,
        }),
    });
    const opened = new Promise<void>((resolve) => {
      this.#opened = resolve;
    });
    const to = { to: { address: '127.0.0.1', port }, giveUpMs: 10_000 };
    this.#driver.endpoint.connect(to, clock.now());
    this.#driver.wake();
    await opened;
    return this;
  }

  async register(n: string): Promise<this> {
    await opaqueReady;
    const password = `password of ${n}`;
    const { clientRegistrationState, registrationRequest: r } = opaque.startRegistration({ password });
    const { r: registrationResponse } = await this.do(Operation.RegisterStart, { n, r });
    const { registrationRecord } = opaque.finishRegistration({
      password,
      clientRegistrationState,
      registrationResponse: String(registrationResponse),
      keyStretching: CHEAP,
    });
    await this.do(Operation.RegisterFinish, { n, r: registrationRecord, d: false, l: 'test' });
    return this;
  }

  /** @throws Error the refusal's code */
  async do(operation: Operation, body: object): Promise<Body> {
    const request = ++this.#request;
    const writer = new Writer(256, 1 << 17).varint(request).u8(operation).bytes(encodeBody(body));
    const frame = writer.copy();
    const send = () => {
      this.#connection?.send(FrameType.Request, frame);
      this.#driver?.wake();
    };
    const timer = setInterval(send, REPEAT_MS);
    try {
      return await new Promise<Body>((resolve, reject) => {
        this.#replies.set(request, (status, reply) => {
          if (status === 0) resolve(reply);
          else reject(new Error(String(reply.c)));
        });
        send();
      });
    } finally {
      clearInterval(timer);
    }
  }

  /** Supplies what the server wants of a file from now on, `chunks` of them at most. */
  supply(f: number, bytes: Buffer, chunks = Number.POSITIVE_INFINITY): void {
    this.#sources.set(f, { bytes, left: chunks });
    this.#meet(f);
  }

  /** Wants a whole file, a window at a time; what it has already it does not want again. */
  fetch(f: number, size: number): void {
    const known = this.#fetching.get(f);
    const missing = new Set(Array.from({ length: chunkCount(size) }, (_, chunk) => chunk));
    this.#fetching.set(f, {
      bytes: known?.bytes ?? Buffer.alloc(size),
      missing: known?.missing ?? missing,
      wanted: new Set(),
    });
    this.#want(f);
  }

  /** What was fetched, once all of it is here. */
  async fetched(f: number): Promise<Buffer> {
    await this.until(() => this.#fetching.get(f)?.missing.size === 0);
    return this.#fetching.get(f)?.bytes ?? Buffer.alloc(0);
  }

  /** Ends when the condition holds, which is looked at whenever something came. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): Promise<void> {
    return this.#driver?.close(0, 'the test is over') ?? Promise.resolve();
  }

  // ---- What comes ---------------------------------------------------------------------------------------

  opened(connection: Connection): void {
    this.#connection = connection;
    this.#opened();
  }

  frame(_connection: Connection, type: number, body: Buffer): void {
    const reader = new Reader(body);
    if (type === FrameType.Reply) {
      const { request, status, body: answer } = replyCodec.decode(reader);
      this.#replies.get(request)?.(status, decode(Buffer.from(answer)) as Body);
      this.#replies.delete(request);
    } else if (type === FrameType.Event) {
      const { event, body: told } = eventCodec.decode(reader);
      this.events.push({ event, body: decode(Buffer.from(told)) as Body });
    }
    this.#look();
  }

  wanted(_connection: Connection, f: number, first: number, count: number): void {
    const wants = this.wants.get(f) ?? [];
    this.wants.set(f, wants);
    const unmet = this.#unmet.get(f) ?? new Set();
    this.#unmet.set(f, unmet);
    for (let chunk = first; chunk < first + count; chunk++) {
      wants.push(chunk);
      unmet.add(chunk);
    }
    this.#meet(f);
    this.#look();
  }

  chunk(_connection: Connection, f: number, chunk: number, record: Buffer): void {
    const came = this.came.get(f) ?? [];
    this.came.set(f, [...came, chunk]);
    const fetching = this.#fetching.get(f);
    if (!fetching) return;
    record.copy(fetching.bytes, chunk * CHUNK_BYTES, FILE_HASH_BYTES);
    fetching.missing.delete(chunk);
    fetching.wanted.delete(chunk);
    this.#want(f);
    this.#look();
  }

  supplied(_connection: Connection, f: number): void {
    this.delivered++;
    this.#meet(f);
    this.#look();
  }

  closed(): void {
    this.#connection = undefined;
    this.#look();
  }

  #meet(f: number): void {
    const source = this.#sources.get(f);
    for (const chunk of this.#unmet.get(f) ?? []) {
      if (!source || source.left === 0) break;
      if (!this.#connection?.supply(f, chunk, recordOf(source.bytes, chunk))) break;
      source.left--;
      this.#unmet.get(f)?.delete(chunk);
    }
    this.#driver?.wake();
  }

  #want(f: number): void {
    const fetching = this.#fetching.get(f);
    if (!fetching) return;
    for (const chunk of fetching.missing) {
      if (fetching.wanted.size >= WINDOW_CHUNKS) break;
      if (fetching.wanted.has(chunk)) continue;
      const bytes = FILE_HASH_BYTES + chunkBytes(fetching.bytes.length, chunk);
      if (!this.#connection?.want(f, chunk, bytes)) break;
      fetching.wanted.add(chunk);
    }
    this.#driver?.wake();
  }

  #look(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function recordOf(source: Buffer, chunk: number): Buffer {
  const bytes = source.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
  const record = Buffer.allocUnsafe(FILE_HASH_BYTES + bytes.length);
  sodium.crypto_generichash(record.subarray(0, FILE_HASH_BYTES), bytes);
  bytes.copy(record, FILE_HASH_BYTES);
  return record;
}

/** BLAKE2b-256 of the whole, as Finish tells it. */
export function hashOf(bytes: Buffer): Buffer {
  const hash = Buffer.alloc(FILE_HASH_BYTES);
  sodium.crypto_generichash(hash, bytes);
  return hash;
}
