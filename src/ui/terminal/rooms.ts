/** The room list: numbered as Alt+1-9 reaches them, with what is unread in them. */

import type { Conversation } from './conversation.js';
import type { Model } from './model.js';
import type { Row } from './pane.js';
import type { Theme } from './theme.js';
import { pad, textWidth } from './width.js';

const HEADINGS = {
  lobby: 'ROOMS',
  room: 'ROOMS',
  geo: 'NEARBY',
  interest: 'INTERESTS',
  direct: 'DIRECT',
} as const;

/** `*3` said in private, `@2` mentions, `12` unread, `off` for a person who is not there, else nothing. */
export function badge(model: Model, conversation: Conversation): string {
  if (conversation.info.kind === 'direct') {
    if (conversation.unread > 0) return `*${count(conversation.unread)}`;
    const state = model.other(conversation)?.state;
    return state === 'offline' ? 'off' : state === 'away' ? 'away' : '';
  }
  if (conversation.mentions > 0) return `@${count(conversation.mentions)}`;
  return conversation.unread > 0 ? count(conversation.unread) : '';
}

function count(number: number): string {
  return number > 999 ? '999+' : String(number);
}

/** People nearby and interests of others that are listed at most; they give way to conversations. */
const NEIGHBOURS_MAX = 5;
const SUGGESTIONS_MAX = 4;

/** What stands in one row of the list, from the top. */
type Entry =
  | { readonly kind: 'gap' }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'room'; readonly conversation: Conversation; readonly index: number }
  /** Somebody nearby, or an interest that others have: nothing one is in. */
  | { readonly kind: 'around'; readonly name: string; readonly what: string };

type Around = Extract<Entry, { kind: 'around' }>;

/** The list's rows; when there are more than fit, those around the current conversation. */
function entriesOf(model: Model, height: number): readonly Entry[] {
  const bare = sectionsOf(model, [], []);
  const neighbours = neighboursOf(model);
  const suggestions = suggestionsOf(model);
  let entries = bare;
  // As many of them as leave every conversation in sight.
  for (let more = NEIGHBOURS_MAX; more > 0; more--) {
    const tried = sectionsOf(
      model,
      neighbours.slice(0, more),
      suggestions.slice(0, Math.min(more, SUGGESTIONS_MAX)),
    );
    if (tried.length > height) continue;
    entries = tried;
    break;
  }
  const { current } = model;
  const currentRow = entries.findIndex((entry) => entry.kind === 'room' && entry.conversation === current);
  const from = Math.max(0, Math.min(currentRow - Math.floor(height / 2), entries.length - height));
  return entries.slice(from, from + height);
}

function sectionsOf(
  { conversations }: Model,
  neighbours: readonly Around[],
  suggestions: readonly Around[],
): Entry[] {
  const rooms = conversations.map((conversation, index) => ({ kind: 'room', conversation, index }) as const);
  const under = (heading: string) =>
    rooms.filter(({ conversation }) => HEADINGS[conversation.info.kind] === heading);
  const sections: readonly (readonly [string, readonly Entry[]])[] = [
    ['ROOMS', under('ROOMS')],
    ['NEARBY', [...under('NEARBY'), ...neighbours]],
    ['INTERESTS', [...under('INTERESTS'), ...suggestions]],
    ['DIRECT', under('DIRECT')],
  ];
  return sections
    .filter(([, entries]) => entries.length > 0)
    .flatMap(([text, entries], at) => [
      ...(at === 0 ? [] : [{ kind: 'gap' } as const]),
      { kind: 'heading', text } as const,
      ...entries,
    ]);
}

function neighboursOf({ neighbours }: Model): Around[] {
  return neighbours.map(({ user, nearness }) => ({ kind: 'around', name: user, what: nearness }));
}

function suggestionsOf({ suggestions }: Model): Around[] {
  return suggestions.map(({ tag, people }) => ({ kind: 'around', name: `+${tag}`, what: `(${people})` }));
}

/** How many conversations other than the current one hold something unread. */
function activeCount({ conversations, current }: Model): number {
  return conversations.filter((conversation) => conversation.unread > 0 && conversation !== current).length;
}

/**
 * @param width cells
 * @param height rows; the last one tells how many are active, if any
 */
export function roomRows(model: Model, width: number, height: number, theme: Theme): Row[] {
  const active = activeCount(model);
  const room = active > 0 ? height - 1 : height;
  const rows = entriesOf(model, room).map((entry): Row => {
    if (entry.kind === 'gap') return [];
    if (entry.kind === 'heading') return [{ text: ` ${entry.text}`, look: theme.heading }];
    if (entry.kind === 'around') return aroundRow(entry, width, theme);
    return roomRow(model, entry.conversation, entry.index, width, theme);
  });
  if (active === 0) return rows;
  while (rows.length < room) rows.push([]);
  return [...rows, [{ text: ` ${active} active  Alt+A`, look: theme.dim }]];
}

/** The conversation drawn in row `y` of the list, for the mouse. */
export function roomAt(model: Model, y: number, height: number): Conversation | undefined {
  const entry = entriesOf(model, activeCount(model) > 0 ? height - 1 : height)[y];
  return entry?.kind === 'room' ? entry.conversation : undefined;
}

function aroundRow({ name, what }: Around, width: number, theme: Theme): Row {
  const room = Math.max(4, width - textWidth(what) - 5);
  return [{ text: `   ${pad(name, room)} ${what} `, look: theme.dim }];
}

function roomRow(model: Model, conversation: Conversation, index: number, width: number, theme: Theme): Row {
  const mark = badge(model, conversation);
  const isCurrent = conversation === model.current;
  const number = index < 9 ? String(index + 1) : ' ';
  const label = `${isCurrent ? '>' : ' '}${number} ${conversation.room}`;
  const name = pad(label, width - mark.length - 2);
  if (isCurrent) return [{ text: `${name} ${mark} `, look: theme.current }];
  const isForMe = mark.startsWith('@') || mark.startsWith('*');
  const look = isForMe ? theme.mention : conversation.unread > 0 ? theme.unread : theme.dim;
  return [
    { text: `${name} `, look: conversation.unread > 0 ? theme.bold : theme.plain },
    { text: `${mark} `, look },
  ];
}
