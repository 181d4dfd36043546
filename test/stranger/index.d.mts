/** The stranger is plain JavaScript, as a stranger may well be; these are its types for the tests. */
import type { EventEmitter } from 'node:events';

export interface Pair {
  readonly publicKey: Buffer;
  readonly secret: Buffer;
}

export declare function varint(value: number): Buffer;
export declare function block(content: Uint8Array | string): Buffer;
export declare function u64(value: number): Buffer;
export declare class Reader {
  constructor(bytes: Buffer);
  readonly left: number;
  take(length: number): Buffer;
  rest(): Buffer;
  u8(): number;
  u32(): number;
  u48(): number;
  u64(): number;
  varint(): number;
  block(): Buffer;
  text(): string;
}

export declare function blake2b(length: number, content: Buffer, key?: Buffer | null): Buffer;
export declare function keyPair(secret?: Buffer): Pair;
export declare function initiation(pattern: 1 | 2 | 3, id: Buffer, token: Buffer, message: Buffer): Buffer;

export declare class Initiator {
  constructor(own: Pair, pinned?: Buffer, ephemeral?: Pair, peers?: { prologue: Buffer; psk?: Buffer });
  first(payload: Buffer): Buffer;
  second(message: Buffer): { server: Buffer; payload: Buffer };
  third(): Buffer;
  split(): { sending: Buffer; receiving: Buffer; hash: Buffer };
}

export declare class Keys {
  constructor(keys: { sending: Buffer; receiving: Buffer });
  number: number;
  readonly generation: number;
  seal(peer: Buffer, frames: Buffer[]): { number: number; datagram: Buffer };
  open(datagram: Buffer): { number: number; plaintext: Buffer } | undefined;
  advance(): void;
}

export declare class Received {
  readonly largest: number;
  add(number: number): boolean;
  frame(delayMs: number): Buffer;
}
export declare function readAck(reader: Reader): [number, number][];

export interface Options {
  readonly host: string;
  readonly port: number;
  readonly own: Pair;
  readonly pinned?: Buffer;
  readonly token?: Buffer;
}

export declare class Connection extends EventEmitter {
  static open(options: Options): Promise<Connection>;
  readonly server: Buffer;
  readonly hash: Buffer;
  readonly token?: Buffer;
  readonly generation: number;
  readonly ended?: { code: number; reason: string };
  readonly counts: { datagramsIn: number; datagramsOut: number; pathChallenges: number; segments: number };
  isDeaf: boolean;
  readonly inFlight: number;
  frame(type: number, body: Buffer): Buffer;
  rekey(): void;
  move(): Promise<void>;
  close(code?: number, reason?: string): Promise<void>;
}

export interface Conversation {
  readonly l: number;
  readonly i: Buffer;
  readonly e: number;
  readonly h: number;
  readonly k: number;
  readonly n: string;
  readonly t: string;
  readonly c: number;
  readonly m: number;
  readonly held: number;
}

export interface Entry {
  readonly seq: number;
  readonly kind: number;
  readonly at: number;
  readonly id: string;
  readonly author: string;
  readonly text: string;
  /** Of kind 4. */
  readonly file?: FileOffer;
}

/** An entry of kind 4: number, id, name, bytes, media type. */
export interface FileOffer {
  readonly f: number;
  readonly i: Buffer;
  readonly n: string;
  readonly s: number;
  readonly t: string;
}

export declare function chunksOf(size: number): number;
export declare function recordOf(bytes: Buffer, chunk: number): Buffer;

export declare class Files extends EventEmitter {
  constructor(client: Client);
  readonly counts: { supplied: number; wantedAgain: number; received: number; wrong: number };
  offer(
    conversation: Conversation,
    file: { name: string; size: number; type?: string; id?: Buffer },
  ): Promise<{ f: number; q: number }>;
  send(conversation: Conversation, name: string, bytes: Buffer): Promise<number>;
  upload(file: number, bytes: Buffer, hash?: Buffer): Promise<void>;
  piece(file: number, chunk: number, total: number, offset: number, bytes: Buffer): void;
  want(file: number, first: number, count: number): void;
  open(file: number): Promise<{ s: number; z: number; h?: Buffer }>;
  receive(file: number): Promise<Buffer>;
  withdraw(file: number): Promise<unknown>;
}

export declare class Client extends EventEmitter {
  static connect(options: Options & { readonly stream?: Buffer }): Promise<Client>;
  readonly stream: Buffer;
  readonly connection: Connection;
  readonly conversations: Map<number, Conversation>;
  readonly fetches: number;
  register(name: string, password: string, remember?: boolean): Promise<{ n: string }>;
  login(name: string, password: string, remember?: boolean): Promise<{ n: string }>;
  loginDevice(name: string): Promise<{ n: string }>;
  join(room: string): Promise<Conversation>;
  direct(person: string): Promise<Conversation>;
  leave(conversation: Conversation): Promise<unknown>;
  who(log?: number): Promise<{ n: string; s: number; v: number }[]>;
  cursor(conversation: Conversation, seq: number): Promise<unknown>;
  post(
    conversation: Conversation,
    text: string,
    kind?: number,
  ): Promise<{ seq: number; at: number; id: string }>;
  typing(conversation: Conversation, on: boolean): void;
  ask(operation: number, body: object): Promise<Record<string, unknown>>;
  close(): Promise<void>;
}

export declare function readEntry(bytes: Buffer): Omit<Entry, 'seq'>;
export declare function entryId(of: {
  account: Buffer;
  stream: Buffer;
  log: Buffer;
  counter: number;
}): string;
export declare function loginMac(of: { sessionKey: Buffer; handshakeHash: Buffer; device: Buffer }): Buffer;
