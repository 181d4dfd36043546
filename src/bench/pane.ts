/**
 * What a frame costs in a conversation of 100,000 messages: the virtualised pane alone, and everything from
 * the model to the cells that differ, without the terminal.
 * Shows microseconds, median and 99th percentile, at 140x40.
 */
import type { Message } from '../chat/events.js';
import { type Line, Surface } from '../ui/terminal/cells.js';
import { ChatSource } from '../ui/terminal/chat.js';
import { Pane } from '../ui/terminal/pane.js';
import { PLAIN, themeFor } from '../ui/terminal/theme.js';
import { type Item, Timeline } from '../ui/terminal/timeline.js';
import { TransferList } from '../ui/terminal/transfers.js';

const MESSAGES = 100_000;
const FRAMES = 500;
const [COLUMNS, ROWS] = [140, 40];
const TEXTS = [
  'morning all',
  'a line that is long enough to be wrapped once or twice in a pane of this width, as many lines are when people explain',
  '你好！我刚刚读完了新的规范，写得很清楚 👍',
  'crème brûlée at four? 👨‍👩‍👧‍👦 are all invited',
];

function conversation(): Timeline {
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
  return timeline;
}

/** `natter bench pane`. */
export async function benchPane(show: (figure: object) => void): Promise<void> {
  const timeline = conversation();
  const theme = themeFor({});
  const transfers = new TransferList();
  const lines = (): Line[] =>
    Array.from({ length: ROWS }, () => Array.from({ length: COLUMNS }, () => [PLAIN, ' ']));
  const surface = new Surface(lines(), lines());
  const area = { x: 0, y: 0, width: COLUMNS, height: ROWS };
  const measure = (work: string, frame: (pane: Pane<Item>, source: ChatSource) => void) => {
    const pane = new Pane<Item>();
    const timesUs: number[] = [];
    for (let index = 0; index < FRAMES; index++) {
      const source = new ChatSource(timeline.items, {
        theme,
        firstNew: undefined,
        dash: '-',
        transfers,
        depth: 'none',
      });
      const start = performance.now();
      frame(pane, source);
      timesUs.push((performance.now() - start) * 1000);
    }
    timesUs.sort((a, b) => a - b);
    const at = (part: number) => Math.round(timesUs[Math.floor(FRAMES * part)] ?? 0);
    show({
      event: 'bench',
      name: 'pane',
      system: 'natter',
      work,
      messages: MESSAGES,
      p50Us: at(0.5),
      p99Us: at(0.99),
    });
  };
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
}
