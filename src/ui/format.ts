/** Entries as lines of plain text, for `tail` and the linear client. Everything remote is sanitised here. */
import { formatSize } from '../chat/amount.js';
import type { Message } from '../chat/events.js';
import { drawSticker, STICKERS } from '../chat/sticker.js';
import { sanitise, sanitiseLine } from '../chat/text.js';

// They stand in chat, where the screen can reach them without needing this folder, which needs the screen.
export { formatRate, formatRemaining, formatSize } from '../chat/amount.js';

/** `14:05`, in the time zone of the process. */
function clockText(at: number): string {
  const date = new Date(at);
  return `${`${date.getHours()}`.padStart(2, '0')}:${`${date.getMinutes()}`.padStart(2, '0')}`;
}

/** A message as lines: `14:05 ana: hello`; further lines are indented, so that none can pose as another message. */
export function messageLines(message: Message): string[] {
  const from = sanitiseLine(message.from);
  const start = clockText(message.at);
  const [first = '', ...rest] = bodyLines(message);
  const head = message.kind === 'action' ? `${start} * ${from} ${first}` : `${start} ${from}: ${first}`;
  return [head, ...rest.map((line) => `    ${line}`)];
}

function bodyLines(message: Message): string[] {
  if (message.file) return [`[file ${sanitiseLine(message.text)}, ${formatSize(message.file.size)}]`];
  if (message.kind !== 'sticker') return sanitise(message.text).split('\n');
  const known = STICKERS.find((sticker) => sticker.name === message.text);
  if (!known) return drawSticker(sanitiseLine(message.text)).slice();
  // The description comes first: it is all that a screen reader needs.
  return [`[sticker ${known.name}: ${known.description}]`, ...known.lines];
}
