/** How a command tells of its transfers: as JSON lines, as a line for each that is whole, as bars on a terminal. */
import { formatSize } from '../chat/amount.js';
import type { NatterError } from '../chat/error.js';
import type { Transfer, TransferState } from '../chat/events.js';
import { sanitiseLine } from '../chat/text.js';
import { Bars, hasBars } from './bars.js';
import { type Console, print, tell } from './console.js';
import { printJson, transferLine } from './json.js';

/** JSON lines of a running transfer come at most so often; every change of state is told. */
const RUNNING_EVERY_MS = 250;
const BAR_STATES: ReadonlySet<TransferState> = new Set(['accepted', 'running', 'paused', 'verifying']);

interface Told {
  readonly state: TransferState;
  readonly atMs: number;
}

export class TransferReport {
  readonly #console: Console;
  readonly #isJson: boolean;
  readonly #nowMs: () => number;
  readonly #bars: Bars | undefined;
  readonly #told = new Map<string, Told>();

  /** @param nowMs monotonic */
  constructor(console: Console, isJson: boolean, nowMs: () => number = () => performance.now()) {
    this.#console = console;
    this.#isJson = isJson;
    this.#nowMs = nowMs;
    this.#bars = !isJson && hasBars(console) ? new Bars(console) : undefined;
  }

  /** A transfer is new, or something of it changed. */
  take(transfer: Transfer): void {
    const { id, state } = transfer;
    if (BAR_STATES.has(state)) this.#bars?.show(transfer);
    else this.#bars?.remove(id);
    if (!this.#isWorthTelling(transfer)) return;
    this.#told.set(id, { state, atMs: this.#nowMs() });
    if (this.#isJson) printJson(this.#console, transferLine(transfer));
    else if (state === 'done') this.#above(() => print(this.#console, doneLine(transfer)));
  }

  /** Tells it once more, whatever was told before: somebody asked. */
  again(transfer: Transfer): void {
    this.#told.delete(transfer.id);
    this.take(transfer);
  }

  /** One of several failed, and the command goes on. */
  failed(transfer: Transfer, { code, message }: NatterError): void {
    const { id, name } = transfer;
    this.#bars?.remove(id);
    if (this.#isJson) printJson(this.#console, { event: 'error', code, message, id, name });
    this.notice(`${name}: ${message}`);
  }

  /** A line on standard error. */
  notice(text: string): void {
    this.#above(() => tell(this.#console, sanitiseLine(text)));
  }

  /** Takes the bars away; what is told afterwards stands alone. */
  close(): void {
    this.#bars?.close();
  }

  #isWorthTelling({ id, state }: Transfer): boolean {
    const last = this.#told.get(id);
    if (last?.state !== state) return true;
    return state === 'running' && this.#nowMs() - last.atMs >= RUNNING_EVERY_MS;
  }

  #above(write: () => void): void {
    if (this.#bars) this.#bars.above(write);
    else write();
  }
}

/** `photo.png  1.2 MB  HASH` for what was sent; what was received is named by its path. */
function doneLine({ direction, name, path, size, hash }: Transfer): string {
  const what = direction === 'in' && path !== undefined ? path : name;
  return [what, formatSize(size), hash ?? ''].map(sanitiseLine).join('  ').trimEnd();
}
