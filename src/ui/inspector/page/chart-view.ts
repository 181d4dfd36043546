import { announce } from './announce.js';
import type { Api } from './api.js';
import { element, setAttribute } from './dom.js';
import { innermost } from './states.js';
import { Viewport } from './viewport.js';

export interface ChartHooks {
  /** An edge was clicked, or chosen by Enter. */
  readonly edge?: (edge: string) => void;
  readonly state?: (state: string) => void;
}

/** What is to be marked, by ids of states and edges. Whatever is left out is unmarked. */
export interface Marks {
  readonly active?: readonly string[];
  /** Edges that the person can take. */
  readonly enabled?: readonly string[];
  /** Edges that may be taken next by what happens: nobody clicks them for that. */
  readonly possible?: readonly string[];
  /** One edge or state that is looked at. */
  readonly chosen?: string | undefined;
}

/** Drawings never change while a process lives; each is fetched once. */
const fetched = new Map<string, Promise<SVGSVGElement>>();

/**
 * A machine's chart that can be moved about, zoomed and clicked. The drawing is made by the server; here only classes
 * come and go: `active`, `enabled`, `possible`, `chosen`, `glowing`.
 */
export class ChartView {
  readonly element: HTMLElement;
  /** Its zoom buttons, for a place beside it: over it they would cover a corner. */
  readonly tools: HTMLElement;
  readonly #api: Api;
  readonly #hooks: ChartHooks;
  readonly #frame: HTMLElement;
  readonly #viewport: Viewport;
  #machine: string | undefined;
  readonly #states = new Map<string, Element>();
  readonly #edges = new Map<string, Element[]>();
  #marks: Marks = {};
  /** The active states that were brought into sight last. */
  #followed = '';
  /** The edge that was. */
  #revealed: string | undefined;

  constructor(api: Api, hooks: ChartHooks = {}) {
    this.#api = api;
    this.#hooks = hooks;
    this.#frame = element('div', {
      class: 'chart-frame',
      tabindex: 0,
      role: 'group',
      'aria-label': 'Chart. Arrow keys move it, plus and minus zoom, 0 shows all of it.',
      onclick: (event) => this.#pick(event.target),
      onkeydown: (event) => this.#key(event as KeyboardEvent),
    });
    this.#viewport = new Viewport(this.#frame);
    const tool = (label: string, sign: string, run: () => void) =>
      element(
        'button',
        { type: 'button', class: 'quiet', title: label, 'aria-label': label, onclick: run },
        sign,
      );
    this.tools = element(
      'div',
      { class: 'chart-tools' },
      tool('Zoom in (+)', '+', () => this.#viewport.zoom(1.25)),
      tool('Zoom out (-)', '−', () => this.#viewport.zoom(0.8)),
      tool('Show all of it (0)', '⤢', () => this.fit()),
    );
    this.element = element('div', { class: 'chart-view' }, this.#frame);
  }

  /** Name of the machine that is shown. */
  get machine(): string | undefined {
    return this.#machine;
  }

  /** Shows a machine, or with undefined nothing but a word. Marks are kept. */
  async show(machine: string | undefined, otherwise = ''): Promise<void> {
    if (machine !== undefined && machine === this.#machine) return;
    this.#machine = machine;
    this.#clear();
    if (machine === undefined) {
      this.#frame.replaceChildren(element('p', { class: 'empty' }, otherwise));
      return;
    }
    // The first drawing of a machine may take a while; what was shown is not of it.
    this.#frame.replaceChildren(element('p', { class: 'empty' }, 'drawing ..'));
    this.#frame.setAttribute('aria-busy', 'true');
    try {
      const drawing = await drawingOf(this.#api, machine);
      if (this.#machine === machine) this.#install(machine, drawing.cloneNode(true) as SVGSVGElement);
    } catch {
      if (this.#machine !== machine) return;
      this.#machine = undefined;
      this.#frame.replaceChildren(element('p', { class: 'empty' }, `There is no drawing of ${machine} now.`));
    } finally {
      this.#frame.removeAttribute('aria-busy');
    }
  }

  fit(): void {
    this.#viewport.fit();
  }

  /** Plus, minus and 0, wherever the keyboard is. The arrows move it from within alone: elsewhere they move in a list. */
  key(event: KeyboardEvent): boolean {
    return !event.key.startsWith('Arrow') && this.#viewport.key(event);
  }

  /** Toggles classes so that exactly these are marked. */
  mark(marks: Marks): void {
    this.#marks = marks;
    const active = new Set(marks.active);
    const enabled = new Set(marks.enabled);
    const possible = new Set(marks.possible);
    for (const [id, state] of this.#states) {
      state.classList.toggle('active', active.has(id));
      state.classList.toggle('chosen', id === marks.chosen);
      setAttribute(state, 'aria-current', active.has(id) ? 'true' : undefined);
    }
    for (const [id, parts] of this.#edges)
      for (const part of parts) {
        part.classList.toggle('enabled', enabled.has(id));
        const isOff = marks.enabled !== undefined && !enabled.has(id);
        setAttribute(part, 'aria-disabled', isOff ? 'true' : undefined);
        part.classList.toggle('possible', possible.has(id));
        setAttribute(part, 'aria-description', possible.has(id) ? 'may be taken now' : undefined);
        part.classList.toggle('chosen', id === marks.chosen);
      }
    this.#look(marks);
  }

  /** Puts the keyboard on an edge. */
  focusEdge(id: string): void {
    const stop = this.#edges.get(id)?.at(-1);
    if (!(stop instanceof SVGElement)) return;
    for (const each of this.#tabStops()) each.setAttribute('tabindex', '-1');
    stop.setAttribute('tabindex', '0');
    stop.focus();
    this.#reveal(stop);
  }

  /** Lets edges glow that were just taken; again from the start if they glow already. */
  glow(edges: readonly string[]): void {
    for (const id of new Set(edges))
      for (const part of this.#edges.get(id) ?? []) {
        part.classList.remove('glowing');
        // Reading a box makes the browser see that the class was gone.
        part.getBoundingClientRect();
        part.classList.add('glowing');
      }
  }

  /** One who looks at an edge sees it, and is not led away by what happens until they have let go of it. */
  #look({ active = [], chosen }: Marks): void {
    const stop = chosen === undefined ? undefined : this.#edges.get(chosen)?.at(-1);
    if (stop === undefined) {
      this.#revealed = undefined;
      this.#follow(active);
      return;
    }
    this.#followed = '';
    if (chosen !== this.#revealed) this.#reveal(stop);
    this.#revealed = chosen;
  }

  #reveal(part: Element): void {
    if (part instanceof SVGGraphicsElement) this.#viewport.reveal(part.getBBox());
  }

  /** Brings the innermost active states into sight when they are others than before. */
  #follow(active: readonly string[]): void {
    const key = active.join(' ');
    if (key === this.#followed || this.#states.size === 0) return;
    this.#followed = key;
    const boxes = innermost(active).flatMap((id) => {
      const state = this.#states.get(id);
      return state instanceof SVGGraphicsElement ? [state.getBBox()] : [];
    });
    if (boxes.length === 0) return;
    const x = Math.min(...boxes.map((box) => box.x));
    const y = Math.min(...boxes.map((box) => box.y));
    const width = Math.max(...boxes.map((box) => box.x + box.width)) - x;
    const height = Math.max(...boxes.map((box) => box.y + box.height)) - y;
    this.#viewport.follow({ x, y, width, height });
  }

  #clear(): void {
    this.#followed = '';
    this.#revealed = undefined;
    this.#states.clear();
    this.#edges.clear();
  }

  #install(machine: string, drawing: SVGSVGElement): void {
    drawing.setAttribute('role', 'group');
    drawing.setAttribute('aria-label', `Machine ${machine}`);
    for (const state of drawing.querySelectorAll('[data-state]'))
      this.#states.set(state.getAttribute('data-state') ?? '', state);
    for (const part of drawing.querySelectorAll('[data-edge]')) {
      const id = part.getAttribute('data-edge') ?? '';
      this.#edges.set(id, [...(this.#edges.get(id) ?? []), part]);
      part.addEventListener('animationend', () => part.classList.remove('glowing'));
    }
    let isFirst = true;
    for (const part of this.#tabStops()) {
      part.setAttribute('tabindex', isFirst ? '0' : '-1');
      part.setAttribute('role', 'button');
      isFirst = false;
    }
    this.#frame.replaceChildren(drawing);
    this.#viewport.show(drawing);
    this.mark(this.#marks);
  }

  /** One element of each edge: its label where it has several. */
  #tabStops(): Element[] {
    return [...this.#edges.values()].flatMap((parts) => parts.at(-1) ?? []);
  }

  #pick(target: EventTarget | null): void {
    if (!(target instanceof Element)) return;
    const edge = target.closest('[data-edge]')?.getAttribute('data-edge');
    const state = target.closest('[data-state]')?.getAttribute('data-state');
    if (edge) this.#hooks.edge?.(edge);
    else if (state) this.#hooks.state?.(state);
  }

  #key(event: KeyboardEvent): void {
    const { target, key } = event;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isOnEdge = target instanceof Element && target.hasAttribute('data-edge');
    const taken = isOnEdge && this.#edgeKey(target, key);
    if (!taken && !this.#viewport.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Arrows go from edge to edge, Enter chooses one. */
  #edgeKey(target: Element, key: string): boolean {
    if (key === 'Enter' || key === ' ') {
      this.#pick(target);
      return true;
    }
    const step =
      key === 'ArrowRight' || key === 'ArrowDown' ? 1 : key === 'ArrowLeft' || key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return false;
    const stops = this.#tabStops();
    const next = stops[(stops.indexOf(target) + step + stops.length) % stops.length];
    if (!(next instanceof SVGElement)) return true;
    this.focusEdge(next.getAttribute('data-edge') ?? '');
    announce(next.getAttribute('aria-label') ?? next.textContent ?? '');
    return true;
  }
}

function drawingOf(api: Api, machine: string): Promise<SVGSVGElement> {
  const known = fetched.get(machine);
  if (known !== undefined) return known;
  const drawing = api.drawing('/api/chart', { machine });
  fetched.set(machine, drawing);
  drawing.catch(() => fetched.delete(machine));
  return drawing;
}
