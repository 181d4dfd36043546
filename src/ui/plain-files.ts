/** Files in the linear client: offers, every tenth of their way and their end, each as one line. */
import { formatRate, formatRemaining } from '../chat/amount.js';
import type { ClientCommands, Message, Transfer } from '../chat/events.js';
import { sanitiseLine } from '../chat/text.js';
import { fileText, measuresOf } from './terminal/filetext.js';
import type { Model } from './terminal/model.js';
import type { Look } from './terminal/previews.js';
import { type FileEntry, isOffered, peerOf, remainingMs, shareOf, stateOf } from './terminal/transfers.js';

/** A line is said each time this share of a file is there. */
const STEP = 0.1;
const PREVIEW_COLUMNS = 76;
const PREVIEW_ROWS = 10;

export class FileTeller {
  readonly #model: Model;
  readonly #look: Look;
  readonly #tell: (line: string) => void;
  /** What was told of each file last: its state, and how many steps of it are there. */
  readonly #told = new Map<string, { readonly state: string; readonly steps: number }>();

  constructor(model: Model, look: Look, tell: (line: string) => void) {
    this.#model = model;
    this.#look = look;
    this.#tell = tell;
  }

  /** A message as it is shown: of a file what it is, and the command that fetches it. */
  shown(message: Message): Message {
    const { file, ...rest } = message;
    const entry = file === undefined ? undefined : this.#model.transfers.byId(file.id);
    if (entry === undefined) return message;
    const [what, note] = fileText(entry.offer, entry);
    // What one sends oneself comes before anything is known of its way: a hint to fetch it would mislead.
    return { ...rest, text: message.mine && entry.transfer === undefined ? what : `${what} - ${note}` };
  }

  /** A text by its first lines; of a picture its size and where it is, since lines of blocks say nothing aloud. */
  async showPreview({ path = '', offer }: FileEntry): Promise<void> {
    const preview = await this.#look(path, PREVIEW_COLUMNS, PREVIEW_ROWS);
    if (preview.kind === 'none') this.#tell(`${offer.name}: ${preview.reason}`);
    else if (preview.kind === 'text') for (const line of preview.lines) this.#tell(`    ${line}`);
    else
      this.#tell(
        `${offer.name} is a picture of ${preview.width} x ${preview.height} pixels; it is in ${sanitiseLine(path)}`,
      );
  }

  /** Tells what was offered before this start, and learns what was under way. */
  async load(commands: Pick<ClientCommands, 'transfers' | 'offers'>): Promise<void> {
    for (const entry of await this.#model.transfers.load(commands))
      if (isOffered(entry)) this.told(entry.offer.id);
  }

  /** Tells what is new about a file that the model has taken in. */
  told(id: string): void {
    const entry = this.#model.transfers.byId(id);
    const transfer = entry?.transfer;
    if (entry === undefined || transfer === undefined) return;
    const state = `${transfer.state} ${transfer.answer ?? ''}`;
    const steps = transfer.state === 'running' ? Math.floor(shareOf(transfer) / STEP) : 0;
    const before = this.#told.get(id);
    if (before?.state === state && before.steps >= steps) return;
    this.#told.set(id, { state, steps });
    const line = lineOf(entry, transfer);
    if (line !== undefined) this.#tell(line);
  }
}

function lineOf(entry: FileEntry, transfer: Transfer): string | undefined {
  const { number, offer, from } = entry;
  const { name } = offer;
  if (isOffered(entry))
    return `${from} offers ${name} (${measuresOf(offer)}). /accept ${number} takes it, /reject ${number} declines, /trust ${from} takes all from now on.`;
  const peer = `${transfer.direction === 'in' ? 'from' : 'to'} ${peerOf(transfer)}`;
  switch (transfer.state) {
    case 'running': {
      const percent = Math.floor(shareOf(transfer) * 100);
      if (transfer.rate === 0) return `${name} ${peer}: ${percent}%.`;
      const left = formatRemaining(remainingMs(transfer));
      return `${name} ${peer}: ${percent}%, ${formatRate(transfer.rate)}, ${left} left.`;
    }
    case 'failed':
      return transfer.code === 'CANCELLED'
        ? `${name} ${peer} is cancelled.`
        : `${name} ${peer} failed: ${transfer.reason ?? 'nobody says why.'}`;
    case 'paused':
      return `${name} ${peer} is paused${transfer.reason === undefined ? '.' : `: ${transfer.reason}`} /resume ${number} goes on.`;
    case 'rejected':
      return `${name} ${peer} is declined.`;
    case 'done':
      return transfer.direction === 'in'
        ? `${name} ${peer} is here: ${transfer.path ?? 'in the downloads folder'}`
        : `${name} ${peer}: ${stateOf(entry)}.`;
    default:
      return undefined;
  }
}
