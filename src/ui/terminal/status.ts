/** The title line, the status bar and the hints: what stands around the conversation. */
import { sanitiseLine } from '../../chat/text.js';
import type { Span } from './cells.js';
import { clockOf } from './chat.js';
import { type Conversation, weight } from './conversation.js';
import type { Link } from './link.js';
import { presentCount } from './members.js';
import type { Model } from './model.js';
import type { Row } from './pane.js';
import { lagText, ringText } from './ring-words.js';
import { badge } from './rooms.js';
import type { Theme } from './theme.js';
import { pad, textWidth, truncate } from './width.js';

const LINK_WORDS: Readonly<Record<Link['state'], string>> = {
  offline: 'offline',
  dialling: 'connecting..',
  handshaking: 'securing..',
  authenticating: 'logging in..',
  syncing: 'catching up..',
  live: 'connected',
  reconnecting: 'CONNECTION LOST - trying again',
  failed: 'NOT CONNECTED',
};

/** Stands where a topic would. */
const WELCOME = {
  lobby: 'Welcome - /help lists commands',
  room: '',
  geo: 'people nearby',
  interest: 'people who share this interest',
  direct: '',
} as const;

/** Words that are not answered for this long are worth a note; ms. */
const PATIENCE_MS = 3_000;

/** Two texts at the two edges of `width`; the left one gives way. */
function edges(left: readonly Span[], right: string, width: number, look: number): Row {
  const room = Math.max(0, width - textWidth(right));
  let used = 0;
  const spans: Span[] = [];
  for (const span of left) {
    const text = truncate(span.text, room - used);
    used += textWidth(text);
    spans.push({ text, look: span.look });
  }
  spans.push({ text: ' '.repeat(Math.max(0, room - used)), look }, { text: truncate(right, width), look });
  return spans;
}

export function titleRow(
  model: Model,
  conversation: Conversation | undefined,
  width: number,
  theme: Theme,
): Row {
  if (conversation === undefined)
    return edges([{ text: ' natter', look: theme.title }], '', width, theme.title);
  const isDirect = conversation.info.kind === 'direct';
  const other = isDirect ? model.other(conversation) : undefined;
  const topic = isDirect
    ? withWhom(conversation, other?.user)
    : conversation.info.topic || aboutOf(model, conversation);
  const present = presentCount(model, conversation);
  const right = isDirect ? ` ${other?.state ?? ''} ` : ` ${present} here (F8) `;
  return edges(
    [
      { text: ` ${conversation.room}`, look: theme.barStrong },
      { text: topic === '' ? '' : `  ${topic}`, look: theme.title },
    ],
    right,
    width,
    theme.title,
  );
}

/** @param user how the other one is written now, which may not be how the conversation is */
function withWhom({ room }: Conversation, user: string | undefined): string {
  return `private conversation${user === undefined || room === `@${user}` ? '' : ` with ${user}`}`;
}

/** What a group is about. */
function aboutOf({ community, surroundings }: Model, { room, info }: Conversation): string {
  if (info.kind === 'lobby' && community !== undefined)
    return `Welcome to the ring ${sanitiseLine(community)} - /help lists commands`;
  const group = surroundings.groups.get(room);
  if (group?.km === undefined) return WELCOME[info.kind];
  return `within ${group.km} km${group.by === undefined ? '' : `, founded by ${group.by}`}`;
}

function joined(texts: readonly string[], look: number, first: number): Span[] {
  return texts.map((text, at) =>
    at === 0 ? { text: ` ${text}`, look: first } : { text: ` | ${text}`, look },
  );
}

/** How the connection to the server fares. */
function serverParts(model: Model, now: number, theme: Theme): Span[] {
  const { link } = model;
  const { lostAt, state, lagMs, detail } = link;
  const waiting = waitedFor(model, now);
  // The client tries a second connection beside the silent one before it calls it lost.
  if (state === 'live' && waiting >= PATIENCE_MS)
    return joined(['NO ANSWER - trying again', `for ${span(waiting)}`], theme.bar, theme.barStrong);
  if (state === 'live')
    return joined([LINK_WORDS.live, `lag ${lagText(lagMs)}`, 'encrypted'], theme.bar, theme.bar);
  const lost =
    lostAt === undefined ? [LINK_WORDS[state]] : [LINK_WORDS.reconnecting, `for ${span(now - lostAt)}`];
  return joined(detail === '' ? lost : [...lost, detail], theme.bar, theme.barStrong);
}

/** How one's own peer stands among the others: connected, to how many, since when. */
function ringParts({ link, surroundings: { ring } }: Model, theme: Theme): Span[] {
  if (link.state === 'failed') return joined([LINK_WORDS.failed, link.detail], theme.bar, theme.barStrong);
  if (ring === undefined) return joined(['ring: joining..'], theme.bar, theme.barStrong);
  const isWell = ring.state === 'stable';
  return joined([ringText(ring, ring.since), 'encrypted'], theme.bar, isWell ? theme.bar : theme.barStrong);
}

export function statusRow(model: Model, now: number, width: number, isMouse: boolean, theme: Theme): Row {
  const parts = model.mode === 'ring' ? ringParts(model, theme) : serverParts(model, now, theme);
  const add = (text: string, look = theme.bar) =>
    parts.push({ text: ' | ', look: theme.bar }, { text, look });
  const { place } = model.surroundings;
  if (place !== undefined) add(`near ${place.city}`);
  if (isMouse) add('mouse');
  const asking = model.conversations
    .map((conversation, index) => ({ conversation, index }))
    .filter(({ conversation }) => weight(conversation) > 0 && conversation !== model.current);
  if (asking.length > 0)
    add(
      asking
        .slice(0, 4)
        .map(({ conversation, index }) => `[${index + 1}:${conversation.room} ${badge(model, conversation)}]`)
        .join(' '),
      theme.barStrong,
    );
  return edges(parts, ` ${clockOf(now)} `, width, theme.bar);
}

/** How long the server has owed an answer to one's own words; ms. */
function waitedFor(model: Model, now: number): number {
  const since = model.conversations.map(({ timeline }) => timeline.waitingSince ?? now);
  return Math.max(0, now - Math.min(now, ...since));
}

/** `cyd is typing...`, at most two by name; '' for nobody. */
export function typingText(names: readonly string[]): string {
  const [first, second] = names;
  if (first === undefined) return '';
  if (second === undefined) return `${first} is typing...`;
  if (names.length === 2) return `${first} and ${second} are typing...`;
  return `${first} and ${names.length - 1} others are typing...`;
}

export function hintRow(width: number, theme: Theme): Row {
  const hints = ['Tab complete', 'Alt+Enter newline', 'PgUp scroll', 'Alt+1-9 go', 'F1 help'];
  let text = '';
  for (const hint of hints)
    if (textWidth(text) + hint.length + 2 <= width) text += `${text === '' ? ' ' : '  '}${hint}`;
  return [{ text: pad(text, width), look: theme.dim }];
}

function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min`;
}
