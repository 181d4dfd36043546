/**
 * Files on their way and those of before, as a client remembers them. Several processes share the folder: whoever
 * works on a transfer holds its lock, and only they write its record.
 *
 *   FOLDER/transfers/ACCOUNT/ID-in.json      one record a file, ID-in.lock while a process works on it
 *   FOLDER/transfers/ACCOUNT/trusted.json    whose private files are taken without asking
 *
 * ACCOUNT is a hash of server and user, since both are names from people.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import sodium from 'sodium-native';
import * as v from 'valibot';
import { ErrorCode, NatterError } from '../chat/error.js';
import { unusable } from './folder.js';
import { AtomicJson } from './json.js';
import { type FileLock, isLock, tryLock } from './lock.js';

/** Finished transfers that are remembered; the oldest are forgotten. */
export const HISTORY_MAX = 200;
const ACCOUNT_HASH_BYTES = 16;
const ENDED: ReadonlySet<TransferRecord['state']> = new Set(['rejected', 'done', 'failed']);

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const hex = v.pipe(v.string(), v.regex(/^[0-9a-f]+$/));

const Schema = v.object({
  format: v.literal(1),
  id: hex,
  direction: v.picklist(['in', 'out']),
  state: v.picklist(['offered', 'accepted', 'rejected', 'running', 'paused', 'verifying', 'done', 'failed']),
  room: v.string(),
  /** Is it a private conversation? */
  direct: v.boolean(),
  from: v.string(),
  to: v.string(),
  /** In the ring: the key of who offers it, or of whom it is offered to alone; hex. */
  peer: v.exactOptional(hex),
  name: v.string(),
  size: count,
  type: v.string(),
  /** The file's number at the server; 0 while it has none. */
  number: count,
  log: count,
  /** Offered at, ms since 1970. */
  at: count,
  bytes: count,
  repeated: count,
  /** The sender's file; of one received, where it is once it is whole and has its name. */
  path: v.exactOptional(v.string()),
  /** Which file it was that was offered: what changes when somebody writes to it or replaces it. */
  stamp: v.exactOptional(v.object({ modified: v.string(), inode: v.string() })),
  /** The folder to receive it in; the downloads folder without it. */
  into: v.exactOptional(v.string()),
  /** What the partial file is called by: no two receivers share one. */
  partial: v.exactOptional(hex),
  hash: v.exactOptional(hex),
  code: v.exactOptional(v.picklist(ErrorCode)),
  reason: v.exactOptional(v.string()),
  answer: v.exactOptional(v.picklist(['accepted', 'rejected', 'done'])),
  /** What the server is still to be told. */
  owes: v.picklist(['nothing', 'withdraw', 'accepted', 'rejected', 'done']),
});

export type TransferRecord = v.InferOutput<typeof Schema>;

/** Nothing more happens to it by itself. */
export const isEnded = (state: TransferRecord['state']): boolean => ENDED.has(state);

const Names = v.array(v.string());

/** The transfers of one account at one server. */
export class TransferStore {
  readonly #folder: string;

  /** @param folder the client's part of the data folder (`openFolder`) */
  constructor(folder: string, server: string, user: string) {
    const account = Buffer.alloc(ACCOUNT_HASH_BYTES);
    sodium.crypto_generichash(account, Buffer.from(JSON.stringify([server, user])));
    this.#folder = join(folder, 'transfers', account.toString('hex'));
    this.#touching(() => mkdirSync(this.#folder, { recursive: true, mode: 0o700 }));
  }

  /** All that can be read, oldest first; forgets what is too much. One that is damaged is left where it is. */
  list(): TransferRecord[] {
    const records = this.#touching(() => readdirSync(this.#folder))
      .filter((name) => /-(?:in|out)\.json$/.test(name))
      .flatMap((name) => {
        try {
          return this.#file(name).read() ?? [];
        } catch {
          return [];
        }
      })
      .sort((a, b) => a.at - b.at);
    const ended = records.filter(({ state }) => isEnded(state));
    const forgotten = new Set(ended.slice(0, Math.max(0, ended.length - HISTORY_MAX)));
    for (const record of forgotten) this.remove(record);
    return records.filter((record) => !forgotten.has(record));
  }

  /** As it is now: another process may have gone on with it. @throws NatterError DATA_CORRUPT, DATA_UNWRITABLE */
  read({ id, direction }: TransferRecord): TransferRecord | undefined {
    return this.#touching(() => this.#file(`${id}-${direction}.json`).read()) ?? undefined;
  }

  /** @throws NatterError DISK_FULL, DATA_UNWRITABLE */
  save(record: TransferRecord): void {
    this.#touching(() => this.#file(`${record.id}-${record.direction}.json`).write(record));
  }

  /** @throws NatterError DATA_UNWRITABLE */
  remove({ id, direction }: TransferRecord): void {
    this.#touching(() => rmSync(join(this.#folder, `${id}-${direction}.json`), { force: true }));
  }

  /** @returns undefined when another process works on it. @throws NatterError DISK_FULL, DATA_UNWRITABLE */
  lock({ id, direction }: TransferRecord): FileLock | undefined {
    const lock = this.#touching(() => tryLock(join(this.#folder, `${id}-${direction}.lock`)));
    return isLock(lock) ? { release: () => this.#touching(() => lock.release()) } : undefined;
  }

  /** Whose private files are taken without asking. @throws NatterError DATA_CORRUPT, DATA_UNWRITABLE */
  trusted(): string[] {
    return this.#touching(() => this.#trust().read()) ?? [];
  }

  /** @throws NatterError DISK_FULL, DATA_UNWRITABLE */
  trust(names: readonly string[]): void {
    this.#touching(() => this.#trust().write([...names]));
  }

  #touching<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof NatterError) throw error;
      throw unusable(this.#folder, error);
    }
  }

  #file(name: string): AtomicJson<TransferRecord> {
    return new AtomicJson(join(this.#folder, name), (value) => v.parse(Schema, value));
  }

  #trust(): AtomicJson<string[]> {
    return new AtomicJson(join(this.#folder, 'trusted.json'), (value) => v.parse(Names, value));
  }
}
