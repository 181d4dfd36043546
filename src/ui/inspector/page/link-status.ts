import { announce } from './announce.js';
import { element } from './dom.js';
import type { StreamState } from './stream.js';

const SHORT: Readonly<Record<StreamState, string>> = {
  connecting: 'connecting',
  live: 'live',
  lost: 'not connected',
  old: 'old link',
  full: 'too many pages',
  asleep: 'paused',
};

/** What a person must know and what to do about it; nothing where all is well. */
const LONG: Readonly<Partial<Record<StreamState, string>>> = {
  lost: 'natter does not answer. What you see is how it was; this page tries again by itself.',
  old: 'natter was started anew, and this link is an old one. Open the link that it printed when it started.',
  full: 'As many pages watch natter as may. Close one of them; this page tries again by itself.',
};

/** The state of the connection: a word in the header, and a banner where something is wrong. */
export class LinkStatus {
  readonly #status = document.getElementById('status');
  readonly #banner = document.getElementById('banner');
  readonly #retry: () => void;
  #program = '';

  constructor(retry: () => void) {
    this.#retry = retry;
  }

  /** Which program this is: `serve, process 4711`. */
  about(program: string, pid: number): void {
    this.#program = `${program}, process ${pid}`;
  }

  /** Nothing runs that could be watched. */
  idle(): void {
    if (this.#status) this.#status.textContent = 'machines only';
  }

  show(state: StreamState): void {
    if (this.#status) {
      this.#status.dataset.state = state;
      this.#status.textContent = SHORT[state];
      this.#status.title = this.#program;
    }
    const text = LONG[state];
    if (state === 'live') announce('Connected');
    if (this.#banner === null) return;
    this.#banner.hidden = text === undefined;
    this.#banner.dataset.state = state;
    this.#banner.replaceChildren(
      text ?? '',
      ' ',
      element('button', { type: 'button', onclick: () => this.#retry() }, 'Try now'),
    );
  }
}
