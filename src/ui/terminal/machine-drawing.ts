/** Rows about actors: a line of the list, the state tree of one of them, and what it did. */
import type { ActorDetail, ActorEvent, ActorRow, Mishap } from '../../actors/inspect/frames.js';
import type { Chart } from '../../chart/chart.js';
import { formatSize } from '../../chat/amount.js';
import { sanitiseLine } from '../../chat/text.js';
import { clockOf } from './chat.js';
import { keyOf, type ListEntry } from './machine-list.js';
import type { Row } from './pane.js';
import { enabledTexts, type Opened, treeLines, treeText } from './state-tree.js';
import type { Look, Theme } from './theme.js';
import { pad, textWidth, truncate } from './width.js';

/** Most of the width that names of actors get. */
const ACTOR_SHARE = 0.5;
const ACTOR_CELLS = 12;
/** Columns that go when there is not enough room. */
const MACHINE_FROM = 64;
const MACHINE_CELLS = 20;
const MAIL_FROM = 56;
/** Of a tree, left of what its states do. */
const TREE_CELLS = 30;

type ActorEntry = ListEntry & { readonly type: 'actor' };

/** What is known of the actor that is looked at. */
export interface Sight {
  readonly row: ActorRow;
  readonly detail: ActorDetail | undefined;
  /** Undefined for an actor without one, or while it is looked for. */
  readonly chart: Chart | undefined;
}

/** Threads, each with its actors under it, their names in a column as wide as these need. */
export function entryRows(
  entries: readonly ListEntry[],
  chosen: string | undefined,
  width: number,
  theme: Theme,
): Row[] {
  const names = entries.map((entry) => (entry.type === 'actor' ? textWidth(nameOf(entry)) : 0));
  const cells = Math.min(Math.max(ACTOR_CELLS, ...names), Math.floor(width * ACTOR_SHARE)) + 1;
  return entries.map((entry) =>
    entry.type === 'actor'
      ? actorRow(entry, cells, keyOf(entry.row) === chosen, width, theme)
      : [{ text: pad(` ${threadText(entry)}`, width), look: theme.heading }],
  );
}

/** What is part of another stands under it, further in. */
export function nameOf({ row, inner }: ActorEntry): string {
  return sanitiseLine(inner === undefined ? row.actor : `  ${inner}`);
}

/** `core-0  12 actors, 3 unread, 1 dead letter`. */
export function threadText({ name, row, found }: ListEntry & { readonly type: 'thread' }): string {
  const facts = [`${found} ${found === 1 ? 'actor' : 'actors'}`];
  if (row !== undefined) {
    if (!row.up) facts.push('DOWN');
    if (row.generation > 0) facts.push(`${row.generation} ${row.generation === 1 ? 'restart' : 'restarts'}`);
    if (row.mailbox > 0) facts.push(`${row.mailbox} unread`);
    if (row.deadLetters > 0)
      facts.push(`${row.deadLetters} dead ${row.deadLetters === 1 ? 'letter' : 'letters'}`);
  }
  return `${sanitiseLine(name)}  ${facts.join(', ')}`;
}

function actorRow(entry: ActorEntry, nameCells: number, isChosen: boolean, width: number, theme: Theme): Row {
  const { row } = entry;
  const base = isChosen ? theme.current : theme.plain;
  const withMachine = width >= MACHINE_FROM;
  const counts = countsOf(row, width >= MAIL_FROM);
  const countCells = counts === '' ? 0 : counts.length + 1;
  const stateCells = Math.max(4, width - 3 - nameCells - (withMachine ? MACHINE_CELLS : 0) - countCells);
  return [
    { text: `${isChosen ? ' > ' : '   '}${pad(nameOf(entry), nameCells - 1)} `, look: base },
    { text: withMachine ? `${pad(row.machine ?? '', MACHINE_CELLS - 1)} ` : '', look: base },
    { text: pad(stateOf(row), stateCells), look: isChosen ? theme.current : stateLook(row, theme) },
    { text: pad(counts, countCells, 'right'), look: isChosen ? theme.current : theme.fresh },
  ];
}

/** What is worth a look: restarts, and where there is room for it, mail that waits. */
function countsOf({ mailbox, restarts }: ActorRow, withMail: boolean): string {
  const counts = [
    withMail && mailbox > 0 ? `${mailbox} unread` : '',
    restarts > 0 ? `${restarts} ${restarts === 1 ? 'restart' : 'restarts'}` : '',
  ];
  return counts.filter((text) => text !== '').join(', ');
}

export function stateOf({ life, state }: ActorRow): string {
  return life === 'live' ? sanitiseLine(state) : life.toUpperCase();
}

function stateLook({ life }: ActorRow, theme: Theme): Look {
  return life === 'live' ? theme.good : theme.failed;
}

/** The same with only as much of the tree as leaves room for what it would answer, where there are so many rows. */
export function briefRows(sight: Sight, width: number, height: number, theme: Theme): Row[] {
  const rows = sightRows(sight, width, 'active', theme);
  return rows.length <= height ? rows : sightRows(sight, width, 'path', theme);
}

/** The tree of one actor, then what it would answer, then its facts. */
export function sightRows(sight: Sight, width: number, opened: Opened, theme: Theme): Row[] {
  const { row, chart, detail } = sight;
  const { actor, machine, mailbox, restarts } = row;
  const counts = `mailbox ${mailbox}, restarts ${restarts}`;
  const kind = machine === undefined ? counts : `machine ${machine}, ${counts}`;
  const rows: Row[] = [
    lineRow(sanitiseLine(actor), width, theme.bold),
    lineRow(sanitiseLine(kind), width, theme.dim),
  ];
  if (row.life !== 'live') rows.push(lineRow(stateOf(row), width, theme.failed));
  if (chart === undefined) {
    const state = sanitiseLine(row.state);
    rows.push(lineRow(row.machine === undefined ? 'It has no machine.' : 'looking..', width, theme.dim));
    if (state !== '') rows.push(lineRow(`[*] ${state}`, width, theme.good));
  } else {
    const active = new Set(detail?.active ?? []);
    rows.push(...treeRows(chart, active, width, opened, theme));
    rows.push(...listRows('Answers now to', enabledTexts(chart, active), width, theme));
  }
  const facts = Object.entries(detail?.facts ?? {}).map(([name, value]) => `${name} ${value}`);
  return [...rows, ...(facts.length === 0 ? [] : listRows('Facts', facts, width, theme))];
}

function treeRows(
  chart: Chart,
  active: ReadonlySet<string>,
  width: number,
  opened: Opened,
  theme: Theme,
): Row[] {
  return treeLines(chart, active, opened).map((line) => {
    const text = treeText(line);
    const cells = Math.min(width, Math.max(TREE_CELLS, text.length + 2) + 1);
    return [
      { text: pad(` ${text}`, cells), look: line.isActive ? theme.good : theme.plain },
      { text: truncate(line.note, Math.max(0, width - cells)), look: theme.dim },
    ];
  });
}

function listRows(title: string, lines: readonly string[], width: number, theme: Theme): Row[] {
  const shown = lines.length === 0 ? ['nothing'] : lines;
  return [
    [],
    lineRow(title, width, theme.heading),
    ...shown.map((line) => lineRow(`  ${sanitiseLine(line)}`, width, theme.plain)),
  ];
}

function lineRow(text: string, width: number, look: Look): Row {
  return [{ text: truncate(` ${text}`, width), look }];
}

/** What the chosen one did and got, the newest first. */
export function eventRows(events: readonly ActorEvent[], width: number, height: number, theme: Theme): Row[] {
  const title = lineRow('What it does, newest first', width, theme.heading);
  if (events.length === 0) return [title, lineRow('  nothing yet', width, theme.dim)];
  const newest = events.slice(-Math.max(0, height - 1)).reverse();
  return [title, ...newest.map((event) => lineRow(eventText(event), width, lookOf(event, theme)))];
}

/** `Last mishap 12:08: restart of room/7 on core-0, Error`. */
export function mishapText({ at, kind, thread, actor, cause }: Mishap): string {
  const who = actor === '' ? thread : `${actor} on ${thread}`;
  return sanitiseLine(`Last mishap ${clockOf(Date.parse(at))}: ${kind}, ${who}: ${cause}`);
}

const SIGNS: Readonly<Record<ActorEvent['kind'], string>> = {
  in: '<-',
  out: '->',
  edge: '=>',
  state: '[*]',
  life: '!',
};

/** `12:08:01 <- Post from io/0, 120 B (+12 not shown)`. */
function eventText({ at, kind, name, other, bytes, skipped }: ActorEvent): string {
  const partner = other === '' ? '' : ` ${kind === 'in' ? 'from' : 'to'} ${other}`;
  const size = bytes > 0 ? `, ${formatSize(bytes)}` : '';
  const rest = skipped > 0 ? ` (+${skipped} not shown)` : '';
  const time = new Date(at).toTimeString().slice(0, 8);
  return sanitiseLine(`${time} ${SIGNS[kind].padEnd(3)} ${name}${partner}${size}${rest}`);
}

function lookOf({ kind }: ActorEvent, theme: Theme): Look {
  if (kind === 'life') return theme.failed;
  return kind === 'edge' || kind === 'state' ? theme.good : theme.plain;
}
