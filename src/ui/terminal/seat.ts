/** A seat at a terminal: its screen, its looks and its way out, whatever is shown on it. */
import { constants } from 'node:os';
import { EIGHTHS, HASHES } from './bar.js';
import type { Surface } from './cells.js';
import { watchExits } from './exits.js';
import type { Input } from './input.js';
import { Looker } from './looker.js';
import { type ColourDepth, colourDepth } from './picture.js';
import type { Look as LookInto } from './previews.js';
import { type Cursor, Screen, type TerminalOutput } from './screen.js';
import type { Token } from './sequences.js';
import { type Theme, themeFor } from './theme.js';
import type { Glyphs } from './view.js';

/** The clock and what is typed by others change without an event. */
const TICK_MS = 1_000;

export interface SeatOptions {
  /** The keyboard; it may have been taken long before. */
  readonly input: Input;
  readonly output: TerminalOutput;
  /** NO_COLOR, LC_ALL, LC_CTYPE, LANG, USER; process.env unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** ms since 1970. */
  readonly now?: () => number;
  /** Link of the inspector's page, where one is open. */
  readonly inspector?: string;
  /** A signal may have come before anything is shown. */
  readonly stopped?: AbortSignal;
}

/** What a seat shows, and what its keys go to. */
export interface Shown {
  paint(surface: Surface): Cursor | undefined;
  handle(token: Token): void;
}

export class Seat {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  readonly inspector: string | undefined;
  readonly theme: Theme;
  readonly glyphs: Glyphs;
  readonly depth: ColourDepth;
  readonly screen: Screen;
  readonly #input: Input;
  /** Resolves with the exit code: 0 after quitting, 128 + n after signal n. */
  readonly ended: Promise<number>;
  readonly #looker = new Looker();
  readonly #tick: NodeJS.Timeout;
  readonly #unwatch: () => void;
  #end: (exitCode: number) => void = () => {};
  #shown: Shown | undefined;

  constructor(options: SeatOptions) {
    const { input, output, environment = process.env, now = Date.now, inspector, stopped } = options;
    this.environment = environment;
    this.inspector = inspector;
    this.now = now;
    this.theme = themeFor(environment);
    this.glyphs = glyphsFor(environment);
    this.depth = colourDepth(environment);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.#input = input;
    this.screen = new Screen(output, (surface) => this.#shown?.paint(surface));
    input.start();
    this.#unwatch = watchExits(this.#giveBack, this.#end);
    if (stopped?.aborted) this.#end(128 + constants.signals.SIGINT);
    this.#tick = setInterval(() => this.screen.invalidate(), TICK_MS);
  }

  /** Ends it as a person does who has had enough. */
  readonly quit = (): void => this.#end(0);

  readonly look: LookInto = (...args) => this.#looker.look(...args);

  /** The first that is shown is given what was typed until then. */
  show(shown: Shown): void {
    const isFirst = this.#shown === undefined;
    this.#shown = shown;
    if (isFirst) this.#input.listen({ token: (token) => this.#shown?.handle(token), ended: this.quit });
    this.screen.invalidate();
  }

  /** Gives the terminal back. */
  leave(): void {
    clearInterval(this.#tick);
    this.#giveBack();
  }

  /** The last thing: from now on nobody minds how the process ends. */
  async close(): Promise<void> {
    await this.#looker.close();
    this.#unwatch();
  }

  readonly #giveBack = (): void => {
    this.#input.stop();
    this.screen.close();
  };
}

/** Drawn rules where the character set has them. */
function glyphsFor(environment: Readonly<Record<string, string | undefined>>): Glyphs {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '';
  const isPlain = locale === 'C' || locale === 'POSIX' || (locale !== '' && !/utf-?8/i.test(locale));
  return isPlain
    ? { bar: '|', dash: '-', dot: '.', blocks: HASHES }
    : { bar: '│', dash: '─', dot: '·', blocks: EIGHTHS };
}
