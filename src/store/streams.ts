/**
 * The request table: which counters of which stream became which entries.
 *
 * A stream row maps (account, stream) to a short number; a request row maps (row, log, counter) to the entry's
 * seq and time, so that every counter a live stream has used is answered exactly, however long ago.
 *
 *   unknown --counter 1--> live --unused for STREAM_LIFE_MS--> expired --TOMBSTONE_MS more--> unknown
 *
 * - unknown: only counter 1 opens a stream, anything above is a GAP that expects 1. This is also the answer
 *   to a stream of whose past nothing is left, which is right: the server cannot tell it from one that lost
 *   its first request, and the client, told "1" long after its own 1, opens a new stream.
 * - live: the next counter is accepted, repeats are answered, gaps refused. "Used" is an accepted append,
 *   noted to the day, so a row may live a day longer than it must.
 * - expired: the request rows are gone, so nothing can be proven: every counter is STREAM_EXPIRED, 1 too.
 *   Otherwise the words of a `send --key`, whose stream follows from the key, would be said twice when
 *   repeated after the 90 days. What remains is a tombstone of 45 bytes for three lives more.
 */
import { STREAM_LIFE_MS } from '../net/constants.js';
import { readU48, type Tables, U48_MAX, u48 } from './tables.js';

const DAY_MS = 24 * 3600 * 1000;
export const TOMBSTONE_MS = 3 * STREAM_LIFE_MS;
/** Streams kept in memory; beyond it the one unused for longest is dropped and found again in the table. */
const STREAMS_CACHED_MAX = 16_384;

const State = { Live: 0, Expired: 1 } as const;
const ROW_BYTES = 13;
const ROW_FACT = Buffer.from('row');

/** A stream as it is held in memory. */
export interface Stream {
  readonly row: number;
  readonly key: Buffer;
  expired: boolean;
  /** Day-exact wall time of the last accepted append. */
  used: number;
  /** Last accepted counter per log. */
  readonly last: Map<number, number>;
  /** Opened by this process: a log missing in `last` had no request yet. */
  readonly fresh: boolean;
}

export interface Request {
  readonly seq: number;
  readonly at: number;
}

/** All writes happen inside the caller's transaction; after a failed one `forget` must be called. */
export class Streams {
  readonly #tables: Tables;
  readonly #cache = new Map<string, Stream>();
  #nextRow: number | undefined;
  #sweepFrom: Buffer | undefined;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Drops what a rolled-back transaction may have left in memory. */
  forget(): void {
    this.#cache.clear();
    this.#nextRow = undefined;
  }

  find(account: Buffer, stream: Buffer): Stream | undefined {
    const name = account.toString('latin1') + stream.toString('latin1');
    const cached = this.#cache.get(name);
    if (cached !== undefined) {
      // Put it last: Maps keep insertion order, so the first is the one unused for longest.
      this.#cache.delete(name);
      this.#cache.set(name, cached);
      return cached;
    }
    const key = Buffer.concat([account, stream]);
    const value = this.#tables.streams.getBinary(key);
    if (value === undefined) return undefined;
    const found: Stream = {
      row: readU48(value, 0),
      key,
      used: readU48(value, 1),
      expired: value[12] === State.Expired,
      last: new Map(),
      fresh: false,
    };
    this.#remember(name, found);
    return found;
  }

  open(account: Buffer, stream: Buffer, wall: number): Stream {
    const row = this.#takeRow();
    const key = Buffer.concat([account, stream]);
    const opened: Stream = { row, key, used: wall, expired: false, last: new Map(), fresh: true };
    this.#write(opened);
    this.#remember(key.toString('latin1'), opened);
    return opened;
  }

  /** The last counter this stream had accepted in a log; 0 when none. */
  last(stream: Stream, log: number): number {
    const known = stream.last.get(log);
    if (known !== undefined) return known;
    let last = 0;
    if (!stream.fresh) {
      const start = u48(stream.row, log, U48_MAX);
      const end = u48(stream.row, log, 0);
      for (const key of this.#tables.requests.getKeys({ start, end, reverse: true, limit: 1 }))
        last = readU48(key, 2);
    }
    stream.last.set(log, last);
    return last;
  }

  request(stream: Stream, log: number, counter: number): Request | undefined {
    const value = this.#tables.requests.getBinary(u48(stream.row, log, counter));
    return value === undefined ? undefined : { seq: readU48(value, 0), at: readU48(value, 1) };
  }

  accept(stream: Stream, log: number, counter: number, request: Request, wall: number): void {
    this.#tables.requests.put(u48(stream.row, log, counter), u48(request.seq, request.at));
    stream.last.set(log, counter);
    if (wall - stream.used >= DAY_MS) {
      stream.used = wall;
      this.#write(stream);
    }
  }

  /**
   * Looks at the next `streamsMax` streams and expires or forgets those that are due, deleting at most
   * `rowsMax` request rows. @returns true when the round is not finished.
   */
  sweep(wall: number, streamsMax: number, rowsMax: number): boolean {
    let rows = rowsMax;
    let looked = 0;
    // Collected first: deleting under an open cursor is not safe.
    const due: { key: Buffer; value: Buffer }[] = [];
    let last: Buffer | undefined;
    const start = this.#sweepFrom ?? Buffer.alloc(1);
    for (const { key, value } of this.#tables.streams.getRange({ start, limit: streamsMax })) {
      looked++;
      last = key;
      const idle = wall - readU48(value, 1);
      if (idle >= STREAM_LIFE_MS + DAY_MS) due.push({ key: Buffer.from(key), value: Buffer.from(value) });
    }
    for (const { key, value } of due) {
      rows -= this.#bury(key, value, wall, rows);
      if (rows <= 0) {
        this.#sweepFrom = key;
        return true;
      }
    }
    const more = looked === streamsMax;
    this.#sweepFrom = more && last !== undefined ? Buffer.concat([last, Buffer.alloc(1)]) : undefined;
    return more;
  }

  /** Expires a stream, or forgets one whose tombstone has aged. Returns the request rows it deleted. */
  #bury(key: Buffer, value: Buffer, wall: number, rowsMax: number): number {
    const row = readU48(value, 0);
    const used = readU48(value, 1);
    this.#cache.delete(key.toString('latin1'));
    // The tombstone stands before the first row goes, so that no repeat is ever taken for a gap.
    this.#write({ row, key, used, expired: true, last: new Map(), fresh: false });
    const range = { start: u48(row, 0, 0), end: u48(row + 1, 0, 0), limit: rowsMax };
    const requests = [...this.#tables.requests.getKeys(range)];
    for (const request of requests) this.#tables.requests.remove(request);
    const aged = wall - used >= STREAM_LIFE_MS + TOMBSTONE_MS;
    if (requests.length < rowsMax && aged) this.#tables.streams.remove(key);
    return requests.length;
  }

  #takeRow(): number {
    if (this.#nextRow === undefined) {
      const stored = this.#tables.facts.getBinary(ROW_FACT);
      this.#nextRow = stored === undefined ? 1 : readU48(stored, 0);
    }
    const row = this.#nextRow++;
    this.#tables.facts.put(ROW_FACT, u48(this.#nextRow));
    return row;
  }

  #write(stream: Stream): void {
    const value = Buffer.alloc(ROW_BYTES);
    value.writeUIntBE(stream.row, 0, 6);
    value.writeUIntBE(stream.used, 6, 6);
    value[12] = stream.expired ? State.Expired : State.Live;
    this.#tables.streams.put(stream.key, value);
  }

  #remember(name: string, stream: Stream): void {
    this.#cache.set(name, stream);
    if (this.#cache.size <= STREAMS_CACHED_MAX) return;
    const oldest = this.#cache.keys().next();
    if (oldest.done !== true) this.#cache.delete(oldest.value);
  }
}
