/** The third column: who is in the conversation, with a sign for who is away or gone. */
import type { Person, Presence } from '../../chat/events.js';
import type { Conversation } from './conversation.js';
import type { Model } from './model.js';
import type { Row } from './pane.js';
import { nameLook, type Theme } from './theme.js';
import { pad } from './width.js';

const ORDER: readonly Presence[] = ['online', 'away', 'offline'];
const SIGNS: Readonly<Record<Presence, string>> = { online: '+', away: '-', offline: ' ' };

export function memberRows(
  model: Model,
  conversation: Conversation,
  width: number,
  height: number,
  theme: Theme,
): Row[] {
  const people = membersOf(model, conversation).sort(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || a.user.localeCompare(b.user),
  );
  const rows: Row[] = [[{ text: pad(` MEMBERS  ${people.length}`, width), look: theme.heading }]];
  for (const person of people) {
    const { user, state } = person;
    const isMe = model.isMe(person);
    const label = `${user}${isMe ? ' (you)' : ''}${state === 'online' ? '' : ` ${state}`}`;
    const look = isMe ? theme.mine : nameLook(theme, user);
    rows.push([
      { text: ` ${SIGNS[state]} `, look: state === 'online' ? theme.good : theme.dim },
      { text: pad(label, width - 3), look: state === 'online' ? look : theme.dim },
    ]);
  }
  if (rows.length <= height) return rows;
  const rest = rows.length - height + 1;
  return [...rows.slice(0, height - 1), [{ text: pad(` ${rest} more: /names`, width), look: theme.dim }]];
}

/** Members of a conversation, each as present as the lobby knows. */
function membersOf(model: Model, conversation: Conversation): Person[] {
  if (conversation.info.kind === 'direct') {
    const other = model.other(conversation) ?? { user: conversation.room.slice(1), state: 'offline' };
    return [model.self, other];
  }
  return [...conversation.members.all()].map((person) => ({
    ...person,
    state: model.stateOf(person.user) ?? person.state,
  }));
}

/** How many are there, away or not. */
export function presentCount(model: Model, conversation: Conversation): number {
  if (conversation.members.size === 0) return conversation.info.members;
  return membersOf(model, conversation).filter(({ state }) => state !== 'offline').length;
}
