import type { Connection } from '../../../net/types.js';
import { Landing } from './landing.js';

/** Whoever supplies the chunks of a file. */
export interface Supplier {
  /** The server wants so many chunks from `first` on: nothing about either is sure. */
  wanted(first: number, count: number): void;
  /** The server has the whole of a record. */
  supplied(chunk: number): void;
  lost(): void;
}

/** Whoever wants the chunks of a file. */
export interface Taker {
  /** A record that was wanted; valid only during the call. */
  chunk(chunk: number, record: Buffer): void;
  /** The connection takes wants again, after it refused one. */
  room(): void;
  lost(): void;
}

/** What a connection has to say about files. */
export type FileTraffic = Pick<FileLink, 'wanted' | 'supplied' | 'chunk'>;

/** What carries files: a connection to a server, or to a peer. */
export type FileConnection = Pick<Connection, 'want' | 'unwant' | 'supply' | 'unsupply'>;

/** Of a link, what a transfer uses. */
export type TransferLink = Pick<
  FileLink,
  'connection' | 'openSupplier' | 'closeSupplier' | 'openTaker' | 'closeTaker' | 'want' | 'unwant' | 'wake'
> & {
  /** Where not all files are at one place: whether a file's other end can be reached now. */
  reaches?(number: number): boolean;
};

/** The connection as files use it: who has which file open over it. */
export class FileLink {
  readonly #suppliers = new Map<number, Supplier>();
  readonly #takers = new Map<number, Taker>();
  /** Those whose wants were refused since the others have so many. */
  readonly #hungry = new Set<Taker>();
  readonly #landing: Landing;
  #connection: FileConnection | undefined;
  #wake: () => void = () => {};

  /** @param turnEnd runs after what is going on now, and after whatever else waits for its turn */
  constructor(turnEnd: (run: () => void) => void) {
    this.#landing = new Landing(turnEnd, (file, chunk, record) => this.#landed(file, chunk, record));
  }

  /** Logged in; undefined while there is none. */
  get connection(): FileConnection | undefined {
    return this.#connection;
  }

  /** @param wake something was queued on the connection */
  attach(connection: FileConnection, wake: () => void): void {
    this.detach();
    this.#connection = connection;
    this.#wake = wake;
  }

  /** The connection is gone; everybody who had a file open is told. */
  detach(): void {
    if (this.#connection === undefined) return;
    this.#connection = undefined;
    const open = [...this.#suppliers.values(), ...this.#takers.values()];
    this.#suppliers.clear();
    this.#takers.clear();
    this.#hungry.clear();
    this.#landing.clear();
    for (const each of open) each.lost();
  }

  wake(): void {
    this.#wake();
  }

  /** @param file its number */
  openSupplier(file: number, supplier: Supplier): void {
    this.#suppliers.set(file, supplier);
  }

  closeSupplier(file: number, supplier: Supplier): void {
    if (this.#suppliers.get(file) !== supplier) return;
    this.#suppliers.delete(file);
    this.#connection?.unsupply(file);
  }

  openTaker(file: number, taker: Taker): void {
    this.#takers.set(file, taker);
  }

  closeTaker(file: number, taker: Taker): void {
    if (this.#takers.get(file) !== taker) return;
    this.#takers.delete(file);
    this.#hungry.delete(taker);
    this.unwant(file);
    if (this.#takers.size === 0) this.#landing.clear();
    this.#feed();
  }

  /** @returns false when the connection takes no more wants now: then `room` is called */
  want(file: number, taker: Taker, chunk: number, bytes: number): boolean {
    if (this.#connection?.want(file, chunk, bytes) === true) return true;
    this.#hungry.add(taker);
    return false;
  }

  /** Forgets what this file wanted. */
  unwant(file: number): void {
    this.#connection?.unwant(file);
    this.#landing.forget(file);
  }

  // ---- From the connection ------------------------------------------------------------------------------

  wanted(file: number, first: number, count: number): void {
    this.#suppliers.get(file)?.wanted(first, count);
  }

  supplied(file: number, chunk: number): void {
    this.#suppliers.get(file)?.supplied(chunk);
  }

  chunk(file: number, chunk: number, record: Buffer): void {
    if (this.#takers.has(file)) this.#landing.add(file, chunk, record);
  }

  #landed(file: number, chunk: number, record: Buffer): void {
    this.#takers.get(file)?.chunk(chunk, record);
    this.#feed();
  }

  #feed(): void {
    if (this.#hungry.size === 0) return;
    const hungry = [...this.#hungry];
    this.#hungry.clear();
    for (const taker of hungry) taker.room();
  }
}
