/** Files in the linear client: offers, every tenth of their way and their end, each as one line. */
import { formatRate, formatRemaining, formatSize } from '../chat/amount.js';
import type { ClientCommands, Message, Transfer } from '../chat/events.js';
import { fileText } from './terminal/filetext.js';
import type { Model } from './terminal/model.js';
import { type FileEntry, isOffered, peerOf, remainingMs, shareOf, stateOf } from './terminal/transfers.js';

/** A line is said each time this share of a file is there. */
const STEP = 0.1;

export class FileTeller {
  readonly #model: Model;
  readonly #tell: (line: string) => void;
  /** What was told of each file last: its state, and how many steps of it are there. */
  readonly #told = new Map<string, { readonly state: string; readonly steps: number }>();

  constructor(model: Model, tell: (line: string) => void) {
    this.#model = model;
    this.#tell = tell;
  }

  /** A message as it is shown: of a file what it is, and the command that fetches it. */
  shown(message: Message): Message {
    const { file, ...rest } = message;
    const entry = file === undefined ? undefined : this.#model.transfers.byId(file.id);
    return entry === undefined ? message : { ...rest, text: fileText(entry.offer, entry).join(' - ') };
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
    return `${from} offers ${name} (${formatSize(offer.size)}, ${offer.type}). /accept ${number} takes it, /reject ${number} declines, /trust ${from} takes all from now on.`;
  const peer = `${transfer.direction === 'in' ? 'from' : 'to'} ${peerOf(transfer)}`;
  switch (transfer.state) {
    case 'running': {
      const percent = Math.floor(shareOf(transfer) * 100);
      const left = formatRemaining(remainingMs(transfer));
      return `${name} ${peer}: ${percent}%, ${formatRate(transfer.rate)}, ${left} left.`;
    }
    case 'failed':
      return `${name} ${peer} failed: ${transfer.reason ?? 'nobody says why.'}`;
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
