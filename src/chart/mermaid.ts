import type { Chart, ChartEdge, ChartState } from './chart.js';

/**
 * A chart as Mermaid's `stateDiagram-v2` text (checked with Mermaid 11). It has no word for a guard, an action, an
 * answer that leaves no state, or an edge from everywhere: the first two are in the label as UML writes them, the third
 * in the state's own text, and the last begins in a state of its own, "from any state". It fails on an edge from a
 * composite state to itself, so that one is in that state's text too.
 *
 * States are called `s0`, `s1`, ... and their names are texts, so that none can be one of Mermaid's own words.
 */
export function chartMermaid(chart: Chart): string {
  const writer = new Writer(chart);
  return [`%% ${plain(chart.id)}`, 'stateDiagram-v2', ...indented(writer.content(chart.root)), ''].join('\n');
}

class Writer {
  readonly #chart: Chart;
  /** Ids of states, from the outermost to the state itself, by its id. */
  readonly #ways = new Map<string, readonly string[]>();
  readonly #names = new Map<string, string>();

  constructor(chart: Chart) {
    this.#chart = chart;
    this.#collect(chart.root, []);
  }

  /** What lies within a state: where it begins, the states, the edges that are written there. */
  content(state: ChartState): string[] {
    const begins = state.initial === undefined ? [] : [`[*] --> ${this.#name(state.initial)}`];
    const leadsInward = this.#chart.edges.some(
      ({ source, targets }) =>
        source === state.id && targets.some((target) => this.#isInward(source, target)),
    );
    const anywhere = leadsInward
      ? [`state "${this.#anywhereText(state)}" as ${this.#anywhere(state.id)}`]
      : [];
    const edges = this.#chart.edges.flatMap((edge) => this.#edge(edge, state.id));
    return [...begins, ...this.#states(state), ...anywhere, ...edges];
  }

  /** Regions of a parallel state are divided by `--`. */
  #states({ kind, states }: ChartState): string[] {
    return states.flatMap((child, index) => [
      ...(kind === 'parallel' && index > 0 ? ['--'] : []),
      ...this.#state(child),
    ]);
  }

  #state(state: ChartState): string[] {
    const name = this.#name(state.id);
    if (state.kind === 'history') return [`state "H" as ${name}`];
    const does = this.#does(state).map(plain);
    const end = state.kind === 'final' ? [`${name} --> [*]`] : [];
    if (state.states.length === 0)
      return [`state "${[plain(state.name), ...does].join('<br>')}" as ${name}`, ...end];
    // A composite state has one line of text, however high it is.
    const title = does.length === 0 ? '' : ` (${does.join('#59; ')})`;
    return [
      `state "${plain(state.name)}${title}" as ${name}`,
      `state ${name} {`,
      ...indented(this.content(state)),
      '}',
    ];
  }

  #does(state: ChartState): string[] {
    const own = this.#chart.edges.filter(({ source }) => source === state.id);
    const does: readonly (readonly [string, readonly string[]])[] = [
      ['entry', state.entry],
      ['exit', state.exit],
      ['invoke', state.invokes],
    ];
    return [
      ...does.filter(([, names]) => names.length > 0).map(([word, names]) => `${word} / ${names.join(', ')}`),
      ...own.filter(({ targets }) => targets.length === 0).map(answerText),
      ...own.filter((edge) => isLoopOf(state, edge)).map((edge) => `${labelOf(edge)}, and begins anew`),
    ];
  }

  #edge(edge: ChartEdge, block: string): string[] {
    return edge.targets
      .filter((target) => this.#blockOf(edge.source, target) === block)
      .map((target) => {
        const isInward = this.#isInward(edge.source, target);
        const from = isInward ? this.#anywhere(edge.source) : this.#name(edge.source);
        return `${from} --> ${this.#name(target)} : ${plain(labelOf(edge))}`;
      });
  }

  /**
   * The state within which an edge is written: the one that its ends lie in directly, or else the outermost one. A
   * state that is named within another one moves there; only the outermost one leaves it where it is.
   */
  #blockOf(source: string, target: string): string | undefined {
    if (source === target && this.#isComposite(source)) return undefined;
    const from = this.#isInward(source, target) ? source : this.#way(source).at(-2);
    return from !== undefined && from === this.#way(target).at(-2) ? from : this.#chart.root.id;
  }

  /** From everywhere within a state to one in it. */
  #isInward(source: string, target: string): boolean {
    return target !== source && this.#way(target).includes(source);
  }

  #isComposite(id: string): boolean {
    return [...this.#ways.values()].some((way) => way.at(-2) === id);
  }

  #anywhere(id: string): string {
    return `any${this.#name(id)}`;
  }

  #anywhereText({ id }: ChartState): string {
    return id === this.#chart.root.id ? 'from any state' : 'from any of these';
  }

  #collect(state: ChartState, outer: readonly string[]): void {
    const way = [...outer, state.id];
    this.#names.set(state.id, `s${this.#names.size}`);
    this.#ways.set(state.id, way);
    for (const child of state.states) this.#collect(child, way);
  }

  #way(id: string): readonly string[] {
    return this.#ways.get(id) ?? [];
  }

  #name(id: string): string {
    return this.#names.get(id) ?? '';
  }
}

function isLoopOf({ id, states }: ChartState, { targets }: ChartEdge): boolean {
  return states.length > 0 && targets.includes(id);
}

function answerText(edge: ChartEdge): string {
  return edge.actions.length === 0 ? `${labelOf(edge)} is ignored` : labelOf(edge);
}

function labelOf({ label, guard, actions }: ChartEdge): string {
  const may = guard === undefined ? '' : ` [${guard}]`;
  return `${label}${may}${actions.length === 0 ? '' : ` / ${actions.join(', ')}`}`;
}

/** Without what ends a statement, a text or a comment of Mermaid's, or would be read as HTML or Markdown. */
function plain(text: string): string {
  return text.replaceAll(/["#;:<>{}%`*_\\&]|--/g, (signs) =>
    [...signs].map((sign) => `#${sign.charCodeAt(0)};`).join(''),
  );
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
