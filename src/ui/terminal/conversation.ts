/** What the screen keeps of one conversation. */
import type { Room, Target } from '../../chat/events.js';
import { People } from './people.js';
import { Timeline } from './timeline.js';

export interface Conversation {
  readonly room: Target;
  info: Room;
  readonly timeline: Timeline;
  readonly members: People;
  /** Was the whole list of members told? Who is heard of before was there already. */
  areMembersKnown: boolean;
  /** Who is typing, until when (ms). */
  readonly typing: Map<string, number>;
  unread: number;
  mentions: number;
  /** Everything up to this seq was on this screen or read elsewhere. */
  cursor: number;
  /** The new-messages line stands after this seq; undefined for none. */
  newAfter: number | undefined;
  isAtBeginning: boolean;
  /** One is not in it any more, but was reading it then: nothing can be said here. */
  isGone: boolean;
}

export function newConversation(info: Room): Conversation {
  return {
    room: info.room,
    info,
    timeline: new Timeline(),
    members: new People(),
    areMembersKnown: false,
    typing: new Map(),
    unread: info.unread,
    mentions: info.mentions,
    cursor: info.cursor,
    newAfter: undefined,
    isAtBeginning: info.head === 0,
    isGone: false,
  };
}

/** What asks for oneself: mentions, and everything said in private. */
export function weight(conversation: Conversation): number {
  return conversation.info.kind === 'direct' ? conversation.unread : conversation.mentions;
}

/** Lobby, rooms, groups nearby and of one interest, people. */
export function rank({ info }: Conversation): number {
  return { lobby: 0, room: 1, geo: 2, interest: 3, direct: 4 }[info.kind];
}
