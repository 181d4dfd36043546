import { NatterError } from '../../chat/error.js';
import type { Message } from '../../chat/events.js';
import { Malformed, Reader } from '../../net/bytes.js';
import { FETCH_ENTRIES_MAX } from '../../net/constants.js';
import { type Entry, entryCodec } from '../../net/entry.js';
import type { Entries } from '../../net/talk.js';
import type { Channel } from './channel.js';
import type { Conversation } from './conversation.js';

/**
 * Reads entries backwards from `before`, at most `count`, oldest first. A page may take several answers, since
 * an answer is bounded in bytes.
 * @param read given each message with its entry, whose bytes are views
 * @throws NatterError NOT_A_MEMBER, NO_ANSWER, PROTOCOL
 */
export async function readHistory(
  channel: Channel,
  conversation: Conversation,
  before: number,
  count: number,
  isMine: (author: string) => boolean,
  read: (message: Message, entry: Entry) => void,
): Promise<Message[]> {
  const messages: Message[] = [];
  const reader = new Reader();
  let after = Math.max(0, before - 1 - Math.min(count, FETCH_ENTRIES_MAX));
  while (after < before - 1) {
    const page = await new Promise<Page>((resolve, reject) => {
      channel.fetch(conversation.log, after, before - 1 - after, (answer) => {
        if (answer instanceof Error) reject(answer);
        else settle(answer, resolve, reject);
      });
    });
    // A server that gives nothing further, or again what was there, would keep us asking for ever.
    if (page.last <= after) break;
    messages.push(...page.messages);
    after = page.last;
  }
  return messages;

  /** The answer's bytes are views, so they are read at once. */
  function settle(answer: Entries, resolve: (page: Page) => void, reject: (error: Error) => void): void {
    try {
      resolve(pageOf(answer));
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      reject(
        new NatterError(
          'PROTOCOL',
          'The server sent an entry that cannot be read; both sides need the same natter.',
        ),
      );
    }
  }

  function pageOf({ first, entries }: Entries): Page {
    const page: Page = { messages: [], last: first + entries.length - 1 };
    entries.forEach((bytes, index) => {
      const seq = first + index;
      if (seq <= after || seq >= before) return;
      const entry = entryCodec.decode(reader.reset(bytes));
      const message = conversation.message(seq, entry, isMine(entry.author));
      page.messages.push(message);
      read(message, entry);
    });
    return page;
  }
}

interface Page {
  readonly messages: Message[];
  /** Seq of the last entry answered. */
  readonly last: number;
}
