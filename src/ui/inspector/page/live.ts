import type { ActorRow, Frame } from '../../../actors/inspect/frames.js';
import type { Chart, ChartEdge } from '../../../chart/chart.js';
import { ActorCard } from './actor-card.js';
import { ActorList } from './actor-list.js';
import { announce } from './announce.js';
import { AnswerList } from './answer-list.js';
import { Answers } from './answers.js';
import type { Api } from './api.js';
import { ChartView } from './chart-view.js';
import { element } from './dom.js';
import { EdgeCard } from './edge-card.js';
import { EventList } from './event-list.js';
import { MishapList } from './mishap-list.js';
import { go, mark } from './router.js';
import { plain } from './text.js';
import type { View } from './view.js';

/** Someone who was chosen may not be known yet when the first frame comes; ms. */
const LOOKED_FOR_MS = 1_500;

const NOTHING: readonly ChartEdge[] = [];

/** What runs, now: all actors, the chart of the chosen one with its states lit, and what happens to it. */
export class Live implements View {
  readonly id = 'live';
  readonly title = 'Live';
  readonly element: HTMLElement;
  readonly keys = [
    { keys: '/', does: 'search actors' },
    { keys: 'Arrows', does: 'move in the tree; right opens, left closes' },
    { keys: 'Enter', does: 'choose the actor' },
    { keys: 'e', does: 'go to the transitions that it could take now' },
    { keys: 'f', does: 'filter events' },
    { keys: 'p', does: 'pause events' },
    { keys: 'c', does: 'show the context' },
    { keys: 'm', does: 'show what went wrong' },
    { keys: 'v', does: 'go to the events; Enter chooses the transition of one' },
    {
      keys: 'Enter',
      does: 'on a transition that is chosen: from a list to the chart, from there to its events',
    },
    { keys: 'Escape', does: 'show all events again' },
  ];
  readonly #api: Api;
  readonly #want: (chosen: string | undefined) => void;
  readonly #actors = new ActorList((key) => this.#go(key));
  readonly #card = new ActorCard();
  readonly #answers: Answers;
  readonly #answerList = new AnswerList((edge) => this.#point(edge));
  readonly #edgeCard = new EdgeCard(() => this.#chooseEdge(undefined));
  readonly #events = new EventList((edge) => this.#point(edge));
  readonly #mishaps = new MishapList((key) => this.#go(key));
  readonly #chart: ChartView;
  readonly #charts = new Map<string, Promise<Chart>>();
  #chosen: string | undefined;
  /** As it was shown last. */
  #row: ActorRow | undefined;
  #edge: string | undefined;
  #active: readonly string[] = [];
  /** What it could take there, once that is known. */
  #possible: readonly ChartEdge[] = NOTHING;
  #isGone = false;
  #lookedFor = 0;

  /** @param want whom this page wants to see in detail from now on */
  constructor(api: Api, want: (chosen: string | undefined) => void) {
    this.#api = api;
    this.#answers = new Answers(api);
    this.#want = want;
    this.#chart = new ChartView(api, { edge: (edge) => this.#pick(edge) });
    const foot = element('div', { class: 'foot' }, this.#mishaps.element, this.#chart.tools);
    this.element = element(
      'section',
      { class: 'live', 'aria-label': this.title },
      this.#actors.element,
      element('div', { class: 'stage' }, this.#chart.element, foot),
      element(
        'div',
        { class: 'side' },
        this.#card.element,
        this.#answerList.element,
        this.#edgeCard.element,
        this.#events.element,
      ),
    );
    void this.#chart.show(undefined, 'Choose an actor to see its machine.');
  }

  take(frame: Frame): void {
    this.#actors.take(frame);
    if (frame.mishaps) this.#mishaps.take(frame.mishaps);
    this.#follow(frame);
    const { detail } = frame;
    if (detail !== undefined && `${detail.row.thread} ${detail.row.actor}` === this.#chosen) {
      this.#card.facts(detail.facts);
      this.#stand(detail.active);
    }
    if (frame.events) {
      this.#events.take(frame.events);
      this.#chart.glow(frame.events.flatMap(({ edges }) => edges));
    }
  }

  show([thread, actor, edge]: readonly string[]): void {
    const key = thread === undefined || actor === undefined ? undefined : `${thread} ${actor}`;
    if (key !== this.#chosen) this.#choose(key);
    if (edge !== this.#edge) this.#chooseEdge(edge);
    this.#want(this.#chosen);
  }

  hide(): void {
    this.#want(undefined);
  }

  key(event: KeyboardEvent): boolean {
    const { key } = event;
    if (key === '/') this.#actors.focusSearch();
    else if (key === 'e') this.#answerList.focus();
    else if (key === 'f') this.#events.focusFilter();
    else if (key === 'v') this.#events.focus();
    else if (key === 'p') this.#events.pause();
    else if (key === 'c') this.#card.toggleContext();
    else if (key === 'm') this.#mishaps.toggle();
    else if (key === 'Escape' && this.#edge !== undefined) this.#chooseEdge(undefined);
    else return this.#chart.key(event);
    return true;
  }

  #go(key: string): void {
    const at = key.indexOf(' ');
    go(this.id, key.slice(0, at), key.slice(at + 1));
  }

  #choose(key: string | undefined): void {
    this.#chosen = key;
    this.#isGone = false;
    this.#edge = undefined;
    this.#stand([]);
    this.#edgeCard.show(undefined, undefined);
    this.#events.clear(key !== undefined);
    this.#card.facts({});
    this.#actors.choose(key);
    clearTimeout(this.#lookedFor);
    if (key !== undefined) this.#lookedFor = setTimeout(() => this.#missing(), LOOKED_FOR_MS);
    this.#showChosen();
    if (key !== undefined) announce(`${plain(key)} is chosen`);
  }

  /** The chosen one may have come, changed or gone. */
  #follow({ whole, gone }: Frame): void {
    const key = this.#chosen;
    if (key === undefined) return;
    const row = this.#actors.tree.row(key);
    if (whole) {
      clearTimeout(this.#lookedFor);
      this.#lookedFor = setTimeout(() => this.#missing(), LOOKED_FOR_MS);
    }
    if (row === undefined && gone?.includes(key)) this.#missing();
    else if (row !== undefined && row !== this.#row) {
      if (this.#isGone) announce(`${plain(key)} is back`);
      this.#isGone = false;
      this.#showChosen();
    }
  }

  #missing(): void {
    const key = this.#chosen;
    if (key === undefined || this.#isGone || this.#actors.tree.row(key) !== undefined) return;
    this.#isGone = true;
    this.#stand([]);
    this.#showChosen();
    announce(`${plain(key)} is no more`);
  }

  #showChosen(): void {
    const key = this.#chosen;
    const row = key === undefined ? undefined : this.#actors.tree.row(key);
    this.#row = row;
    if (row === undefined) {
      this.#card.gone(key, this.#isGone);
      if (key === undefined) void this.#chart.show(undefined, 'Choose an actor to see its machine.');
      // Not there, or not yet: the chart that was shown is somebody else's.
      else if (!this.#isGone) void this.#chart.show(undefined);
      else if (this.#isGone && this.#chart.machine === undefined)
        void this.#chart.show(undefined, `${plain(key)} is not there; choose another actor.`);
      return;
    }
    this.#card.show(row);
    const isOther = row.machine !== this.#chart.machine;
    void this.#chart.show(row.machine, `${plain(row.actor)} has no machine; its messages are beside.`);
    if (!isOther) return;
    this.#stand(this.#active);
    // Also when no edge is chosen yet: then one is told of as soon as it is.
    void this.#describeEdge();
  }

  /** The chosen one stands there: lights it, and finds out what it could take from there. */
  #stand(active: readonly string[]): void {
    const isOther = active.join(' ') !== this.#active.join(' ');
    if (isOther) {
      this.#active = active;
      this.#possible = NOTHING;
    }
    this.#mark();
    if (isOther || this.#possible === NOTHING) void this.#findPossible();
  }

  async #findPossible(): Promise<void> {
    const active = this.#active;
    const { machine } = this.#chart;
    if (machine === undefined || active.length === 0) return;
    // Not known for want of an answer: nothing is marked, and the next detail asks again.
    const edges = await this.#answers.of(machine, active).catch(() => NOTHING);
    if (active !== this.#active || machine !== this.#chart.machine) return;
    this.#possible = edges;
    this.#mark();
  }

  /** A list names an edge: the first time it is chosen, then the keyboard goes over to it. */
  #point(edge: string): void {
    if (edge === this.#edge) this.#chart.focusEdge(edge);
    else this.#chooseEdge(edge);
  }

  /** The chart names one: the first time it is chosen, then the keyboard goes over to the events that took it. */
  #pick(edge: string): void {
    if (edge === this.#edge) this.#events.focus();
    else this.#chooseEdge(edge);
  }

  #chooseEdge(edge: string | undefined): void {
    this.#edge = edge;
    this.#events.only(edge);
    this.#mark();
    const key = this.#chosen;
    const at = key?.indexOf(' ') ?? -1;
    if (key !== undefined)
      mark(this.id, key.slice(0, at), key.slice(at + 1), ...(edge === undefined ? [] : [edge]));
    void this.#describeEdge();
  }

  async #describeEdge(): Promise<void> {
    const edge = this.#edge;
    const machine = this.#chart.machine;
    this.#edgeCard.show(undefined, edge);
    if (machine === undefined) return;
    const chart = await this.#chartOf(machine).catch(() => undefined);
    if (edge === this.#edge) this.#edgeCard.show(chart, edge);
  }

  #chartOf(machine: string): Promise<Chart> {
    const known = this.#charts.get(machine);
    if (known !== undefined) return known;
    const chart = this.#api.get<Chart>('/api/machine', { machine });
    this.#charts.set(machine, chart);
    chart.catch(() => this.#charts.delete(machine));
    return chart;
  }

  #mark(): void {
    const possible = this.#possible.map(({ id }) => id);
    this.#chart.mark({ active: this.#active, possible, chosen: this.#edge });
    this.#answerList.show(this.#possible);
    this.#answerList.mark(this.#edge);
  }
}
