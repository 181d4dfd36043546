import type { MailChanges, MailStore, StoredMail } from '../../net/ring/mail/store.js';
import { readU48, u48 } from '../tables.js';
import type { MailTables, Table } from './tables.js';

const AT_BYTES = 6;
const FROM = Buffer.alloc(16);
const TO = Buffer.alloc(17, 0xff);

/** What a peer keeps for others. */
export class KeptMail implements MailStore {
  readonly #mail: MailTables;

  constructor(mail: MailTables) {
    this.#mail = mail;
  }

  pieces(): StoredMail[] {
    return all(this.#mail.tables.kept);
  }

  piece(name: string): Buffer | undefined {
    return read(this.#mail.tables.kept, name);
  }

  receipts(): StoredMail[] {
    return all(this.#mail.tables.receipts);
  }

  receipt(name: string): Buffer | undefined {
    return read(this.#mail.tables.receipts, name);
  }

  commit({ keep, remember, drop, forget }: MailChanges): void {
    const { kept, receipts } = this.#mail.tables;
    this.#mail.transact(() => {
      for (const name of drop) kept.remove(Buffer.from(name, 'hex'));
      for (const name of forget) receipts.remove(Buffer.from(name, 'hex'));
      for (const each of keep) write(kept, each);
      for (const each of remember) write(receipts, each);
    });
  }
}

function all(table: Table): StoredMail[] {
  const rows = table.range({ from: FROM, to: TO, limit: Number.MAX_SAFE_INTEGER });
  return rows.map(({ key, value }) => ({
    name: key.toString('hex'),
    bytes: value.subarray(AT_BYTES),
    at: readU48(value, 0),
  }));
}

function read(table: Table, name: string): Buffer | undefined {
  return table.get(Buffer.from(name, 'hex'))?.subarray(AT_BYTES);
}

function write(table: Table, { name, bytes, at }: StoredMail): void {
  table.put(Buffer.from(name, 'hex'), Buffer.concat([u48(at), bytes]));
}
