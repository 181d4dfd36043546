/** The view of the machines at the keyboard: watches while it is shown, and takes its keys. */
import type { Watch } from '../../actors/inspect/inspector.js';
import type { Chart } from '../../chart/chart.js';
import { type Action, actionOf, isEverywhere } from './keys.js';
import type { Sight } from './machine-drawing.js';
import { MachinePanel } from './machine-panel.js';
import type { MachineSource } from './machine-source.js';
import { Pace } from './pace.js';
import type { Token } from './sequences.js';

/** What runs is drawn at most four times a second: a faster eye than that is a page's. */
const EVERY_MS = 250;
const PAGE_ROWS = 10;
const FILTER_MAX = 60;

export interface MachineDeskHost {
  readonly machines: MachineSource;
  /** Something is to be seen that no key has brought. */
  changed(): void;
}

export class MachineDesk {
  readonly panel: MachinePanel;
  readonly #host: MachineDeskHost;
  readonly #pace: Pace;
  readonly #charts = new Map<string, Chart | undefined>();
  #watch: Watch | undefined;
  /** Whom the watch was told to look at. */
  #watched: string | undefined;

  constructor(host: MachineDeskHost) {
    this.#host = host;
    this.panel = new MachinePanel(host.machines.page);
    this.#pace = new Pace(EVERY_MS, () => {
      if (!this.panel.isShown) return;
      this.#look();
      host.changed();
    });
  }

  /** @param filter what is looked for at first */
  open(filter: string): void {
    const { machines } = this.#host;
    this.panel.open(filter);
    this.#watched = undefined;
    this.#watch ??= machines.watch(
      (frame) => {
        this.panel.list.take(frame);
        this.#pace.want();
      },
      { chosen: undefined, ring: false },
    );
    this.#look();
  }

  close(): void {
    this.panel.close();
    this.#settle();
  }

  /** What is known of the chosen one. */
  get sight(): Sight | undefined {
    const { panel } = this;
    const row = panel.list.row(panel.chosen);
    if (row === undefined) return undefined;
    const chart = row.machine === undefined ? undefined : this.#charts.get(row.machine);
    return { row, detail: panel.list.detail(panel.chosen), chart };
  }

  /** @returns whether the token was for the view */
  handle(token: Token): boolean {
    if (!this.panel.isShown) return false;
    const isOurs = this.#key(token);
    this.#settle();
    return isOurs;
  }

  #key(token: Token): boolean {
    const { panel } = this;
    const { filter } = panel.list;
    if (token.type === 'text' || token.type === 'paste') {
      panel.find(`${filter}${token.text.replaceAll(/\s+/g, ' ')}`.trimStart().slice(0, FILTER_MAX));
      return true;
    }
    const moves: Partial<Record<Action, () => void>> = {
      up: () => panel.move(-1),
      down: () => panel.move(1),
      pageUp: () => panel.move(-PAGE_ROWS),
      pageDown: () => panel.move(PAGE_ROWS),
      home: () => panel.move(-Infinity),
      end: () => panel.move(Infinity),
      backspace: () => panel.find([...filter].slice(0, -1).join('')),
      killToStart: () => panel.find(''),
      cancel: () => panel.back(),
      send: () => (panel.isDetail ? panel.back() : panel.details()),
      machines: () => panel.close(),
    };
    const action = actionOf(token);
    if (action === undefined) return true;
    moves[action]?.();
    return moves[action] !== undefined || !isEverywhere(action);
  }

  /** Ends the watch with the view, or turns it to whoever is chosen now. */
  #settle(): void {
    if (this.panel.isShown) {
      this.#look();
      return;
    }
    this.#watch?.close();
    this.#watch = undefined;
  }

  #look(): void {
    const { chosen, list } = this.panel;
    const machine = list.row(chosen)?.machine;
    if (machine !== undefined) this.#wantChart(machine);
    if (chosen === this.#watched) return;
    this.#watched = chosen;
    list.forgetDetail();
    this.#watch?.interest({ chosen, ring: false });
  }

  #wantChart(machine: string): void {
    const { machines } = this.#host;
    if (this.#charts.has(machine)) return;
    this.#charts.set(machine, undefined);
    machines.chart(machine).then(
      (chart) => {
        this.#charts.set(machine, chart);
        this.#pace.want();
      },
      // Without its drawing the state is still shown in words.
      () => undefined,
    );
  }
}
