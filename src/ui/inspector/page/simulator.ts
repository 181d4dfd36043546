import type { Chart, ChartEdge } from '../../../chart/chart.js';
import type { Offer, Step } from '../../../chart/stepper.js';
import { type Api, ApiError } from './api.js';
import { ChartView } from './chart-view.js';
import { element } from './dom.js';
import { GuardDialog } from './guard-dialog.js';
import { GuardMemory } from './guard-memory.js';
import { OfferList } from './offer-list.js';
import { hashOf } from './place.js';
import { type AskGuard, Simulation } from './simulation.js';
import { leavesOf, StepList } from './step-list.js';
import { partsOf, stepsOf } from './step-text.js';
import { Ways } from './ways.js';

/** Between two steps that are played; ms. */
const PLAY_MS = 800;

/** One machine to be stepped through: its chart, what it would answer, the steps so far, ways to its states. */
export class Simulator {
  readonly element: HTMLElement;
  readonly #api: Api;
  readonly #unknown: (machine: string) => void;
  readonly #chart: ChartView;
  readonly #side: HTMLElement;
  readonly #dialog = new GuardDialog();
  readonly #memory = new GuardMemory();
  readonly #offers: OfferList;
  readonly #list: StepList;
  readonly #ways: Ways;
  readonly #title = element('h2');
  readonly #where = element('p', { class: 'where', role: 'status' });
  readonly #trouble = element('p', { class: 'trouble', role: 'alert', hidden: true });
  readonly #undo = element(
    'button',
    { type: 'button', title: 'Undo (u)', onclick: () => this.undo() },
    'Undo',
  );
  readonly #restart = element(
    'button',
    { type: 'button', title: 'Restart (r)', onclick: () => this.restart() },
    'Restart',
  );
  #simulation: Simulation | undefined;
  #edges: ReadonlyMap<string, ChartEdge> = new Map();
  /** The edge that was clicked: its guard is likely meant to say yes. */
  #pointed: ChartEdge | undefined;
  #isSeen = false;
  #playing: ReturnType<typeof setTimeout> | undefined;
  /** Steps are taken one after the other, however fast they are asked for. */
  #work: Promise<void> = Promise.resolve();

  /** @param unknown there is no machine of that name: nothing of it is shown */
  constructor(api: Api, unknown: (machine: string) => void) {
    this.#api = api;
    this.#unknown = unknown;
    this.#chart = new ChartView(api, {
      edge: (edge) => this.#point(edge),
      state: (state) => this.#ways.choose(state),
    });
    this.#offers = new OfferList((offer) => this.#take(offer.event));
    this.#list = new StepList((count) => this.#backTo(count));
    this.#ways = new Ways(api, {
      go: (steps, isSlow) => this.#follow(steps, isSlow),
      chosen: () => this.#mark(),
      label: (event) => this.#labelOf(event),
    });
    const section = (title: string, ...children: (Node | string)[]) =>
      element('section', { 'aria-label': title }, element('h3', {}, title), ...children);
    this.#side = element(
      'aside',
      { class: 'bench' },
      section('Answers now to', this.#offers.element),
      section('Guards', this.#memory.element),
      section('Steps', element('p', { class: 'buttons' }, this.#undo, this.#restart), this.#list.element),
      section('Shortest ways to a state', this.#ways.element),
    );
    const header = element(
      'header',
      {},
      element('a', { href: hashOf('machines') }, 'All machines'),
      this.#title,
      this.#where,
      this.#chart.tools,
    );
    const stage = element('div', { class: 'stage' }, header, this.#trouble, this.#chart.element);
    this.element = element(
      'div',
      { class: 'simulator', hidden: true },
      stage,
      this.#side,
      this.#dialog.element,
    );
  }

  /** A machine, after the steps that its address names. */
  async show(machine: string, parts: readonly string[]): Promise<void> {
    this.#isSeen = true;
    const isOther = this.#simulation?.machine !== machine;
    if (isOther) await this.#open(machine);
    if (this.#simulation?.machine !== machine) return;
    const known = partsOf(this.#simulation.steps).join('/');
    if (!isOther && known === parts.join('/')) return;
    this.#load(stepsOf(parts));
  }

  /** What moves by itself stands still while nobody looks. */
  hide(): void {
    this.#isSeen = false;
    clearTimeout(this.#playing);
  }

  undo(): void {
    this.#backTo((this.#simulation?.taken.length ?? 0) - 1);
  }

  restart(): void {
    this.#backTo(1);
  }

  /** A key that moves its chart. */
  key(event: KeyboardEvent): boolean {
    return this.#chart.key(event);
  }

  focusOffers(): void {
    this.#offers.focus();
  }

  async #open(machine: string): Promise<void> {
    this.#simulation = new Simulation(this.#api, machine);
    const simulation = this.#simulation;
    this.#title.textContent = machine;
    this.#where.textContent = '';
    this.#say(undefined);
    // Nothing of the machine before stands under the name of this one.
    void this.#chart.show(undefined);
    this.#side.classList.add('waiting');
    try {
      const chart = await this.#api.get<Chart>('/api/machine', { machine });
      if (this.#simulation !== simulation) return;
      this.#edges = new Map(chart.edges.map((edge) => [edge.id, edge]));
      const guards = chart.edges.flatMap(({ guard }) => (guard === undefined ? [] : [guard]));
      this.#memory.show(guards);
      this.#memory.element.parentElement?.toggleAttribute('hidden', guards.length === 0);
      this.#ways.show(machine, chart.root);
      this.#side.classList.remove('waiting');
      // Its drawing may take a while: until it is there the lists beside it do.
      void this.#chart.show(machine);
    } catch (error) {
      if (this.#simulation !== simulation) return;
      this.#simulation = undefined;
      if (error instanceof ApiError && error.status === 404) this.#unknown(machine);
      else this.#say(error);
    }
  }

  #load(steps: readonly Step[]): void {
    this.#do(async (simulation) => simulation.load(steps, this.#ask));
  }

  #take(event: string): void {
    clearTimeout(this.#playing);
    this.#do(async (simulation) => {
      await simulation.take(event, this.#ask);
    });
  }

  #backTo(count: number): void {
    clearTimeout(this.#playing);
    this.#do(async (simulation) => simulation.backTo(count));
  }

  /** @param isSlow one step after the other, so that it can be watched */
  #follow(steps: readonly Step[], isSlow: boolean): void {
    clearTimeout(this.#playing);
    if (!isSlow) {
      this.#load(steps);
      return;
    }
    // In a narrow window what is played would go on above of what is seen.
    this.#chart.element.scrollIntoView({ block: 'nearest' });
    const play = (count: number) => {
      this.#load(steps.slice(0, count));
      if (count < steps.length) this.#playing = setTimeout(() => play(count + 1), PLAY_MS);
    };
    play(1);
  }

  #do(work: (simulation: Simulation) => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      const simulation = this.#simulation;
      if (simulation === undefined) return;
      const before = simulation.taken.length;
      this.#say(undefined);
      try {
        await work(simulation);
      } catch (error) {
        this.#say(error);
      }
      this.#pointed = undefined;
      if (this.#simulation === simulation) this.#draw(simulation.taken.length > before);
    });
  }

  readonly #ask: AskGuard = async (guard, event) => {
    const known = this.#memory.get(guard);
    if (known !== undefined) return known;
    const pointed = this.#pointed;
    const likely = pointed === undefined || pointed.guard === guard;
    const said = await this.#dialog.ask(guard, this.#labelOf(event), likely);
    if (said?.isKept) this.#memory.keep(guard, said.answer);
    return said?.answer;
  };

  #point(id: string): void {
    const offer = this.#simulation?.standing?.offers.find(({ edges }) => edges.includes(id));
    const edge = this.#edges.get(id);
    if (offer === undefined) {
      this.#say(new Error(`${edge?.label ?? 'That'} is not answered where the machine stands now.`));
      return;
    }
    this.#pointed = edge;
    this.#take(offer.event);
  }

  #draw(isFurther: boolean): void {
    const simulation = this.#simulation;
    const standing = simulation?.standing;
    if (simulation === undefined || standing === undefined) return;
    const leaves = leavesOf(standing.active).join(' + ');
    const end = standing.done ? ', which is its end' : '';
    const refused = isFurther && simulation.taken.length > 1 && standing.taken.length === 0;
    this.#where.textContent = `Stands in ${leaves}${end}.${refused ? ' Every guard refused.' : ''}`;
    this.#mark();
    if (isFurther) this.#chart.glow(standing.taken);
    this.#offers.show(standing.offers, this.#edges, standing.done);
    this.#list.show(simulation.taken);
    this.#undo.disabled = simulation.taken.length < 2;
    this.#restart.disabled = simulation.taken.length < 2;
    const hash = hashOf('machines', simulation.machine, ...partsOf(simulation.steps));
    // An answer may come when somebody has gone elsewhere: it must not take them back.
    if (this.#isSeen && location.hash !== hash) location.hash = hash;
  }

  #mark(): void {
    const standing = this.#simulation?.standing;
    this.#chart.mark({
      active: standing?.active ?? [],
      enabled: standing?.offers.flatMap(({ edges }: Offer) => edges) ?? [],
      chosen: this.#ways.state,
    });
  }

  #labelOf(event: string): string {
    return [...this.#edges.values()].find((edge) => edge.event === event)?.label ?? event;
  }

  #say(trouble: unknown): void {
    this.#trouble.hidden = trouble === undefined;
    this.#trouble.textContent = trouble instanceof Error ? trouble.message : '';
  }
}
