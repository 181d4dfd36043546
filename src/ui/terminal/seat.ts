/** A seat at a terminal: its screen, its looks and its way out, whatever is shown on it. */
import { EIGHTHS, HASHES } from './bar.js';
import type { Surface } from './cells.js';
import { watchExits } from './exits.js';
import type { TerminalInput } from './input.js';
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
  readonly input: TerminalInput;
  readonly output: TerminalOutput;
  /** NO_COLOR, LC_ALL, LC_CTYPE, LANG, USER; process.env unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** ms since 1970. */
  readonly now?: () => number;
  /** Link of the inspector's page, where one is open. */
  readonly inspector?: string;
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
  /** Resolves with the exit code: 0 after quitting, 128 + n after signal n. */
  readonly ended: Promise<number>;
  readonly #looker = new Looker();
  readonly #tick: NodeJS.Timeout;
  readonly #unwatch: () => void;
  #end: (exitCode: number) => void = () => {};
  #shown: Shown | undefined;

  constructor({ input, output, environment = process.env, now = Date.now, inspector }: SeatOptions) {
    this.environment = environment;
    this.inspector = inspector;
    this.now = now;
    this.theme = themeFor(environment);
    this.glyphs = glyphsFor(environment);
    this.depth = colourDepth(environment);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    this.screen = new Screen(
      input,
      output,
      (surface) => this.#shown?.paint(surface),
      (token) => this.#shown?.handle(token),
    );
    this.#unwatch = watchExits(() => this.screen.close(), this.#end);
    input.once('end', this.quit);
    this.#tick = setInterval(() => this.screen.invalidate(), TICK_MS);
  }

  /** Ends it as a person does who has had enough. */
  readonly quit = (): void => this.#end(0);

  readonly look: LookInto = (...args) => this.#looker.look(...args);

  show(shown: Shown): void {
    this.#shown = shown;
    this.screen.invalidate();
  }

  /** Gives the terminal back. */
  leave(): void {
    clearInterval(this.#tick);
    this.screen.close();
  }

  /** The last thing: from now on nobody minds how the process ends. */
  async close(): Promise<void> {
    await this.#looker.close();
    this.#unwatch();
  }
}

/** Drawn rules where the character set has them. */
function glyphsFor(environment: Readonly<Record<string, string | undefined>>): Glyphs {
  const locale = environment.LC_ALL || environment.LC_CTYPE || environment.LANG || '';
  const isPlain = locale === 'C' || locale === 'POSIX' || (locale !== '' && !/utf-?8/i.test(locale));
  return isPlain
    ? { bar: '|', dash: '-', dot: '.', blocks: HASHES }
    : { bar: '│', dash: '─', dot: '·', blocks: EIGHTHS };
}
