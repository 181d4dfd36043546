import { Malformed, Reader, Writer } from '../../net/bytes.js';
import { readContact, writeContact } from '../../net/ring/contact.js';
import type { Contact } from '../../net/ring/types.js';
import type { Rows } from '../../store/feeds/types.js';

const KEY = 'contacts';
const CONTACTS_MAX_BYTES = 64 * 1024;

/** Peers of last time, kept on disk for the next start and for the day half the ring dies. */
export class PassiveTable {
  readonly #rows: Rows;
  /** As they were kept last. */
  #bytes: Buffer;
  readonly contacts: readonly Contact[];

  constructor(community: Buffer, rows: Rows) {
    this.#rows = rows;
    this.#bytes = rows.get(KEY) ?? Buffer.alloc(0);
    this.contacts = contactsIn(this.#bytes, community);
  }

  keep(contacts: readonly Contact[]): void {
    const writer = new Writer(512, CONTACTS_MAX_BYTES);
    for (const contact of contacts) writeContact(writer, contact);
    const bytes = writer.copy();
    // One who is alone keeps those who were there: they are whom to look for.
    if (bytes.length === 0 || bytes.equals(this.#bytes)) return;
    this.#bytes = bytes;
    this.#rows.put(KEY, bytes);
  }
}

/** What can be read: a table that was written half is no reason not to start. */
function contactsIn(bytes: Buffer, community: Buffer): Contact[] {
  const contacts: Contact[] = [];
  const reader = new Reader(bytes);
  try {
    while (reader.remaining > 0) contacts.push(readContact(reader, community));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
  }
  return contacts;
}
