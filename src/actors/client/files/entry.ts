import { NatterError } from '../../../chat/error.js';
import type { FileOffer } from '../../../chat/events.js';
import { safeFileName } from '../../../chat/filename.js';
import type { FileEntryBody } from '../../../chat/operations.js';
import { FileEntryBody as Schema } from '../../../chat/schemas.js';
import { sanitiseLine } from '../../../chat/text.js';
import { decodeBody } from '../../../chat/wire.js';

/** What an entry of kind File offers, under the file's number at the server. */
export interface Offered {
  readonly number: number;
  readonly offer: FileOffer;
}

/** @returns undefined when it cannot be read: some other client's, which is shown and not more */
export function offeredIn(body: Uint8Array): Offered | undefined {
  try {
    return offeredBy(decodeBody(Schema, body));
  } catch (error) {
    if (error instanceof NatterError) return undefined;
    throw error;
  }
}

/** Names and types come from anybody, and are made safe here, where they come in. */
export function offeredBy({ f, i, n, s, t }: FileEntryBody): Offered {
  return {
    number: f,
    offer: {
      id: Buffer.from(i).toString('hex'),
      name: safeFileName(n),
      size: s,
      type: sanitiseLine(t).trim() || 'application/octet-stream',
    },
  };
}
