/**
 * A conversation as rows:
 *
 *   ─────────────── Sun 22 Nov 2026 ────────────────
 *   12:01      ana  morning all
 *   12:02      bo * waves
 *   ──────────────────── new ───────────────────────
 *   12:06        *  ana and 2 others joined
 *   12:07      you  on it                         ok
 */
import type { Message } from '../../chat/events.js';
import { drawSticker } from '../../chat/sticker.js';
import type { Span } from './cells.js';
import { fileText } from './filetext.js';
import type { PaneSource, Row } from './pane.js';
import { type ColourDepth, previewRows } from './picture.js';
import { type Look, nameLook, type Theme } from './theme.js';
import type { Item, MessageItem, NoticeItem, PresenceItem, PreviewItem } from './timeline.js';
import type { TransferList } from './transfers.js';
import { pad, textWidth } from './width.js';
import { wrap, wrapColumns } from './wrap.js';

/** ` 12:07 `; narrower panes do without the time. */
const TIME_CELLS = 7;
const TIME_FROM = 40;
/** A sign between two spaces: `*` for an action, `!` for a mention. */
const SIGN_CELLS = 3;
/** Names shown of those who came or went in one fold. */
const FOLD_NAMES = 3;

export interface ChatContext {
  readonly theme: Theme;
  /** The new-messages line stands before it; undefined for none. */
  readonly firstNew: Item | undefined;
  /** A horizontal rule's character. */
  readonly dash: string;
  readonly transfers: TransferList;
  readonly depth: ColourDepth;
}

export class ChatSource implements PaneSource<Item> {
  readonly items: readonly Item[];
  readonly #context: ChatContext;
  /** Layouts of this frame; a frame asks for the same items a few times. */
  readonly #cache = new Map<number, readonly Row[]>();

  constructor(items: readonly Item[], context: ChatContext) {
    this.items = items;
    this.#context = context;
  }

  rows(index: number, width: number): readonly Row[] {
    const known = this.#cache.get(index);
    if (known !== undefined) return known;
    const rows = this.#layOut(index, width);
    this.#cache.set(index, rows);
    return rows;
  }

  #layOut(index: number, width: number): readonly Row[] {
    const item = this.items[index];
    if (item === undefined) return [[]];
    const { theme, dash } = this.#context;
    const before = this.items[index - 1];
    const rows: Row[] = [];
    if (before === undefined || dayOf(timeOf(before)) !== dayOf(timeOf(item)))
      rows.push(ruleRow(dayOf(timeOf(item)), width, dash, theme.dim, theme.dim));
    if (item === this.#context.firstNew)
      rows.push(ruleRow('new messages', width, dash, theme.fresh, theme.fresh));
    if (item.type === 'message') rows.push(...messageRows(item, width, this.#context));
    else if (item.type === 'presence')
      rows.push(...asideRows(item.at, foldText(item), width, theme, theme.dim));
    else if (item.type === 'preview') rows.push(...pictureRows(item, width, this.#context));
    else rows.push(...noticeRows(item, width, theme));
    return rows;
  }
}

/** Cells of the name column at a pane of this width. */
function nameCells(width: number): number {
  return width >= 84 ? 14 : width >= 50 ? 10 : 6;
}

function timeCells(width: number): number {
  return width >= TIME_FROM ? TIME_CELLS : 1;
}

/** Cells before the text. */
export function indentOf(width: number): number {
  return timeCells(width) + nameCells(width) + SIGN_CELLS;
}

function timeSpan(at: number, width: number, theme: Theme): Span {
  return { text: pad(width >= TIME_FROM ? ` ${clockOf(at)}` : '', timeCells(width)), look: theme.dim };
}

/** `Sun 22 Nov 2026`, in the local time zone. */
export function dayOf(at: number): string {
  const [weekday = '', month = '', day = '', year = ''] = new Date(at).toDateString().split(' ');
  return `${weekday} ${Number(day)} ${month} ${year}`;
}

/** `12:07`, in the local time zone. */
export function clockOf(at: number): string {
  const date = new Date(at);
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
}

function timeOf(item: Item): number {
  return item.type === 'message' ? item.message.at : item.at;
}

function ruleRow(label: string, width: number, dash: string, line: Look, text: Look): Row {
  const left = Math.max(0, Math.floor((width - textWidth(label) - 2) / 2));
  const right = Math.max(0, width - left - textWidth(label) - 2);
  return [
    { text: dash.repeat(left), look: line },
    { text: ` ${label} `, look: text },
    { text: dash.repeat(right), look: line },
  ];
}

function messageRows(item: MessageItem, width: number, { theme, transfers }: ChatContext): Row[] {
  const { message } = item;
  const names = nameCells(width);
  const isAction = message.kind === 'action';
  const name = message.mine ? 'you' : message.from;
  const nameOwnLook = message.mine ? theme.mine : item.isMention ? theme.mention : nameLook(theme, name);
  // A mention is told by a sign too, not by its colour alone.
  const sign = isAction ? '*' : item.isMention ? '!' : ' ';
  const head: Span[] = [
    timeSpan(message.at, width, theme),
    { text: `${pad(name, names, 'right')} `, look: nameOwnLook },
    { text: `${sign} `, look: item.isMention ? theme.mention : theme.action },
  ];
  const indent = indentOf(width);
  const look = bodyLook(item, theme);
  const body =
    message.kind === 'sticker'
      ? drawSticker(message.text)
      : wrap(wordsOf(message, transfers, width - indent - 1), width - indent - 1);
  const rows: Row[] = body.map((text, index) =>
    index === 0
      ? [...head, { text, look }]
      : [
          { text: ' '.repeat(indent), look: theme.plain },
          { text, look },
        ],
  );
  return withState(rows, item, width, indent, theme);
}

/** What is said; of a file what it is and how it fares, in two rows where one is too short. */
function wordsOf({ text, file }: Message, transfers: TransferList, width: number): string {
  if (file === undefined) return text;
  const [what, note] = fileText(file, transfers.byId(file.id));
  if (note === '') return what;
  return what + (textWidth(what) + textWidth(note) + 3 <= width ? ` - ${note}` : `\n${note}`);
}

function bodyLook(item: MessageItem, theme: Theme): Look {
  if (item.message.kind === 'action') return theme.action;
  if (item.message.kind === 'sticker') return theme.sticker;
  if (item.message.kind === 'file') return theme.file;
  if (item.message.kind === 'notice') return theme.notice;
  return theme.plain;
}

/** How one's own message fares, and its look. */
const DELIVERIES = {
  ok: ['ok', 'dim'],
  sending: ['sending..', 'dim'],
  held: ['held until they come', 'notice'],
  delivered: ['delivered', 'good'],
  expired: ['EXPIRED - nobody came', 'failed'],
  failed: ['FAILED - Enter to retry', 'failed'],
} as const;

/** One's own message says at the right of its last row how it fares; below it where there is no room. */
function withState(rows: Row[], item: MessageItem, width: number, indent: number, theme: Theme): Row[] {
  const { message } = item;
  if (!message.mine) return rows;
  const [state, lookName] = DELIVERIES[message.delivery];
  const look = theme[lookName];
  const last = rows.at(-1) ?? [];
  const used = last.reduce((cells, span) => cells + textWidth(span.text), 0);
  const gap = width - used - textWidth(state) - 1;
  if (gap >= 1)
    rows[rows.length - 1] = [...last, { text: ' '.repeat(gap), look: theme.plain }, { text: state, look }];
  else rows.push([{ text: pad(state, width - 1, 'right'), look }]);
  if (lookName === 'failed' && message.reason !== undefined) {
    for (const text of wrap(message.reason, width - indent - 1))
      rows.push([
        { text: ' '.repeat(indent), look: theme.plain },
        { text, look: theme.dim },
      ]);
  }
  return rows;
}

/** Under the words, as far as there is room. */
function pictureRows({ preview }: PreviewItem, width: number, { depth, theme }: ChatContext): Row[] {
  const indent = { text: ' '.repeat(indentOf(width)), look: theme.plain };
  return previewRows(preview, depth, theme).map((row) => [indent, ...row]);
}

function noticeRows(item: NoticeItem, width: number, theme: Theme): Row[] {
  return asideRows(
    item.at,
    item.text,
    width,
    theme,
    item.isWarning ? theme.warning : theme.notice,
    item.isWarning,
  );
}

/** What nobody said: a sign stands where the name would be. */
function asideRows(
  at: number,
  text: string,
  width: number,
  theme: Theme,
  look: Look,
  isWarning = false,
): Row[] {
  const names = nameCells(width);
  const indent = indentOf(width);
  return wrapColumns(text, width - indent - 1).map((line, index) =>
    index === 0
      ? [
          timeSpan(at, width, theme),
          { text: `${' '.repeat(names - 1)}${isWarning ? '!' : '-'}   `, look },
          { text: line, look },
        ]
      : [
          { text: ' '.repeat(indent), look: theme.plain },
          { text: line, look },
        ],
  );
}

/** `ana, bo and 3 others joined; cyd left`. */
export function foldText(item: PresenceItem): string {
  const part = (names: ReadonlySet<string>, verb: string): string[] => {
    if (names.size === 0) return [];
    const shown = [...names].slice(0, names.size > FOLD_NAMES ? FOLD_NAMES - 1 : FOLD_NAMES);
    const others = names.size - shown.length;
    const list = others > 0 ? [...shown, `${others} others`] : shown;
    const joined = list.length === 1 ? list[0] : `${list.slice(0, -1).join(', ')} and ${list.at(-1)}`;
    return [`${joined} ${verb}`];
  };
  return [...part(item.joined, 'joined'), ...part(item.left, 'left')].join('; ');
}
