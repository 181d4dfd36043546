/** What the stores show to the actors that own them. */

/** One idempotent append: the counter must be the next of (account, stream, log), or a repeat. */
export interface Append {
  readonly log: number;
  /** 16 bytes. */
  readonly logId: Buffer;
  /** 16 bytes. */
  readonly account: Buffer;
  readonly author: string;
  /** 16 bytes. */
  readonly stream: Buffer;
  readonly counter: number;
  readonly kind: number;
  readonly body: Buffer;
}

export type AppendResult =
  | {
      readonly ok: true;
      /** It was in the log already; nothing was written. */
      readonly repeat: boolean;
      readonly epoch: number;
      readonly seq: number;
      readonly at: number;
      /** The encoded entry as docs/PROTOCOL.md has it; empty for a repeat. */
      readonly entry: Buffer;
    }
  | {
      readonly ok: false;
      readonly code: 'GAP' | 'STREAM_EXPIRED' | 'DISK_FULL' | 'READ_ONLY' | 'DATA_CORRUPT';
      readonly message: string;
      /** The counter that would be accepted; 0 when unknown. */
      readonly expected: number;
    };

export interface Head {
  readonly epoch: number;
  /** 0 when empty. */
  readonly seq: number;
}

export interface Range {
  readonly head: Head;
  /** Seq of the first entry given; entries are consecutive. */
  readonly first: number;
  readonly entries: readonly Buffer[];
}

/** Logs, journal, cursors and request rows: one LMDB environment, one writer. */
export interface LogStore {
  /** 16 random bytes, as old as the store; whatever belongs to its journal carries them. */
  readonly instance: Buffer;
  /** Of every log in here. */
  readonly epoch: number;
  /** Why nothing can be written now; undefined while all is well. */
  readonly fault: { readonly code: string; readonly message: string } | undefined;
  /** Number of the last journal record, trimmed ones too. */
  readonly journalLast: number;
  /** Commits a batch in one transaction; resolves when it is durable. One result per append, in order. */
  append(batch: readonly Append[], wall: number): Promise<AppendResult[]>;
  read(log: number, after: number, entriesMax: number, bytesMax: number): Range;
  head(log: number): Head;
  /** Durable when it resolves, with the seq of the last record. */
  journal(records: readonly Uint8Array[]): Promise<number>;
  journalRead(after: number, bytesMax: number): { last: number; records: readonly Buffer[] };
  journalTrim(through: number): Promise<void>;
  /** Moves forward only; durable when it resolves with the cursor that now holds. */
  cursor(account: Buffer, log: number, seq: number): Promise<number>;
  cursors(account: Buffer, logs: readonly number[]): number[];
  /** Deletes request rows of streams unused for STREAM_LIFE_MS; a bounded piece per call, true when there is more. */
  sweep(wall: number): Promise<boolean>;
  close(): Promise<void>;
}
