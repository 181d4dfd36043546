import { type ConversationBody, ConversationKind } from '../../chat/operations.js';
import type { RoomState } from './requests.js';

/** What is said of a group besides what is said of every room: see ConversationBody. */
export type GroupFacts = Pick<ConversationBody, 'b' | 'r'>;

export function groupFacts({ b, r }: GroupFacts): GroupFacts {
  return { ...(b !== undefined && { b }), ...(r !== undefined && { r }) };
}

/** The conversation as a new member sees it. */
export function conversationOf(room: RoomState): ConversationBody {
  const { log, logId, epoch, head, kind, name, topic, members, facts } = room;
  const count = kind === ConversationKind.Direct ? 0 : members.size;
  return { l: log, i: logId, e: epoch, h: head, k: kind, n: name, t: topic, c: 0, m: count, ...facts };
}
