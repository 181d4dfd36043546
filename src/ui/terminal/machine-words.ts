/** The machines line by line, for a screen that draws nothing. */
import type { Frame } from '../../actors/inspect/frames.js';
import { NatterError } from '../../chat/error.js';
import { sanitiseLine } from '../../chat/text.js';
import { nameOf, type Sight, stateOf, threadText } from './machine-drawing.js';
import { keyOf, MachineList } from './machine-list.js';
import type { MachineSource } from './machine-source.js';
import { enabledTexts, treeLines, treeText } from './state-tree.js';

const LINES_MAX = 200;
/** So long the actors have to tell of themselves; ms. */
const PATIENCE_MS = 3_000;

/**
 * Every actor that has the words of `filter` in its name or state, by thread; of one alone its tree, and what it would
 * answer. @throws NatterError BAD_ARGUMENT when nothing has them
 */
export async function machineLines(machines: MachineSource, filter: string): Promise<string[]> {
  const list = new MachineList();
  let heard: () => void = () => undefined;
  const watch = machines.watch(
    (frame: Frame) => {
      list.take(frame);
      heard();
    },
    { chosen: undefined, ring: false },
  );
  /** Waits until this holds, but not for ever: what is known then is shown. */
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE_MS);
      heard = () => {
        if (!holds()) return;
        clearTimeout(timer);
        resolve();
      };
      heard();
    });
  try {
    await until(() => list.isTold);
    list.filter = filter;
    const { found } = list;
    const exact = found.filter(({ actor }) => actor === filter.trim());
    const [only] = exact.length === 1 ? exact : found;
    if (only === undefined)
      throw new NatterError(
        'BAD_ARGUMENT',
        `No actor has "${filter}" in its name or state; /machines lists all.`,
      );
    if (exact.length !== 1 && found.length !== 1) return listLines(list);
    const key = keyOf(only);
    watch.interest({ chosen: key, ring: false });
    await until(() => list.detail(key) !== undefined);
    const row = list.row(key) ?? only;
    const chart = row.machine === undefined ? undefined : await machines.chart(row.machine);
    return sightLines({ row, chart, detail: list.detail(key) });
  } finally {
    watch.close();
  }
}

function listLines(list: MachineList): string[] {
  const lines = list.entries.map((entry) => {
    if (entry.type === 'thread') return threadText(entry);
    const { row } = entry;
    const mail = row.mailbox > 0 ? `, ${row.mailbox} unread` : '';
    return `  ${nameOf(entry).padEnd(24)} ${stateOf(row)}${mail}`;
  });
  if (lines.length <= LINES_MAX) return lines;
  const rest = lines.length - LINES_MAX;
  return [...lines.slice(0, LINES_MAX), `${rest} more; /machines WORD names those that are looked for.`];
}

function sightLines({ row, chart, detail }: Sight): string[] {
  const kind = row.machine === undefined ? '' : ` (${row.machine})`;
  const counts = `on ${row.thread}, mailbox ${row.mailbox}, restarts ${row.restarts}`;
  const head = sanitiseLine(`${row.actor}${kind} ${counts}: ${stateOf(row)}`);
  if (chart === undefined) return [head];
  const active = new Set(detail?.active ?? []);
  const tree = treeLines(chart, active).map((line) => {
    const text = treeText(line);
    return `  ${line.note === '' ? text : `${text.padEnd(30)}  ${line.note}`}`;
  });
  const enabled = enabledTexts(chart, active).map((text) => `    ${text}`);
  return [head, ...tree, `  Answers now to${enabled.length === 0 ? ' nothing' : ''}`, ...enabled];
}
