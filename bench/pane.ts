/**
 * What a frame costs in a conversation of 100,000 messages: the virtualised pane alone, and everything from
 * the model to the cells that differ, without the terminal.
 *
 *     npx tsc -p tsconfig.bench.json && node dist/bench/bench/pane.js
 *
 * Prints milliseconds, median and 99th percentile, at 140x40.
 */
import type { Message } from '../src/chat/events.js';
import { type Line, Surface } from '../src/ui/terminal/cells.js';
import { ChatSource } from '../src/ui/terminal/chat.js';
import { Pane } from '../src/ui/terminal/pane.js';
import { PLAIN, themeFor } from '../src/ui/terminal/theme.js';
import { type Item, Timeline } from '../src/ui/terminal/timeline.js';

const MESSAGES = 100_000;
const FRAMES = 500;
const [COLUMNS, ROWS] = [140, 40];
const TEXTS = [
  'morning all',
  'a line that is long enough to be wrapped once or twice in a pane of this width, as many lines are when people explain',
  '你好！我刚刚读完了新的规范，写得很清楚 👍',
  'crème brûlée at four? 👨‍👩‍👧‍👦 are all invited',
];

const timeline = new Timeline();
for (let seq = 1; seq <= MESSAGES; seq++) {
  const text = TEXTS[seq % TEXTS.length] ?? '';
  const message: Message = {
    room: '#lobby',
    seq,
    id: String(seq),
    from: seq % 3 === 0 ? 'ana' : 'Élise',
    text,
    at: seq * 10_000,
    kind: 'text',
    mine: false,
    delivery: 'ok',
  };
  timeline.put(message, false);
}

const theme = themeFor({});
const lines = (): Line[] =>
  Array.from({ length: ROWS }, () => Array.from({ length: COLUMNS }, () => [PLAIN, ' ']));
const surface = new Surface(lines(), lines());
const area = { x: 0, y: 0, width: COLUMNS, height: ROWS };

function measure(name: string, frame: (pane: Pane<Item>, source: ChatSource) => void): void {
  const pane = new Pane<Item>();
  const times: number[] = [];
  for (let index = 0; index < FRAMES; index++) {
    const source = new ChatSource(timeline.items, { theme, newAfter: undefined, dash: '-' });
    const start = performance.now();
    frame(pane, source);
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  const at = (part: number) => (times[Math.floor(FRAMES * part)] ?? 0).toFixed(2);
  console.log(`${name.padEnd(28)} p50 ${at(0.5)} ms   p99 ${at(0.99)} ms`);
}

measure('scroll and lay out', (pane, source) => {
  pane.scroll(source, -3, COLUMNS, ROWS);
  pane.view(source, COLUMNS, ROWS);
});
measure('scroll, lay out and draw', (pane, source) => {
  pane.scroll(source, -3, COLUMNS, ROWS);
  surface.clear(PLAIN);
  surface.rows(area, pane.view(source, COLUMNS, ROWS).rows);
  surface.commit();
});
