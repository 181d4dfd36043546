/** The room list: numbered as Alt+1-9 reaches them, with what is unread in them. */

import type { Conversation, Model } from './model.js';
import type { Row } from './pane.js';
import type { Theme } from './theme.js';
import { pad } from './width.js';

const HEADINGS = { lobby: 'ROOMS', room: 'ROOMS', direct: 'DIRECT' } as const;

/** `*3` said in private, `@2` mentions, `12` unread, `off` for a person who is not there, else nothing. */
export function badge(model: Model, conversation: Conversation): string {
  if (conversation.info.kind === 'direct') {
    if (conversation.unread > 0) return `*${count(conversation.unread)}`;
    const state = model.stateOf(conversation.room.slice(1));
    return state === 'offline' ? 'off' : state === 'away' ? 'away' : '';
  }
  if (conversation.mentions > 0) return `@${count(conversation.mentions)}`;
  return conversation.unread > 0 ? count(conversation.unread) : '';
}

function count(number: number): string {
  return number > 999 ? '999+' : String(number);
}

/**
 * @param width cells
 * @param height rows; when there is not enough, the part around the current one is shown
 */
export function roomRows(model: Model, width: number, height: number, theme: Theme): Row[] {
  const { conversations, current } = model;
  const rows: Row[] = [];
  let heading = '';
  let currentRow = 0;
  conversations.forEach((conversation, index) => {
    const own = HEADINGS[conversation.info.kind];
    if (own !== heading) {
      heading = own;
      rows.push([{ text: pad(` ${heading}`, width), look: theme.heading }]);
    }
    const isCurrent = conversation === current;
    if (isCurrent) currentRow = rows.length;
    rows.push(roomRow(conversation, badge(model, conversation), index, isCurrent, width, theme));
  });
  const active = conversations.filter(
    (conversation) => conversation.unread > 0 && conversation !== current,
  ).length;
  const foot: Row[] = active > 0 ? [[{ text: pad(` ${active} active  Alt+A`, width), look: theme.dim }]] : [];
  const room = height - foot.length;
  const from = Math.max(0, Math.min(currentRow - Math.floor(room / 2), rows.length - room));
  const shown = rows.slice(from, from + room);
  while (foot.length > 0 && shown.length < room) shown.push([]);
  return [...shown, ...foot];
}

function roomRow(
  conversation: Conversation,
  mark: string,
  index: number,
  isCurrent: boolean,
  width: number,
  theme: Theme,
): Row {
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

/** The conversation drawn in row `y` of the list, for the mouse. */
export function roomAt(model: Model, y: number, height: number): Conversation | undefined {
  const { conversations, current } = model;
  const rows: (Conversation | undefined)[] = [];
  let heading = '';
  for (const conversation of conversations) {
    if (HEADINGS[conversation.info.kind] !== heading) {
      heading = HEADINGS[conversation.info.kind];
      rows.push(undefined);
    }
    rows.push(conversation);
  }
  const isActive = conversations.some((conversation) => conversation.unread > 0 && conversation !== current);
  const room = height - (isActive ? 1 : 0);
  const currentRow = current === undefined ? 0 : Math.max(0, rows.indexOf(current));
  const from = Math.max(0, Math.min(currentRow - Math.floor(room / 2), rows.length - room));
  return y < room ? rows[from + y] : undefined;
}
