/** Where kept mail and remembered receipts last. */
export interface StoredMail {
  /** Of the piece, hex; of a receipt, the piece that it is for. */
  readonly name: string;
  readonly bytes: Buffer;
  /** When it came here, ms since 1970. */
  readonly at: number;
}

export interface MailChanges {
  readonly keep: readonly StoredMail[];
  readonly remember: readonly StoredMail[];
  /** Names. */
  readonly drop: readonly string[];
  readonly forget: readonly string[];
}

export interface MailStore {
  pieces(): Iterable<StoredMail>;
  piece(name: string): Buffer | undefined;
  receipts(): Iterable<StoredMail>;
  receipt(name: string): Buffer | undefined;
  /** All of it or nothing; durable when this returns. Throws what the disk refuses with. */
  commit(changes: MailChanges): void;
}
