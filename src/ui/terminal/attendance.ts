/** Who comes to a conversation and goes: what is told of people, taken in, and what the timeline says of it. */
import type { Group, Person } from '../../chat/events.js';
import { sanitiseLine } from '../../chat/text.js';
import type { Conversation } from './conversation.js';

/** Somebody, safe to show. */
function cleanPerson(person: Person): Person {
  const { user, state, author, near, interests } = person;
  return {
    user: sanitiseLine(user),
    state,
    ...(author === undefined ? {} : { author: sanitiseLine(author) }),
    ...(near === undefined ? {} : { near: sanitiseLine(near) }),
    ...(interests === undefined ? {} : { interests: interests.map(sanitiseLine) }),
  };
}

/** Of one person something is told. @param isNews coming and going is said @param now ms since 1970 */
export function takePresence(conversation: Conversation, raw: Person, isNews: boolean, now: number): void {
  const person = cleanPerson(raw);
  const { members, timeline, typing } = conversation;
  const isHere = person.state !== 'offline';
  const known = person.author === undefined ? undefined : members.keyed(person.author);
  const isWrittenAnew = known !== undefined && known.user !== person.user;
  // Only the name they had is gone: they have another one already.
  if (isWrittenAnew && !isHere) return;
  const keeps = isHere || conversation.info.kind === 'direct';
  const before = keeps ? members.put(person) : members.remove(person);
  typing.delete(person.user);
  const wasHere = before !== undefined && before.state !== 'offline';
  if (isNews && conversation.areMembersKnown && wasHere !== isHere)
    timeline.addPresence(person.user, isHere, now);
  if (isNews && isWrittenAnew)
    timeline.add({
      type: 'notice',
      at: now,
      text: `${known.user} is written ${person.user} now.`,
      isWarning: false,
    });
}

/** Everybody who is in it, told at once. */
export function takeMembers(conversation: Conversation, members: readonly Person[]): void {
  conversation.areMembersKnown = true;
  conversation.members.clear();
  for (const member of members) conversation.members.put(cleanPerson(member));
}

/** The members of a group are told by name; what else is known of them the lobby knows. */
export function takeGroup(
  conversation: Conversation,
  group: Group,
  lobby: Conversation | undefined,
  isNews: (person: Person) => boolean,
  now: number,
): void {
  const told = new Set(group.members);
  const { members, timeline, areMembersKnown } = conversation;
  for (const person of [...members.all()]) {
    if (told.has(person.user)) continue;
    members.remove(person);
    if (areMembersKnown && isNews(person)) timeline.addPresence(person.user, false, now);
  }
  for (const user of group.members) {
    if (members.named(user) !== undefined) continue;
    const person = lobby?.members.named(user) ?? { user, state: 'online' };
    members.put(person);
    if (areMembersKnown && isNews(person)) timeline.addPresence(user, true, now);
  }
  conversation.areMembersKnown = true;
}

/** A group, safe to show. */
export function cleanGroup(group: Group): Group {
  const { group: name, kind, members, by, km } = group;
  return {
    group: name,
    kind,
    members: members.map(sanitiseLine),
    ...(by === undefined ? {} : { by: sanitiseLine(by) }),
    ...(km === undefined ? {} : { km }),
  };
}
