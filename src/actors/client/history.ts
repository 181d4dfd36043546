import type { Message } from '../../chat/events.js';
import { Reader } from '../../net/bytes.js';
import { FETCH_ENTRIES_MAX } from '../../net/constants.js';
import { entryCodec } from '../../net/entry.js';
import type { Entries } from '../../net/talk.js';
import type { Channel } from './channel.js';
import type { Conversation } from './conversation.js';

/**
 * Reads entries backwards from `before`, at most `count`, oldest first. A page may take several answers, since
 * an answer is bounded in bytes.
 * @throws NatterError NOT_A_MEMBER, NO_ANSWER
 */
export async function readHistory(
  channel: Channel,
  conversation: Conversation,
  before: number,
  count: number,
  isMine: (author: string) => boolean,
): Promise<Message[]> {
  const messages: Message[] = [];
  const reader = new Reader();
  let after = Math.max(0, before - 1 - Math.min(count, FETCH_ENTRIES_MAX));
  while (after < before - 1) {
    const wanted = before - 1 - after;
    const last = await new Promise<number>((resolve, reject) => {
      channel.fetch(conversation.log, after, wanted, (answer) => {
        if (answer instanceof Error) return reject(answer);
        take(answer);
        resolve(answer.entries.length === 0 ? before : answer.first + answer.entries.length - 1);
      });
    });
    after = last;
  }
  return messages;

  /** The answer's bytes are views, so they are read at once. */
  function take(answer: Entries): void {
    answer.entries.forEach((bytes, index) => {
      const seq = answer.first + index;
      if (seq >= before) return;
      const entry = entryCodec.decode(reader.reset(bytes));
      messages.push(conversation.message(seq, entry, isMine(entry.author)));
    });
  }
}
